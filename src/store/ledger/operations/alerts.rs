//! Alerts: each raised once, standing while its cause stands, cleared with it; cleared ones stay as history.

use chrono::{DateTime, Utc};
use law::schedule::Alert;
use rusqlite::{Row, Transaction, params};
use serde::Serialize;

use super::{Ledger, LedgerError, moment, parse_moment};
use crate::ledger::audit;

const DOING: &str = "keeping alerts";

/// What a look at the alerts changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlertChange {
    pub raised: Vec<String>,
    pub cleared: Vec<String>,
}

/// An alert as it was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RaisedAlert {
    /// Its number: what is raised again is another one.
    pub alert_id: i64,
    /// See [`Alert::key`].
    pub key: String,
    /// See `AlertKind::word`.
    pub kind: String,
    pub chinese: String,
    pub english: String,
    pub raised_at: DateTime<Utc>,
}

impl Ledger {
    /// Makes the alerts that stand those of `found`: new ones are raised, standing ones get their present text, all
    /// others are cleared.
    pub fn sync_alerts(&self, found: &[Alert], at: DateTime<Utc>) -> Result<AlertChange, LedgerError> {
        self.write(DOING, |transaction| {
            let open = open_keys(transaction)?;
            let mut change = AlertChange::default();
            for alert in found {
                let key = alert.key();
                if open.contains(&key) {
                    transaction
                        .execute(
                            "update alerts set chinese = ?2, english = ?3 where key = ?1 and cleared_at is null",
                            params![key, alert.chinese, alert.english],
                        )
                        .map_err(LedgerError::doing(DOING))?;
                } else if !change.raised.contains(&key) {
                    transaction
                        .execute(
                            "insert into alerts (key, kind, chinese, english, raised_at) values (?1, ?2, ?3, ?4, ?5)",
                            params![key, alert.kind.word(), alert.chinese, alert.english, moment(at)],
                        )
                        .map_err(LedgerError::doing(DOING))?;
                    change.raised.push(key);
                }
            }
            for key in open.into_iter().filter(|key| found.iter().all(|alert| alert.key() != *key)) {
                transaction
                    .execute(
                        "update alerts set cleared_at = ?2 where key = ?1 and cleared_at is null",
                        params![key, moment(at)],
                    )
                    .map_err(LedgerError::doing(DOING))?;
                change.cleared.push(key);
            }
            for (action, keys) in [("alert raised", &change.raised), ("alert cleared", &change.cleared)] {
                for key in keys {
                    audit::append(transaction, at, "operators", action, key, "")?;
                }
            }
            Ok(change)
        })
    }

    /// The alerts that stand, in the order in which they were raised.
    pub fn standing_alerts(&self) -> Result<Vec<RaisedAlert>, LedgerError> {
        self.alerts_where("cleared_at is null")
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

/// Number, key, kind, both texts and the moment, in this order.
fn read_alert(row: &Row<'_>) -> Result<RaisedAlert, LedgerError> {
    let text = |at: usize| row.get::<_, String>(at).map_err(LedgerError::doing(DOING));
    Ok(RaisedAlert {
        alert_id: row.get(0).map_err(LedgerError::doing(DOING))?,
        key: text(1)?,
        kind: text(2)?,
        chinese: text(3)?,
        english: text(4)?,
        raised_at: parse_moment("alerts.raised_at", &text(5)?)?,
    })
}

fn open_keys(transaction: &Transaction<'_>) -> Result<Vec<String>, LedgerError> {
    let mut statement = transaction
        .prepare_cached("select key from alerts where cleared_at is null order by alert_id")
        .map_err(LedgerError::doing(DOING))?;
    let keys = statement.query_map([], |row| row.get(0)).map_err(LedgerError::doing(DOING))?;
    keys.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use law::schedule::AlertKind;

    fn alert(kind: AlertKind, subject: &str) -> Alert {
        Alert { kind, subject: subject.into(), chinese: "甲".into(), english: "a".into() }
    }

    #[test]
    fn an_alert_is_raised_once_and_cleared_with_its_cause() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite")).unwrap();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let both = [alert(AlertKind::RunLate, "monthly 2026-10"), alert(AlertKind::FeedMissing, "claims")];
        let raised = ledger.sync_alerts(&both, at(1)).unwrap();
        assert_eq!(raised.raised, ["run_late:monthly 2026-10", "feed_missing:claims"]);
        assert_eq!(ledger.sync_alerts(&both, at(2)).unwrap(), AlertChange::default());
        let standing = ledger.standing_alerts().unwrap();
        assert_eq!((standing.len(), standing[0].raised_at), (2, at(1)));
        assert_eq!(ledger.sync_alerts(&both[..1], at(3)).unwrap().cleared, ["feed_missing:claims"]);
        assert_eq!(ledger.sync_alerts(&both, at(4)).unwrap().raised, ["feed_missing:claims"]);
        assert_eq!(ledger.standing_alerts().unwrap()[1].raised_at, at(4));
        assert_eq!(ledger.verify_audit().unwrap(), 4);
    }
}
