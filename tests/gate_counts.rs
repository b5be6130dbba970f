//! Accepted means "can count": codes in every spelling, bounds that no row may pass, refunds, and what is told of rows
//! that no rule can use.

use std::collections::BTreeMap;
use std::path::Path;

use intake::{GateVerdict, run_gate};
use law::contracts::{Counted, CountedBy, Feed, RejectCode, Unusable};
use law::domain::Fen;

use crate::gate::{Bench, ID, PROGRAM, csv_with};
use crate::workspace::Workspace;

const HEADER: &str = "setl_id,init_setl_id,psn_cert_type,certno,psn_name,insutype,med_type,pay_loc,insu_admdvs,\
                      setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,inscp_amt,\
                      fund_pay_sumamt,psn_pay,refd_setl_flag";

/// One claim as its sender writes it.
#[derive(Clone, Copy)]
struct Row {
    id: &'static str,
    original: &'static str,
    cert_type: &'static str,
    number: &'static str,
    insurance: &'static str,
    care: &'static str,
    place: &'static str,
    area: &'static str,
    settled: &'static str,
    total: &'static str,
    fund: &'static str,
    personal: &'static str,
    refunded: &'static str,
}

const GOOD: Row = Row {
    id: "A",
    original: "",
    cert_type: "01",
    number: ID,
    insurance: "390",
    care: "21",
    place: "2",
    area: "990102",
    settled: "2026-03-05 10:00:00",
    total: "100.00",
    fund: "60.00",
    personal: "40.00",
    refunded: "0",
};

impl Row {
    fn line(&self) -> String {
        let Self { id, original, cert_type, number, insurance, care, place, area, settled, total, fund, .. } = self;
        let Self { personal, refunded, .. } = self;
        format!(
            "{id},{original},{cert_type},{number},甲,{insurance},{care},{place},{area},{settled},{total},0,0,0,{total},\
             {fund},{personal},{refunded}"
        )
    }
}

fn file(rows: &[Row]) -> Vec<u8> {
    csv_with(HEADER, &rows.iter().map(Row::line).collect::<Vec<_>>())
}

/// What became of one row, alone in its file.
fn fate(bench: &Bench, row: Row) -> Option<RejectCode> {
    let report = bench.passes(Feed::Claims, "c.csv", &file(&[row]));
    report.outcome.rejected.keys().next().copied()
}

#[test]
fn codes_in_every_spelling_are_one_code_or_rejected_by_name() {
    let bench = Bench::new();
    let (mut cases, same) =
        (0, |spellings: &[&'static str], with: &dyn Fn(&'static str) -> Row, column: &str, code: &str| {
            for spelling in spellings {
                let row = with(spelling);
                assert_eq!(fate(&bench, row), None, "{spelling}: {}", bench.rejects());
                assert_eq!(bench.staged_texts("claim_id", column)["A"].as_deref(), Some(code), "{spelling}");
            }
            spellings.len()
        });
    cases += same(
        &[
            "390",
            "390.0",
            "0390",
            "３９０",
            "城乡居民基本医疗保险",
            "居民医保",
            "390-城乡居民基本医疗保险",
            " 390\u{200b}",
        ],
        &|insurance| Row { insurance, ..GOOD },
        "insurance_type",
        "390",
    );
    cases += same(
        &["01", "1", "1.0", "居民身份证", "居民身份证（户口簿）", "身份证"],
        &|cert_type| Row { cert_type, ..GOOD },
        "cert_type",
        "01",
    );
    cases += same(&["21", "21.0", "普通住院", "住院"], &|care| Row { care, ..GOOD }, "care_type", "21");
    cases += same(&["4", "04", "跨省异地"], &|place| Row { place, ..GOOD }, "payment_place", "4");
    for (row, column) in [
        (Row { insurance: "938", ..GOOD }, "insutype"),
        (Row { insurance: "商业保险", ..GOOD }, "insutype"),
        (Row { insurance: "390.5", ..GOOD }, "insutype"),
        (Row { cert_type: "居民", ..GOOD }, "psn_cert_type"),
        (Row { cert_type: "A", ..GOOD }, "psn_cert_type"),
    ] {
        assert_eq!(fate(&bench, row), Some(RejectCode::UnknownCode));
        let code = if column == "insutype" { row.insurance } else { row.cert_type };
        let told = bench.rejects();
        assert!(told.contains(&format!("c.csv,2,{column},unknown_code,")) && told.contains(code), "{told}");
        cases += 1;
    }
    // The same document in three spellings is one person.
    let mut keys = std::collections::BTreeSet::new();
    for cert_type in ["08", "8.0", "外国人护照"] {
        bench.passes(Feed::Claims, "c.csv", &file(&[Row { cert_type, number: "E99000034", ..GOOD }]));
        keys.extend(bench.staged().iter().map(|batch| format!("{:?}", batch.column_by_name("person_key"))));
    }
    assert_eq!(keys.len(), 1);
    println!("gate codes: {cases} cases");
}

#[test]
fn rows_that_no_rule_can_use_are_counted_by_reason() {
    let bench = Bench::new();
    let path = bench.path("c.csv");
    let rows = [
        GOOD,
        Row { id: "B", insurance: "生育保险", ..GOOD },
        Row { id: "C", insurance: "510.0", ..GOOD },
        Row { id: "D", insurance: "310", care: "41", ..GOOD },
        Row { id: "E", area: "990199", ..GOOD },
        Row { id: "F", area: "", ..GOOD },
        Row { id: "G", care: "9929", ..GOOD },
        Row { id: "H", care: "9929", ..GOOD },
        Row { id: "I", care: "张三李四", ..GOOD },
        Row { id: "J", insurance: "938", area: "990199", ..GOOD },
    ];
    std::fs::write(&path, file(&rows)).unwrap();
    let mut job = bench.job(Feed::Claims, &path);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    job.counted = Counted {
        rules: vec![
            CountedBy { insurance: words(&["390"]), ..CountedBy::default() },
            CountedBy { insurance: words(&["310"]), care: words(&["21"]), ..CountedBy::default() },
        ],
        counties: words(&["990102"]).into_iter().collect(),
        ..Counted::default()
    };
    let GateVerdict::Staged(report) = run_gate(Path::new(PROGRAM), &job).unwrap() else { panic!("refused") };
    let expected = [(Unusable::InsuranceNotCounted, 2), (Unusable::CareNotCounted, 1), (Unusable::CountyUnknown, 1)];
    assert_eq!(report.outcome.unusable, BTreeMap::from(expected));
    assert_eq!((report.outcome.accepted.rows, report.outcome.rejected_total().rows), (9, 1));
    let note =
        "3 rows count with a code that pipelines/tables/codes.csv does not have in med_type: others (1), 9929 (2)";
    assert_eq!(report.notes, [note], "a text that may be anything is not named");
}

#[test]
fn no_row_lies_in_the_future_or_before_its_person() {
    let bench = Bench::new();
    let path = bench.path("c.csv");
    let settled = [
        ("2026-10-31 23:59:59", None),
        ("2026-11-01 08:00:00", None),
        ("2026-11-02 00:00:00", Some(RejectCode::InFuture)),
        ("2062-06-15 10:00:00", Some(RejectCode::InFuture)),
        ("2206-06-15 10:00:00", Some(RejectCode::InFuture)),
        ("9999-12-31", Some(RejectCode::InFuture)),
        ("1990-01-01 00:00:00", None),
        ("1989-12-31 23:59:59", Some(RejectCode::TooEarly)),
        ("1900-01-01 00:00:00", Some(RejectCode::TooEarly)),
        ("0001-01-01", Some(RejectCode::TooEarly)),
    ];
    let check = |row: Row, code: Option<RejectCode>| {
        std::fs::write(&path, file(&[row])).unwrap();
        let mut job = bench.job(Feed::Claims, &path);
        job.counted.until = chrono::NaiveDate::from_ymd_opt(2026, 10, 31);
        let GateVerdict::Staged(report) = run_gate(Path::new(PROGRAM), &job).unwrap() else { panic!("refused") };
        assert_eq!(report.outcome.rejected.keys().next().copied(), code, "{}", row.settled);
    };
    for (settled, code) in settled {
        check(Row { settled, ..GOOD }, code);
    }
    // Born on 2020-05-04: that day counts, the day before does not, and another document tells no birth.
    let number = "990102202005040019";
    let mut id = (0..=9).map(|last| format!("99010220200504001{last}")).chain(["99010220200504001X".to_owned()]);
    let number = id.find(|id| law::domain::IdNumber::parse(id).is_ok()).map_or(number, |id| id.leak());
    check(Row { number, settled: "2020-05-04", ..GOOD }, None);
    check(Row { number, settled: "2020-05-03", ..GOOD }, Some(RejectCode::TooEarly));
    check(Row { number: "E99000034", cert_type: "08", settled: "2020-05-03", ..GOOD }, None);
    println!("gate days: {} cases", settled.len() + 3);
}

#[test]
fn sums_that_no_engine_can_add_refuse_their_file() {
    let bench = Bench::new();
    let much = Row { total: "5000000000.00", fund: "0", personal: "5000000000.00", ..GOOD };
    let ids = ["A", "B", "C", "D"].map(|id| Row { id, ..much });
    assert_eq!(bench.passes(Feed::Claims, "c.csv", &file(&ids[..2])).outcome.accepted.rows, 2);
    let reason = bench.refused(Feed::Claims, "c.csv", &file(&ids));
    assert!(reason.contains("line 4") && reason.contains("one person's rows"), "{reason}");
    assert!(!reason.contains(ID), "{reason}");
    assert!(Fen::PERSON_LIMIT.0.checked_mul(1_000_000).is_some(), "a million such files still fit");
}

#[test]
fn refunds_are_negative_and_empty_amounts_are_derived() {
    let bench = Bench::new();
    let refund = Row { id: "B", original: "A", refunded: "1", ..GOOD };
    assert_eq!(fate(&bench, refund), Some(RejectCode::RefundPositive));
    assert_eq!(fate(&bench, Row { total: "-100.00", fund: "-60.00", personal: "-40.00", ..refund }), None);
    assert_eq!(fate(&bench, Row { refunded: "1", ..GOOD }), None, "model P flags the original too");
    assert_eq!(fate(&bench, Row { personal: "", ..GOOD }), None);
    assert_eq!(bench.amounts("personal_amount"), [Some(4_000)]);
    assert_eq!(fate(&bench, Row { fund: "", ..GOOD }), None);
    assert_eq!(bench.amounts("fund_amount"), [Some(6_000)]);
    assert_eq!(fate(&bench, Row { fund: "", personal: "", ..GOOD }), Some(RejectCode::Missing));
    assert_eq!(fate(&bench, Row { total: "", personal: "", ..GOOD }), Some(RejectCode::Missing));
    assert_eq!(fate(&bench, Row { total: "", fund: "", ..GOOD }), Some(RejectCode::Missing));
}

#[test]
fn the_workspaces_own_codes_and_counties_decide() {
    let workspace = Workspace::new("fujian", "990100");
    let table = "pipelines/tables/codes.csv";
    assert!(workspace.root().join(table).is_file(), "init copies it");
    let rows = [
        Row { id: "A", insurance: "地方补充", ..GOOD },
        Row { id: "B", area: "350102", ..GOOD },
        Row { id: "C", insurance: "939", ..GOOD },
    ];
    let mut codes = std::fs::read_to_string(workspace.root().join(table)).unwrap();
    codes.push_str("insurance_type,395,地方补充医疗保险,地方补充\n");
    workspace.write(table, codes.as_bytes());
    workspace.land("claims", "c.csv", &file(&rows));
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("accepted 2 (200.00 yuan) + rejected unknown_code 1 (100.00 yuan)"), "{told}");
    assert!(told.contains("1 rows that no rule can use: no rule in force counts this insurance type"), "{told}");
    assert!(told.contains("1 rows that no rule can use: the county is not in pipelines/tables/counties.csv"), "{told}");
    let taken = &workspace.versions()[0]["taken"][0]["outcome"];
    assert_eq!(taken["unusable"]["county_unknown"], 1, "{taken}");
    workspace.write(table, format!("{codes}insurance_type,396,地方补充,\n").as_bytes());
    let output = workspace.run(&["check"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    let line = codes.lines().count() + 1;
    assert!(told.contains(&format!("{table}:{line}: ")) && told.contains("one code"), "{told}");
}

impl Bench {
    /// The fen of a column of everything staged.
    fn amounts(&self, name: &str) -> Vec<Option<i128>> {
        use arrow::array::AsArray as _;
        let column = |batch: arrow::array::RecordBatch| {
            let column = batch.column_by_name(name).unwrap().clone();
            column.as_primitive::<arrow::datatypes::Decimal128Type>().iter().collect::<Vec<_>>()
        };
        self.staged().into_iter().flat_map(column).collect()
    }
}
