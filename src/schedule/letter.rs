//! The mail in which alerts go to the operator: Chinese first, then English; no personal data. Sending is not here.

use std::fmt::Write as _;

use super::Alert;

/// Subject and plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMail {
    /// One line.
    pub subject: String,
    /// Lines end in a line feed.
    pub body: String,
}

/// The mail about all alerts that stand. `workspace` says where, `day` is the day as the offices write it.
/// `None`: all is well, no mail.
#[must_use]
pub fn alert_mail(alerts: &[Alert], workspace: &str, day: &str) -> Option<AlertMail> {
    if alerts.is_empty() {
        return None;
    }
    let count = alerts.len();
    let subject = format!("[poverty-watch] {count} 项告警 / {count} alerts, {day}");
    let mut body = format!("{workspace}，{day}：以下 {count} 项需要处理。\n\n");
    for (at, alert) in alerts.iter().enumerate() {
        let _ = writeln!(body, "{}. {}", at + 1, alert.chinese);
    }
    let _ = write!(body, "\n--\n{workspace}, {day}: {count} things need attention.\n\n");
    for (at, alert) in alerts.iter().enumerate() {
        let _ = writeln!(body, "{}. {}", at + 1, alert.english);
    }
    body.push_str("\n详情 / details: poverty-watch status; poverty-watch alerts\n");
    Some(AlertMail { subject, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{AlertKind, Facts, MissingFeed, alerts};

    #[test]
    fn each_alert_is_told_in_both_languages_and_nothing_is_said_when_all_is_well() {
        assert_eq!(alert_mail(&alerts(&Facts::default()), "演示市", "2026-11-25"), None);
        let facts = Facts {
            feeds: vec![MissingFeed { feed: "claims", newest: None, max_age_days: 40 }],
            mail: [("accepted".to_owned(), 9), ("bounced".to_owned(), 2)].into(),
            audit_broken_at: Some(7),
            ..Facts::default()
        };
        let found = alerts(&facts);
        let kinds: Vec<AlertKind> = found.iter().map(|alert| alert.kind).collect();
        assert_eq!(kinds, [AlertKind::AuditBroken, AlertKind::FeedMissing, AlertKind::MailUndeliverable]);
        assert_eq!(found[1].key(), "feed_missing:claims");
        let mail = alert_mail(&found, "演示市", "2026-11-25").unwrap();
        assert!(mail.subject.starts_with("[poverty-watch] 3 项告警"));
        assert!(found.iter().all(|alert| mail.body.contains(&alert.chinese) && mail.body.contains(&alert.english)));
    }
}
