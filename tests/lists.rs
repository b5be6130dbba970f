//! Lists from rows to sealed folders: the same bytes, the right changes, nothing lost on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use calamine::{Data, Reader, Xlsx, open_workbook};
use chrono::{DateTime, NaiveDate};
use law::arrivals::Gaps;
use law::cases::Reason;
use law::config::Layout;
use law::domain::{CountyCode, Fen, Month, Period, PersonKey};
use law::referrals::{
    Attachment, COLUMNS, Cell, EndedTag, EndedTags, ListRequest, ListRow, ListedRule, Lists, OfficeTerm, Offices,
    Profile, Reroutes, StayReason, SuppressReason, Suppression, build_lists, column_called,
};
use office::seal::{SealContext, SealError, SealSummary, previous_lists, seal};
use store::keys::Keys;
use store::ledger::{Ledger, Moment, Texts};

struct Place {
    folder: tempfile::TempDir,
    layout: Layout,
    ledger: Ledger,
    keys: Keys,
    gaps: Gaps,
    stays: BTreeMap<PersonKey, StayReason>,
    ended: EndedTags,
    suppressions: Vec<Suppression>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let ledger = Ledger::open(&layout.ledger()).unwrap();
        let keys = Keys::from_secrets([7; 32], [9; 32]);
        let (gaps, stays, ended, suppressions) = (Gaps::new(), BTreeMap::new(), EndedTags::new(), Vec::new());
        Self { folder, layout, ledger, keys, gaps, stays, ended, suppressions }
    }

    fn build(&self, month: Period, rows: &[ListRow], counties: &BTreeMap<CountyCode, String>) -> Lists {
        let previous = previous_lists(&self.layout, &self.ledger, Moment::before(month)).unwrap();
        let area = county("990100");
        let rules = rules();
        let offices = offices().of_lists(["civil_affairs", "rural_affairs"], month.last_day(), "");
        let request = ListRequest {
            period: month,
            area: &area,
            counties,
            rules: &rules,
            offices: &offices,
            previous: &previous,
            reroutes: &Reroutes::new(),
            gaps: &self.gaps,
            stays: &self.stays,
            ended: &self.ended,
            suppressions: &self.suppressions,
            kept_off: &[],
            tokens: &self.keys.tokens,
        };
        build_lists(&request, rows).unwrap()
    }

    fn seal(&self, month: Period, rows: &[ListRow]) -> Result<SealSummary, SealError> {
        self.seal_for(month, rows, &counties(3))
    }

    fn seal_for(
        &self,
        month: Period,
        rows: &[ListRow],
        counties: &BTreeMap<CountyCode, String>,
    ) -> Result<SealSummary, SealError> {
        let lists = self.build(month, rows, counties);
        let rules = rules();
        let texts = Texts { policy: "invented".to_owned(), by_path: BTreeMap::new() };
        let context = SealContext {
            version: 7,
            series: "",
            texts: &texts,
            policy: "invented",
            policy_sha256: "ab",
            recipe: "",
            rules: &rules,
            keys: &self.keys,
            sender: "海角市医疗保障局",
            area_name: "海角市",
            feedback_days: 15,
            first_month: None,
            is_rehearsal: false,
            workers: 2,
            at: DateTime::UNIX_EPOCH,
        };
        seal(&self.layout, &self.ledger, &lists, &context)
    }

    /// Every file below the lists folder with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().join("lists")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).unwrap().to_owned();
                    found.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
        found
    }

    fn list_file(&self, month: Period, list_id: &str, kind: &str) -> PathBuf {
        self.layout.lists(month).join(list_id).join(format!("{list_id}.{kind}"))
    }
}

fn month(text: &str) -> Period {
    Period::parse(text).unwrap()
}

fn county(code: &str) -> CountyCode {
    CountyCode::parse(code).unwrap()
}

fn counties(count: usize) -> BTreeMap<CountyCode, String> {
    let names = ["望潮县", "临渊区", "云栖县"];
    (0..count)
        .map(|n| (county(&format!("99{:02}{:02}", 1 + n / 50, 2 + n % 50)), names.get(n % 3).unwrap().to_string()))
        .collect()
}

fn offices() -> Offices {
    let term = |line, code: &str, recipient: &str, name: &str| OfficeTerm {
        line,
        code: code.to_owned(),
        recipient: recipient.to_owned(),
        name: name.to_owned(),
        list_title: "因病返贫致贫风险预警名单".to_owned(),
        from: None,
        to: None,
        successor: None,
        profile: Profile::Default,
        attachment: Attachment::None,
    };
    Offices::new(vec![term(2, "MZ", "civil_affairs", "民政局"), term(3, "NC", "rural_affairs", "农业农村局")]).unwrap()
}

fn rules() -> Vec<ListedRule> {
    let rule = |id: &str, name: &str, text: &str, recipients: &[&str]| ListedRule {
        id: id.to_owned(),
        name: name.to_owned(),
        version: "2022-01-01".to_owned(),
        sha256: "cd".to_owned(),
        text: text.to_owned(),
        clause: "闽医保〔2021〕93号 第十一条".to_owned(),
        basis: "in_catalogue_self_pay".to_owned(),
        line: "23,456.00 元（上年度全省农村居民人均可支配收入，虚构数据，2026-01-19 发布）".to_owned(),
        recipients: recipients.iter().map(|code| (*code).to_owned()).collect(),
        is_provisional: false,
        lines: BTreeMap::new(),
        keeps: false,
    };
    let both = ["MZ", "NC"];
    vec![
        rule(
            "relapse",
            "因病返贫监测",
            "脱贫人口年度累计目录内自付费用超过上年度全省农村居民人均可支配收入的。",
            &both,
        ),
        rule(
            "into_poverty",
            "因病致贫监测",
            "农村居民年度累计目录内自付费用超过上年度全省农村居民人均可支配收入两倍的。",
            &both,
        ),
    ]
}

/// A finding about an invented person.
fn row(number: i64, county_code: &str, rule: &str, status: &str, fen: i64) -> ListRow {
    let text = |text: &str| Cell::Text(text.to_owned());
    let given = ["春生", "欣怡", "建国", "阿依古丽·买买提", "𬭎"];
    let name = format!("测{}", given[usize::try_from(number).unwrap() % given.len()]);
    let day = |y, m, d| Cell::Date(NaiveDate::from_ymd_opt(y, m, d).unwrap());
    let cells = vec![
        ("rule_id", text(rule)),
        ("status", text(status)),
        ("county_code", text(county_code)),
        ("town_name", text(["下洋镇", "上洋镇", "白沙街道"][usize::try_from(number % 3).unwrap()])),
        ("village_name", text("前进村民委员会")),
        ("person_name", text(&name)),
        ("id_number", text(&format!("99010219700101{number:04}"))),
        ("sex", text(if number % 2 == 0 { "2" } else { "1" })),
        ("birth_date", day(1970, 1, 1)),
        ("phone", text("13800000000")),
        ("tags", text("subsistence;lifted_out")),
        ("measured_amount", Cell::Money(Fen(fen))),
        ("line_amount", Cell::Money(Fen(2_345_600))),
        ("excess_amount", Cell::Money(Fen(fen - 2_345_600))),
        ("first_crossed_date", day(2026, 8, 17)),
        ("last_settled_date", day(2026, 10, 29)),
        ("total_amount", Cell::Money(Fen(fen * 3))),
        ("personal_burden_amount", Cell::Money(Fen(fen + 12_345))),
        ("basis", text("in_catalogue_self_pay")),
        ("claim_count", Cell::Count(12)),
        ("insurance_types", text("390")),
        ("insured_area", text(county_code)),
        ("reason", text(if status == "undecided" { "rural_unknown" } else { "" })),
        ("clause", text("闽医保〔2021〕93号 第十一条")),
    ];
    ListRow::from_cells(PersonKey(99_010_219_700_100_000 + number), cells).unwrap()
}

fn with(mut row: ListRow, name: &'static str, value: &str) -> ListRow {
    row.cells.insert(name, Cell::Text(value.to_owned()));
    row
}

fn sheet(path: &Path) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    workbook.worksheet_range("名单").unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn sample() -> Vec<ListRow> {
    let mut rows: Vec<ListRow> =
        (0..40).map(|n| row(n, "990102", "relapse", "flagged", 2_400_000 + n * 12_347)).collect();
    rows.extend((0..10).map(|n| row(n, "990102", "into_poverty", "flagged", 4_800_000 + n)));
    rows.extend((40..60).map(|n| row(n, "990103", "into_poverty", "near", 4_000_000 + n)));
    rows.extend((60..63).map(|n| row(n, "990103", "relapse", "undecided", 0)));
    rows
}

#[test]
fn the_same_lists_are_the_same_bytes() {
    let (one, two) = (Place::new(), Place::new());
    let mut shuffled = sample();
    fastrand::Rng::with_seed(3).shuffle(&mut shuffled);
    one.seal(month("2026-10"), &sample()).unwrap();
    two.seal(month("2026-10"), &shuffled).unwrap();
    let files = one.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), two.files().keys().collect::<Vec<_>>());
    for (path, bytes) in &files {
        assert!(two.files()[path] == *bytes, "{}", path.display());
    }
    // Again in the same place: nothing new.
    let again = one.seal(month("2026-10"), &sample()).unwrap();
    assert_eq!(again.sealed_now, 0);
    assert!(one.files() == files);
    println!("same lists, same bytes: {} cases", files.len());
}

#[test]
fn a_run_killed_before_the_ledger_is_finished_by_the_next() {
    let place = Place::new();
    place.seal(month("2026-10"), &sample()).unwrap();
    let files = place.files();
    // The folders are out, the ledger knows nothing: killed right before its transaction. Some were not out yet.
    let mut rerun = Place::new();
    rerun.folder = place.folder;
    rerun.layout = place.layout;
    std::fs::remove_dir_all(rerun.layout.lists(month("2026-10")).join("202610-990102-MZ-FULL-v1")).unwrap();
    let stray = rerun.layout.lists(month("2026-10")).join("202610-990104-MZ-FULL-v1");
    std::fs::create_dir_all(&stray).unwrap();
    std::fs::write(stray.join("manifest.json"), "{}").unwrap();
    let summary = rerun.seal(month("2026-10"), &sample()).unwrap();
    assert_eq!(summary.sealed_now, 13);
    assert!(rerun.files() == files);
    assert!(rerun.ledger.verify_audit().unwrap() == 13);
}

#[test]
fn a_sealed_month_is_not_sealed_anew_with_other_content() {
    let place = Place::new();
    place.seal(month("2026-10"), &sample()).unwrap();
    let files = place.files();
    let mut changed = sample();
    changed[0].measured = Fen(99);
    for rows in [&changed[..], &sample()[..20], &[]] {
        let refused = place.seal(month("2026-10"), rows).unwrap_err();
        assert!(refused.to_string().contains("sealed with other content"), "{refused}");
        assert!(place.files() == files);
    }
}

fn counts(place: &Place, period: &str, rows: &[ListRow], list_id: &str) -> (usize, usize, usize, usize) {
    let summary = place.seal(month(period), rows).unwrap();
    let folder = summary.folders.iter().find(|folder| folder.list_id == list_id).unwrap();
    let counts = folder.counts;
    (counts.new, counts.continuing, counts.escalated, counts.withdrawn)
}

#[test]
fn changes_follow_the_list_before_and_january_starts_anew() {
    let place = Place::new();
    let flagged = |number| row(number, "990102", "relapse", "flagged", 3_000_000);
    let december = [flagged(1), flagged(2)];
    assert_eq!(counts(&place, "2025-12", &december, "202512-990102-MZ-FULL-v1"), (2, 0, 0, 0));
    let january = [flagged(1), flagged(3), flagged(4), flagged(5), flagged(6)];
    assert_eq!(counts(&place, "2026-01", &january, "202601-990102-MZ-FULL-v1"), (5, 0, 0, 0));
    let february = [
        flagged(1),
        flagged(3),
        row(3, "990102", "into_poverty", "flagged", 6_000_000),
        row(4, "990102", "relapse", "near", 2_000_000),
        row(5, "990103", "relapse", "flagged", 3_000_000),
        flagged(7),
    ];
    assert_eq!(counts(&place, "2026-02", &february, "202602-990102-MZ-FULL-v1"), (1, 1, 1, 3));
    // A month without a run in between: April is told from February.
    assert_eq!(counts(&place, "2026-04", &february[..3], "202604-990102-MZ-FULL-v1"), (0, 2, 0, 1));

    let rows = sheet(&place.list_file(month("2026-02"), "202602-990102-MZ-FULL-v1", "xlsx"));
    let at = |name: &str| {
        let heading = column_called(name).unwrap().heading();
        rows[1].iter().position(|cell| *cell == heading).unwrap()
    };
    let told: Vec<(String, String)> =
        rows[2..].iter().map(|row| (row[at("delta")].to_string(), row[at("delta_reason")].to_string())).collect();
    assert_eq!(told[told.len() - 3..].iter().filter(|(delta, _)| delta == "撤回").count(), 3);
    for reason in ["新增命中：因病致贫监测", "转入他县名单", "仍需关注", "不再属于监测范围"]
    {
        assert!(told.iter().any(|(_, told)| told.contains(reason)), "{reason}: {told:?}");
    }
    // Withdrawn persons are named from the list before.
    assert!(rows[2..].iter().all(|row| row[at("person_name")].to_string().starts_with('测')));
    println!("changes over four months with a new year: {} cases", told.len() + 12);
}

/// Name's change, why, and the amount, by the number that ends an id.
fn told(place: &Place, period: &str, list_id: &str) -> BTreeMap<String, [String; 3]> {
    let rows = sheet(&place.list_file(month(period), list_id, "xlsx"));
    let at = |name: &str| {
        let heading = column_called(name).unwrap().heading();
        rows[1].iter().position(|cell| *cell == heading).unwrap()
    };
    let cells = |row: &Vec<Data>| ["delta", "delta_reason", "measured_amount"].map(|name| row[at(name)].to_string());
    rows[2..].iter().map(|row| (row[at("id_number")].to_string()[14..].to_owned(), cells(row))).collect()
}

#[test]
fn an_open_question_withdraws_nobody() {
    let mut place = Place::new();
    let flagged = |number| row(number, "990102", "relapse", "flagged", 3_000_000);
    let list = |month: &str| format!("{month}-990102-MZ-FULL-v1");
    let first: Vec<ListRow> = (1..=8).map(flagged).collect();
    assert_eq!(counts(&place, "2026-08", &first, &list("202608")), (8, 0, 0, 0));
    let undecided = |number, county: &str, fen| row(number, county, "relapse", "undecided", fen);
    // 1 undecided, 2 undecided and without a county, 3 undecided with nothing measured, 4 certain and below, 5 flagged in
    // another county, 6 without a row and set aside, 7 undecided and kept off by an officer, 8 without a row.
    let mut nowhere = undecided(2, "990102", 2_900_000);
    nowhere.county = None;
    nowhere.cells.remove("county_code");
    let second = [
        undecided(1, "990102", 3_100_000),
        nowhere,
        undecided(3, "990103", 0),
        row(4, "990102", "relapse", "near", 2_000_000),
        row(5, "990103", "relapse", "flagged", 3_000_000),
        undecided(7, "990102", 3_000_000),
    ];
    place.stays = BTreeMap::from([(first[5].person, StayReason::of(Reason::NoRoster))]);
    let off = Suppression {
        person: first[6].person,
        rule: String::new(),
        reason: SuppressReason::AlreadyAided,
        until: None,
        made: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap(),
        known: BTreeMap::new(),
        has_second: true,
    };
    place.suppressions = vec![off];
    assert_eq!(counts(&place, "2026-09", &second, &list("202609")), (0, 4, 0, 4));
    let told_now = told(&place, "2026-09", &list("202609"));
    let expected = [
        ("0001", "延续", "延续·待核实（是否农村居民不明）", "31000"),
        ("0002", "延续", "延续·待核实（是否农村居民不明）", "29000"),
        ("0003", "延续", "延续·待核实（是否农村居民不明）", "0"),
        ("0006", "延续", "延续·待核实（缺少人员名册）", "30000"),
        ("0005", "撤回", "户籍县区变更，转入他县名单", "30000"),
        ("0004", "撤回", "已低于监测线，仍需关注", "30000"),
    ];
    for (id, change, why, amount) in expected {
        assert_eq!(told_now[id], [change, why, amount].map(str::to_owned), "{id}");
    }
    assert_eq!((told_now["0007"][0].as_str(), told_now["0008"][0].as_str()), ("撤回", "撤回"));
    // They stand on the bureau's own list as well.
    assert_eq!(told(&place, "2026-09", "202609-990102-YBU-FULL-v1").len(), 2);
    // The question goes on: so do they. It is answered: they are certain again, or leave.
    place.stays.clear();
    let (tag, roster) = ("lifted_out".to_owned(), Some(Month::parse("2026-10").unwrap()));
    let lost = EndedTag { tag, roster, last_day: None };
    place.ended = [(first[5].person, "relapse".to_owned()), (first[2].person, "another".to_owned())]
        .map(|key| (key, lost.clone()))
        .into();
    let third = [flagged(1), undecided(2, "990102", 0), row(3, "990102", "relapse", "near", 2_000_000)];
    assert_eq!(counts(&place, "2026-10", &third, &list("202610")), (0, 2, 0, 2));
    let told_then = told(&place, "2026-10", &list("202610"));
    assert_eq!(told_then["0001"][1], "");
    // Who has lost the tag is told so, not that the cost were below the line.
    assert_eq!(told_then["0006"][1], "身份标识终止（脱贫人口，2026年10月名册未列）");
    assert_eq!(told_then["0003"][1], "已低于监测线，仍需关注");
    println!("open questions over three months: {} cases", expected.len() + 6);
}

#[test]
fn numbers_have_no_gaps() {
    let place = Place::new();
    for (at, period) in (1..).zip(["2025-11", "2025-12", "2026-01", "2026-02"]) {
        let rows = if at % 2 == 0 { Vec::new() } else { sample() };
        let summary = place.seal(month(period), &rows).unwrap();
        assert!(summary.folders.iter().all(|folder| folder.seq == at), "{period}");
        for folder in &summary.folders {
            let manifest = std::fs::read_to_string(folder.folder.join("manifest.json")).unwrap();
            assert!(manifest.contains(&format!("\"seq\": {at},")));
        }
    }
    println!("numbers without gaps: {} cases", 4 * 13);
}

#[test]
fn a_county_with_nobody_gets_an_empty_list() {
    let place = Place::new();
    let summary = place.seal(month("2026-10"), &[]).unwrap();
    let nil = summary.folders.iter().filter(|folder| folder.list_id.contains("-NIL-"));
    assert_eq!(nil.clone().count(), 12);
    for folder in nil {
        let xlsx = folder.folder.join(format!("{}.xlsx", folder.list_id));
        assert_eq!(sheet(&xlsx).len(), 2);
        assert!(folder.folder.join(format!("{}.parquet", folder.list_id)).exists());
    }
}

#[test]
fn hostile_text_is_carried_unharmed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/corpora/naughty_strings.txt");
    let corpus = std::fs::read_to_string(corpus).unwrap_or_else(|_| {
        println!("hostile text: ../shared/data is not here, only the built-in strings are tried");
        String::new()
    });
    let builtin = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "'quoted",
        "＝1",
        "_x0041_",
        "a\rb",
        "\0",
        "a\"b,c\nd",
    ];
    let strings: Vec<String> = builtin
        .into_iter()
        .chain(corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#')))
        .map(str::to_owned)
        .collect();
    let place = Place::new();
    let rows: Vec<ListRow> = (0..)
        .zip(&strings)
        .map(|(at, text)| {
            let row = row(at, "990102", "relapse", "flagged", 2_400_000);
            with(with(with(row, "person_name", text), "village_name", text), "tag_sources", text)
        })
        .collect();
    let mut named = counties(3);
    // Several to a county: each county costs four lists.
    named.extend((0..).zip(strings.chunks(12)).map(|(at, texts)| (county(&format!("98{at:04}")), texts.join("，"))));
    place.seal_for(month("2026-10"), &rows, &named).unwrap();

    let forbidden = |c: char| (c < ' ' && !"\t\n".contains(c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let cell_of = |name: &str, cells: &[String], headings: &[String]| {
        cells[headings.iter().position(|heading| heading == name).unwrap()].clone()
    };
    let list_id = "202610-990102-NC-FULL-v1";
    let mut seen = 0;
    let bytes = std::fs::read(place.list_file(month("2026-10"), list_id, "csv")).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap());
    let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let text_of: BTreeMap<String, &String> =
        (0..).zip(&strings).map(|(at, text)| (format!("99010219700101{at:04}"), text)).collect();
    for record in reader.records() {
        let cells: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        let text = text_of[&cell_of("id_number", &cells, &headings)];
        for name in ["person_name", "village_name", "tag_sources"] {
            let cell = cell_of(name, &cells, &headings);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
            seen += 1;
        }
    }
    let rows = sheet(&place.list_file(month("2026-10"), list_id, "xlsx"));
    let headings: Vec<String> = rows[1].iter().map(Data::to_string).collect();
    for row in &rows[2..] {
        let cells: Vec<String> = row.iter().map(Data::to_string).collect();
        let text = text_of[&cell_of("证件号码", &cells, &headings)];
        let carried: String = text.chars().map(|c| if forbidden(c) { '\u{fffd}' } else { c }).collect();
        for heading in ["姓名", "村（社区）", "标识来源"] {
            assert_eq!(cell_of(heading, &cells, &headings), carried, "{text:?}");
            seen += 1;
        }
    }
    let json = std::fs::read(place.list_file(month("2026-10"), "202610-990100-YB-SUM-v1", "json")).unwrap();
    let cells: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    for (code, name) in &named {
        assert!(cells.iter().any(|cell| cell["county_code"] == code.as_str() && cell["county_name"] == name.as_str()));
        seen += 1;
    }
    assert_eq!(seen, strings.len() * 6 + named.len());
    println!("hostile text through CSV, XLSX and JSON: {seen} cases");
}

#[test]
fn small_counts_are_hidden_in_every_file_of_the_rollup() {
    let place = Place::new();
    place.seal(month("2026-10"), &sample()).unwrap();
    let list_id = "202610-990100-YB-SUM-v1";
    let csv = std::fs::read_to_string(place.list_file(month("2026-10"), list_id, "csv")).unwrap();
    assert!(csv.contains("990102,望潮县,relapse,flagged,40,"), "{csv}");
    assert!(csv.contains("990103,临渊区,relapse,undecided,,,true"), "{csv}");
    let json: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(place.list_file(month("2026-10"), list_id, "json")).unwrap()).unwrap();
    for cell in &json {
        let count = cell["hit_count"].as_u64();
        assert!(count.is_none_or(|count| count == 0 || count > 4), "{cell}");
        assert_eq!(cell["measured_amount"].is_null(), count.is_none());
    }
    println!("roll-up without small counts: {} cases", json.len());
}

#[test]
fn every_column_of_the_table_reaches_every_file() {
    let place = Place::new();
    place.seal(month("2026-10"), &sample()).unwrap();
    let list_id = "202610-990102-MZ-FULL-v1";
    let rows = sheet(&place.list_file(month("2026-10"), list_id, "xlsx"));
    let csv = std::fs::read_to_string(place.list_file(month("2026-10"), list_id, "csv")).unwrap();
    let headings: Vec<String> = rows[1].iter().map(Data::to_string).collect();
    for column in COLUMNS {
        let shown = column.name != "phone" && !column.only_near;
        assert_eq!(csv.lines().next().unwrap().contains(column.name), shown, "{}", column.name);
        let on_sheet = shown && column.name != "reason";
        assert_eq!(headings.iter().any(|heading| heading == column.heading()), on_sheet, "{}", column.name);
    }
    assert!(!csv.contains("13800000000"));
    println!("columns: {} cases", COLUMNS.len() * 2);
}

#[test]
fn each_office_sees_the_columns_of_its_profile() {
    let place = Place::new();
    let mut lists = place.build(month("2026-10"), &sample(), &counties(3));
    for list in lists.lists.iter_mut().filter(|list| list.office.code == "NC") {
        list.office.profile = Profile::Contact;
    }
    let rules = rules();
    let texts = Texts { policy: "invented".to_owned(), by_path: BTreeMap::new() };
    let context = SealContext {
        version: 7,
        series: "",
        texts: &texts,
        policy: "invented",
        policy_sha256: "ab",
        recipe: "",
        rules: &rules,
        keys: &place.keys,
        sender: "海角市医疗保障局",
        area_name: "海角市",
        feedback_days: 15,
        first_month: None,
        is_rehearsal: false,
        workers: 1,
        at: DateTime::UNIX_EPOCH,
    };
    seal(&place.layout, &place.ledger, &lists, &context).unwrap();
    for (office, is_shown) in [("MZ", false), ("NC", true)] {
        let list_id = format!("202610-990102-{office}-FULL-v1");
        let csv = std::fs::read_to_string(place.list_file(month("2026-10"), &list_id, "csv")).unwrap();
        let sheet = sheet(&place.list_file(month("2026-10"), &list_id, "xlsx"));
        assert_eq!(csv.contains("13800000000"), is_shown, "{office}");
        assert_eq!(sheet[1].iter().any(|cell| *cell == "联系电话"), is_shown, "{office}");
    }
}

#[test]
fn a_province_is_sealed_within_seconds() {
    let place = Place::new();
    let counties = counties(40);
    let codes: Vec<&CountyCode> = counties.keys().collect();
    let rows: Vec<ListRow> = (0..10_000)
        .map(|n| {
            let code = codes[usize::try_from(n).unwrap() % codes.len()].as_str();
            let status = ["flagged", "flagged", "near", "undecided"][usize::try_from(n / 40).unwrap() % 4];
            row(n, code, if n % 3 == 0 { "relapse" } else { "into_poverty" }, status, 2_400_000 + n)
        })
        .collect();
    let start = Instant::now();
    let summary = place.seal_for(month("2026-10"), &rows, &counties).unwrap();
    println!("{} lists of 10,000 persons sealed in {:?}", summary.folders.len(), start.elapsed());
    assert_eq!(summary.folders.len(), 161);
}
