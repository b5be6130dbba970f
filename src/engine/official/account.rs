//! The account of a sealing: every flagged person is listed, suppressed with a reason, or pending.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use law::cases::FindingStatus;
use law::domain::PersonKey;
use law::referrals::{
    Cell, Delta, Duty, ListRow, ListedPerson, ListedRule, Lists, SuppressReason, Suppressed, Suppression,
};
use serde::Serialize;
use store::ledger::Moment;

use crate::{Context, PipelineError};

/// flagged = listed + suppressed + pending, in persons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Flagged by a rule that refers to an office.
    pub flagged: usize,
    pub listed: usize,
    /// Kept off every list, by the code of the reason.
    pub suppressed: BTreeMap<&'static str, usize>,
    /// Only on the area's own list, as their county is unclear, or on the bureau's, as an office gave them back: no
    /// office can be sent them yet.
    pub pending: usize,
}

impl Account {
    /// Counts where the flagged persons went.
    pub fn of(
        flagged: &BTreeSet<PersonKey>,
        lists: &Lists,
        suppressed: &Suppressed,
        area: &str,
    ) -> Result<Self, PipelineError> {
        let (mut listed, mut pending) = (BTreeSet::new(), BTreeSet::new());
        for list in lists.lists.iter().filter(|list| list.office.is_referral()) {
            let here = if list.id.county.as_str() == area { &mut pending } else { &mut listed };
            let present = list.rows.iter().filter(|row| row.delta != Delta::Withdrawn);
            here.extend(present.map(|row| row.person).filter(|person| flagged.contains(person)));
        }
        // Whom no office takes is on the bureau's own desk until somebody is found who does.
        for list in lists.lists.iter().filter(|list| list.office.duty == Duty::Undecided) {
            let is_given_back = |row: &&ListedPerson| {
                row.delta != Delta::Withdrawn && row.cells.get("reason").and_then(Cell::as_text) == Some("given_back")
            };
            let here = list.rows.iter().filter(is_given_back).map(|row| row.person);
            pending.extend(here.filter(|person| flagged.contains(person)));
        }
        pending.retain(|person| !listed.contains(person));
        let mut by_reason: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut counted = BTreeSet::new();
        for (reason, persons) in suppressed {
            // Whom another rule, not suppressed, still brings on a list is listed; two reasons count once.
            let off = |person: &&PersonKey| !listed.contains(*person) && !pending.contains(*person);
            for person in persons.iter().filter(|person| flagged.contains(*person)).filter(off) {
                if counted.insert(*person) {
                    *by_reason.entry(reason.code()).or_default() += 1;
                }
            }
        }
        let account =
            Self { flagged: flagged.len(), listed: listed.len(), suppressed: by_reason, pending: pending.len() };
        if account.flagged == account.listed + account.off() + account.pending {
            return Ok(account);
        }
        let why = account.to_string();
        Err(PipelineError::Check { check: "flagged persons".to_owned(), place: "the lists".to_owned(), why })
    }

    fn off(&self) -> usize {
        self.suppressed.values().sum()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flagged, listed, pending, .. } = self;
        write!(f, "flagged {flagged} = listed {listed} + suppressed {}", self.off())?;
        let reasons: Vec<String> = self.suppressed.iter().map(|(code, count)| format!("{code} {count}")).collect();
        if !reasons.is_empty() {
            write!(f, " ({})", reasons.join(", "))?;
        }
        write!(f, " + pending {pending}")
    }
}

/// The flagged persons of rules that refer to somebody.
pub fn referred(rules: &[ListedRule], rows: &[ListRow]) -> BTreeSet<PersonKey> {
    let refers = |row: &&ListRow| rules.iter().any(|rule| rule.id == row.rule && !rule.recipients.is_empty());
    rows.iter().filter(|row| row.status == FindingStatus::Flagged).filter(refers).map(|row| row.person).collect()
}

/// What officers had said at a moment about persons who stay off.
pub fn suppressions(context: &Context, moment: Moment) -> Result<Vec<Suppression>, PipelineError> {
    let stored = context.ledger.suppressions(moment)?;
    let known = stored.into_iter().filter_map(|one| {
        // The code that lifts an earlier word is no reason.
        let reason = SuppressReason::parse(&one.reason)?;
        let (known, made, has_second) = (one.known.into_iter().collect(), one.made, one.has_second);
        Some(Suppression { person: one.person, rule: one.rule, reason, until: one.until, made, known, has_second })
    });
    Ok(known.collect())
}
