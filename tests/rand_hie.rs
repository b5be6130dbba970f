//! Real claims: the RAND Health Insurance Experiment, through the same commands as any bureau's data.
//!
//! The data is no part of the project; where it does not lie beside it, the test says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use law::domain::Fen;

use crate::workspace::{Workspace, sha256_of};

/// Where the data lies: beside the project, or where the environment says.
fn data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let shared = std::env::var_os("POVERTY_WATCH_SHARED_DATA").map_or_else(beside, PathBuf::from);
    Some(shared.join("rand_hie")).filter(|folder| folder.join("claims.parquet").exists())
}

#[test]
fn five_years_of_real_claims_give_the_expected_counts() {
    let Some(data) = data() else {
        println!("rand_hie: 0 cases: the data does not lie in ../shared/data (set POVERTY_WATCH_SHARED_DATA)");
        return;
    };
    let workspace = Workspace::new("fujian", "990000");
    workspace.write("pipelines/policies/rand.toml", include_bytes!("rand_hie/policy.toml"));
    workspace.write("poverty-watch.toml", b"policy = \"rand\"\narea = \"990000\"\n");
    let counties: String = (1..=6).map(|site| format!("99010{site},Site {site},rural\n")).collect();
    // the sites' incomes fall as no Chinese county's do
    workspace.hold_nothing();
    workspace.write("pipelines/tables/counties.csv", format!("code,name,level\n{counties}").as_bytes());
    workspace.land("claims", "claims.parquet", &fs::read(data.join("claims.parquet")).unwrap());
    workspace.land("income", "income.csv", &fs::read(data.join("income.csv")).unwrap());
    workspace.ok(&["run", "nightly", "--as-of", "2023-12-31"]);

    let mut expected = csv::Reader::from_path(data.join("expected.csv")).unwrap();
    let mut years = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let (year, over_1x, over_2x) = (&row[0], row[2].parse::<usize>().unwrap(), row[3].parse::<usize>().unwrap());
        let month = format!("{year}-12");
        workspace.ok(&["run", "monthly", "--month", &month]);
        let findings = workspace.findings(&month);
        let flagged =
            |rule: &str| findings.iter().filter(|found| found.rule == rule && found.status == "flagged").count();
        let undecided = findings.iter().filter(|found| found.status == "undecided").count();
        assert_eq!(
            (flagged("over-1x"), flagged("over-2x"), undecided),
            (over_1x, over_2x, 0),
            "{year}: over 1x, over 2x, undecided"
        );
        assert_eq!(listed(&workspace, &month), over_1x, "{year}: persons on the lists");
        assert_eq!(accepted_fen(&workspace, year), i128::from(Fen::parse(&row[4]).unwrap().0), "{year}: total");
        println!("rand_hie: {year}: {over_1x} over 1x, {over_2x} over 2x, {} yuan", &row[4]);
        years += 1;
    }
    let claims = sha256_of(&data.join("claims.parquet"));
    println!("rand_hie: {years} cases (claims.parquet {})", &claims[..12]);
    assert_eq!(years, 5);
}

/// Persons on the month's civil-affairs lists, by their manifests.
fn listed(workspace: &Workspace, month: &str) -> usize {
    let mut persons = 0;
    for (_, manifest) in workspace.manifests(month) {
        if manifest["list_id"].as_str().unwrap().contains("-MZ-") {
            persons += usize::try_from(manifest["counts"]["persons"].as_u64().unwrap()).unwrap();
        }
    }
    persons
}

/// The accepted claims' fen of one year, as the newest version states them.
fn accepted_fen(workspace: &Workspace, year: &str) -> i128 {
    let version = workspace.versions().pop().unwrap();
    let mut fen: BTreeMap<String, i128> = BTreeMap::new();
    for file in version["files"].as_array().unwrap().iter().filter(|file| file["table"] == "claims") {
        let of = file["month"].as_str().unwrap()[..4].to_owned();
        *fen.entry(of).or_default() += i128::from(file["control_fen"].as_i64().unwrap());
    }
    fen.get(year).copied().unwrap_or_default()
}
