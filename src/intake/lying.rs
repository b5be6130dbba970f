//! Files that lie in landing and are not taken: the ledger knows them, for whoever must tell that data have not come.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use law::arrivals::ArrivalState;
use law::contracts::Feed;
use store::ledger::{Ledger, LedgerError, LyingFile};

use super::{IntakeSummary, Verdict};

/// Notes what a run of intake left of some feeds; `strays` are no tables of their feed.
pub(super) fn note_lying(
    ledger: &Ledger,
    feeds: Option<&[Feed]>,
    (summary, strays): (&IntakeSummary, &BTreeSet<(Feed, String)>),
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let feeds: Vec<Feed> =
        Feed::ALL.into_iter().filter(|feed| feeds.is_none_or(|feeds| feeds.contains(feed))).collect();
    let lying = summary.files.iter().filter_map(|file| {
        let (state, why) = match &file.verdict {
            Verdict::Refused { reason, .. } | Verdict::StillRefused { reason, .. } => (ArrivalState::Refused, reason),
            Verdict::Held { why, .. } => (ArrivalState::Held, why),
            Verdict::Arriving(why) | Verdict::Young(why) => (ArrivalState::Waiting, why),
            Verdict::Taken(_) | Verdict::Known | Verdict::TakenBack => return None,
        };
        let (feed, name, why) = (file.feed, file.name.clone(), why.clone());
        let is_stray = strays.contains(&(feed, name.clone()));
        Some(LyingFile { feed, name, state, why, is_stray, since: now })
    });
    ledger.note_lying(&feeds, &lying.collect::<Vec<_>>(), now)
}
