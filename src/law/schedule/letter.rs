//! The mail in which alerts go to the operator: Chinese first, then English; no personal data. Sending is not here.

use std::fmt::Write as _;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMail {
    pub subject: String,
    /// Lines end in a line feed.
    pub body: String,
}

/// So many of each kind are written out; the rest is a number.
const SHOWN: usize = 40;

/// The mail about alerts, each in Chinese and English: what has been raised and what is cleared. `workspace` says where,
/// `day` is the day as the offices write it. `None`: there is nothing to tell.
#[must_use]
pub fn alert_mail(raised: &[(&str, &str)], cleared: &[(&str, &str)], workspace: &str, day: &str) -> Option<AlertMail> {
    if raised.is_empty() && cleared.is_empty() {
        return None;
    }
    let (count, gone) = (raised.len(), cleared.len());
    let subject = format!("[poverty-watch] {count} 项告警，{gone} 项解除 / {count} alerts, {gone} cleared, {day}");
    let mut body = format!("{workspace}，{day}：\n");
    section(&mut body, "需要处理", "另有", &lines(raised, |(chinese, _)| chinese));
    section(&mut body, "已解除", "另有", &lines(cleared, |(chinese, _)| chinese));
    let _ = write!(body, "\n--\n{workspace}, {day}:\n");
    section(&mut body, "Needs attention", "and more:", &lines(raised, |(_, english)| english));
    section(&mut body, "Cleared", "and more:", &lines(cleared, |(_, english)| english));
    body.push_str("\n详情 / details: poverty-watch status; poverty-watch alerts\n");
    Some(AlertMail { subject, body })
}

fn lines<'a>(alerts: &[(&'a str, &'a str)], side: impl Fn((&'a str, &'a str)) -> &'a str) -> Vec<&'a str> {
    alerts.iter().map(|alert| side(*alert)).collect()
}

fn section(body: &mut String, heading: &str, more: &str, lines: &[&str]) {
    if lines.is_empty() {
        return;
    }
    let _ = write!(body, "\n{heading} ({}):\n\n", lines.len());
    for (at, line) in lines.iter().take(SHOWN).enumerate() {
        let _ = writeln!(body, "{}. {line}", at + 1);
    }
    if lines.len() > SHOWN {
        let _ = writeln!(body, "{more} {}", lines.len() - SHOWN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{AlertKind, Facts, MissingFeed, alerts};

    #[test]
    fn each_alert_is_told_in_both_languages_and_nothing_is_said_when_all_is_well() {
        assert_eq!(alert_mail(&[], &[], "演示市", "2026-11-25"), None);
        let facts = Facts {
            feeds: vec![MissingFeed { feed: "claims", newest: None, max_age_days: 40 }],
            mail: [(("990102".to_owned(), "accepted".to_owned()), 9), (("990102".to_owned(), "bounced".to_owned()), 2)]
                .into(),
            audit_broken_at: Some(7),
            ..Facts::default()
        };
        let found = alerts(&facts);
        let kinds: Vec<AlertKind> = found.iter().map(|alert| alert.kind).collect();
        assert_eq!(kinds, [AlertKind::AuditBroken, AlertKind::FeedMissing, AlertKind::MailUndeliverable]);
        assert_eq!(found[1].key(), "feed_missing:claims");
        assert_eq!(found[2].key(), "mail_undeliverable:990102 bounced");
        let texts: Vec<(&str, &str)> =
            found.iter().map(|alert| (alert.chinese.as_str(), alert.english.as_str())).collect();
        let mail = alert_mail(&texts[..2], &texts[2..], "演示市", "2026-11-25").unwrap();
        assert!(mail.subject.starts_with("[poverty-watch] 2 项告警，1 项解除"), "{}", mail.subject);
        assert!(found.iter().all(|alert| mail.body.contains(&alert.chinese) && mail.body.contains(&alert.english)));
        assert!(mail.body.find("已解除").unwrap() > mail.body.find(&found[1].chinese).unwrap());
        let many = vec![("甲", "a"); SHOWN + 3];
        let mail = alert_mail(&many, &[], "演示市", "2026-11-25").unwrap();
        assert!(mail.body.contains("另有 3") && !mail.body.contains("已解除"), "{}", mail.body);
    }
}
