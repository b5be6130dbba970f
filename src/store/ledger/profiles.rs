//! What the gate counted about each landed file, kept for the comparison with later ones.

use std::collections::BTreeMap;

use law::contracts::Feed;
use law::holds::FileProfile;
use rusqlite::params;

use super::LedgerError;
use super::store::Ledger;

const DOING: &str = "keeping what was counted about a file";

impl Ledger {
    /// Keeps what was counted about a content; the same again changes nothing.
    pub fn keep_profile(&self, feed: Feed, file_id: &str, profile: &FileProfile) -> Result<(), LedgerError> {
        let text = serde_json::to_string(profile).map_err(LedgerError::damaged("file_profiles.profile"))?;
        self.write(DOING, |transaction| {
            transaction
                .execute(
                    "insert or replace into file_profiles values (?1, ?2, ?3)",
                    params![feed.name(), file_id, text],
                )
                .map(drop)
                .map_err(LedgerError::doing(DOING))
        })
    }

    /// What was counted about the contents of a feed, by content.
    pub fn profiles(&self, feed: Feed) -> Result<BTreeMap<String, FileProfile>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement =
            connection.prepare_cached("select file_id, profile from file_profiles where feed = ?1").map_err(doing())?;
        let mut rows = statement.query([feed.name()]).map_err(doing())?;
        let mut found = BTreeMap::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let text: String = row.get(1).map_err(doing())?;
            let profile = serde_json::from_str(&text).map_err(LedgerError::damaged("file_profiles.profile"))?;
            found.insert(row.get(0).map_err(doing())?, profile);
        }
        Ok(found)
    }
}
