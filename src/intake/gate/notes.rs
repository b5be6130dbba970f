//! What an operator should know about a file that passed: it says nothing of any person.

use std::collections::BTreeMap;

use law::contracts::{Feed, Outcome};

use super::decode::Layout;
use super::rules::Judged;

/// Different codes of a column that are named; a column that was shifted has as many as rows.
const NAMED: usize = 8;
/// Codes are short; what is longer may be anything.
const LONGEST: usize = 8;

/// Codes that their tables do not have, in rows that count, by contract column.
#[derive(Debug, Default)]
pub(super) struct UnlistedCodes(BTreeMap<usize, BTreeMap<String, u64>>);

impl UnlistedCodes {
    /// Adds those of a page's good rows.
    pub(super) fn add(&mut self, judged: &Judged) {
        for (_, column, code) in judged.unlisted.iter().filter(|(row, ..)| judged.fault(*row).is_none()) {
            let codes = self.0.entry(*column).or_default();
            let is_code = code.len() <= LONGEST && code.bytes().all(|b| b.is_ascii_alphanumeric());
            // The gate passes on names of counties only as such.
            let is_code = is_code || is_county_name(code);
            let shown = if is_code && (codes.len() < NAMED || codes.contains_key(code)) { code } else { "" };
            *codes.entry(shown.to_owned()).or_default() += 1;
        }
    }

    fn told(&self, layout: &Layout) -> impl Iterator<Item = String> {
        self.0.iter().map(|(column, codes)| {
            let rows: u64 = codes.values().sum();
            let named = codes.iter().map(|(code, rows)| match code.as_str() {
                "" => format!("others ({rows})"),
                code => format!("{code} ({rows})"),
            });
            let (named, name) = (named.collect::<Vec<_>>().join(", "), layout.sent_name(*column));
            if layout.is_county(*column) {
                return format!(
                    "{rows} rows name a county that pipelines/tables/counties.csv does not have in {name}: {named}"
                );
            }
            format!("{rows} rows count with a code that pipelines/tables/codes.csv does not have in {name}: {named}")
        })
    }
}

/// A short Chinese word with the ending of counties' names: no person's.
fn is_county_name(text: &str) -> bool {
    text.chars().count() <= 12 && ["县", "区", "市", "旗"].iter().any(|ending| text.ends_with(ending))
}

/// All notes about a file.
pub(super) fn notes(feed: Feed, outcome: &Outcome, layout: &Layout, unlisted: &UnlistedCodes) -> Vec<String> {
    let mut notes: Vec<String> = unlisted.told(layout).collect();
    if outcome.read.rows == 0 {
        notes.push(match feed {
            Feed::Rosters => "the roster has a header and no rows: it names nobody and closes no tags".to_owned(),
            feed => format!("the {feed} file has a header and no rows"),
        });
    }
    notes
}
