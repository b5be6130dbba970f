//! Returned mail (DSN, RFC 3464): which letter came back. Anybody can send a bureau such a mail, so it is believed only
//! where it names a letter of the outbox and that letter's own recipient, and says that delivery failed for good.

use chrono::{DateTime, Utc};
use store::ledger::{Ledger, LedgerError, LetterStep};

use super::machine::{Event, next};

/// Larger files are no delivery reports.
const LARGEST: usize = 1 << 20;

/// What a delivery report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// Of the letter that came back, without angle brackets.
    pub message_id: String,
    /// Address that it did not reach, in lower case.
    pub recipient: String,
    /// Status code such as `5.1.1`.
    pub status: String,
}

pub fn read_bounce(bytes: &[u8]) -> Result<Bounce, &'static str> {
    if bytes.len() > LARGEST {
        return Err("larger than any delivery report");
    }
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").ok_or("no mail: it has no body")?;
    let kind = field(head, "content-type").ok_or("no delivery report: it has no Content-Type")?;
    let lower = kind.to_ascii_lowercase();
    if !lower.starts_with("multipart/report") || !lower.contains("delivery-status") {
        return Err("no delivery report: it is not multipart/report");
    }
    let boundary = boundary(&kind).ok_or("a delivery report without a boundary")?;
    let mark = format!("\n--{boundary}");
    let body = format!("\n{body}");
    let parts: Vec<&str> = body.split(mark.as_str()).skip(1).take(20).collect();
    let part = |kinds: &[&str]| {
        parts.iter().find_map(|part| {
            let (head, body) = part.trim_start_matches('\n').split_once("\n\n")?;
            let kind = field(head, "content-type")?.to_ascii_lowercase();
            kinds.iter().any(|wanted| kind.starts_with(wanted)).then_some(body)
        })
    };
    let status = part(&["message/delivery-status"]).ok_or("a delivery report without its status part")?;
    let groups = status.split("\n\n").filter(|group| field(group, "final-recipient").is_some());
    let mut failed =
        groups.filter(|group| field(group, "action").is_some_and(|word| word.eq_ignore_ascii_case("failed")));
    let group = failed.next().ok_or("it does not say that delivery failed for good")?;
    if failed.next().is_some() {
        return Err("it tells of several recipients; a letter has one");
    }
    let code = field(group, "status").unwrap_or_default();
    let code = code.split_whitespace().next().unwrap_or_default().to_owned();
    if !code.starts_with("5.") {
        return Err("its status is not 5.x.x");
    }
    let recipient = field(group, "final-recipient").unwrap_or_default();
    let recipient = recipient.rsplit(';').next().unwrap_or_default().trim().trim_matches(['<', '>']).to_lowercase();
    let returned = part(&["message/rfc822", "text/rfc822-headers", "message/global"]).ok_or("it returns no letter")?;
    let head = returned.split("\n\n").next().unwrap_or_default();
    let message_id = field(head, "message-id").ok_or("the letter that it returns has no Message-ID")?;
    let message_id = message_id.trim().trim_matches(['<', '>']).to_owned();
    Ok(Bounce { message_id, recipient, status: code })
}

/// Notes returned letters; answers for each report the letter's Message-ID, or why it is not believed.
pub fn record_bounces(
    ledger: &Ledger,
    reports: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<Vec<Result<String, String>>, LedgerError> {
    let mut told = Vec::with_capacity(reports.len());
    for report in reports {
        told.push(match read_bounce(report) {
            Ok(bounce) => record(ledger, &bounce, now)?,
            Err(why) => Err(why.to_owned()),
        });
    }
    Ok(told)
}

fn record(ledger: &Ledger, bounce: &Bounce, now: DateTime<Utc>) -> Result<Result<String, String>, LedgerError> {
    let Some(letter) = ledger.letter_named(&bounce.message_id)? else {
        return Ok(Err("the letter that it returns is not ours".to_owned()));
    };
    if letter.recipient.to_lowercase() != bounce.recipient {
        return Ok(Err(format!("letter {}: it went to another address", letter.message_id)));
    }
    let Some(to) = next(&letter.standing, Event::Bounced, letter.due_at, now) else {
        let state = letter.standing.state.code();
        return Ok(Err(format!("letter {} is {state}: nothing to note", letter.message_id)));
    };
    let detail = format!("status {}", bounce.status);
    let step = LetterStep { actor: "bounces".to_owned(), event: Event::Bounced.code(), to, detail };
    ledger.step_letter(&letter, &step, now)?;
    Ok(Ok(letter.message_id))
}

/// The first value of a header field, its folded lines joined.
fn field(head: &str, name: &str) -> Option<String> {
    let mut lines = head
        .lines()
        .skip_while(|line| !line.split_once(':').is_some_and(|(found, _)| found.trim_end().eq_ignore_ascii_case(name)));
    let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])).take(50) {
        value.push(' ');
        value.push_str(line.trim());
    }
    Some(value)
}

fn boundary(kind: &str) -> Option<String> {
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let rest = kind.get(at + "boundary=".len()..)?;
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([';', ' ']).next()?,
    };
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "From: MAILER-DAEMON@relay.example\r\nTo: lists@bureau.example\r\n\
        Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"=_b\"\r\n\r\n\
        This is the mail system.\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n\r\n--=_b\r\n\
        Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n\
        Final-Recipient: rfc822; MZ990101@county.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
        Diagnostic-Code: smtp; 550 no such user\r\n\r\n--=_b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
        From: lists@bureau.example\r\nMessage-ID:\r\n <00ff@bureau.example>\r\nSubject: x\r\n\r\n--=_b--\r\n";

    #[test]
    fn a_report_names_its_letter() {
        let bounce = read_bounce(REPORT.as_bytes()).unwrap();
        assert_eq!(bounce.message_id, "00ff@bureau.example");
        assert_eq!((bounce.recipient.as_str(), bounce.status.as_str()), ("mz990101@county.example", "5.1.1"));
    }

    #[test]
    fn what_is_no_final_failure_is_not_believed() {
        let changes = [
            ("Action: failed", "Action: delayed"),
            ("Action: failed", "Action: relayed"),
            ("Status: 5.1.1", "Status: 4.2.2"),
            ("multipart/report", "multipart/mixed"),
            ("boundary=\"=_b\"", "boundary=\"\""),
            ("message/delivery-status", "text/plain"),
            ("text/rfc822-headers", "text/plain"),
            ("Message-ID:", "X-Message-ID:"),
            ("Status: 5.1.1\r\n", "Status: 5.1.1\r\n\r\nFinal-Recipient: rfc822; b@c.example\r\nAction: failed\r\n"),
        ];
        for (from, to) in changes {
            assert!(read_bounce(REPORT.replace(from, to).as_bytes()).is_err(), "{from} -> {to}");
        }
        // Cut anywhere, or with any one byte changed: an answer, never a panic; and never another letter's id.
        let bytes = REPORT.as_bytes();
        for at in 0..bytes.len() {
            let _ = read_bounce(&bytes[..at]);
            for byte in [0, b'\n', b' ', b'"', 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = byte;
                let _ = read_bounce(&changed);
            }
        }
        println!("delivery reports: {} cases", changes.len() + bytes.len() * 6);
    }
}
