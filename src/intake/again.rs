//! The same bytes sent once more: what a feed's rows say of themselves, a roster says by its order.

use law::contracts::Feed;
use store::ledger::{Ledger, LedgerError};

use super::landing::Landed;

/// Whether a roster comes once more under another name: the same bytes may take back what was sent in between.
pub(super) fn is_sent_again(ledger: &Ledger, feed: Feed, file: &Landed, file_id: &str) -> Result<bool, LedgerError> {
    if feed != Feed::Rosters || ledger.cached_file(feed, &sent_name(file, file_id), 0, 0)?.is_some() {
        return Ok(false);
    }
    let is_first = ledger.files(feed)?.iter().any(|known| known.file_id == file_id && known.name == file.name);
    if is_first {
        note_sent(ledger, feed, file, file_id)?;
    }
    Ok(!is_first)
}

/// Notes that a content was taken from a file.
pub(super) fn note_sent(ledger: &Ledger, feed: Feed, file: &Landed, file_id: &str) -> Result<(), LedgerError> {
    ledger.cache_file(feed, &sent_name(file, file_id), 0, 0, file_id)
}

/// A name in the cache that no file can have.
fn sent_name(file: &Landed, file_id: &str) -> String {
    format!("sent/{file_id}/{}", file.key)
}
