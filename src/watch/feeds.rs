//! How a feed stands: what was taken in, what was refused, and whether the newest file is too old.

use chrono::{DateTime, Utc};
use engine::{Context, PipelineError};
use law::contracts::Feed;
use serde::Serialize;
use store::ledger::FileState;

#[derive(Debug, Serialize)]
pub struct FeedStatus {
    pub feed: Feed,
    pub taken: usize,
    /// Files that wait, refused, for a better one: name and reason.
    pub refused: Vec<(String, String)>,
    /// When the newest file was taken in.
    pub newest: Option<DateTime<Utc>>,
    /// Whether it is older than `feeds.<feed>.max_age_days` allows.
    pub is_late: bool,
}

pub(crate) fn feed_status(context: &Context, feed: Feed) -> Result<FeedStatus, PipelineError> {
    let files = context.ledger.files(feed)?;
    let taken = files.iter().filter(|file| matches!(file.state, FileState::Taken { .. }));
    let newest = taken.clone().map(|file| file.decided_at).max();
    let limit = context.workspace.settings.feeds.get(feed.name()).and_then(|settings| settings.max_age_days);
    let is_late =
        limit.is_some_and(|days| newest.is_none_or(|at| context.now - at > chrono::Duration::days(days.into())));
    let refused = files.iter().filter_map(|file| match &file.state {
        FileState::Refused { reason, .. } => Some((file.name.clone(), reason.clone())),
        FileState::Taken { .. } => None,
    });
    Ok(FeedStatus { feed, taken: taken.count(), refused: refused.collect(), newest, is_late })
}
