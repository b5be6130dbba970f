//! What a run of intake is given.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, FixedOffset, Utc};
use law::arrivals::Sender;
use law::config::{Layout, Settings};
use law::contracts::{CodeRow, Counted, Feed};
use law::domain::{Workdays, stable_hash};
use law::holds::Bounds;
use law::profiles::Profiles;
use store::ledger::Ledger;
use store::warehouse::Warehouse;

use super::Progress;

/// Everything that intake works with.
pub struct Intake<'a> {
    pub layout: &'a Layout,
    pub settings: &'a Settings,
    pub warehouse: &'a Warehouse,
    /// What is known about landed files.
    pub ledger: &'a Ledger,
    /// This program, which the gate starts as its child.
    pub program: &'a Path,
    /// How senders' files are written where they are not written as the contract says.
    pub profiles: &'a BTreeMap<Feed, Profiles>,
    /// Rows of the tag alias table: spelling, tag.
    pub tag_aliases: &'a [(String, String)],
    /// The tables of codes.
    pub codes: &'a [CodeRow],
    /// What the rules and tables can use.
    pub counted: &'a Counted,
    /// What is held until two people have answered.
    pub bounds: &'a Bounds,
    pub workdays: &'a Workdays,
    /// From `senders.csv`.
    pub senders: &'a [Sender],
    /// The moment of the run.
    pub now: DateTime<FixedOffset>,
    /// The feeds to take; `None` takes all.
    pub feeds: Option<&'a [Feed]>,
    /// Told how far it is.
    pub progress: Progress<'a>,
    /// Asked before each file: whether to end, with the batches that are committed and no more.
    pub is_stopping: Box<dyn Fn() -> bool + Send + Sync + 'a>,
}

impl Intake<'_> {
    pub(super) fn moment(&self) -> DateTime<Utc> {
        self.now.with_timezone(&Utc)
    }

    pub(super) fn ignored(&self, feed: Feed) -> Vec<String> {
        self.settings.feeds.get(feed.name()).map(|feed| feed.ignore_columns.clone()).unwrap_or_default()
    }

    pub(super) fn profiles(&self, feed: Feed) -> Profiles {
        self.profiles.get(&feed).cloned().unwrap_or_default()
    }

    /// Everything besides its bytes that decides whether a file is refused; a change gives it another try.
    pub(super) fn circumstances(&self, feed: Feed) -> i64 {
        let (version, contract) = (env!("CARGO_PKG_VERSION"), feed.contract().version);
        let tags = (feed == Feed::Rosters).then_some(self.tag_aliases);
        let codes = feed.has_persons().then_some(self.codes);
        let (profiles, counties) = (self.profiles(feed), &self.counted.county_names);
        let text = format!(
            "{version} {contract} {:?} {:?} {tags:?} {codes:?} {profiles:?} {counties:?}",
            self.ignored(feed),
            self.limits()
        );
        stable_hash(&text).cast_signed()
    }
}
