//! The demo generator: the same seed gives the same bytes, any part of the people comes out as in the whole, and
//! the truth that it tells is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Decimal128Type;
use demo::{DemoOptions, DemoSummary, generate};
use law::domain::IdNumber;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// All files below a folder with their bytes.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            found.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
    found
}

fn made(persons: u64, seed: u64) -> (tempfile::TempDir, DemoSummary) {
    let dir = tempfile::tempdir().unwrap();
    let summary = generate(&DemoOptions { persons, seed, ..DemoOptions::default() }, dir.path()).unwrap();
    (dir, summary)
}

/// The Parquet claims, batch by batch.
fn claims(root: &Path) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for (path, _) in files(root).into_iter().filter(|(path, _)| path.starts_with("claims")) {
        if path.extension().is_some_and(|kind| kind == "parquet") {
            let file = File::open(root.join(&path)).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
            batches.extend(reader.map(Result::unwrap));
        }
    }
    batches
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> &'a str {
    let column = batch.column_by_name(name).unwrap().as_string::<i32>();
    if column.is_null(row) { "" } else { column.value(row) }
}

fn fen(batch: &RecordBatch, name: &str, row: usize) -> i128 {
    batch.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().value(row)
}

/// Whether I1 to I5 hold; the sums of a supplement are others.
fn identities_hold(batch: &RecordBatch, row: usize) -> bool {
    let get = |name| fen(batch, name, row);
    let (personal, account, cash) = (get("PSN_PAY"), get("ACCT_PAY"), get("CASH_PAYAMT"));
    let parts: i128 = ["FULAMT_OWNPAY_AMT", "OVERLMT_SELFPAY", "PRESELFPAY_AMT", "INSCP_AMT"].map(get).iter().sum();
    let funds: i128 = ["HIFP_PAY", "HIFMI_PAY", "HIFOB_PAY", "MAF_PAY", "OTHFUND_PAY"].map(get).iter().sum();
    let (deductible, in_scope) = (get("ACT_PAY_DEDC"), get("INSCP_AMT"));
    let i1 = get("MEDFEE_SUMAMT") == parts;
    let i2 = get("FUND_PAY_SUMAMT") == funds;
    let i3 = personal == get("MEDFEE_SUMAMT") - funds - get("OWNPAY_HOSP_PART");
    let i4 = personal == account + cash || personal == account + cash + get("ACCT_MULAID_PAY");
    let all = [parts, funds, personal, account, cash, in_scope, deductible];
    let i5 = deductible.abs() <= in_scope.abs() && (all.iter().all(|x| *x >= 0) || all.iter().all(|x| *x <= 0));
    i1 && i2 && i3 && i4 && i5
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, summary) = made(3000, 7);
    let (two, again) = made(3000, 7);
    assert_eq!(summary, again);
    assert!(files(one.path()) == files(two.path()), "bytes differ");
    let (other, _) = made(3000, 8);
    assert!(files(one.path()) != files(other.path()), "the seed changes nothing");
    println!("demo generator: {} cases", files(one.path()).len());
}

#[test]
fn people_come_out_the_same_in_a_smaller_and_in_a_larger_whole() {
    let rows = |persons| {
        let (dir, _) = made(persons, 3);
        let mut rows = BTreeMap::<String, Vec<String>>::new();
        for batch in claims(dir.path()) {
            for row in 0..batch.num_rows() {
                let cells =
                    ["SETL_ID", "CERTNO", "PSN_NAME", "MED_TYPE", "REFD_SETL_FLAG"].map(|n| text(&batch, n, row));
                let line = format!("{cells:?} {}", fen(&batch, "PSN_PAY", row));
                rows.entry(text(&batch, "PSN_NO", row).to_owned()).or_default().push(line);
            }
        }
        rows
    };
    let (few, many) = (rows(1200), rows(2400));
    assert!(few.len() > 800 && many.len() > few.len());
    for (person, lines) in &few {
        assert_eq!(Some(lines), many.get(person));
    }
    println!("demo generator: {} cases", few.len());
}

#[test]
fn identities_hold_and_faults_are_as_many_as_told() {
    let (dir, summary) = made(6000, 1);
    let (mut wrong, mut broken, mut cases) = (0, 0, 0);
    for batch in claims(dir.path()) {
        for row in 0..batch.num_rows() {
            cases += 1;
            let id = text(&batch, "CERTNO", row);
            let is_resident = text(&batch, "PSN_CERT_TYPE", row) == "01";
            if is_resident && IdNumber::parse(id).is_err() {
                broken += 1;
            }
            if text(&batch, "MANL_REIM_REA", row).is_empty() && !identities_hold(&batch, row) {
                wrong += 1;
            }
        }
    }
    let told = |names: &[&str]| names.iter().filter_map(|name| summary.traps.get(*name)).sum::<u64>();
    let ids = ["fault:id_check_digit", "fault:id_malformed", "fault:id_lost_digits", "fault:id_missing"];
    let sums = ["fault:identity_total", "fault:identity_personal", "fault:identity_funds"];
    // The two CSV months carry about a sixth of the faults.
    assert!((1..=told(&ids)).contains(&broken) && broken * 10 > told(&ids) * 7, "{broken} of {}", told(&ids));
    assert!((1..=told(&sums)).contains(&wrong) && wrong * 10 > told(&sums) * 7, "{wrong} of {}", told(&sums));
    println!("demo generator: {cases} cases");
}

#[test]
fn every_trap_is_there_and_ids_are_nobody_s() {
    let (dir, summary) = made(4000, 1);
    let register = File::open(dir.path().join("residents/residents-2026-10.parquet")).unwrap();
    let mut ids = BTreeSet::new();
    let mut people = BTreeSet::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(register).unwrap().build().unwrap().map(Result::unwrap) {
        for row in 0..batch.num_rows() {
            people.insert(text(&batch, "psn_no", row).to_owned());
            if text(&batch, "psn_cert_type", row) == "01" {
                let id = IdNumber::parse(text(&batch, "certno", row)).unwrap();
                assert!(id.as_str().starts_with("99"));
                ids.insert(id.as_str().to_owned());
            } else {
                ids.insert(text(&batch, "certno", row).to_owned());
            }
        }
    }
    assert_eq!(ids.len(), people.len(), "two people share an id");
    assert_eq!(summary.traps.len(), 51, "{:#?}", summary.traps);
    assert!(summary.traps.values().all(|rows| *rows > 0));
    let rows: u64 = summary.files.iter().filter(|file| file.path.starts_with("claims/")).map(|file| file.rows).sum();
    assert_eq!(rows, summary.claims);
    println!("demo generator: {} cases", people.len());
}
