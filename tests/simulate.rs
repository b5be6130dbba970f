//! Simulations by the command line: every number against a count of its own, and nothing else changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::workspace::{Workspace, files_below, sha256_of};

const MONTH: &str = "2026-10";
/// Yuan: 1x and 2x of it are the lines of 闽医保〔2021〕93号 clause 11.
const INCOME: i64 = 28_000;
const COUNTIES: [&str; 3] = ["990103", "990104", "990105"];
const BANDS: [&str; 5] = ["0-17", "18-44", "45-59", "60-74", "75+"];

/// One invented person with one claim; all amounts in yuan.
struct Person {
    id: String,
    county: usize,
    is_lifted_out: bool,
    is_monitored: bool,
    is_rural: bool,
    is_male: bool,
    band: usize,
    /// 个人负担.
    burden: i64,
    /// 全自费, 超限价, 先行自付, 起付线, 账户支付.
    parts: [i64; 5],
    settled: &'static str,
    discharged: &'static str,
}

/// How a rule reads: multiple of the income in tenths, 以上, and which cost and date.
#[derive(Clone, Copy)]
struct Reading {
    wants_tag: bool,
    tenths: i64,
    shift: i64,
    includes_line: bool,
    basis: &'static str,
    date: &'static str,
}

const RELAPSE: Reading = Reading {
    wants_tag: true,
    tenths: 10,
    shift: 0,
    includes_line: false,
    basis: "in_catalogue_self_pay",
    date: "settled",
};
const POVERTY: Reading = Reading { wants_tag: false, tenths: 20, ..RELAPSE };

impl Reading {
    fn line(self) -> i64 {
        INCOME * self.tenths / 10 + self.shift
    }

    fn cost(self, person: &Person) -> i64 {
        let [outside, over, first, deductible, account] = person.parts;
        match self.basis {
            "personal_burden" | "net_burden" => person.burden,
            "in_catalogue_self_pay" => person.burden - outside - over,
            "self_pay_with_over_limit" => person.burden - outside,
            "in_scope_self_pay" => person.burden - outside - over - first,
            "component_self_pay" => over + first + deductible,
            "cash" => person.burden - account,
            other => panic!("{other}"),
        }
    }

    fn flags(self, person: &Person) -> bool {
        let counts = match self.date {
            "discharged" => ("2026-01-01".."2026-11-01").contains(&person.discharged),
            // what is settled after the period is of its benefit year all the same
            "benefit_year" => person.settled.starts_with("2026"),
            _ => ("2026-01-01".."2026-11-01").contains(&person.settled),
        };
        let is_meant = if self.wants_tag { person.is_lifted_out } else { person.is_rural };
        let cost = if counts { self.cost(person) } else { 0 };
        is_meant && (cost > self.line() || (self.includes_line && cost == self.line()))
    }

    fn flagged(self, people: &[Person]) -> BTreeSet<usize> {
        (0..people.len()).filter(|at| self.flags(&people[*at])).collect()
    }
}

/// A resident id with its check character (GB 11643).
fn id(county: &str, born: &str, number: usize) -> String {
    let digits = format!("{county}{born}{number:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// People around every line, in groups large enough to be shown and some too small.
fn people() -> Vec<Person> {
    let costs = [27_950, 28_000, 28_050, 30_000, 55_950, 56_000, 56_050, 60_000, 61_000, 23_000, 25_300];
    let births = ["20150505", "19900505", "19700505", "19601031", "19400505"];
    let mut people = Vec::new();
    for (county, code) in COUNTIES.iter().enumerate() {
        // the last county has few
        for number in 0..[280, 220, 14][county] {
            let (kind, band) = (number % 8, (number / 3) % 5);
            let cost = costs[(number / 2) % costs.len()];
            let parts = [(number % 7) as i64 * 20, (number % 5) as i64 * 30, (number % 3) as i64 * 500, 300, 40];
            let (settled, discharged) = match number % 16 {
                3 => ("2026-01-10", "2025-12-28"),
                9 => ("2026-11-03", "2026-10-29"),
                _ => ("2026-04-20", "2026-04-18"),
            };
            people.push(Person {
                id: id(code, births[band], number),
                county,
                is_lifted_out: kind < 3,
                is_monitored: kind == 3,
                is_rural: kind < 7,
                is_male: number % 2 == 1,
                band,
                burden: cost + parts[0] + parts[1],
                parts,
                settled,
                discharged,
            });
        }
    }
    people
}

const CLAIMS: &str = "setl_id,init_setl_id,psn_no,psn_cert_type,certno,psn_name,psn_type,nwb_flag,insutype,med_type,\
setl_type,insuplc_admdvs,begndate,enddate,setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,\
inscp_scp_amt,act_pay_dedc,hifp_pay,maf_pay,fund_pay_sumamt,hosp_part_amt,psn_part_amt,acct_pay,psn_cash_pay,\
refd_setl_flag,vali_flag,manl_reim_rea,updt_time\n";

fn claim(at: usize, person: &Person) -> String {
    let Person { id, burden, settled, discharged, .. } = person;
    let [outside, over, first, deductible, account] = person.parts;
    let (scope, cash) = (burden - outside - over - first, burden - account);
    format!(
        "S{at},,N{at},01,{id},金丝雀{at},15,0,390,21,2,{},{discharged},{discharged},{settled} 10:00:00,{burden}.00,\
         {outside}.00,{over}.00,{first}.00,{scope}.00,{deductible}.00,0.00,0.00,0.00,0.00,{burden}.00,{account}.00,\
         {cash}.00,0,1,,{settled} 10:00:00\n",
        COUNTIES[person.county]
    )
}

fn land(workspace: &Workspace, people: &[Person]) {
    let mut residents = "certno,psn_name,county,gend,brdy,是否农村\n".to_owned();
    let mut rosters = "姓名,身份证号码,对象类别,起始日期,来源单位\n".to_owned();
    let mut months: BTreeMap<&str, String> = BTreeMap::new();
    for (at, person) in people.iter().enumerate() {
        let Person { id, is_rural, .. } = person;
        // a register that is silent on sex and birth leaves it to the id
        let (sex, birth) = if at % 2 == 0 { (if person.is_male { "1" } else { "2" }, &id[6..14]) } else { ("", "") };
        let rural = if *is_rural { "1" } else { "0" };
        residents += &format!("{id},金丝雀{at},{},{sex},{birth},{rural}\n", COUNTIES[person.county]);
        for (is_on, tag) in [(person.is_lifted_out, "脱贫人口"), (person.is_monitored, "低保对象")] {
            if is_on {
                rosters += &format!("金丝雀{at},{id},{tag},2024-01-01,演示市农业农村局\n");
            }
        }
        months.entry(&person.settled[..7]).or_insert_with(|| CLAIMS.to_owned()).push_str(&claim(at, person));
    }
    workspace.land("residents", "r.csv", residents.as_bytes());
    workspace.land("rosters", "r.csv", rosters.as_bytes());
    for (month, claims) in months {
        workspace.land("claims", &format!("{month}.csv"), claims.as_bytes());
    }
    let income = format!(
        "指标,区划代码,年份,数值,版次,发布日期,来源\nrural_disposable_income,990000,2025,{INCOME}.00,1,2026-02-11,演示公报(虚构)\n"
    );
    workspace.land("income", "2025.csv", income.as_bytes());
}

/// A workspace, and beside it a folder for drafts.
struct Bureau {
    workspace: Workspace,
    drafts: tempfile::TempDir,
}

impl Bureau {
    fn new() -> Self {
        Self { workspace: Workspace::new("fujian", "990100"), drafts: tempfile::tempdir().unwrap() }
    }

    fn draft(&self, name: &str, changes: &[(&str, &str)]) -> PathBuf {
        let mut text = include_str!("../pipelines/policies/fujian.toml").to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let path = self.drafts.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn simulate(&self, draft: &Path, more: &[&str]) -> Value {
        let args = [&["simulate", "--policy", draft.to_str().unwrap(), "--format", "json"], more].concat();
        serde_json::from_str(&self.workspace.ok(&args)).unwrap()
    }

    /// Runs, expects a failure with this code; what it told.
    fn refused(&self, code: i32, args: &[&str]) -> String {
        let output = self.workspace.run(&[&["simulate"], args].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{told}");
        told
    }

    fn files(&self) -> BTreeMap<PathBuf, String> {
        let files = files_below(self.workspace.root());
        files.into_iter().map(|path| (path.clone(), sha256_of(&path))).collect()
    }
}

/// Compares counts of a report with the truth; a count may be hidden, but a small one must be.
#[derive(Default)]
struct Tally {
    shown: usize,
    hidden: usize,
}

impl Tally {
    #[track_caller]
    fn is(&mut self, told: &Value, truth: usize, what: &str) {
        if let Some(count) = told.as_u64() {
            assert_eq!(count, truth as u64, "{what}");
            assert!(!(1..=4).contains(&count), "{what} is shown: {count}");
            self.shown += 1;
        } else {
            assert!(told.is_null() && truth > 0, "{what}: {told}");
            self.hidden += 1;
        }
    }

    /// A table: persons by row and column; everything else is nobody.
    fn table(&mut self, table: &Value, people: &BTreeMap<(String, String), usize>) {
        let codes = |of: &str| -> Vec<String> {
            table[of].as_array().unwrap().iter().map(|label| label["code"].as_str().unwrap().to_owned()).collect()
        };
        let (rows, columns) = (codes("rows"), codes("columns"));
        for (row, column) in people.keys() {
            assert!(rows.contains(row) && columns.contains(column), "{row} {column}");
        }
        for (at, row) in rows.iter().enumerate() {
            for (column_at, column) in columns.iter().enumerate() {
                let fits = |(r, c): &(String, String)| {
                    (r == row || row == "all") && (c == column || column_at + 1 == columns.len())
                };
                let truth = people.iter().filter(|(place, _)| fits(place)).map(|(_, count)| count).sum();
                self.is(&table["rows"][at]["persons"][column_at], truth, &format!("{row} {column}"));
            }
        }
    }
}

fn by<'p>(people: impl Iterator<Item = (&'p Person, String, String)>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for (_, row, column) in people {
        *counts.entry((row, column)).or_default() += 1;
    }
    counts
}

const RULES: [&str; 2] = ["fujian-relapse", "fujian-into-poverty"];

#[test]
fn every_number_is_the_one_that_an_independent_count_gives() {
    let (bureau, people) = (Bureau::new(), people());
    land(&bureau.workspace, &people);
    bureau.workspace.ok(&["run", "nightly", "--month", MONTH]);
    let changes =
        [("multiple = \"1.0\", operator = \">\"", "multiple = \"0.9\", operator = \">=\""), ("\"2.0\"", "\"2.1\"")];
    let draft = bureau.draft("draft.toml", &changes);
    let before = bureau.files();
    let told = bureau.simulate(&draft, &[]);
    assert_eq!(bureau.files(), before, "the workspace is untouched");
    assert_eq!((told["period"].as_str(), told["kind"].as_str()), (Some(MONTH), Some("simulation")));

    let readings = [Reading { tenths: 9, includes_line: true, ..RELAPSE }, Reading { tenths: 21, ..POVERTY }];
    let sets = readings.map(|reading| reading.flagged(&people));
    let current = [RELAPSE, POVERTY].map(|reading| reading.flagged(&people));
    let lead = |sets: &[BTreeSet<usize>; 2], at: usize| (0..2).find(|rule| sets[*rule].contains(&at));
    let listed: BTreeMap<usize, usize> = (0..people.len()).filter_map(|at| Some((at, lead(&sets, at)?))).collect();
    let previous: BTreeMap<usize, usize> = (0..people.len()).filter_map(|at| Some((at, lead(&current, at)?))).collect();
    let mut tally = Tally::default();
    for (rule, set) in sets.iter().enumerate() {
        tally.is(&told["rules"][rule]["flagged"], set.len(), RULES[rule]);
        let excess: i64 = set.iter().map(|at| readings[rule].cost(&people[*at]) - readings[rule].line()).sum();
        if told["rules"][rule]["flagged"].is_u64() {
            assert_eq!(told["rules"][rule]["excess"].as_str(), Some(format!("{excess}.00").as_str()));
        }
    }
    let place = |at: usize| COUNTIES[people[at].county].to_owned();
    let cells = listed.iter().map(|(at, rule)| (&people[*at], place(*at), RULES[*rule].to_owned()));
    tally.table(&told["counties"], &by(cells));
    let cohort = |person: &Person| match person {
        Person { is_lifted_out: true, .. } => "lifted_out",
        Person { is_monitored: true, .. } => "monitored",
        Person { is_rural: true, .. } => "rural",
        _ => "rest",
    };
    let cells =
        listed.iter().map(|(at, rule)| (&people[*at], cohort(&people[*at]).to_owned(), RULES[*rule].to_owned()));
    tally.table(&told["cohorts"], &by(cells));
    let sex = |person: &Person| if person.is_male { "male" } else { "female" }.to_owned();
    let cells = listed.keys().map(|at| (&people[*at], BANDS[people[*at].band].to_owned(), sex(&people[*at])));
    tally.table(&told["ages"], &by(cells));
    for (table, part, these, others) in
        [("entering", "enter", &listed, &previous), ("leaving", "leave", &previous, &listed)]
    {
        let column = |at: usize, rule: usize| {
            if others.contains_key(&at) { "stay".to_owned() } else { format!("{part}:{}", RULES[rule]) }
        };
        let cells = these.iter().map(|(at, rule)| (&people[*at], place(*at), column(*at, *rule)));
        tally.table(&told[table], &by(cells));
        let moved = these.keys().filter(|at| !others.contains_key(at)).count();
        tally.is(&told["persons"][part], moved, part);
    }
    readings_of(&told, &people, readings, &mut tally);
    assert!(tally.shown > 120 && tally.hidden > 5, "{} shown, {} hidden", tally.shown, tally.hidden);
    println!(
        "simulation against a count of its own: {} cases, {} of them hidden",
        tally.shown + tally.hidden,
        tally.hidden
    );
}

/// The sensitivity of each rule and of the list.
fn readings_of(told: &Value, people: &[Person], own: [Reading; 2], tally: &mut Tally) {
    let base = own.map(|reading| reading.flagged(people));
    let all: BTreeSet<usize> = base.iter().flatten().copied().collect();
    let parts = told["sensitivity"].as_array().unwrap();
    assert_eq!(parts.len(), 14);
    for part in parts {
        let code = part["code"].as_str().unwrap();
        let varied = own.map(|reading| match code.split_once(':') {
            Some(("basis", basis)) => {
                Reading { basis: BASES.iter().find(|known| **known == basis).unwrap(), ..reading }
            }
            Some(("date", date)) => {
                let date = ["settled", "discharged", "benefit_year"].into_iter().find(|known| *known == date);
                Reading { date: date.unwrap(), ..reading }
            }
            _ if code.starts_with("line") => Reading { shift: code[4..].parse().unwrap(), ..reading },
            _ => Reading { includes_line: code == "operator>=", ..reading },
        });
        let sets = varied.map(|reading| reading.flagged(people));
        for rule in 0..2 {
            let flip = &part["rules"][rule];
            tally.is(&flip["enter"], sets[rule].difference(&base[rule]).count(), &format!("{code} enter {rule}"));
            tally.is(&flip["leave"], base[rule].difference(&sets[rule]).count(), &format!("{code} leave {rule}"));
        }
        let list: BTreeSet<usize> = sets.iter().flatten().copied().collect();
        for (key, truth) in [("enter", list.difference(&all).count()), ("leave", all.difference(&list).count())] {
            // hidden where a rule's part of it is
            if part["list"][key].is_u64() {
                tally.is(&part["list"][key], truth, &format!("{code} {key}"));
            }
        }
    }
}

const BASES: [&str; 7] = [
    "personal_burden",
    "in_catalogue_self_pay",
    "self_pay_with_over_limit",
    "in_scope_self_pay",
    "component_self_pay",
    "cash",
    "net_burden",
];

#[test]
fn a_report_is_the_same_twice_and_knows_nobody() {
    let (bureau, people) = (Bureau::new(), people());
    land(&bureau.workspace, &people);
    bureau.workspace.ok(&["run", "nightly", "--month", MONTH]);
    let draft = bureau.draft("草案.toml", &[("\"2.0\"", "\"1.5\"")]);
    let page = bureau.drafts.path().join("一.html");
    let first = bureau.simulate(&draft, &["--html", page.to_str().unwrap()]);
    let beside = bureau.drafts.path().join(format!("草案-simulation-{MONTH}.html"));
    assert!(!beside.exists());
    let printed = bureau.workspace.ok(&["simulate", "--policy", draft.to_str().unwrap()]);
    assert!(printed.contains("不是认定结论") && printed.contains(beside.to_str().unwrap()), "{printed}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert_eq!(html, std::fs::read_to_string(&beside).unwrap());
    assert_eq!(first, bureau.simulate(&draft, &[]));
    for outside in ["http:", "https:", "src=", "<script", "<link", "@import", "url(http"] {
        assert!(!html.contains(outside), "{outside}");
    }
    for said in ["模拟测算，不是认定结论", "2026年10月", "数据版本", "草案.toml", "<svg", "@media print", "A4"]
    {
        assert!(html.contains(said), "{said}");
    }
    for hash in [&first["made_from"]["data_sha256"], &first["draft"]["sha256"], &first["against"]["sha256"]] {
        let hash = hash.as_str().unwrap();
        assert!(hash.len() == 64 && html.contains(hash));
    }
    let texts = [html, first.to_string(), printed];
    let mut canaries = 0;
    for (at, person) in people.iter().enumerate() {
        for canary in [&person.id[..17], &format!("金丝雀{at}"), &format!("\"S{at}\"")] {
            assert!(texts.iter().all(|text| !text.contains(canary)), "person {at} can be recognised");
            canaries += 1;
        }
    }
    println!("simulation report: {canaries} canaries, {} cases", canaries + 15);
}

#[test]
fn the_policy_in_use_changes_nobody_and_findings_need_not_be_there() {
    let (bureau, people) = (Bureau::new(), people());
    let draft = bureau.draft("same.toml", &[]);
    let fresh = bureau.files();
    assert!(bureau.refused(75, &["--policy", draft.to_str().unwrap()]).contains("landing/claims/"));
    assert_eq!(bureau.files(), fresh);
    land(&bureau.workspace, &people);
    bureau.workspace.ok(&["intake"]);
    let month = ["--month", MONTH];
    let before = bureau.simulate(&draft, &month);
    bureau.workspace.ok(&["run", "nightly", "--month", MONTH]);
    let after = bureau.simulate(&draft, &month);
    let numbers = |told: &Value| {
        let mut numbers = told.clone();
        numbers.as_object_mut().unwrap().remove("made_from");
        numbers
    };
    assert_eq!(numbers(&before), numbers(&after), "what a night has made does not matter");
    for part in ["enter", "leave"] {
        assert_eq!(after["persons"][part].as_u64(), Some(0), "{part}");
    }
    assert!(after["persons"]["draft"].as_u64().unwrap() > 50);
    assert_eq!(after["persons"]["draft"], after["persons"]["against"]);
    for table in ["entering", "leaving"] {
        for row in after[table]["rows"].as_array().unwrap() {
            let persons = row["persons"].as_array().unwrap();
            assert!(persons[1..persons.len() - 1].iter().all(|count| count.as_u64() == Some(0)), "{table}: {row}");
        }
    }
    // Claims that came in since the last night count, though no night has looked at them.
    let late: Vec<String> = people.iter().enumerate().take(40).map(|(at, person)| claim(at + 10_000, person)).collect();
    bureau.workspace.land("claims", "late.csv", format!("{CLAIMS}{}", late.concat()).as_bytes());
    bureau.workspace.ok(&["intake"]);
    let stale = bureau.simulate(&draft, &month);
    assert_ne!(stale["persons"], after["persons"]);
    bureau.workspace.ok(&["run", "nightly", "--month", MONTH]);
    assert_eq!(numbers(&stale), numbers(&bureau.simulate(&draft, &month)));
    // Against another file, and a month without claims.
    let other = bureau.draft("other.toml", &[("\"2.0\"", "\"1.5\"")]);
    let told = bureau.simulate(&draft, &["--against", other.to_str().unwrap()]);
    assert_eq!((told["against"]["name"].as_str(), told["persons"]["enter"].as_u64()), (Some("other.toml"), Some(0)));
    assert!(told["persons"]["leave"].as_u64() > Some(4));
    let empty = bureau.simulate(&draft, &["--month", "2026-06"]);
    assert!(empty["warnings"][0].as_str().unwrap().contains("2026年6月没有已接收的结算数据"));
}

#[test]
fn a_draft_with_a_slip_is_told_with_its_line() {
    let bureau = Bureau::new();
    land(&bureau.workspace, &people()[..20]);
    bureau.workspace.ok(&["intake"]);
    let before = bureau.files();
    let slips = [
        ("lifted_out", "lifted_uot", "did you mean `lifted_out`?"),
        ("in_catalogue_self_pay", "in_catalog_self_pay", "did you mean `in_catalogue_self_pay`?"),
        ("cadence = \"monthly\"\nvalid = { from", "cadense = \"monthly\"\nvalid = { from", "did you mean `cadence`?"),
        ("\"civil_affairs\"", "\"civil_affair\"", "did you mean `civil_affairs`?"),
        ("person_window_over_line", "person_windows_over_line", "did you mean `person_window_over_line`?"),
        ("extends = \"national\"", "extends = \"nation\"", "did you mean `national`?"),
        ("multiple = \"1.0\"", "multiple = 1.0", "write it as text"),
        ("overrides = \"national-relapse\"", "overrides = \"national-relaps\"", "did you mean `national-relapse`?"),
    ];
    for (from, to, said) in &slips {
        let draft = bureau.draft("draft.toml", &[(from, to)]);
        let text = std::fs::read_to_string(&draft).unwrap();
        let at = text.find(to).unwrap();
        let line = text[..at].matches('\n').count() + 1;
        let told = bureau.refused(3, &["--policy", draft.to_str().unwrap()]);
        assert!(told.contains(&format!("draft.toml:{line}: ")) && told.contains(said), "{to}, line {line}: {told}");
    }
    let good = bureau.draft("good.toml", &[]);
    let good = good.to_str().unwrap();
    let wrong = bureau.draft("wrong.toml", &[("lifted_out", "lifted_uot")]);
    assert!(bureau.refused(3, &["--policy", good, "--against", wrong.to_str().unwrap()]).contains("wrong.toml:"));
    assert!(bureau.refused(3, &["--policy", "nowhere.toml"]).contains("nowhere.toml"));
    let bytes = bureau.drafts.path().join("gbk.toml");
    std::fs::write(&bytes, b"# \xb2\xdd\xb0\xb8\n").unwrap();
    assert!(bureau.refused(3, &["--policy", bytes.to_str().unwrap()]).contains("gbk.toml"));
    let kept = std::fs::read(good).unwrap();
    assert!(bureau.refused(2, &["--policy", good, "--html", good]).contains("overwrite"));
    assert_eq!(std::fs::read(good).unwrap(), kept);
    let ended =
        bureau.draft("ended.toml", &[("valid = { from = \"2022-01-01\" }", "valid = { from = \"2027-01-01\" }")]);
    assert!(
        bureau.refused(3, &["--policy", ended.to_str().unwrap(), "--month", MONTH]).contains("no rule is in force")
    );
    assert_eq!(bureau.files(), before);
    println!("simulation of bad drafts: {} cases", slips.len() + 5);
}
