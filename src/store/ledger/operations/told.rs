//! Which alerts the operators have been written to about: each once when it is raised and once when it is cleared.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::alerts::{RaisedAlert, read_alert};
use super::{Ledger, LedgerError};
use crate::ledger::NewLetter;
use crate::ledger::delivery::insert_letter;

/// The table of this file.
pub(in crate::ledger) const TOLD: &str = "
create table told_alerts (
    alert_id  integer not null references alerts (alert_id),
    word      text not null check (word in ('raised', 'cleared')),
    letter_id integer not null references outbox (letter_id),
    primary key (alert_id, word)
) strict, without rowid;
create trigger told_alerts_keep before update on told_alerts begin select raise(abort, 'history is appended'); end;
create trigger told_alerts_stay before delete on told_alerts begin select raise(abort, 'history is appended'); end;
";

const DOING: &str = "keeping what operators were told";

/// Alerts that the operators do not know of yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertNews {
    /// They stand, and nobody was written to.
    pub raised: Vec<RaisedAlert>,
    /// They were told, and stand no more.
    pub cleared: Vec<RaisedAlert>,
}

impl AlertNews {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.cleared.is_empty()
    }
}

impl Ledger {
    /// What is to be told. An alert that came and went between two letters is in the ledger only.
    pub fn alert_news(&self) -> Result<AlertNews, LedgerError> {
        let told = |word: &str| {
            format!("exists (select 1 from told_alerts t where t.alert_id = alerts.alert_id and t.word = '{word}')")
        };
        let (raised, cleared) = (told("raised"), told("cleared"));
        Ok(AlertNews {
            raised: self.alerts_where(&format!("cleared_at is null and not {raised}"))?,
            cleared: self.alerts_where(&format!("cleared_at is not null and {raised} and not {cleared}"))?,
        })
    }

    /// Puts the letter that tells the news into the outbox and notes what it tells, in one step.
    ///
    /// # Errors
    /// When any of it has been told meanwhile, or the ledger cannot be written; nothing is changed then.
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

    pub(super) fn alerts_where(&self, condition: &str) -> Result<Vec<RaisedAlert>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let sql = format!(
            "select alert_id, key, kind, chinese, english, raised_at from alerts where {condition} order by alert_id"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(doing())?;
        let read = |row: &Row<'_>| Ok(read_alert(row));
        let rows = statement.query_map([], read).map_err(doing())?;
        rows.map(|row| row.map_err(doing())?).collect()
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
    fn each_alert_is_told_once_when_it_comes_and_once_when_it_goes() {
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
        // One goes; another comes and goes before anybody was told.
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
        println!("alerts told: 6 cases");
    }
}
