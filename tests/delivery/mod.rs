//! Delivery: the loop under faults and kills, routes, signatures, suppressions.

mod job;
mod kills;
mod letters;
mod routes;
mod signing;
mod simulator;
mod suppressing;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use law::referrals::{Office, RouteRow};
use store::ledger::Ledger;

use crate::determinism::land_fixtures;
use crate::workspace::{Workspace, land_ordinary_everywhere};

/// Period of the fixtures.
const MONTH: &str = "2026-10";

const SETTINGS: &str = "policy = \"fujian\"\narea = \"990000\"\n[warehouse]\nbuckets = 4\n[engine]\nworkers = 1\n\
    [delivery]\nlive = true\nfrom = \"lists@bureau.example\"\nallow_domains = [\"county.example\"]\n";

/// A workspace whose lists are sealed and whose offices have addresses; made once, copied for each test.
fn sealed() -> Workspace {
    static MADE: OnceLock<Workspace> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let workspace = Workspace::new("fujian", "990000");
        workspace.write("poverty-watch.toml", SETTINGS.as_bytes());
        land_fixtures(&workspace, None);
        land_ordinary_everywhere(&workspace, MONTH);
        workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
        let said = workspace.ok(&["run", "monthly", "--month", MONTH]);
        assert!(said.contains("DEGRADED: 12 counties have an office without an address"), "{said}");
        workspace.write("pipelines/tables/routes.csv", routes_of(&places(workspace.root())).as_bytes());
        workspace
    });
    Workspace::copy_of(made.root())
}

/// County and office of every list that leaves the bureau.
fn places(root: &Path) -> BTreeSet<(String, String)> {
    let lists = ledger(root).sealed_lists(MONTH.parse().unwrap()).unwrap().into_iter();
    let lists = lists.filter(|list| Office::is_referral_code(&list.office));
    lists.map(|list| (list.county, Office::letters_of(&list.office).to_owned())).collect()
}

fn ledger(root: &Path) -> Ledger {
    Ledger::open(&root.join("ledger.sqlite")).unwrap()
}

/// A route that two people have confirmed.
fn route(county: &str, office: &str) -> RouteRow {
    let mut row = RouteRow {
        line: 2,
        county: county.to_owned(),
        office: office.to_owned(),
        address: format!("{}{county}@county.example", office.to_lowercase()),
        valid_from: "2020-01-01".to_owned(),
        approved_by: "甲".to_owned(),
        confirmed_by: "乙".to_owned(),
        ..RouteRow::default()
    };
    row.code = row.expected_code();
    row
}

fn routes_of(places: &BTreeSet<(String, String)>) -> String {
    let mut text = "county,office,address,valid_from,valid_to,approved_by,confirmed_by,code\n".to_owned();
    for (county, office) in places {
        let RouteRow { address, valid_from, approved_by, confirmed_by, code, .. } = route(county, office);
        text += &format!("{county},{office},{address},{valid_from},,{approved_by},{confirmed_by},{code}\n");
    }
    text
}

/// Row count and control total of lists, as an approver reads them from the files.
fn totals(root: &Path, pick: impl Fn(&str) -> bool) -> (String, String) {
    totals_of(root, MONTH, pick)
}

fn totals_of(root: &Path, month: &str, pick: impl Fn(&str) -> bool) -> (String, String) {
    let lists = ledger(root).sealed_lists(month.parse().unwrap()).unwrap().into_iter();
    let lists: Vec<_> = lists.filter(|list| Office::is_referral_code(&list.office) && pick(&list.county)).collect();
    let rows: u64 = lists.iter().map(|list| list.rows).sum();
    let control: i64 = lists.iter().map(|list| list.control.0).sum();
    (rows.to_string(), law::domain::Fen(control).to_string())
}

/// The letters of a spool folder, by name.
fn spooled(root: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(root.join("spool")) else { return std::collections::BTreeMap::default() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "eml"));
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())).collect()
}
