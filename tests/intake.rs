//! Intake from landed files to committed versions, through the real gate.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use arrow::array::{Array, Decimal128Array, RecordBatch};
use arrow::util::display::array_value_to_string;
use chrono::{DateTime, FixedOffset};
use engine::read_table;
use intake::{Intake, IntakeError, IntakeSummary, Verdict, sweep, take_in};
use law::config::{Layout, Settings};
use law::contracts::{Counted, Feed, Outcome};
use law::domain::{IdNumber, PersonKey};
use store::ledger::Ledger;
use store::warehouse::{Version, Warehouse};

/// A workspace that was just made.
struct Bureau {
    dir: tempfile::TempDir,
    layout: Layout,
    settings: Settings,
    ledger: Ledger,
}

impl Bureau {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::fs::create_dir_all(layout.warehouse()).unwrap();
        for feed in Feed::ALL {
            std::fs::create_dir_all(layout.landing(feed.name())).unwrap();
        }
        let settings = toml::from_str(
            "policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 4\n[landing]\nquiet_seconds = 0\n",
        )
        .unwrap();
        let ledger = Ledger::open(&layout.ledger()).unwrap();
        Self { dir, layout, settings, ledger }
    }

    fn warehouse(&self) -> Warehouse {
        Warehouse::open(&self.layout.warehouse(), self.settings.warehouse.buckets).unwrap()
    }

    fn land(&self, feed: Feed, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.layout.landing(feed.name()).join(name), text).unwrap();
    }

    fn claims(&self, name: &str, rows: &[Claim]) {
        self.land(Feed::Claims, name, csv(rows));
    }

    fn try_run(&self) -> Result<IntakeSummary, IntakeError> {
        let warehouse = self.warehouse();
        let now: DateTime<FixedOffset> = chrono::Local::now().fixed_offset();
        let intake = Intake {
            layout: &self.layout,
            settings: &self.settings,
            warehouse: &warehouse,
            ledger: &self.ledger,
            program: Path::new(env!("CARGO_BIN_EXE_poverty-watch")),
            profiles: &std::collections::BTreeMap::new(),
            tag_aliases: &[],
            codes: &[],
            counted: &Counted::default(),
            bounds: &law::holds::Bounds::default(),
            workdays: &law::domain::Workdays::default(),
            senders: &[],
            now,
            feeds: None,
            progress: &|_, _, _| {},
            is_stopping: Box::new(|| false),
        };
        runtime().block_on(take_in(&intake))
    }

    fn run(&self) -> IntakeSummary {
        RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let summary = self.try_run().unwrap();
        self.check_balance();
        summary
    }

    fn version(&self) -> Version {
        runtime().block_on(self.warehouse().current()).unwrap()
    }

    /// Some columns of a table as text, in the version's order; the first cell is the file's month.
    fn rows(&self, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
        let version = self.version();
        let mut rows = Vec::new();
        for entry in version.table(table) {
            let mut count = 0;
            for batch in read_table(&self.warehouse().path(entry), None).unwrap() {
                let batch = batch.unwrap();
                count += batch.num_rows() as u64;
                for row in 0..batch.num_rows() {
                    let month = entry.month.map(|month| month.to_string()).unwrap_or_default();
                    let cells = columns.iter().map(|name| cell(&batch, name, row));
                    rows.push(std::iter::once(month).chain(cells).collect());
                }
            }
            assert_eq!(count, entry.rows, "{}", entry.path);
        }
        rows.sort();
        rows
    }

    fn claim_rows(&self) -> Vec<String> {
        let rows = self.rows("claims", &["claim_id", "total_amount"]);
        rows.into_iter().map(|row| row.join(" ")).collect()
    }

    fn held_rows(&self) -> Vec<String> {
        let rows = self.rows("held_claims", &["claim_id", "hold_reason"]);
        rows.into_iter().map(|row| row.join(" ").trim().to_owned()).collect()
    }

    /// Over all versions: every file balances, and what lies in the tables is what the entries say.
    fn check_balance(&self) {
        let version = self.version();
        for number in 1..=version.number {
            for file in runtime().block_on(self.warehouse().version(number)).unwrap().taken {
                assert!(file.outcome.balances(), "{file:?}");
            }
        }
        for table in ["claims", "held_claims"] {
            for entry in version.table(table) {
                let mut fen = 0;
                for batch in read_table(&self.warehouse().path(entry), Some(&["total_amount"])).unwrap() {
                    let batch = batch.unwrap();
                    let amounts = batch.column(0).as_any().downcast_ref::<Decimal128Array>().unwrap();
                    fen += amounts.iter().flatten().sum::<i128>();
                }
                assert_eq!(entry.control_fen, Some(fen));
            }
        }
    }

    fn files(&self) -> BTreeMap<String, String> {
        self.version().files.into_iter().map(|file| (file.path, file.sha256)).collect()
    }
}

/// Runs of intake that a balance was drawn for, all tests together.
static RUNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Drop for Bureau {
    fn drop(&mut self) {
        println!("intake: {} cases", RUNS.load(std::sync::atomic::Ordering::Relaxed));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn cell(batch: &RecordBatch, name: &str, row: usize) -> String {
    array_value_to_string(batch.column_by_name(name).unwrap(), row).unwrap()
}

/// The id of an invented person on an area code that does not exist.
fn id(person: i64) -> String {
    IdNumber::from_key(PersonKey(99_010_219_900_101_000 + person)).unwrap().as_str().to_owned()
}

/// One invented claim; everything in scope, a fund that pays half.
#[derive(Clone)]
struct Claim {
    claim: &'static str,
    person: i64,
    settled: &'static str,
    fen: i64,
    updated: &'static str,
    original: &'static str,
    refunded: bool,
    valid: bool,
}

fn claim(claim: &'static str, person: i64, settled: &'static str, yuan: i64) -> Claim {
    let (updated, original) = (settled, "");
    Claim { claim, person, settled, fen: yuan * 100, updated, original, refunded: false, valid: true }
}

impl Claim {
    fn updated(self, updated: &'static str) -> Self {
        Self { updated, ..self }
    }

    fn reverses(self, original: &'static str) -> Self {
        Self { original, fen: -self.fen, refunded: true, ..self }
    }

    fn refunded(self) -> Self {
        Self { refunded: true, ..self }
    }

    fn void(self) -> Self {
        Self { valid: false, ..self }
    }
}

fn csv(rows: &[Claim]) -> String {
    let mut text = "setl_id,init_setl_id,certno,psn_name,insutype,med_type,setl_time,medfee_sumamt,fulamt_ownpay_amt,\
                    overlmt_selfpay,preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay,refd_setl_flag,vali_flag,updt_time\n"
        .to_owned();
    for row in rows {
        let yuan = |fen: i64| format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100);
        let (total, half) = (yuan(row.fen), yuan(row.fen / 2));
        let cells = [
            row.claim.to_owned(),
            row.original.to_owned(),
            id(row.person),
            format!("测试{}", row.person),
            "390".to_owned(),
            "21".to_owned(),
            row.settled.to_owned(),
            total.clone(),
            "0".to_owned(),
            "0".to_owned(),
            "0".to_owned(),
            total,
            half,
            yuan(row.fen - row.fen / 2),
            i32::from(row.refunded).to_string(),
            i32::from(row.valid).to_string(),
            row.updated.to_owned(),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn outcome(summary: &IntakeSummary, name: &str) -> Outcome {
    match &summary.files.iter().find(|file| file.name == name).unwrap().verdict {
        Verdict::Taken(outcome) => outcome.clone(),
        other => panic!("{name} was not taken: {other:?}"),
    }
}

/// Rows accepted, superseded, duplicate, held.
fn counts(summary: &IntakeSummary, name: &str) -> [u64; 4] {
    let outcome = outcome(summary, name);
    [outcome.accepted, outcome.superseded, outcome.duplicate, outcome.held].map(|tally| tally.rows)
}

#[test]
fn the_same_file_twice_renamed_or_repacked_changes_nothing() {
    let bureau = Bureau::new();
    let rows = [claim("a", 1, "2026-03-01", 100), claim("b", 2, "2026-04-01", 50), claim("c", 3, "2026-03-05", 7)];
    bureau.claims("a.csv", &rows);
    let first = bureau.run();
    assert_eq!(counts(&first, "a.csv"), [3, 0, 0, 0]);
    let files = bureau.files();

    assert!(bureau.run().is_unchanged(), "nothing new");
    bureau.claims("renamed.csv", &rows);
    let second = bureau.run();
    assert!(second.is_unchanged());
    assert!(second.files.iter().all(|file| file.verdict == Verdict::Known), "{second:?}");

    let turned: Vec<Claim> = rows.iter().rev().cloned().collect();
    bureau.claims("0-repacked.csv", &turned);
    let third = bureau.run();
    assert_eq!(counts(&third, "0-repacked.csv"), [0, 0, 3, 0]);
    assert_eq!(bureau.files(), files, "the same files, to the byte");
    assert!(bureau.run().is_unchanged());
}

#[test]
fn one_run_and_many_give_the_same_rows() {
    let a = [claim("a", 1, "2026-03-01", 100), claim("r", 1, "2026-05-01", 40).reverses("a")];
    let b = [claim("a", 1, "2026-03-01", 120).updated("2026-03-09"), claim("b", 2, "2026-03-02", 10)];
    let (once, one_by_one) = (Bureau::new(), Bureau::new());
    once.claims("1.csv", &a);
    once.claims("2.csv", &b);
    once.run();
    one_by_one.claims("2.csv", &b);
    one_by_one.run();
    one_by_one.claims("1.csv", &a);
    one_by_one.run();
    // when a row was taken in is kept with it
    let schema = engine::table_schema("claims").unwrap();
    let columns: Vec<&str> =
        schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != "taken_in").collect();
    assert_eq!(once.rows("claims", &columns), one_by_one.rows("claims", &columns));
    assert_eq!(once.claim_rows(), ["2026-03 a 120.00", "2026-03 b 10.00", "2026-03 r -40.00"]);
}

#[test]
fn a_later_update_takes_the_place_of_the_earlier() {
    let bureau = Bureau::new();
    bureau.claims("1.csv", &[claim("a", 1, "2026-03-01", 100), claim("a", 1, "2026-03-01", 90).updated("2026-03-02")]);
    assert_eq!(counts(&bureau.run(), "1.csv"), [1, 1, 0, 0]);
    bureau.claims("2.csv", &[claim("a", 1, "2026-04-01", 80).updated("2026-05-01")]);
    assert_eq!(counts(&bureau.run(), "2.csv"), [1, 0, 0, 0]);
    assert_eq!(bureau.claim_rows(), ["2026-04 a 80.00"], "moved to its new month");
    bureau.claims("3.csv", &[claim("a", 1, "2026-03-01", 70).updated("2026-04-01")]);
    assert_eq!(counts(&bureau.run(), "3.csv"), [0, 1, 0, 0], "too late");
}

#[test]
fn an_update_may_move_a_claim_to_another_person() {
    let bureau = Bureau::new();
    let persons = || (1..9).map(|person| claim("a", person, "2026-03-01", 100));
    let old: Vec<Claim> = persons().collect();
    bureau.claims("1.csv", &old[..1]);
    bureau.run();
    // Eight persons cannot all be in one of the four buckets' first.
    for (at, row) in old.iter().enumerate().skip(1) {
        let updated =
            ["", "2026-04-01", "2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06", "2026-04-07"];
        let name = format!("{at}-more.csv");
        bureau.claims(&name, &[row.clone().updated(updated[at])]);
        assert_eq!(counts(&bureau.run(), &name), [1, 0, 0, 0]);
        assert_eq!(bureau.claim_rows(), ["2026-03 a 100.00"], "person {at}");
        assert_eq!(bureau.rows("claims", &["id_number"])[0][1], id(row.person));
    }
}

#[test]
fn a_reversal_waits_for_its_original() {
    let bureau = Bureau::new();
    bureau.claims("1.csv", &[claim("r", 1, "2026-05-01", 100).reverses("a")]);
    assert_eq!(counts(&bureau.run(), "1.csv"), [0, 0, 0, 1]);
    assert_eq!(bureau.held_rows(), ["r no_original"]);
    bureau.claims("2.csv", &[claim("a", 1, "2026-03-01", 100)]);
    assert_eq!(counts(&bureau.run(), "2.csv"), [1, 0, 0, 0]);
    assert!(bureau.held_rows().is_empty());
    assert_eq!(bureau.claim_rows(), ["2026-03 a 100.00", "2026-03 r -100.00"], "on the original's month");
}

#[test]
fn a_reversal_cannot_take_more_than_was_paid() {
    let bureau = Bureau::new();
    bureau.claims("1.csv", &[claim("a", 1, "2026-03-01", 100), claim("r", 1, "2026-03-02", 60).reverses("a")]);
    bureau.run();
    bureau.claims("2.csv", &[claim("s", 1, "2026-03-03", 60).reverses("a")]);
    assert_eq!(counts(&bureau.run(), "2.csv"), [0, 0, 0, 1]);
    assert_eq!(bureau.held_rows(), ["s exceeds_original"]);
    // The original grows: now it fits.
    bureau.claims("3.csv", &[claim("a", 1, "2026-03-01", 120).updated("2026-04-01")]);
    bureau.run();
    assert!(bureau.held_rows().is_empty());
    // It shrinks: the later reversal waits again, and so does the other once nothing is left.
    bureau.claims("4.csv", &[claim("a", 1, "2026-03-01", 70).updated("2026-04-02")]);
    bureau.run();
    assert_eq!(bureau.held_rows(), ["s exceeds_original"]);
    bureau.claims("5.csv", &[claim("a", 1, "2026-03-01", 70).updated("2026-04-03").void()]);
    bureau.run();
    assert_eq!(bureau.held_rows(), ["r no_original", "s no_original"]);
    assert_eq!(bureau.claim_rows(), ["2026-03 a 70.00"], "void, and still there");
}

#[test]
fn both_ways_of_flagging_a_refund_sum_alike() {
    for original_is_flagged in [false, true] {
        let bureau = Bureau::new();
        let original = claim("a", 1, "2026-03-01", 100);
        let original = if original_is_flagged { original.refunded() } else { original };
        bureau.claims("1.csv", &[original, claim("r", 1, "2026-05-01", 100).reverses("a")]);
        assert_eq!(counts(&bureau.run(), "1.csv"), [2, 0, 0, 0]);
        assert_eq!(bureau.version().table("claims").filter_map(|file| file.control_fen).sum::<i128>(), 0);
    }
}

#[test]
fn a_file_waits_for_what_its_manifest_promises() {
    let bureau = Bureau::new();
    let rows = [claim("a", 1, "2026-03-01", 100)];
    bureau.claims("1.csv", &rows);
    for manifest in ["{\"sha256\": \"00\"}", "{\"rows\": 2}", "{\"control_yuan\": \"99.99\"}", "{\"rows\": "] {
        bureau.land(Feed::Claims, "1.csv.manifest.json", manifest);
        let summary = bureau.run();
        assert!(summary.is_unchanged() && matches!(summary.files[0].verdict, Verdict::Arriving(_)), "{summary:?}");
    }
    bureau.land(Feed::Claims, "1.csv.manifest.json", "{\"rows\": 1, \"control_yuan\": \"100.00\"}");
    assert_eq!(counts(&bureau.run(), "1.csv"), [1, 0, 0, 0]);
}

#[test]
fn what_is_not_whole_is_left_alone() {
    let mut bureau = Bureau::new();
    bureau.settings.landing.quiet_seconds = 3600;
    for name in ["._1.csv", ".hidden.csv", "1.csv.part", "1.csv.tmp", "1.csv.crdownload"] {
        bureau.land(Feed::Claims, name, "\0\0");
    }
    bureau.claims("1.csv", &[claim("a", 1, "2026-03-01", 100)]);
    let summary = bureau.run();
    assert_eq!((summary.skipped, summary.files.len()), (5, 1));
    assert!(matches!(summary.files[0].verdict, Verdict::Young(_)));
    let path = bureau.layout.landing("claims").join("1.csv");
    let hours_ago = SystemTime::now() - Duration::from_hours(2);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(hours_ago).unwrap();
    assert_eq!(counts(&bureau.run(), "1.csv"), [1, 0, 0, 0]);
}

#[test]
fn a_wrong_file_is_refused_once_and_remembered() {
    let mut bureau = Bureau::new();
    bureau.land(Feed::Claims, "1.csv", "setl_id,surplus\n1,2\n");
    bureau.land(Feed::Claims, "1.zip", "PK");
    let summary = bureau.run();
    assert!(summary.is_unchanged());
    assert!(summary.files.iter().all(|file| matches!(file.verdict, Verdict::Refused { .. })), "{summary:?}");
    let summary = bureau.run();
    assert!(matches!(summary.files[0].verdict, Verdict::StillRefused { .. }), "{summary:?}");
    bureau.settings.feeds.entry("claims".to_owned()).or_default().ignore_columns = vec!["surplus".to_owned()];
    let summary = bureau.run();
    assert!(matches!(summary.files[0].verdict, Verdict::Refused { .. }), "another try: {summary:?}");
}

#[test]
fn rejected_rows_are_kept_for_their_sender() {
    let bureau = Bureau::new();
    let text = csv(&[claim("a", 1, "2026-03-01", 100), claim("b", 2, "2026-03-01", 100)])
        .replace(&id(2), "990102199001010000");
    bureau.land(Feed::Claims, "1.csv", text);
    let summary = bureau.run();
    assert_eq!(outcome(&summary, "1.csv").rejected_total().rows, 1);
    let rejects = summary.files[0].rejects.clone().unwrap();
    assert!(rejects.starts_with(bureau.layout.rejects("claims")));
    assert!(!std::fs::read_to_string(rejects).unwrap().contains("990102199001010000"), "masked");
}

#[test]
fn two_releases_that_disagree_are_refused() {
    let bureau = Bureau::new();
    let head = "indicator,geography,year,amount,release\n";
    bureau.land(Feed::Income, "1.csv", format!("{head}rural_disposable_income,350000,2025,20100.00,1\n"));
    bureau.land(Feed::Income, "2.csv", format!("{head}rural_disposable_income,350000,2025,20200.00,1\n"));
    bureau.land(
        Feed::Income,
        "3.csv",
        format!("{head}rural_disposable_income,350000,2025,20100,1\nrural_disposable_income,350000,2025,20200,2\n"),
    );
    let summary = bureau.run();
    assert_eq!(counts(&summary, "1.csv"), [1, 0, 0, 0]);
    let Verdict::Refused { reason, .. } = &summary.files[1].verdict else { panic!("{summary:?}") };
    assert!(reason.contains("two releases disagree") && reason.contains("20100.00") && reason.contains("20200.00"));
    assert_eq!(counts(&summary, "3.csv"), [1, 0, 1, 0]);
    assert_eq!(bureau.rows("income", &["amount", "release"]), [["", "20100.00", "1"], ["", "20200.00", "2"]]);
}

#[test]
fn adjustments_follow_their_claim() {
    let bureau = Bureau::new();
    let place = |bureau: &Bureau| {
        (
            bureau.rows("adjustments", &["adjustment_id", "book_month"]),
            bureau.rows("held_adjustments", &["adjustment_id", "hold_reason"]),
        )
    };
    let text = format!("adjustment_id,claim_id,id_number,amount,paid_date\nx,a,{},10.00,2026-07-01\n", id(1));
    bureau.land(Feed::Adjustments, "1.csv", text);
    assert_eq!(counts(&bureau.run(), "1.csv"), [0, 0, 0, 1]);
    assert_eq!(place(&bureau).1, [["", "x", "no_claim"]]);
    bureau.claims("1.csv", &[claim("a", 1, "2026-03-01", 100)]);
    bureau.run();
    assert_eq!(place(&bureau), (vec![["2026-03", "x", "2026-03-01"].map(str::to_owned).to_vec()], Vec::new()));
    bureau.claims("2.csv", &[claim("a", 1, "2026-04-01", 100).updated("2026-05-01")]);
    bureau.run();
    assert_eq!(place(&bureau).0, [["2026-04", "x", "2026-04-01"]]);
    bureau.claims("3.csv", &[claim("a", 2, "2026-04-01", 100).updated("2026-05-02")]);
    bureau.run();
    assert_eq!(place(&bureau).1, [["", "x", "no_claim"]], "the claim is another person's now");
}

/// One member's row of an application: number, person, whether the applicant, income, update.
fn member(application: &str, person: i64, applies: bool, income: &str, updated: &str) -> String {
    let applies = if applies { "是" } else { "否" };
    format!("{application},2026-03-01,{},{applies},{income},{updated}\n", id(person))
}

#[test]
fn a_household_stands_or_waits_as_a_whole() {
    let bureau = Bureau::new();
    let head = "申请编号,申请日期,身份证号,是否申请人,家庭年收入,更新时间\n";
    let land = |name: &str, rows: &[String]| bureau.land(Feed::Applications, name, format!("{head}{}", rows.concat()));
    let place = |bureau: &Bureau| {
        let table = bureau.rows("applications", &["application_id", "id_number", "household_income_amount"]);
        (table.len(), bureau.rows("held_applications", &["application_id", "hold_reason"]))
    };
    land("1.csv", &[member("a", 2, false, "", ""), member("a", 3, false, "", "")]);
    assert_eq!(counts(&bureau.run(), "1.csv"), [0, 0, 0, 2]);
    assert_eq!(place(&bureau).1, [["", "a", "no_applicant"], ["", "a", "no_applicant"]]);

    land("2.csv", &[member("a", 1, true, "20000", ""), member("b", 1, true, "500.50", "")]);
    assert_eq!(counts(&bureau.run(), "2.csv"), [2, 0, 0, 0]);
    assert_eq!(place(&bureau), (4, Vec::new()), "the applicant came: the whole household stands");

    land("3.csv", &[member("a", 2, true, "30000", "2026-04-01"), member("a", 1, true, "20000", "2026-04-02")]);
    assert_eq!(counts(&bureau.run(), "3.csv"), [0, 0, 0, 2], "a second applicant");
    assert_eq!(place(&bureau), (1, vec![vec![String::new(), "a".into(), "many_applicants".into()]; 3]));

    land("4.csv", &[member("a", 1, false, "", "2026-05-01")]);
    assert_eq!(counts(&bureau.run(), "4.csv"), [1, 0, 0, 0]);
    let rows = bureau.rows("applications", &["application_id", "id_number", "is_applicant", "household_income_amount"]);
    let row = |application: &str, person, applies: &str, income: &str| {
        vec![String::new(), application.to_owned(), id(person), applies.to_owned(), income.to_owned()]
    };
    let expected = [
        row("a", 1, "false", ""),
        row("a", 2, "true", "30000.00"),
        row("a", 3, "false", ""),
        row("b", 1, "true", "500.50"),
    ];
    assert_eq!(rows, expected);
    assert_eq!(place(&bureau).1, [[""; 0]; 0]);
}

#[test]
fn applications_in_any_order_and_split_give_the_same_files() {
    let mut random = fastrand::Rng::with_seed(77);
    let head = "申请编号,申请日期,身份证号,是否申请人,家庭年收入,更新时间\n";
    let mut rows: Vec<String> = (0..60)
        .map(|at| {
            let (application, person) = (format!("a{}", random.u8(0..9)), random.i64(1..6));
            // no two at one moment: of these the later night would count
            let updated = format!("2026-04-{:02} 10:{at:02}:00", random.u8(1..4));
            member(&application, person, random.u8(0..3) == 0, &random.u16(0..3).to_string(), &updated)
        })
        .collect();
    let taken = |parts: &[&[String]]| {
        let bureau = Bureau::new();
        for (at, part) in parts.iter().enumerate() {
            bureau.land(Feed::Applications, &format!("{at}.csv"), format!("{head}{}", part.concat()));
            bureau.run();
        }
        let columns = ["application_id", "id_number", "is_applicant", "household_income_amount", "updated_at"];
        (bureau.rows("applications", &columns), bureau.rows("held_applications", &columns))
    };
    let once = taken(&[&rows]);
    assert!(once.0.len() > 5 && once.1.len() > 5, "{} stand, {} wait", once.0.len(), once.1.len());
    for case in 0..4 {
        random.shuffle(&mut rows);
        let cut = random.usize(1..rows.len());
        assert_eq!(once, taken(&[&rows[..cut], &rows[cut..]]), "case {case}");
    }
}

#[test]
fn registers_and_rosters_keep_what_they_should() {
    let bureau = Bureau::new();
    let head = "id_number,person_name,county_code,updated_at\n";
    bureau.land(Feed::Residents, "1.csv", format!("{head}{},张甲,990102,2026-01-01\n{},李乙,990102,\n", id(1), id(2)));
    bureau.land(
        Feed::Residents,
        "2.csv",
        format!("{head}{},张丙,990102,2026-01-01\n{},李乙,990103,2026-01-01\n", id(1), id(2)),
    );
    let summary = bureau.run();
    assert_eq!(counts(&summary, "1.csv")[0] + counts(&summary, "2.csv")[0], 2);
    let rows = bureau.rows("residents", &["id_number", "has_name_conflict"]);
    assert_eq!(rows, [[String::new(), id(1), "true".to_owned()], [String::new(), id(2), "false".to_owned()]]);

    let head = "id_number,tag,source_office,roster_month\n";
    let month = |month: &str| format!("{head}{},subsistence,民政,{month}\n{},脱贫人口,民政,{month}\n", id(1), id(2));
    bureau.land(Feed::Rosters, "roster-1.csv", month("202601"));
    bureau.land(Feed::Rosters, "roster-2.csv", month("202602"));
    assert_eq!(counts(&bureau.run(), "roster-2.csv"), [2, 0, 0, 0]);
    bureau.land(Feed::Rosters, "roster-3.csv", month("2026-02"));
    // another file says it anew: which files count is decided where rosters are judged
    assert_eq!(counts(&bureau.run(), "roster-3.csv"), [2, 0, 0, 0]);
    assert_eq!(bureau.rows("rosters", &["tag"]).len(), 6);
    bureau.land(Feed::Rosters, "roster-4.csv", month("202603") + &month("202603").replace(head, ""));
    assert_eq!(counts(&bureau.run(), "roster-4.csv"), [2, 0, 2, 0]);
    let arrivals = bureau.rows("roster_files", &["file_name", "arrival", "row_count"]);
    assert_eq!(arrivals.last(), Some(&["", "roster-4.csv", "4", "4"].map(str::to_owned).to_vec()));
}

#[test]
fn a_killed_run_leaves_nothing_behind() {
    let (mut killed, clean) = (Bureau::new(), Bureau::new());
    let rows = [claim("a", 1, "2026-03-01", 100), claim("b", 2, "2026-04-01", 50)];
    let leftover = killed.layout.warehouse().join("claims/month=2026-03/bucket=001");
    std::fs::create_dir_all(&leftover).unwrap();
    std::fs::write(leftover.join("unnamed.partial"), "half").unwrap();
    std::fs::write(leftover.join("0123456789abcdef.parquet"), "an uncommitted file").unwrap();
    std::fs::create_dir_all(killed.layout.staging().join("claims-000001")).unwrap();
    for bureau in [&killed, &clean] {
        bureau.claims("1.csv", &rows);
        bureau.run();
    }
    assert_eq!(killed.files(), clean.files());
    assert!(!killed.layout.staging().exists());
    assert_eq!(runtime().block_on(sweep(&killed.warehouse(), &killed.version())).unwrap(), 2);
    assert_eq!(killed.claim_rows().len(), 2);
    // A run that was killed between commit and ledger: the next one tells the ledger.
    std::fs::remove_file(killed.layout.ledger()).unwrap();
    killed.ledger = Ledger::open(&killed.dir.path().join("other.sqlite")).unwrap();
    assert!(killed.run().is_unchanged());
}
