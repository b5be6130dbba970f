//! Half a year of one small bureau with what goes wrong in it: a late county, a roster cut short, a mass exit whose
//! figures balance, a number used twice, two documents of one person, a hospital that voids and sends again.
//!
//! `SIX_MONTHS_KEEP` names a folder that gets the workspace afterwards: lists, pages for senders, questions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::files::open;
use crate::workspace::{Workspace, copy_tree, whole_id};

const HEADER: &str = "SETL_ID,PSN_NO,FIXMEDINS_CODE,PSN_CERT_TYPE,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,INSU_ADMDVS,BEGNDATE,ENDDATE,SETL_TIME,\
MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY,REFD_SETL_FLAG,\
VALI_FLAG,UPDT_TIME\n";
const COUNTIES: [(&str, &str); 3] = [("990103", "青屏县"), ("990104", "云麓县"), ("990105", "石桥县")];
const FAMILY: [&str; 10] = ["陈", "林", "黄", "张", "李", "王", "吴", "刘", "蔡", "杨"];
const GIVEN: [&str; 8] = ["桂英", "建国", "秀兰", "志强", "丽华", "文彬", "美玲", "国平"];
/// Listed people of each county from May on, and those whose claims are everyday ones.
const LISTED: usize = 12;
const EVERYDAY: usize = 40;
/// The classes of people whom the clause means, with one that absence from a roster ends.
const TAGS: (&str, &str) = ("tags = [\"lifted_out\"]", "tags = [\"lifted_out\", \"unstable_lifted_out\"]");

/// One settlement; all of it is the person's own cost.
struct Claim<'a> {
    number: String,
    person_no: String,
    hospital: &'a str,
    id: String,
    name: String,
    county: &'a str,
    day: String,
    yuan: u32,
    is_valid: bool,
    updated: String,
}

impl Claim<'_> {
    fn line(&self) -> String {
        let Self { number, person_no, hospital, id, name, county, day, yuan, is_valid, updated } = self;
        // everyday ones are an outpatient's
        let care = if *yuan < 1_000 { "11" } else { "21" };
        format!(
            "{number},{person_no},{hospital},01,{id},{name},390,{care},{county},{day},{day},{day} 10:00:00,{yuan}.00,0.00,0.00,0.00,\
             {yuan}.00,0.00,{yuan}.00,0,{},{updated} 20:00:00\n",
            u8::from(*is_valid)
        )
    }
}

fn id(county: &str, number: usize) -> String {
    whole_id(&format!("{county}1962{:02}{:02}{number:03}", number % 12 + 1, number % 28 + 1))
}

fn name(number: usize) -> String {
    format!("{}{}", FAMILY[number % FAMILY.len()], GIVEN[number / 3 % GIVEN.len()])
}

/// A settlement of a person of a county, of a month.
fn claim<'a>(county: &'a str, number: usize, month: &str, yuan: u32) -> Claim<'a> {
    let day = format!("{month}-{:02}", number % 20 + 3);
    Claim {
        number: format!("S{county}{}{number:04}", month.replace('-', "")),
        person_no: format!("P{county}{number:04}"),
        hospital: "H35990102",
        id: id(county, number),
        name: name(number),
        county,
        updated: day.clone(),
        day,
        yuan,
        is_valid: true,
    }
}

/// The file of a county's month: everyday claims, and others.
fn file(county: &str, month: &str, others: &[Claim<'_>]) -> String {
    let everyday = (200..200 + EVERYDAY).map(|number| claim(county, number, month, 120).line());
    everyday.chain(others.iter().map(Claim::line)).fold(HEADER.to_owned(), |text, line| text + &line)
}

/// The roster of a county's month; `moved` has the people of last month, those who came, left, and are there.
fn roster(county: &str, month: &str, people: &[usize], moved: Option<[usize; 4]>) -> String {
    let office = COUNTIES.iter().find(|(code, _)| *code == county).unwrap().1;
    let (heads, figures) = match moved {
        Some([before, new, gone, now]) => {
            (",上月人数,新增人数,退出人数,本月人数", format!(",{before},{new},{gone},{now}"))
        }
        None => ("", String::new()),
    };
    let mut text = format!("证件号码,姓名,人员类别,名册月份,来源单位,县区代码{heads}\n");
    for number in people {
        let month = month.replace('-', "");
        let (id, name) = (id(county, *number), name(*number));
        writeln!(text, "{id},{name},脱贫不稳定户,{month},{office}农业农村局,{county}{figures}").unwrap();
    }
    text
}

struct Bureau {
    workspace: Workspace,
}

impl Bureau {
    fn new() -> Self {
        let workspace = Workspace::new("fujian", "990100");
        let path = "pipelines/policies/fujian.toml";
        let policy = std::fs::read_to_string(workspace.root().join(path)).unwrap();
        assert!(policy.contains(TAGS.0));
        workspace.write(path, policy.replacen(TAGS.0, TAGS.1, 1).as_bytes());
        let settings =
            "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 1\n[landing]\nquiet_seconds = 0\n";
        workspace.write("poverty-watch.toml", settings.as_bytes());
        let rows = COUNTIES.map(|(code, name)| format!("{code},{name},rural\n")).concat();
        workspace.write("pipelines/tables/counties.csv", format!("code,name,level\n{rows}").as_bytes());
        let income = "指标,区划代码,年份,数值,版次,发布日期,来源\n\
                      rural_disposable_income,990000,2025,28134.00,1,2026-01-28,虚构\n";
        workspace.land("income", "income-2026.csv", income.as_bytes());
        let mut register = "certno,psn_no,psn_name,county,resd_natu,updt_time\n".to_owned();
        for (county, _) in COUNTIES {
            for number in (1..=LISTED + 1).chain([30, 40]) {
                let Claim { id, person_no, name, .. } = claim(county, number, "2026-01", 0);
                writeln!(register, "{id},{person_no},{name},{county},20,2026-01-05 00:00:00").unwrap();
            }
        }
        workspace.land("residents", "register-2026-01.csv", register.as_bytes());
        for month in ["2026-01", "2026-02", "2026-03", "2026-04"] {
            for (county, _) in COUNTIES {
                workspace.land("claims", &format!("{county}-{month}.csv"), file(county, month, &[]).as_bytes());
            }
        }
        Self { workspace }
    }

    fn land_claims(&self, county: &str, month: &str, others: &[Claim<'_>]) {
        self.workspace.land("claims", &format!("{county}-{month}.csv"), file(county, month, others).as_bytes());
    }

    fn land_roster(&self, county: &str, month: &str, people: &[usize], moved: Option<[usize; 4]>) {
        let text = roster(county, month, people, moved);
        self.workspace.land("rosters", &format!("{county}-{month}.csv"), text.as_bytes());
    }

    /// Claims and rosters as they should be, of the counties that are not named.
    fn land_others(&self, month: &str, but: &[&str]) {
        let everybody: Vec<usize> = (1..=LISTED).collect();
        for (county, _) in COUNTIES.iter().filter(|(county, _)| !but.contains(county)) {
            self.land_claims(county, month, &[]);
            self.land_roster(county, month, &everybody, None);
        }
    }

    fn run(&self, job: &str, month: &str) -> i32 {
        let output = self.workspace.run(&["run", job, "--month", month]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().unwrap();
        assert!(matches!(code, 0 | 4), "{job} {month}: {told}");
        code
    }

    fn seal(&self, month: &str) -> (i32, i32) {
        (self.run("nightly", month), self.run("monthly", month))
    }

    /// People of a county's lists for an office, by change; who stays or is asked about with the word.
    fn listed(&self, month: &str, county: &str, office: &str) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for (list, manifest) in self.workspace.manifests(month) {
            if manifest["county"] != county || manifest["office"] != office {
                continue;
            }
            let path = self.workspace.root().join(format!("lists/{month}/{list}/{list}.csv"));
            let text = std::fs::read_to_string(path).unwrap();
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let header = reader.headers().unwrap().clone();
            for row in reader.records() {
                let row = row.unwrap();
                let cell = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
                let why = if office == "YBU" { cell("reason") } else { cell("delta_reason") };
                *found.entry(format!("{} {why}", cell("delta")).trim_end().to_owned()).or_default() += 1;
            }
        }
        found
    }

    fn referred(&self, month: &str, county: &str) -> BTreeMap<String, usize> {
        self.listed(month, county, "MZ")
    }

    fn gaps(&self, month: &str, county: &str) -> String {
        let lists = self.workspace.manifests(month);
        let list = lists.values().find(|list| list["county"] == county && list["office"] == "MZ").unwrap();
        list["gaps"].to_string()
    }
}

/// Also after a failure: what it looks like then is the question.
impl Drop for Bureau {
    fn drop(&mut self) {
        if let Ok(folder) = std::env::var("SIX_MONTHS_KEEP") {
            copy_tree(self.workspace.root(), Path::new(&folder));
        }
    }
}

fn are<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
}

#[test]
fn half_a_year_with_what_goes_wrong_in_it() {
    let bureau = Bureau::new();
    let everybody: Vec<usize> = (1..=LISTED).collect();

    // May: all is as it should be.
    for (county, _) in COUNTIES {
        let dear: Vec<Claim<'_>> = everybody.iter().map(|number| claim(county, *number, "2026-05", 31_000)).collect();
        bureau.land_claims(county, "2026-05", &dear);
        bureau.land_roster(county, "2026-05", &everybody, None);
    }
    assert_eq!(bureau.seal("2026-05"), (0, 0));
    for (county, _) in COUNTIES {
        assert_eq!(bureau.referred("2026-05", county), are([("new", LISTED)]), "{county}");
    }

    // June: nothing comes from one county. Its list goes out on its day, with those who are known, and says what lacks.
    bureau.land_others("2026-06", &["990105"]);
    bureau.land_roster("990105", "2026-06", &everybody, None);
    bureau.seal("2026-06");
    assert_eq!(bureau.referred("2026-06", "990105"), are([("continuing", LISTED)]));
    assert_eq!(bureau.gaps("2026-06", "990105"), "[\"2026年6月医疗费用结算数据缺报\"]");
    assert_eq!(bureau.gaps("2026-06", "990103"), "null");

    // July: June's file comes, with somebody new in it. One roster has two rows of twelve.
    bureau.land_claims("990105", "2026-06", &[claim("990105", 13, "2026-06", 35_000)]);
    bureau.land_others("2026-07", &["990103", "990105"]);
    bureau.land_claims("990105", "2026-07", &[]);
    bureau.land_roster("990105", "2026-07", &(1..=13).collect::<Vec<_>>(), None);
    bureau.land_claims("990103", "2026-07", &[]);
    bureau.land_roster("990103", "2026-07", &[1, 2], None);
    assert_eq!(bureau.seal("2026-07"), (4, 4), "the roster is asked about");
    assert_eq!(bureau.referred("2026-07", "990105"), are([("continuing", LISTED), ("new", 1)]));
    assert_eq!(bureau.referred("2026-07", "990103"), are([("continuing", 2), ("continuing open:tag_absent", 10)]));

    // August: the whole roster again; another county's office says that five have left, and its figures balance.
    bureau.land_others("2026-08", &["990104", "990105"]);
    bureau.land_claims("990105", "2026-08", &[]);
    bureau.land_roster("990105", "2026-08", &(1..=13).collect::<Vec<_>>(), None);
    bureau.land_claims("990104", "2026-08", &[]);
    bureau.land_roster("990104", "2026-08", &(1..=7).collect::<Vec<_>>(), Some([12, 0, 5, 7]));
    assert_eq!(bureau.seal("2026-08"), (0, 0));
    assert_eq!(bureau.referred("2026-08", "990103"), are([("continuing", LISTED)]));
    let left = bureau.referred("2026-08", "990104");
    assert_eq!((left["continuing"], left.values().sum::<usize>()), (7, 12), "{left:?}");
    assert_eq!(open(&bureau.workspace).len(), 0);

    // September: a hospital gives a number to two people, and one person number has two documents.
    let mut twice = claim("990103", 30, "2026-09", 36_000);
    twice.number = claim("990103", 1, "2026-05", 0).number;
    let mut other = claim("990105", 41, "2026-09", 16_000);
    other.person_no = "P9901050040".to_owned();
    bureau.land_others("2026-09", &["990103", "990104", "990105"]);
    bureau.land_claims("990103", "2026-09", &[twice]);
    let whole: Vec<usize> = everybody.iter().copied().chain([30]).collect();
    bureau.land_roster("990103", "2026-09", &whole, None);
    bureau.land_claims("990104", "2026-09", &[]);
    bureau.land_roster("990104", "2026-09", &(1..=7).collect::<Vec<_>>(), None);
    bureau.land_claims("990105", "2026-09", &[claim("990105", 40, "2026-09", 16_000), other]);
    let whole: Vec<usize> = (1..=13).chain([40, 41]).collect();
    bureau.land_roster("990105", "2026-09", &whole, None);
    bureau.seal("2026-09");
    assert_eq!(bureau.referred("2026-09", "990103"), are([("continuing", LISTED)]));
    let asked = |county: &str| bureau.listed("2026-09", county, "YBU").into_keys().collect::<Vec<_>>().join(" ");
    assert!(asked("990103").contains("number_of_another_person"), "{}", asked("990103"));
    assert!(asked("990105").contains("identity_open"), "{}", asked("990105"));

    // October: the hospital voids all dear settlements of one county, and sends them anew under other numbers.
    bureau.land_others("2026-10", &["990103", "990104", "990105"]);
    for (county, people) in [("990103", 1..=12), ("990104", 1..=7), ("990105", 1..=13)] {
        bureau.land_claims(county, "2026-10", &[]);
        bureau.land_roster(county, "2026-10", &people.collect::<Vec<_>>(), None);
    }
    let dear = |number: &usize| claim("990104", *number, "2026-05", 31_000);
    let sent = |lines: Vec<String>| lines.into_iter().fold(HEADER.to_owned(), |text, line| text + &line);
    let voids = (1..=7).collect::<Vec<usize>>();
    let void = |number| Claim { is_valid: false, updated: "2026-10-20".to_owned(), ..dear(number) }.line();
    bureau.workspace.land("claims", "H35990102-冲销.csv", sent(voids.iter().map(void).collect()).as_bytes());
    assert_eq!(bureau.seal("2026-10").0, 0, "what is voided is mostly settled anew: nobody is asked");
    assert_eq!(bureau.referred("2026-10", "990104"), are([("continuing open:void_unsettled", 7)]));
    let anew = |number| {
        let old = dear(number);
        Claim { number: format!("{}R", old.number), updated: "2026-10-21".to_owned(), ..old }.line()
    };
    bureau.workspace.land("claims", "H35990102-重结.csv", sent(voids.iter().map(anew).collect()).as_bytes());
    assert_eq!(bureau.run("nightly", "2026-10"), 0);
    let october = bureau.workspace.findings("2026-10");
    let flagged = october.iter().filter(|one| one.status == "flagged" && one.person_key / 100_000_000_000 == 990_104);
    assert_eq!(flagged.count(), 7, "the settlements are back");

    println!("half a year: 6 months, 3 counties, {} files of lists", bureau.workspace.lists().len());
}
