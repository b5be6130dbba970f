//! The gate through its real child process: good files pass whole, everything else is refused in time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::ipc::reader::FileReader;
use intake::{GateJob, GateLimits, GateReport, GateVerdict, TagAlias, run_gate};
use law::contracts::{CodeRow, Counted, Feed, RejectCode};
use parquet::arrow::ArrowWriter;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_poverty-watch");
/// Valid id on an unassigned area code.
pub(crate) const ID: &str = "990102199001010015";

/// The rows of the bundled tables of codes.
pub(crate) fn codes() -> Vec<CodeRow> {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/tables/codes.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(table).unwrap();
    let row = |row: csv::StringRecord| {
        let [column, code, name, aliases] = [0, 1, 2, 3].map(|at| row[at].to_owned());
        CodeRow { column, code, name, aliases }
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// A folder for one test's files and a gate to send them through.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn job(&self, feed: Feed, input: &Path) -> GateJob {
        let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/tables/tag_aliases.csv");
        let mut reader = csv::Reader::from_path(table).unwrap();
        let aliases = reader.records().map(|row| {
            let row = row.unwrap();
            TagAlias { alias: row[0].to_owned(), tag: row[1].to_owned() }
        });
        GateJob {
            kept: Vec::new(),
            feed,
            input: input.to_owned(),
            output: self.path("out"),
            buckets: 4,
            source_file: "00112233445566aa".to_owned(),
            ignore_columns: Vec::new(),
            profiles: law::profiles::Profiles::default(),
            tag_aliases: aliases.collect(),
            codes: codes(),
            counted: Counted::default(),
            look: false,
            limits: GateLimits { memory_mib: 1024, cpu_seconds: 20, file_mib: 256 },
            batch_rows: 1000,
            threads: 2,
        }
    }

    pub(crate) fn open(&self, feed: Feed, name: &str, bytes: &[u8]) -> GateVerdict {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        run_gate(Path::new(PROGRAM), &self.job(feed, &path)).unwrap()
    }

    pub(crate) fn passes(&self, feed: Feed, name: &str, bytes: &[u8]) -> GateReport {
        match self.open(feed, name, bytes) {
            GateVerdict::Staged(report) => self.sound(*report),
            GateVerdict::Refused { reason } => panic!("{name} refused: {reason}"),
        }
    }

    pub(crate) fn refused(&self, feed: Feed, name: &str, bytes: &[u8]) -> String {
        match self.open(feed, name, bytes) {
            GateVerdict::Refused { reason } => reason,
            GateVerdict::Staged(report) => panic!("{name} passed: {report:?}"),
        }
    }

    /// A staged file's counts agree with each other and with the files that lie there.
    fn sound(&self, report: GateReport) -> GateReport {
        let staged: u64 = report.staged.iter().map(|file| file.rows).sum();
        let found: usize = self.staged().iter().map(RecordBatch::num_rows).sum();
        assert!(report.outcome.balances(), "{report:?}");
        assert_eq!((report.outcome.accepted.rows, staged), (staged, found as u64));
        report
    }

    pub(crate) fn staged(&self) -> Vec<RecordBatch> {
        let mut batches = Vec::new();
        for entry in std::fs::read_dir(self.path("out")).unwrap() {
            let path = entry.unwrap().path();
            // beside the staged rows lie the rejected ones of rosters, for whom they name, and those of claims that wait
            let is_beside = ["named", "waiting-"]
                .iter()
                .any(|start| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)));
            if path.extension().is_some_and(|extension| extension == "arrow") && !is_beside {
                batches
                    .extend(FileReader::try_new(std::fs::File::open(path).unwrap(), None).unwrap().map(Result::unwrap));
            }
        }
        batches
    }

    /// Key column to value column of everything staged.
    pub(crate) fn staged_texts(&self, key: &str, value: &str) -> BTreeMap<String, Option<String>> {
        let mut texts = BTreeMap::new();
        for batch in self.staged() {
            let column = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
            let (keys, values) = (column(key), column(value));
            for row in 0..batch.num_rows() {
                let value = values.is_valid(row).then(|| values.value(row).to_owned());
                texts.insert(keys.value(row).to_owned(), value);
            }
        }
        texts
    }

    pub(crate) fn rejects(&self) -> String {
        std::fs::read_to_string(self.path("out/rejects.csv")).unwrap()
    }
}

fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("POVERTY_WATCH_SHARED_DATA").map_or_else(beside, PathBuf::from);
    let found = folder.is_dir();
    if !found {
        println!("skipped: {} is not there (set POVERTY_WATCH_SHARED_DATA)", folder.display());
    }
    found.then_some(folder)
}

/// The first columns that every claims file has.
const COLUMNS: [&str; 12] = [
    "setl_id",
    "psn_cert_type",
    "certno",
    "psn_name",
    "insutype",
    "med_type",
    "setl_time",
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_amt",
];

fn header() -> String {
    format!("{},fund_pay_sumamt,psn_pay", COLUMNS.join(","))
}

fn row(id: &str, name: &str) -> String {
    format!("{id},01,{ID},{name},390,21,2026-03-05 10:00:00,100.00,10.00,5.00,5.00,80.00,60.00,40.00")
}

pub(crate) fn csv_with(header: &str, rows: &[String]) -> Vec<u8> {
    format!("{header}\n{}\n", rows.join("\n")).into_bytes()
}

/// The columns of a valid claims file of `rows` rows.
pub(crate) fn columns(rows: usize) -> Vec<(&'static str, ArrayRef)> {
    let text =
        |make: &dyn Fn(usize) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values((0..rows).map(make))) };
    let money = |fen: i128| -> ArrayRef {
        Arc::new(Decimal128Array::from(vec![fen; rows]).with_precision_and_scale(16, 2).unwrap())
    };
    vec![
        ("setl_id", text(&|row| format!("S{row:08}"))),
        ("certno", text(&|_| ID.to_owned())),
        ("psn_name", text(&|row| format!("甲{row}"))),
        ("insutype", text(&|_| "390".to_owned())),
        ("med_type", text(&|_| "21".to_owned())),
        ("setl_time", text(&|row| format!("2026-{:02}-05 10:00:00", row % 12 + 1))),
        ("medfee_sumamt", money(10_000)),
        ("fulamt_ownpay_amt", money(1_000)),
        ("overlmt_selfpay", money(500)),
        ("preselfpay_amt", money(500)),
        ("inscp_amt", money(8_000)),
        ("fund_pay_sumamt", money(6_000)),
        ("psn_pay", money(4_000)),
    ]
}

pub(crate) fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A valid file in which one column was exchanged.
fn with_column(name: &str, array: &ArrayRef) -> Vec<u8> {
    let mut columns = columns(array.len());
    columns.iter_mut().filter(|(other, _)| *other == name).for_each(|column| column.1 = array.clone());
    parquet_of(columns)
}

#[test]
fn a_good_file_passes_in_every_dress() {
    let bench = Bench::new();
    let report = bench.passes(Feed::Claims, "c.parquet", &parquet_of(columns(5000)));
    assert_eq!((report.outcome.read.rows, report.outcome.accepted.fen), (5000, 50_000_000));
    let plain = csv_with(&header(), &[row("A", "张三"), row("B", "李四")]);
    let text = String::from_utf8(plain.clone()).unwrap();
    let marked = [b"\xef\xbb\xbf", &plain[..]].concat();
    let crlf = text.replace('\n', "\r\n").into_bytes();
    let chinese = encoding_rs::GB18030.encode(&text).0.into_owned();
    for bytes in [&plain, &marked, &crlf, &chinese] {
        assert_eq!(bench.passes(Feed::Claims, "c.csv", bytes).outcome.accepted.rows, 2);
        assert_eq!(bench.staged_texts("claim_id", "person_name")["A"].as_deref(), Some("张三"));
    }
}

#[test]
fn a_flipped_bit_in_a_page_with_a_checksum_is_refused_in_words() {
    let bench = Bench::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms/checksums.parquet");
    let mut bytes = std::fs::read(fixture).unwrap();
    assert_eq!(bench.passes(Feed::Claims, "c.parquet", &bytes).outcome.accepted.rows, 6);
    assert_eq!(bench.staged_texts("claim_id", "person_name")["C498"].as_deref(), Some("甲4"));
    // C498 becomes C499, a number like any other.
    let at = bytes.windows(4).position(|text| text == b"C498").unwrap() + 3;
    bytes[at] ^= 1;
    let reason = bench.refused(Feed::Claims, "c.parquet", &bytes);
    assert!(reason.contains("checksum"), "{reason}");
}

#[test]
fn bad_parquet_files_are_refused_by_name_and_reason() {
    let Some(shared) = shared() else { return };
    let bench = Bench::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(shared.join("corpora/parquet_bad_data")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "parquet") {
            continue;
        }
        for feed in Feed::ALL {
            let verdict = run_gate(Path::new(PROGRAM), &bench.job(feed, &path)).unwrap();
            let GateVerdict::Refused { reason } = verdict else { panic!("{} passed", path.display()) };
            assert!(reason.len() > 10, "{reason}");
        }
        cases += 1;
    }
    assert!(cases >= 8);
    println!("gate bad Parquet corpus: {cases} cases");
}

#[test]
fn mutants_are_refused_or_whole() {
    // Many thousand more are opened in process: `tests/malformed.rs`.
    let original = parquet_of(columns(300));
    let mut random = fastrand::Rng::with_seed(20_261_101);
    let mut mutants: Vec<Vec<u8>> = (0..100).map(|n| original[..n * original.len() / 100].to_vec()).collect();
    while mutants.len() < 400 {
        let mut mutant = original.clone();
        // The footer holds all the promises: half of the flips go there.
        let from = if mutants.len().is_multiple_of(2) { mutant.len() - mutant.len() / 3 } else { 0 };
        for _ in 0..random.usize(1..4) {
            let at = random.usize(from..mutant.len());
            mutant[at] ^= 1 << random.u8(0..8);
        }
        mutants.push(mutant);
    }
    let refused: usize = std::thread::scope(|scope| {
        let halves: Vec<_> = mutants.chunks(200).map(|half| scope.spawn(move || through(half))).collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    println!("gate mutants: {} cases ({refused} refused)", mutants.len());
}

/// Sends mutants through the gate; tells how many were refused.
fn through(mutants: &[Vec<u8>]) -> usize {
    let bench = Bench::new();
    let mut refused = 0;
    for mutant in mutants {
        match bench.open(Feed::Claims, "m.parquet", mutant) {
            GateVerdict::Refused { reason } => {
                assert!(!reason.contains("甲") && !reason.contains(ID), "{reason}");
                assert!(bench.staged().is_empty());
                refused += 1;
            }
            GateVerdict::Staged(report) => assert_eq!(bench.sound(*report).outcome.read.rows, 300),
        }
    }
    refused
}

#[test]
fn wrong_encodings_and_formats_are_refused() {
    let bench = Bench::new();
    let text = String::from_utf8(csv_with(&header(), &[row("A", "张三丰"), row("B", "欧阳修")])).unwrap();
    // UTF-16 that ends within a letter.
    let mut utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    utf16.pop();
    let mixed = [text.as_bytes(), &encoding_rs::GB18030.encode(&row("C", "张三丰")).0].concat();
    let traditional: Vec<_> = (0..9).map(|n| row(&n.to_string(), "臺灣鄉鎮區公所")).collect();
    let traditional = String::from_utf8(csv_with(&header(), &traditional)).unwrap();
    let big5 = encoding_rs::BIG5.encode(&traditional).0.into_owned();
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("u16.csv", utf16, "UTF-16"),
        ("mixed.csv", mixed, "mixed"),
        ("big5.csv", big5, "Big5"),
        ("bytes.csv", [text.as_bytes(), b"\xff\xff\n"].concat(), "neither"),
        ("empty.csv", Vec::new(), "empty"),
        ("empty.parquet", Vec::new(), "empty"),
        ("._c.parquet", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X".to_vec(), "macOS"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), ".xls"),
        ("zip.csv", b"PK\x03\x04rest".to_vec(), "XLSX"),
    ];
    let rows: Vec<_> = (0..50).map(|n| row(&n.to_string(), if n == 7 { "\"甲" } else { "甲" })).collect();
    let reason = bench.refused(Feed::Claims, "quote.csv", &csv_with(&header(), &rows));
    assert!(reason.contains("line 9: a quote"), "{reason}");
    for (name, bytes, part) in &cases {
        let reason = bench.refused(Feed::Claims, name, bytes);
        assert!(reason.contains(part), "{name}: {reason}");
    }
    println!("gate encodings and formats: {} cases", cases.len() + 1);
}

#[test]
fn columns_are_checked_exactly() {
    let bench = Bench::new();
    let renamed = |from: &str, to: &str| {
        let columns = columns(3).into_iter().map(|(name, array)| (if name == from { to } else { name }, array));
        parquet_of(columns.collect())
    };
    let mut missing = columns(3);
    missing.retain(|(name, _)| *name != "psn_pay");
    let mut extra = columns(3);
    extra.push(("surprise", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef));
    let mut twice = columns(3);
    twice.push(("claim_id", Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef));
    let cases: [(Vec<u8>, &[&str]); 7] = [
        (renamed("psn_pay", "psn_payy"), &["\"psn_payy\" is unknown (nearest: psn_pay)", "personal_amount is missing"]),
        (parquet_of(missing), &["personal_amount is missing"]),
        (parquet_of(extra), &["\"surprise\" is unknown"]),
        (parquet_of(twice), &["claim_id twice"]),
        (
            with_column("certno", &(Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)),
            &["certno is Int64", "text only"],
        ),
        (with_column("setl_time", &(Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)), &["setl_time is Int64"]),
        (
            with_column("psn_name", &(Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0])) as ArrayRef)),
            &["psn_name is Float64"],
        ),
    ];
    for (bytes, parts) in &cases {
        let reason = bench.refused(Feed::Claims, "c.parquet", bytes);
        parts.iter().for_each(|part| assert!(reason.contains(part), "{part}: {reason}"));
    }
    let mut job = bench.job(Feed::Claims, &bench.path("c.csv"));
    job.ignore_columns = vec!["院内备注".to_owned()];
    std::fs::write(&job.input, csv_with(&format!("{},院内备注", header()), &[format!("{},x", row("A", "甲"))]))
        .unwrap();
    assert!(matches!(run_gate(Path::new(PROGRAM), &job).unwrap(), GateVerdict::Staged(_)));
    println!("gate columns: {} cases", cases.len() + 1);
}

#[test]
fn bad_cells_reject_their_row_only() {
    let bench = Bench::new();
    let decimals = |values: Vec<i128>, scale| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap())
    };
    let texts = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let floats = |values: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    let cases: [(&str, ArrayRef, RejectCode); 12] = [
        ("psn_pay", floats(vec![40.0, f64::NAN]), RejectCode::NotMoney),
        ("psn_pay", floats(vec![40.0, f64::NEG_INFINITY]), RejectCode::NotMoney),
        ("psn_pay", decimals(vec![400_000, 400_001], 4), RejectCode::NotMoney),
        ("psn_pay", decimals(vec![4_000, i128::MAX / 10], 2), RejectCode::OutOfRange),
        ("medfee_sumamt", texts(vec![Some("100"), Some("99999999999999999999.00")]), RejectCode::OutOfRange),
        ("medfee_sumamt", texts(vec![Some("100"), None]), RejectCode::Missing),
        ("medfee_sumamt", texts(vec![Some("100"), Some("110")]), RejectCode::IdentityTotal),
        ("setl_id", texts(vec![Some("A"), Some(" ")]), RejectCode::Missing),
        ("certno", texts(vec![Some(ID), None]), RejectCode::IdMissing),
        ("certno", texts(vec![Some(ID), Some("9.90102E+17")]), RejectCode::IdLostDigits),
        ("certno", texts(vec![Some(ID), Some("990102199001010019")]), RejectCode::IdCheckDigit),
        ("setl_time", texts(vec![Some("20260305"), Some("2026-02-30")]), RejectCode::Malformed),
    ];
    for (at, (column, array, code)) in cases.iter().enumerate() {
        let report = bench.passes(Feed::Claims, "c.parquet", &with_column(column, array));
        assert_eq!(report.outcome.accepted.rows, 1, "case {at}");
        assert_eq!(report.outcome.rejected.keys().collect::<Vec<_>>(), [code], "case {at}");
        let rejects = bench.rejects();
        assert!(rejects.contains(&format!("c.parquet,2,{column},{code},")), "case {at}: {rejects}");
        assert!(!rejects.contains(ID), "case {at}");
    }
    println!("gate cells: {} cases", cases.len());
}

#[test]
fn huge_cells_formulas_and_paths() {
    let bench = Bench::new();
    let huge = "长".repeat((64 << 20) / 3);
    let names: ArrayRef = Arc::new(StringArray::from(vec!["甲", &huge]));
    let report = bench.passes(Feed::Claims, "c.parquet", &with_column("psn_name", &names));
    assert_eq!(report.outcome.rejected[&RejectCode::TooLong].rows, 1);
    let rows = [row("A", "甲"), row("B", &huge)];
    let report = bench.passes(Feed::Claims, "c.csv", &csv_with(&header(), &rows));
    assert_eq!(report.outcome.rejected[&RejectCode::TooLong].rows, 1);
    bench.passes(Feed::Claims, "c.csv", &csv_with(&header(), &[row("A", "=cmd|'/C calc'!A0")]));
    assert_eq!(bench.staged_texts("claim_id", "person_name")["A"].as_deref(), Some("=cmd|'/C calc'!A0"));
    let rows =
        [format!("{},../990102", row("A", "甲")), format!("{},990102", row("B", "甲")), format!("{},", row("C", "甲"))];
    let report = bench.passes(Feed::Claims, "c.csv", &csv_with(&format!("{},insu_admdvs", header()), &rows));
    assert_eq!((report.outcome.accepted.rows, report.outcome.rejected[&RejectCode::Malformed].rows), (2, 1));
    let residents = format!("certno,姓名,县区代码\n{ID},甲,../../x\n{ID},甲,990102\n{ID},甲,\n");
    let report = bench.passes(Feed::Residents, "r.csv", residents.as_bytes());
    assert_eq!(report.outcome.rejected.keys().collect::<Vec<_>>(), [&RejectCode::Missing, &RejectCode::Malformed]);
}

#[test]
fn files_without_rows_say_so() {
    let bench = Bench::new();
    let empty = parquet_of(columns(0));
    for (feed, name, bytes) in [
        (Feed::Claims, "c.csv", format!("{}\n", header()).into_bytes()),
        (Feed::Claims, "c.csv", header().into_bytes()),
        (Feed::Rosters, "r.csv", "证件号码,类别,报送单位\n".as_bytes().to_vec()),
        (Feed::Claims, "c.parquet", empty),
    ] {
        let report = bench.passes(feed, name, &bytes);
        assert_eq!((report.outcome.read.rows, report.staged.len(), report.notes.len()), (0, 0, 1));
    }
}

#[test]
fn rows_keep_the_senders_line_numbers() {
    let bench = Bench::new();
    let quoted = row("B", "\"欧阳\n修\"");
    let mut cases = 0;
    for end in ["\n", "\r\n"] {
        let text = format!("{}\n{}\n\n{quoted}\n{}\nX,too,short\n", header(), row("A", "甲"), row("C", "丙"));
        let report = bench.passes(Feed::Claims, "c.csv", text.replace('\n', end).as_bytes());
        assert_eq!(report.outcome.read.rows, 4);
        let mut lines = BTreeMap::new();
        for batch in bench.staged() {
            let ids = batch.column_by_name("claim_id").unwrap().as_string::<i32>().clone();
            let rows = batch.column_by_name("source_row").unwrap();
            let rows = rows.as_primitive::<arrow::datatypes::Int64Type>();
            lines.extend((0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), rows.value(row))));
        }
        assert_eq!(lines, BTreeMap::from([("A".to_owned(), 2), ("B".to_owned(), 4), ("C".to_owned(), 6)]));
        assert!(bench.rejects().contains("c.csv,7,整行,malformed,"), "{}", bench.rejects());
        cases += 4;
    }
    println!("gate line numbers: {cases} cases");
}

#[test]
fn the_other_feeds_follow_their_rules() {
    use RejectCode::{IdMissing, Malformed, Missing, NotMoney, OutOfRange, PeriodReversed, UnknownCode};
    let bench = Bench::new();
    let mut cases = 0;
    let mut check = |feed: Feed, header: &str, rows: &[(&str, Option<RejectCode>)]| {
        let text: Vec<_> = rows.iter().map(|(row, _)| row.replace("ID", ID)).collect();
        let report = bench.passes(feed, "x.csv", &csv_with(header, &text));
        let mut expected = BTreeMap::new();
        rows.iter().filter_map(|(_, code)| *code).for_each(|code| *expected.entry(code).or_insert(0) += 1);
        let found: BTreeMap<_, _> = report.outcome.rejected.iter().map(|(code, tally)| (*code, tally.rows)).collect();
        assert_eq!(found, expected, "{feed}: {}", bench.rejects());
        cases += rows.len();
    };
    check(
        Feed::Residents,
        "certno,姓名,性别,县区代码,参保开始日期,参保结束日期,生存状态",
        &[
            ("ID,甲,男,990102,2025-01-01,,1", None),
            ("ID,甲,X,990102,2025-01-01,,1", Some(UnknownCode)),
            ("ID,甲,2,990102,2025-01-01,2024-12-31,2", Some(PeriodReversed)),
            ("ID,甲,2,990102,,,perhaps", Some(Malformed)),
            ("ID,,2,990102,,,", Some(Missing)),
        ],
    );
    check(
        Feed::Applications,
        "申请编号,申请日期,certno,是否申请人,家庭年可支配收入,家庭财产",
        &[
            ("SQ1,2026-03-01,ID,是,0,", None),
            ("SQ1,20260301,ID,0,,", None),
            ("SQ2,2026-03-01,ID,,1.00,", Some(Missing)),
            ("SQ2,2026-03-01,ID,1,-0.01,", Some(OutOfRange)),
            ("SQ2,2026-03-01,ID,1,1.00,-1.00", Some(OutOfRange)),
            ("SQ2,2026-03,ID,1,1.00,", Some(Malformed)),
            ("SQ2,2026-03-01,,1,1.00,", Some(IdMissing)),
            (",2026-03-01,ID,1,1.00,", Some(Missing)),
        ],
    );
    check(
        Feed::Rosters,
        "certno,tag,识别时间,消除时间,来源单位,数据月份",
        &[
            ("ID,低保户,202501,202501,某局,", None),
            ("ID,农村低保,,,某局,2026-03", None),
            ("ID,农村低保,,,某局,", Some(Missing)),
            ("ID,富人,20250101,,某局,", Some(UnknownCode)),
            ("ID,五保户,20250101,20241231,某局,", Some(PeriodReversed)),
            ("ID,五保户,,20241231,某局,202501", Some(PeriodReversed)),
        ],
    );
    check(
        Feed::Income,
        "indicator,geography,year,value,发布日期",
        &[
            ("rural_disposable_income,000000,2025,23119.00,2026-01-17", None),
            ("rural_disposable_income,99,2025,1.00,", Some(Malformed)),
            ("rural_disposable_income,990000,25,1.00,", Some(Malformed)),
            ("rural_disposable_income,990000,2025,-1.00,", Some(OutOfRange)),
            ("rural_disposable_income,990000,2025,1.001,", Some(NotMoney)),
        ],
    );
    check(
        Feed::Adjustments,
        "reim_id,setl_id,certno,金额,支付日期",
        &[
            ("R1,S1,ID,5.00,2026-03-01", None),
            ("R2,S1,ID,-5.00,2026-03-02", None),
            ("R3,S1,,5.00,2026-03-02", Some(IdMissing)),
        ],
    );
    println!("gate other feeds: {cases} cases");
}

#[test]
fn a_roster_workbook_as_offices_type_it() {
    let bench = Bench::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_string(0, 0, "填表说明").unwrap();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "某县2026年3月低收入人口名册").unwrap();
    sheet.write_string(1, 0, "填报日期:2026-03-31").unwrap();
    let headers = ["序号", "姓名\t", "身份证号码\t", "类别", "认定日期", "报送单位", "数据月份"];
    for (at, header) in (0..).zip(headers) {
        sheet.write_string(3, at, header).unwrap();
    }
    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2025, 1, 15).unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for (row, tag) in (4..).zip(["低保户\t", "农村特困人员", "富人"]) {
        sheet.write_number(row, 0, f64::from(row)).unwrap();
        sheet.write_string(row, 1, "甲\t").unwrap();
        sheet.write_string(row, 2, format!("{ID}\t")).unwrap();
        sheet.write_string(row, 3, tag).unwrap();
        sheet.write_datetime_with_format(row, 4, &date, &format).unwrap();
        sheet.write_string(row, 5, "某县民政局").unwrap();
        sheet.write_number(row, 6, 202_603).unwrap();
    }
    sheet.write_number(7, 2, 990_102_199_001_010_000.0).unwrap();
    sheet.write_string(7, 3, "低保").unwrap();
    sheet.write_string(7, 4, "20250115").unwrap();
    sheet.write_string(7, 5, "某县民政局").unwrap();
    let report = bench.passes(Feed::Rosters, "r.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!((report.outcome.read.rows, report.outcome.accepted.rows), (4, 2));
    let codes: Vec<_> = report.outcome.rejected.keys().copied().collect();
    assert_eq!(codes, [RejectCode::IdLostDigits, RejectCode::UnknownCode]);
    assert!(bench.rejects().contains("r.xlsx,8,身份证号码,id_lost_digits,"), "{}", bench.rejects());
    let tags = bench.staged_texts("tag", "person_name");
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["special_hardship", "subsistence"]);
    let batch = bench.staged().remove(0);
    let month = batch.column_by_name("roster_month").unwrap().as_primitive::<arrow::datatypes::Date32Type>().value(0);
    assert_eq!(month, 20_513);
}

#[test]
fn naughty_strings_come_through_unharmed() {
    let Some(shared) = shared() else { return };
    let text = std::fs::read_to_string(shared.join("corpora/naughty_strings.txt")).unwrap();
    let names: Vec<&str> = text.lines().filter(|line| !line.is_empty() && line.chars().count() <= 400).collect();
    let expected = |name: &str| Some(law::domain::clean_text(name).to_owned()).filter(|name| !name.is_empty());
    let bench = Bench::new();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header().split(',')).unwrap();
    for (at, name) in names.iter().enumerate() {
        let template = row(&format!("S{at:08}"), "?");
        writer.write_record(template.split(',').map(|cell| if cell == "?" { name } else { cell })).unwrap();
    }
    let csv = writer.into_inner().unwrap();
    let array: ArrayRef = Arc::new(StringArray::from(names.clone()));
    for (file, bytes) in [("n.csv", csv), ("n.parquet", with_column("psn_name", &array))] {
        let report = bench.passes(Feed::Claims, file, &bytes);
        assert_eq!(report.outcome.accepted.rows, names.len() as u64, "{}", bench.rejects());
        let staged = bench.staged_texts("claim_id", "person_name");
        for (at, name) in names.iter().enumerate() {
            assert_eq!(staged[&format!("S{at:08}")], expected(name), "{file}");
        }
    }
    println!("gate naughty strings: {} cases", 2 * names.len());
}

#[test]
fn limits_end_in_a_plain_refusal() {
    let bench = Bench::new();
    let path = bench.path("c.csv");
    let names = "长".repeat(30 << 20);
    std::fs::write(&path, csv_with(&header(), &[row("A", &names)])).unwrap();
    let mut job = bench.job(Feed::Claims, &path);
    job.limits.memory_mib = 96;
    let GateVerdict::Refused { reason } = run_gate(Path::new(PROGRAM), &job).unwrap() else { panic!("passed") };
    assert!(reason.contains("96 MiB"), "{reason}");
    job.limits = GateLimits { memory_mib: 1024, cpu_seconds: 20, file_mib: 1 };
    let GateVerdict::Refused { reason } = run_gate(Path::new(PROGRAM), &job).unwrap() else { panic!("passed") };
    assert!(reason.contains("the limit is 1 MiB"), "{reason}");
}

#[test]
fn real_claims_and_income_pass() {
    let Some(shared) = shared() else { return };
    let bench = Bench::new();
    for (feed, name, rows) in [(Feed::Claims, "claims.parquet", 31_990), (Feed::Income, "income.csv", 30)] {
        let bytes = std::fs::read(shared.join("rand_hie").join(name)).unwrap();
        let report = bench.passes(feed, name, &bytes);
        assert_eq!(report.outcome.accepted.rows, rows, "{}", bench.rejects());
    }
}
