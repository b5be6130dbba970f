//! Which alerts the operators have been written to about: each once when it is raised and once when it is cleared.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::alerts::RaisedAlert;
use super::{Ledger, LedgerError};
use crate::ledger::NewLetter;
use crate::ledger::delivery::insert_letter;

const DOING: &str = "keeping what operators were written";

/// Alerts that the operators do not know of yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertNews {
    /// They stand, and nobody was written to.
    pub raised: Vec<RaisedAlert>,
    /// They were written about, and stand no more.
    pub cleared: Vec<RaisedAlert>,
}

impl AlertNews {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.cleared.is_empty()
    }
}

impl Ledger {
    /// What is to be written. An alert that came and went between two letters is in the ledger only.
    pub fn alert_news(&self) -> Result<AlertNews, LedgerError> {
        let written = |word: &str| {
            format!("exists (select 1 from told_alerts t where t.alert_id = alerts.alert_id and t.word = '{word}')")
        };
        let (raised, cleared) = (written("raised"), written("cleared"));
        Ok(AlertNews {
            raised: self.alerts_where(&format!("cleared_at is null and not {raised}"))?,
            cleared: self.alerts_where(&format!("cleared_at is not null and {raised} and not {cleared}"))?,
        })
    }

    /// Puts the letter with the news into the outbox and notes what it says, in one step; fails, and changes nothing,
    /// when any of it was written meanwhile.
    pub fn tell_alerts(&self, letter: &NewLetter, news: &AlertNews, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        self.write(DOING, |transaction| {
            let letter_id = insert_letter(transaction, letter, at)?;
            for (word, alerts) in [("raised", &news.raised), ("cleared", &news.cleared)] {
                for alert in alerts {
                    transaction
                        .prepare_cached("insert into told_alerts values (?1, ?2, ?3)")
                        .and_then(|mut insert| insert.execute(params![alert.alert_id, word, letter_id]))
                        .map_err(LedgerError::doing(DOING))?;
                }
            }
            Ok(letter_id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::MailState;
    use law::schedule::{Alert, AlertKind};

    fn letter(id: &str) -> NewLetter {
        NewLetter {
            message_id: id.into(),
            county: "990000".into(),
            office: "operators".into(),
            recipient: "ops@bureau.example".into(),
            resend_no: 0,
            lists: Vec::new(),
            due_at: DateTime::UNIX_EPOCH,
            bytes: vec![1],
            replaces: None,
        }
    }

    #[test]
    fn each_alert_is_written_once_when_it_comes_and_once_when_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let at = DateTime::UNIX_EPOCH;
        let alert = |subject: &str| Alert {
            kind: AlertKind::FeedMissing,
            subject: subject.into(),
            chinese: "甲".into(),
            english: "a".into(),
        };
        let keys = |found: &[RaisedAlert]| found.iter().map(|one| one.key.clone()).collect::<Vec<_>>();
        ledger.sync_alerts(&[alert("claims"), alert("income")], at).unwrap();
        let news = ledger.alert_news().unwrap();
        assert_eq!(keys(&news.raised), ["feed_missing:claims", "feed_missing:income"]);
        ledger.tell_alerts(&letter("1@b.example"), &news, at).unwrap();
        assert!(ledger.alert_news().unwrap().is_empty());
        // The same news again: neither noted nor written.
        assert!(ledger.tell_alerts(&letter("2@b.example"), &news, at).is_err());
        assert_eq!(ledger.letters(&MailState::ALL).unwrap().len(), 1);
        // One goes; another comes and goes before anybody was written to.
        ledger.sync_alerts(&[alert("claims"), alert("rosters")], at).unwrap();
        ledger.sync_alerts(&[alert("claims")], at).unwrap();
        let news = ledger.alert_news().unwrap();
        assert_eq!((keys(&news.raised), keys(&news.cleared)), (vec![], vec!["feed_missing:income".to_owned()]));
        ledger.tell_alerts(&letter("3@b.example"), &news, at).unwrap();
        assert!(ledger.alert_news().unwrap().is_empty());
        // What comes again is news again.
        ledger.sync_alerts(&[alert("claims"), alert("income")], at).unwrap();
        assert_eq!(keys(&ledger.alert_news().unwrap().raised), ["feed_missing:income"]);
        ledger.verify_audit().unwrap();
    }
}
