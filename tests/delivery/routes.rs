//! Routes: what the table refuses, and that no swap of two routes sends anything anywhere.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use law::cases::FindingStatus;
use law::config::DeliverySettings;
use law::domain::{CountyCode, Fen, PersonKey, TokenKey};
use law::referrals::{
    Cell, Cells, ListError, ListRequest, ListRow, ListedRule, Office, Offices, RouteRow, Routes, build_lists,
};
use office::delivery::may_go;
use store::ledger::{Approval, LedgerError, Letter, MailState, NewLetter, Review, Standing};

use super::{MONTH, ledger, places, route, sealed};

fn settings() -> DeliverySettings {
    DeliverySettings { allow_domains: vec!["county.example".to_owned()], ..DeliverySettings::default() }
}

fn table(rows: &[RouteRow]) -> (Routes, Vec<String>) {
    let mut problems = Vec::new();
    let routes = Routes::new(rows, &settings(), &mut problems);
    (routes, problems.into_iter().map(|problem| problem.message).collect())
}

fn day(text: &str) -> NaiveDate {
    law::domain::parse_date(text).unwrap()
}

fn county(n: usize) -> String {
    format!("99{:04}", n + 1)
}

#[test]
fn a_faulty_row_is_told_and_not_used() {
    type Change = fn(&mut RouteRow);
    let recoded: [(Change, &str); 14] = [
        (|row| row.address = "mz990101@county.example\r\nBcc: x@y.example".into(), "plain ASCII mail address"),
        (|row| row.address = "民政@county.example".into(), "plain ASCII mail address"),
        (|row| row.address = "a\0@county.example".into(), "plain ASCII mail address"),
        (|row| row.address = "a@county.example,b@county.example".into(), "plain ASCII mail address"),
        (|row| row.address = "a@elsewhere.example".into(), "may not go to the domain elsewhere.example"),
        (|row| row.address = "a@county.example.evil.example".into(), "may not go to the domain"),
        (|row| row.county = "99010".into(), "six digits"),
        (|row| row.valid_from = String::new(), "valid_from"),
        (|row| row.valid_to = "2019-12-31".into(), "ends before it begins"),
        (|row| row.confirmed_by = String::new(), "two different people"),
        (|row| row.confirmed_by = row.approved_by.clone(), "two different people"),
        (|row| row.confirmed_by = " 甲".into(), "two different people"),
        (|row| row.approved_by = String::new(), "two different people"),
        (|row| row.valid_to = "31.12.2026".into(), "valid_to"),
    ];
    for (change, said) in recoded {
        let mut row = route("990101", "MZ");
        change(&mut row);
        row.code = row.expected_code();
        let (routes, problems) = table(&[row]);
        assert!(problems.iter().any(|problem| problem.contains(said)), "{said}: {problems:?}");
        assert_eq!(routes.in_force("990101", "MZ", day("2026-11-01")), None, "{said}");
    }
    let stale: [Change; 7] = [
        |row| row.address = "nc990101@county.example".into(),
        |row| row.county = "990102".into(),
        |row| row.office = "NC".into(),
        |row| row.valid_from = "2019-01-01".into(),
        |row| row.valid_to = "2030-01-01".into(),
        |row| row.approved_by = "丙".into(),
        |row| row.confirmed_by = "丙".into(),
    ];
    for change in stale {
        let mut row = route("990101", "MZ");
        change(&mut row);
        assert_eq!(table(&[row]).1, ["the row was changed after it was confirmed"]);
    }
    let overlap = RouteRow { line: 3, ..route("990101", "MZ") };
    assert!(table(&[route("990101", "MZ"), overlap]).1[0].contains("two addresses on the same day, see line 2"));
    println!("routes, faulty rows: {} cases", recoded.len() + stale.len() + 1);
}

#[test]
fn routes_follow_their_dates() {
    let mut old = RouteRow { valid_to: "2026-06-30".into(), ..route("990101", "MZ") };
    old.code = old.expected_code();
    let mut new =
        RouteRow { valid_from: "2026-07-01".into(), address: "new@county.example".into(), ..route("990101", "MZ") };
    new.code = new.expected_code();
    let (routes, problems) = table(&[old, new]);
    assert_eq!(problems, Vec::<String>::new());
    let at = |on| routes.in_force("990101", "MZ", day(on)).map(ToString::to_string);
    assert_eq!(at("2026-06-30").as_deref(), Some("mz990101@county.example"));
    assert_eq!(at("2026-07-01").as_deref(), Some("new@county.example"));
    assert_eq!(at("2019-12-31"), None);
}

#[test]
fn no_pair_of_routes_can_be_swapped_in_the_table() {
    let rows: Vec<RouteRow> = (0..20).flat_map(|n| ["MZ", "NC"].map(|office| route(&county(n), office))).collect();
    assert_eq!(table(&rows).1, Vec::<String>::new());
    let mut pairs = 0;
    for a in 0..rows.len() {
        for b in a + 1..rows.len() {
            let mut swapped = rows.clone();
            let address = std::mem::take(&mut swapped[a].address);
            swapped[a].address = std::mem::replace(&mut swapped[b].address, address);
            let (routes, problems) = table(&swapped);
            assert_eq!(problems.len(), 2, "{problems:?}");
            for row in [&rows[a], &rows[b]] {
                assert_eq!(routes.in_force(&row.county, &row.office, day("2026-11-01")), None);
            }
            pairs += 1;
        }
    }
    println!("routes swapped in the table: {pairs} cases");
}

fn letter(row: &RouteRow) -> Letter {
    Letter {
        letter_id: 1,
        message_id: "0@bureau.example".into(),
        county: row.county.clone(),
        office: row.office.clone(),
        recipient: row.address.clone(),
        resend_no: 0,
        lists: vec![format!("202610-{}-{}-FULL-v1", row.county, row.office)],
        written_at: DateTime::UNIX_EPOCH,
        due_at: DateTime::UNIX_EPOCH,
        standing: Standing { state: MailState::Queued, attempts: 0, next_at: DateTime::UNIX_EPOCH },
    }
}

#[test]
fn no_pair_of_routes_can_be_swapped_at_sending() {
    let rows: Vec<RouteRow> = (0..200).flat_map(|n| ["MZ", "NC"].map(|office| route(&county(n), office))).collect();
    let (routes, problems) = table(&rows);
    assert_eq!(problems, Vec::<String>::new());
    let today = day("2026-11-01");
    let mut pairs = 0;
    for (n, a) in rows.iter().enumerate() {
        assert_eq!(may_go(&letter(a), &routes, today), Ok(()));
        for b in &rows[n + 1..] {
            let other_address = Letter { recipient: b.address.clone(), ..letter(a) };
            let other_lists = Letter { lists: letter(b).lists, ..letter(a) };
            let both = Letter { lists: [letter(a).lists, letter(b).lists].concat(), ..letter(a) };
            for swapped in [other_address, other_lists, both] {
                assert!(may_go(&swapped, &routes, today).is_err());
            }
            pairs += 1;
        }
    }
    println!("routes swapped at sending: {pairs} cases");
}

#[test]
fn no_pair_of_letters_can_be_swapped_at_approval() {
    let workspace = sealed();
    let ledger = ledger(workspace.root());
    let lists = ledger.sealed_lists(MONTH.parse().unwrap()).unwrap();
    let lists: Vec<_> = lists.into_iter().filter(|list| Office::is_referral_code(&list.office)).collect();
    let ids: Vec<String> = lists.iter().map(|list| list.list_id.clone()).collect();
    let at = DateTime::UNIX_EPOCH;
    ledger.review_lists(&Review { lists: &ids, signer: "甲", reason: "核对" }, at).unwrap();
    let letters: Vec<NewLetter> = lists
        .iter()
        .map(|list| NewLetter {
            message_id: format!("{}@bureau.example", list.list_id),
            county: list.county.clone(),
            office: list.office.clone(),
            recipient: format!("{}@county.example", list.list_id),
            resend_no: 0,
            lists: vec![list.list_id.clone()],
            due_at: at,
            bytes: vec![1],
            replaces: None,
        })
        .collect();
    let rows = lists.iter().map(|list| list.rows).sum();
    let control = Fen(lists.iter().map(|list| list.control.0).sum());
    let approval = Approval { lists: &ids, signer: "乙", reason: "核对", rows, control };
    let mut pairs = 0;
    for a in 0..letters.len() {
        for b in a + 1..letters.len() {
            let mut swapped = letters.clone();
            let own = std::mem::take(&mut swapped[a].lists);
            swapped[a].lists = std::mem::replace(&mut swapped[b].lists, own);
            let refused = ledger.approve_lists(&approval, &swapped, at);
            assert!(matches!(refused, Err(LedgerError::SignOff { .. })), "{refused:?}");
            pairs += 1;
        }
    }
    assert_eq!(ledger.letters(&MailState::ALL).unwrap(), []);
    assert_eq!(places(workspace.root()).len(), ids.len());
    println!("letters swapped at approval: {pairs} cases");
}

#[test]
fn a_row_of_another_county_is_not_sealed() {
    let codes: Vec<CountyCode> = (1..13).map(|n| CountyCode::parse(&format!("9901{n:02}")).unwrap()).collect();
    let area = CountyCode::parse("990000").unwrap();
    let counties: BTreeMap<CountyCode, String> = codes.iter().map(|code| (code.clone(), code.to_string())).collect();
    let rules = [ListedRule {
        id: "r".into(),
        name: "测试".into(),
        version: "1".into(),
        sha256: String::new(),
        text: String::new(),
        clause: String::new(),
        basis: String::new(),
        line: String::new(),
        recipients: vec!["MZ".into()],
        is_provisional: false,
        lines: BTreeMap::new(),
        keeps: false,
    }];
    let term = law::referrals::OfficeTerm {
        line: 2,
        code: "MZ".into(),
        recipient: "civil_affairs".into(),
        name: "民政局".into(),
        list_title: "名单".into(),
        from: None,
        to: None,
        successor: None,
        profile: law::referrals::Profile::Default,
        attachment: law::referrals::Attachment::None,
    };
    let offices = Offices::new(vec![term]).unwrap().of_lists(["civil_affairs"], day("2026-10-31"), "");
    let period = MONTH.parse().unwrap();
    let previous = BTreeMap::new();
    let (reroutes, tokens) = (BTreeMap::new(), TokenKey::new([7; 32]));
    let request = ListRequest {
        period,
        area: &area,
        counties: &counties,
        rules: &rules,
        offices: &offices,
        previous: &previous,
        reroutes: &reroutes,
        gaps: &BTreeMap::new(),
        ended: &BTreeMap::new(),
        stays: &BTreeMap::new(),
        suppressions: &[],
        kept_off: &[],
        tokens: &tokens,
    };
    let mut cases = 0;
    for own in &codes {
        for shown in &codes {
            let row = ListRow {
                person: PersonKey(1),
                rule: "r".into(),
                status: FindingStatus::Flagged,
                county: Some(own.clone()),
                measured: Fen(1),
                cells: Cells::from([("county_code", Cell::Text(shown.to_string()))]),
            };
            let built = build_lists(&request, &[row]);
            if own == shown {
                assert!(built.is_ok());
            } else {
                assert!(matches!(built, Err(ListError::OtherCounty { rows: 1, .. })), "{own} {shown}");
                cases += 1;
            }
        }
    }
    println!("rows of another county at sealing: {cases} cases");
}
