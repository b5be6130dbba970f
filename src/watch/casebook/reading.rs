//! The case books of a policy, as they lie among the assets.

use std::collections::{BTreeMap, BTreeSet};

use law::config::Problem;
use law::policy::Policy;
use law::policy::casebook::{Case, parse_case_book};
use store::workspace::Assets;

/// The folder of a policy's case books.
#[must_use]
pub fn case_folder(policy: &str) -> String {
    format!("pipelines/policies/{policy}/cases/")
}

/// The cases of a policy, read and checked.
pub fn read_cases(assets: &Assets, policy: &str, rules: &Policy) -> Result<Vec<Case>, Vec<Problem>> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in assets.list(&case_folder(policy)) {
        match assets.read(&path) {
            Ok(asset) => files.push((path, asset.text)),
            Err(error) => problems.push(Problem::new(&path, 0, error.to_string(), "")),
        }
    }
    match parse_case_book(&files, rules) {
        Ok(cases) if problems.is_empty() => Ok(cases),
        Ok(_) => Err(problems),
        Err(found) => Err([problems, found].concat()),
    }
}

/// How many cases each rule of a policy has.
#[must_use]
pub fn cases_by_rule(cases: &[Case]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for case in cases {
        let rules: BTreeSet<&str> = case.results.iter().map(|result| result.rule.as_str()).collect();
        for rule in rules {
            *counts.entry(rule.to_owned()).or_default() += 1;
        }
    }
    counts
}
