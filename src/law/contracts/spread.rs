//! Where a file's rows belong: counts by county and month, kept at intake so that nobody must look for them again.

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::domain::{CountyCode, Month};

/// Rows of one county and month in one landed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// `None`: not legible, or outside the area.
    pub county: Option<CountyCode>,
    pub month: Option<Month>,
    /// Rows that passed the gate.
    pub good: Tally,
    /// Rejected rows of which nobody knows whose they are, or what they come to.
    #[serde(default)]
    pub lost: Tally,
    /// Rejected rows with a legible person and amount.
    #[serde(default)]
    pub named: Tally,
}

impl Spread {
    /// The same counts with those outside an area put together, without a county.
    #[must_use]
    pub fn within(spread: Vec<Self>, area: &CountyCode) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for mut one in spread {
            if one.county.as_ref().is_some_and(|county| !area.contains(county)) {
                // What lies elsewhere is whole or not without anybody here.
                one = Self { county: None, month: None, lost: Tally::default(), ..one };
            }
            match found.iter_mut().find(|known| (&known.county, known.month) == (&one.county, one.month)) {
                None => found.push(one),
                Some(known) => {
                    known.good += one.good;
                    known.lost += one.lost;
                    known.named += one.named;
                }
            }
        }
        found.sort_by(|a, b| (&a.county, a.month).cmp(&(&b.county, b.month)));
        found
    }
}
