//! A roster is a snapshot with an identity: which files count, what absence means, and when a tag ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::workspace::{Workspace, check};

const CLAIMS: &str = "SETL_ID,PSN_CERT_TYPE,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,INSU_ADMDVS,BEGNDATE,ENDDATE,SETL_TIME,\
MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY,REFD_SETL_FLAG,\
VALI_FLAG,UPDT_TIME\n";
const MONTHLY: &str = "证件号码,姓名,人员类别,名册月份,来源单位\n";
const CHANGES: &str = "证件号码,姓名,人员类别,起始日期,终止日期,来源单位\n";

/// The id of a person of a county; all are invented.
fn id(county: &str, number: usize) -> String {
    let seventeen = format!("{county}19620305{number:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = seventeen.chars().zip(weights).map(|(digit, weight)| digit.to_digit(10).unwrap() * weight).sum();
    format!("{seventeen}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11])
}

/// A bureau with some people of 990103, 30,000 yuan each: over the line.
struct Bureau {
    workspace: Workspace,
}

impl Bureau {
    fn with(people: usize) -> Self {
        let workspace = Workspace::new("fujian", "990100");
        let settings = "policy = \"fujian\"\narea = \"990100\"\n[warehouse]\nbuckets = 1\n[feeds.rosters]\n";
        workspace.write("poverty-watch.toml", settings.as_bytes());
        let mut claims = CLAIMS.to_owned();
        for number in 1..=people {
            for county in ["990103", "990104"] {
                let id = id(county, number);
                let _ = writeln!(
                    claims,
                    "{county}-{number},01,{id},陈某,390,21,{county},2026-06-15,2026-06-15,2026-06-15 10:00:00,\
                     60000.00,0.00,0.00,0.00,60000.00,30000.00,30000.00,0,1,2026-06-15 10:00:00"
                );
            }
        }
        workspace.land("claims", "c.csv", claims.as_bytes());
        let figures = "指标,区划代码,年份,数值,版次,发布日期,来源\n\
                       rural_disposable_income,990000,2025,28134.00,1,2026-01-28,虚构\n";
        workspace.land("income", "income.csv", figures.as_bytes());
        Self { workspace }
    }

    /// The same, with 脱贫人口 ending by absence as the other tags do.
    fn by_absence(people: usize) -> Self {
        let bureau = Self::with(people);
        bureau.workspace.write("pipelines/tables/tags.csv", b"tag,ends\nlifted_out,absence\n");
        bureau
    }

    /// Lands a roster; one night goes by.
    fn night(&self, name: &str, content: &str) {
        self.workspace.land("rosters", name, content.as_bytes());
        self.run("2026-10-31");
    }

    fn run(&self, day: &str) {
        let args = ["run", "nightly", "--as-of", day];
        let output = self.workspace.run(&args);
        // 4: a question is open
        if output.status.code() != Some(4) {
            check(&args, &output);
        }
    }

    fn say(&self, settings: &str) {
        let text = std::fs::read_to_string(self.workspace.root().join("poverty-watch.toml")).unwrap();
        let text = text.replace("[feeds.rosters]\n", &format!("[feeds.rosters]\n{settings}\n"));
        self.workspace.write("poverty-watch.toml", text.as_bytes());
    }

    /// How many people the relapse rule finds in a month, by status and reason.
    fn found(&self, month: &str) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for finding in self.workspace.findings(month).into_iter().filter(|finding| finding.rule == "fujian-relapse") {
            let what = if finding.reason.is_empty() { finding.status } else { finding.reason };
            *found.entry(what).or_default() += 1;
        }
        found
    }

    fn finds<const N: usize>(&self, month: &str, expected: [(&str, usize); N]) {
        let expected: BTreeMap<String, usize> =
            expected.into_iter().map(|(what, count)| (what.to_owned(), count)).collect();
        assert_eq!(self.found(month), expected);
    }
}

/// A month's roster of some people of 990103.
fn roster(month: &str, people: impl IntoIterator<Item = usize>) -> String {
    let row = |number| format!("{},陈某,脱贫人口,{month},甲县农业农村局\n", id("990103", number));
    people.into_iter().fold(MONTHLY.to_owned(), |text, number| text + &row(number))
}

fn change(from: &str, to: &str) -> String {
    format!("{CHANGES}{},陈某,脱贫人口,{from},{to},甲县农业农村局\n", id("990103", 1))
}

#[test]
fn a_roster_cut_to_two_rows_ends_nobodys_historical_status() {
    let bureau = Bureau::with(200);
    bureau.night("10.csv", &roster("202610", 1..=200));
    bureau.finds("2026-10", [("flagged", 200)]);
    bureau.workspace.land("rosters", "11.csv", roster("202611", 1..=2).as_bytes());
    bureau.run("2026-11-30");
    bureau.finds("2026-11", [("flagged", 200)]);
}

#[test]
fn a_roster_cut_to_two_rows_leaves_the_others_undecided_until_a_second_one_lacks_them() {
    let bureau = Bureau::by_absence(200);
    bureau.night("10.csv", &roster("202610", 1..=200));
    bureau.workspace.land("rosters", "11.csv", roster("202611", 1..=2).as_bytes());
    bureau.run("2026-11-30");
    bureau.finds("2026-11", [("flagged", 2), ("tag_absent", 198)]);
    let told = bureau.workspace.ok(&["explain", "--person", &id("990103", 3), "--month", "2026-11"]);
    assert!(told.contains("最新一期名册未列此人"), "{told}");
    // what comes back is certain again, who is lacking twice has left
    bureau.workspace.land("rosters", "12.csv", roster("202612", 1..=100).as_bytes());
    bureau.run("2026-12-31");
    bureau.finds("2026-12", [("flagged", 100)]);
    bureau.finds("2026-11", [("flagged", 2), ("tag_absent", 198)]);
}

#[test]
fn a_second_file_of_a_month_only_adds_until_somebody_answers() {
    let bureau = Bureau::with(3);
    bureau.night("2026-10.csv", &roster("202610", [1, 2]));
    bureau.night("2026-10-更正版.csv", &roster("202610", [1]));
    bureau.finds("2026-10", [("flagged", 2)]);
    let told = bureau.workspace.ok(&["questions"]);
    assert!(told.contains("请确认按补报追加、整份替换还是退回"), "{told}");
    bureau.say("[[feeds.rosters.files]]\nmatch = \"*更正版*\"\ntake = \"whole\"");
    bureau.run("2026-10-31");
    bureau.finds("2026-10", [("flagged", 1)]);
    // what is sent back counts for nothing
    let bureau = Bureau::with(3);
    bureau.night("2026-10.csv", &roster("202610", [1, 2]));
    bureau.night("别县.csv", &roster("202610", [3]));
    bureau.finds("2026-10", [("flagged", 3)]);
    bureau.say("[[feeds.rosters.files]]\nmatch = \"别县*\"\ntake = \"returned\"");
    bureau.run("2026-10-31");
    bureau.finds("2026-10", [("flagged", 2)]);
}

#[test]
fn a_roster_that_says_it_is_whole_takes_the_earlier_ones_place() {
    let bureau = Bureau::with(3);
    bureau.night("2026-09.csv", &roster("202609", [1, 2]));
    bureau.night("2026-10.csv", &roster("202610", [1, 2]));
    bureau.night("2026-10（整份）.csv", &roster("202610", [1]));
    bureau.finds("2026-10", [("flagged", 1)]);
    // an addition adds, the same name with new content is a file of its own
    bureau.night("2026-10补报.csv", &roster("202610", [3]));
    bureau.finds("2026-10", [("flagged", 2)]);
    bureau.night("2026-10（整份）.csv", &roster("202610", [1, 2, 3]));
    bureau.finds("2026-10", [("flagged", 3)]);
}

#[test]
fn two_offices_of_one_name_in_two_counties_are_two() {
    let bureau = Bureau::by_absence(1);
    let roster = |county: &str, month: &str| {
        format!(
            "证件号码,姓名,人员类别,名册月份,来源单位,县区代码\n{},陈某,脱贫人口,{month},农业农村局,{county}\n",
            id(county, 1)
        )
    };
    bureau.night("甲县-09.csv", &roster("990103", "202609"));
    bureau.night("乙县-09.csv", &roster("990104", "202609"));
    bureau.night("甲县-10.csv", &roster("990103", "202610"));
    bureau.finds("2026-10", [("flagged", 2)]);
}

#[test]
fn nobody_left_and_a_header_alone_end_nothing_by_themselves() {
    let bureau = Bureau::by_absence(2);
    let both = roster("202609", [1]) + &format!("{},陈某,边缘易致贫,202609,甲县农业农村局\n", id("990103", 2));
    bureau.night("09.csv", &both);
    let one = format!("{MONTHLY}{},陈某,边缘易致贫,202610,甲县农业农村局\n", id("990103", 2));
    bureau.night("10.csv", &one);
    bureau.finds("2026-10", [("flagged", 1)]);
    bureau.night("10-无人.csv", MONTHLY);
    bureau.finds("2026-10", [("flagged", 1)]);
    let told = bureau.workspace.ok(&["status", "--as-of", "2026-10-31"]);
    assert!(told.contains("甲县农业农村局最近一期名册中没有脱贫人口，2026年9月仍有"), "{told}");
    assert!(told.contains("名册“10-无人.csv”只有表头，没有人员"), "{told}");
    let told = bureau.workspace.ok(&["status", "--as-of", "2027-01-31"]);
    assert!(told.contains("甲县农业农村局脱贫人口名册最近一期为2026年9月，已4个月未更新。"), "{told}");
}

#[test]
fn an_exit_can_be_taken_back_or_moved_earlier() {
    for bureau in [Bureau::with(1), Bureau::by_absence(1)] {
        bureau.night("1.csv", &change("2020-01-01", ""));
        bureau.night("2.csv", &change("2020-01-01", "2026-08-15"));
        bureau.finds("2026-10", []);
        bureau.night("3-撤销退出.csv", &change("2020-01-01", ""));
        bureau.finds("2026-10", [("flagged", 1)]);
        bureau.night("4.csv", &change("2020-01-01", "2026-12-31"));
        bureau.finds("2026-10", [("flagged", 1)]);
        bureau.night("5-更正.csv", &change("2020-01-01", "2026-08-15"));
        bureau.finds("2026-10", []);
    }
}

#[test]
fn a_row_that_came_after_the_last_roster_works_whatever_its_first_day() {
    let bureau = Bureau::by_absence(9);
    bureau.night("0.csv", &roster("202609", [9]));
    bureau.night("1.csv", &change("2026-07-01", ""));
    bureau.finds("2026-10", [("flagged", 2)]);
}

#[test]
fn declared_movements_that_balance_are_taken_without_a_question() {
    let header = "证件号码,姓名,人员类别,名册月份,来源单位,上月人数,新增人数,退出人数,本月人数\n";
    for (declared, expected) in
        [("4,1,2,3", vec![("flagged", 3)]), ("4,1,1,3", vec![("flagged", 3), ("tag_absent", 2)])]
    {
        let bureau = Bureau::by_absence(5);
        bureau.night("09.csv", &roster("202609", 1..=4));
        let row = |number| format!("{},陈某,脱贫人口,202610,甲县农业农村局,{declared}\n", id("990103", number));
        bureau.night("10.csv", &[1, 2, 5].into_iter().fold(header.to_owned(), |text, number| text + &row(number)));
        let expected: BTreeMap<String, usize> = expected.into_iter().map(|(what, n)| (what.to_owned(), n)).collect();
        assert_eq!(bureau.found("2026-10"), expected, "{declared}");
    }
}

#[test]
fn an_office_that_succeeds_another_carries_its_tags_on() {
    let bureau = Bureau::by_absence(3);
    let text = std::fs::read_to_string(bureau.workspace.root().join("pipelines/tables/offices.csv")).unwrap();
    let text = text.replace(",2024-12-31,rural_affairs", ",2026-09-30,rural_affairs");
    bureau.workspace.write("pipelines/tables/offices.csv", text.as_bytes());
    bureau.night("09.csv", &roster("202609", 1..=3).replace("农业农村局", "乡村振兴局"));
    bureau.finds("2026-10", [("flagged", 3)]);
    bureau.night("10.csv", &roster("202610", 1..=2));
    bureau.finds("2026-10", [("flagged", 2), ("tag_absent", 1)]);
}

#[test]
fn nobody_is_newly_flagged_by_a_roster_that_is_too_old() {
    let bureau = Bureau::by_absence(2);
    bureau.night("04.csv", &roster("202604", 1..=2));
    bureau.finds("2026-10", [("flagged", 2)]);
    bureau.say("refuse_after_months = 5");
    bureau.run("2026-10-31");
    bureau.finds("2026-10", [("roster_stale", 2)]);
    // a newer file of another tag hides nothing, a newer one of the same tag settles it
    bureau.night("10-其他.csv", &roster("202610", 1..=2).replace("脱贫人口", "边缘易致贫"));
    bureau.finds("2026-10", [("roster_stale", 2)]);
    bureau.night("10.csv", &roster("202610", 1..=2));
    bureau.finds("2026-10", [("flagged", 2)]);
    // a historical status does not age
    let bureau = Bureau::with(2);
    bureau.say("refuse_after_months = 5");
    bureau.night("04.csv", &roster("202604", 1..=2));
    bureau.finds("2026-10", [("flagged", 2)]);
}

#[test]
fn a_file_of_which_more_than_one_row_in_a_hundred_is_illegible_ends_nothing() {
    let bureau = Bureau::by_absence(4);
    bureau.night("09.csv", &roster("202609", 1..=4));
    let illegible = roster("202610", 1..=3) + "99010319620305,陈某,脱贫人口,202610,甲县农业农村局\n";
    bureau.night("10.csv", &illegible);
    bureau.finds("2026-10", [("flagged", 4)]);
}

#[test]
fn a_row_that_was_rejected_names_its_holder_by_name_and_village() {
    let bureau = Bureau::by_absence(4);
    let row = |number: usize, name: &str, month: &str| {
        format!("{},{name},脱贫人口,{month},甲县农业农村局,上村\n", id("990103", number))
    };
    let header = MONTHLY.replace('\n', ",所在村\n");
    let names = ["陈甲", "陈乙", "陈丙", "陈丁"];
    let of = |month: &str, people: &[usize]| {
        people.iter().fold(header.clone(), |text, number| text + &row(*number, names[number - 1], month))
    };
    bureau.night("09.csv", &of("202609", &[1, 2, 3, 4]));
    // 甲's id has lost a digit, 乙's row names nobody in another village, twice; 丙 is lacking, twice.
    for (file, month) in [("10.csv", "202610"), ("11.csv", "202611")] {
        let illegible = format!(
            "99010319620305,陈甲,脱贫人口,{month},甲县农业农村局,上村\n99010319620306,陈戊,脱贫人口,{month},甲县农业农村局,下村\n"
        );
        bureau.workspace.land("rosters", file, (of(month, &[2, 4]) + &illegible).as_bytes());
        bureau.run("2026-11-30");
    }
    // One row in four that names nobody: the roster is not whole and ends nothing.
    bureau.finds("2026-11", [("flagged", 4)]);
    for (file, month) in [("12.csv", "202612"), ("01.csv", "202701")] {
        let illegible = format!("99010319620305,陈甲,脱贫人口,{month},甲县农业农村局,上村\n");
        bureau.workspace.land("rosters", file, (of(month, &[2, 4]) + &illegible).as_bytes());
        bureau.run("2026-12-31");
    }
    // 甲 is on the roster, 丙 is asked about.
    bureau.finds("2026-12", [("flagged", 3), ("tag_absent", 1)]);
}
