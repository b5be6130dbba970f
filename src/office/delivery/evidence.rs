//! What can be known of an unclear letter: a relay's log, a mail that was saved, a delivery report. Each is searched for
//! the letter's Message-ID, which nobody else's letter has.

use law::domain::hex;
use sha2::{Digest, Sha256};
use store::ledger::Letter;

use super::bounce::read_bounce;

/// What a file says of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    None,
    Named,
    /// It is the report that the letter came back.
    CameBack,
}

/// What a file says of a letter.
#[must_use]
pub fn trace_of(letter: &Letter, file: &[u8]) -> Trace {
    if read_bounce(file).is_ok_and(|bounce| bounce.message_id == letter.message_id) {
        return Trace::CameBack;
    }
    let id = letter.message_id.as_bytes();
    // Not a part of a longer one.
    let is_end = |byte: Option<&u8>| byte.is_none_or(|b| !(b.is_ascii_alphanumeric() || b"@.-".contains(b)));
    let is_there = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| file.get(before));
        let mut after = file.get(at + id.len()..).unwrap_or_default().iter();
        let next = after.next();
        // A sentence may end behind it.
        let next = if next == Some(&b'.') { after.next() } else { next };
        is_end(before) && is_end(next)
    };
    let found = (0..file.len().saturating_sub(id.len() - 1)).any(|at| file[at..].starts_with(id) && is_there(at));
    if found { Trace::Named } else { Trace::None }
}

/// The words by which the audit chain remembers a file.
#[must_use]
pub fn remembered(file: &[u8]) -> String {
    format!("evidence sha256 {}", hex(&Sha256::digest(file)))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use store::ledger::{MailState, Standing};

    #[test]
    fn only_the_letter_s_own_id_counts() {
        let at = DateTime::UNIX_EPOCH;
        let letter = Letter {
            letter_id: 1,
            message_id: "00ff@bureau.example".into(),
            county: "990101".into(),
            office: "MZ".into(),
            recipient: "mz@county.example".into(),
            resend_no: 0,
            lists: Vec::new(),
            written_at: at,
            due_at: at,
            standing: Standing { state: MailState::Unknown, attempts: 1, next_at: at },
        };
        let cases = [
            ("relay: message-id=<00ff@bureau.example>, status=sent", Trace::Named),
            ("00ff@bureau.example", Trace::Named),
            ("It is 00ff@bureau.example.", Trace::Named),
            ("", Trace::None),
            ("00f", Trace::None),
            ("<100ff@bureau.example>", Trace::None),
            ("<00ff@bureau.example.org>", Trace::None),
            ("<00ff@bureau.examples>", Trace::None),
            ("<a@00ff@bureau.example>", Trace::None),
        ];
        for (text, trace) in cases {
            assert_eq!(trace_of(&letter, text.as_bytes()), trace, "{text}");
        }
        let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
            Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; r.example\r\n\r\n\
            Final-Recipient: rfc822; mz@county.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
            Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <00ff@bureau.example>\r\n\r\n--b--\r\n";
        assert_eq!(trace_of(&letter, report.as_bytes()), Trace::CameBack);
        println!("delivery, evidence: {} cases", cases.len() + 1);
    }
}
