//! Series of lists: monthly ones and those of each third of a month number, and continue, on their own.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use law::policy::{Cadence, Rule};
use law::referrals::{Office, Offices, PreviousList};
use serde::Deserialize;

/// How often a job seals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// For each month: rules that are monthly, and those decided on application.
    #[default]
    Monthly,
    /// For each third of a month.
    TenDays,
}

impl Rhythm {
    /// What its lists' office codes end in, so that each series has ids and numbers of its own.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Monthly => "",
            Self::TenDays => "10",
        }
    }

    /// Whether it seals a rule's lists.
    #[must_use]
    pub fn seals(self, rule: &Rule) -> bool {
        (rule.cadence == Cadence::TenDays) == (self == Self::TenDays)
    }
}

/// Whether an office code belongs to a series.
pub fn is_of(rhythm: Rhythm, code: &str) -> bool {
    let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
    code.strip_prefix(letters) == Some(rhythm.mark())
}

/// Hands the last lists of offices that are no longer in force to those that have taken over: persons on them continue
/// there. A list that the heir has sealed since is newer and says so already.
pub fn inherit(
    previous: &mut BTreeMap<(String, String), PreviousList>,
    offices: &Offices,
    heirs: &[Office],
    day: NaiveDate,
    rhythm: Rhythm,
) {
    for heir in heirs.iter().filter(|office| office.is_referral()) {
        let letters = heir.code.strip_suffix(rhythm.mark()).unwrap_or(&heir.code);
        for ended in offices.predecessors(letters, day) {
            let code = format!("{ended}{}", rhythm.mark());
            let places: Vec<(String, String)> = previous.keys().filter(|(_, of)| *of == code).cloned().collect();
            for place in places {
                let Some(left) = previous.remove(&place) else { continue };
                let own = (place.0, heir.code.clone());
                match previous.get_mut(&own) {
                    None => drop(previous.insert(own, left)),
                    Some(list) if left.period >= list.period => {
                        list.took_over.push((left.list_id, left.manifest_sha256));
                        for (person, was) in left.persons {
                            list.persons.entry(person).or_insert(was);
                        }
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_their_series() {
        for (code, monthly) in [("NC", true), ("YBU", true), ("NC10", false), ("YB10", false)] {
            assert_eq!((is_of(Rhythm::Monthly, code), is_of(Rhythm::TenDays, code)), (monthly, !monthly), "{code}");
        }
    }
}
