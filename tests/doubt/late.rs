//! Claims that come late: whoever crosses a closed year's line by them is on a list; and seals on working days.

use chrono::{DateTime, NaiveDate, Utc};
use law::domain::{Period, Workdays};
use law::schedule::{Aim, Past, Planned, Schedule, pending};

use crate::income_year::{claims, figure, month, prefecture};

#[test]
fn who_crosses_decembers_line_in_january_is_on_a_supplement() {
    let workspace = prefecture("withdraw");
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-01-01").as_bytes());
    workspace.land("claims", "1.csv", claims("2026-11", &[(0, "30000.00"), (1, "20000.00")]).as_bytes());
    month(&workspace, "2026-12");
    workspace.land("income", "2026.csv", figure(2026, "29000.00", 1, "2027-01-10").as_bytes());
    workspace.land("claims", "late.csv", claims("2026-12", &[(1, "9000.00"), (2, "100.00")]).as_bytes());
    let said = month(&workspace, "2027-01");
    assert!(said.contains("supplement 202612-990103-MZ-SUPPLEMENT-v1: 1 persons"), "{said}");
    assert!(said.contains("supplement 202612-990103-NC-SUPPLEMENT-v1: 1 persons"), "{said}");
    let counts = workspace.manifests("2026-12")["202612-990103-MZ-SUPPLEMENT-v1"]["counts"].clone();
    assert_eq!((counts["persons"].as_u64(), counts["withdrawn"].as_u64()), (Some(1), Some(0)));
    // Once is enough, and every list can be made again.
    assert!(!month(&workspace, "2027-02").contains("supplement"));
    let told = workspace.ok(&["reproduce", "--all"]);
    assert!(told.trim_end().ends_with("equal, 0 not"), "{told}");
}

#[test]
fn seals_move_to_working_days() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let rest = |from: &str, days: usize| day(from).iter_days().take(days).map(|day| (day, false)).collect::<Vec<_>>();
    let workdays = Workdays::new([rest("2026-10-01", 7), rest("2027-02-05", 7)].concat());
    let schedule = Schedule::parse("0 4 5 * *", "Asia/Shanghai").unwrap();
    let planned = Planned { job: "monthly".to_owned(), schedule, aim: Aim::MonthEnded, workdays };
    let at = |text: &str| format!("{text}:00+08:00").parse::<DateTime<Utc>>().unwrap();
    let done = |month: &str, on: &str| Past {
        since: Some(at("2026-01-01T00:00")),
        done: vec![(Period::parse(month).unwrap(), at(on))],
        failed: Vec::new(),
    };
    let cases = [
        // The fifth of October lies in the holiday: after it.
        (done("2026-08", "2026-09-07T04:10"), "2026-10-08T03:59", None),
        (done("2026-08", "2026-09-07T04:10"), "2026-10-08T04:00", Some(("2026-09", "2026-10-08T04:00"))),
        // A Saturday: the Monday after.
        (done("2026-07", "2026-08-05T04:10"), "2026-09-06T12:00", None),
        (done("2026-07", "2026-08-05T04:10"), "2026-09-07T04:00", Some(("2026-08", "2026-09-07T04:00"))),
        // Seven days of rest follow: before them.
        (done("2026-12", "2027-01-05T04:10"), "2027-02-04T04:00", Some(("2027-01", "2027-02-04T04:00"))),
        (done("2026-12", "2027-01-05T04:10"), "2027-02-04T03:59", None),
    ];
    for (past, now, due) in &cases {
        let found = pending(&planned, past, at(now));
        let found = found.first().map(|due| (due.period.to_string(), due.at));
        assert_eq!(found, due.map(|(period, moment)| (period.to_owned(), at(moment))), "{now}");
    }
    println!("seals on working days: {} cases", cases.len());
}
