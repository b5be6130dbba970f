//! What the gate counts about a file beside the fate of its rows. Counts and sizes only, never a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Amounts, FigureSeen};

/// So many institutions are kept apart at most, those with most rows.
const INSTITUTIONS: usize = 400;

/// Rows from which an institution is kept apart; fewer say little about it.
const INSTITUTION_ROWS: u64 = 50;

/// Amounts by care type (empty where the feed has none) and institution (empty: of all together).
pub type AmountsBy = BTreeMap<String, BTreeMap<String, Amounts>>;

/// Counts of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileProfile {
    /// Rows below the header.
    pub rows: u64,
    /// Rows whose id was rejected or ends in 000.
    pub damaged_ids: u64,
    /// Amounts of accepted rows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: AmountsBy,
    /// Rows that no rule can use, by why.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub useless: BTreeMap<String, u64>,
    /// Settlements of an institution and month, and how many of them are voids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settled: BTreeMap<String, BTreeMap<String, (u64, u64)>>,
    /// Rows by the county that they name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counties: BTreeMap<String, u64>,
    /// Rows that say that somebody has died.
    pub dead: u64,
    /// Income figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureSeen>,
}

impl FileProfile {
    /// Whether nothing was counted: a file of an earlier program.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a page's counts.
    pub fn merge(&mut self, page: Self) {
        self.rows += page.rows;
        self.damaged_ids += page.damaged_ids;
        self.dead += page.dead;
        for (county, count) in page.counties {
            *self.counties.entry(county).or_default() += count;
        }
        for (why, count) in page.useless {
            *self.useless.entry(why).or_default() += count;
        }
        for (institution, months) in page.settled {
            let own = self.settled.entry(institution).or_default();
            for (month, (all, voided)) in months {
                let sums = own.entry(month).or_default();
                *sums = (sums.0 + all, sums.1 + voided);
            }
        }
        for (care_type, institutions) in page.amounts {
            let own = self.amounts.entry(care_type).or_default();
            for (institution, amounts) in institutions {
                own.entry(institution).or_default().merge(&amounts);
            }
        }
        self.figures.extend(page.figures);
    }

    /// What is kept of a whole file: institutions with enough rows, months with voids.
    #[must_use]
    pub fn finished(mut self) -> Self {
        for institutions in self.amounts.values_mut() {
            institutions.retain(|code, amounts| code.is_empty() || amounts.count() >= INSTITUTION_ROWS);
            let mut counts: Vec<u64> = institutions.values().map(Amounts::count).collect();
            counts.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
            if let Some(least) = counts.get(INSTITUTIONS) {
                institutions.retain(|code, amounts| code.is_empty() || amounts.count() > *least);
            }
        }
        self.settled.values_mut().for_each(|months| months.retain(|_, (_, voided)| *voided > 0));
        self.settled.retain(|_, months| !months.is_empty());
        self
    }

    /// Amounts of a care type, of one institution or (empty) of all.
    #[must_use]
    pub fn of(&self, care_type: &str, institution: &str) -> Option<&Amounts> {
        self.amounts.get(care_type)?.get(institution)
    }
}
