//! A letter's bytes: MIME with fixed boundaries, so that the same draft gives the same bytes, and its Message-ID.
//!
//! What goes into a header is checked here, whoever wrote it: no line end, no NUL, plain addresses only.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use law::domain::{MailAddress, TokenKey};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::delivery::error::DeliveryError;

/// A file that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// ASCII: letters, digits, `.`, `-` and `_`; some mail programs lose any other.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What a letter is made of.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub message_id: &'a str,
    pub from: &'a MailAddress,
    pub to: &'a MailAddress,
    pub date: DateTime<Utc>,
    pub subject: &'a str,
    /// Plain text; the HTML part is made from it.
    pub text: &'a str,
    pub attachments: &'a [Attachment],
}

/// The Message-ID of a letter: 128 bits of a keyed hash of what it announces, to whom, and the how-manieth time.
#[must_use]
pub fn message_id(key: &TokenKey, lists: &[String], to: &MailAddress, resend_no: u32, domain: &str) -> String {
    let tag = key.hex128(&format!("{}|{to}|{resend_no}", lists.join("+")));
    format!("{tag}@{domain}")
}

/// Writes the letter's bytes.
///
/// # Errors
/// For a control character in the subject or the text, a Message-ID or an attachment's name that is not plain.
pub fn compose(draft: &Draft<'_>) -> Result<Vec<u8>, DeliveryError> {
    check(draft)?;
    let boundary = |part: &str| format!("{part}-{}", draft.message_id.split('@').next().unwrap_or_default());
    let text = draft.text.replace('\n', "\r\n");
    let body = MultiPart::alternative()
        .boundary(boundary("text"))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html(draft.text)));
    let mut whole = MultiPart::mixed().boundary(boundary("letter")).multipart(body.clone());
    for attachment in draft.attachments {
        let kind = ContentType::parse("application/octet-stream").map_err(DeliveryError::message)?;
        let part = lettre::message::Attachment::new(attachment.name.clone()).body(attachment.bytes.clone(), kind);
        whole = whole.singlepart(part);
    }
    let mailbox = |address: &MailAddress| address.as_str().parse().map(|address| Mailbox::new(None, address));
    let builder = lettre::Message::builder()
        .message_id(Some(format!("<{}>", draft.message_id)))
        .date(draft.date.into())
        .from(mailbox(draft.from).map_err(DeliveryError::message)?)
        .to(mailbox(draft.to).map_err(DeliveryError::message)?)
        .subject(draft.subject)
        .header(AutoSubmitted);
    let message = builder.multipart(if draft.attachments.is_empty() { body } else { whole });
    let bytes = message.map_err(DeliveryError::message)?.formatted();
    if has_lone_line_end(&bytes) {
        return Err(DeliveryError::message("a line end that is not CRLF"));
    }
    Ok(bytes)
}

fn check(draft: &Draft<'_>) -> Result<(), DeliveryError> {
    let refused = |what: &str| Err(DeliveryError::message(what));
    let plain = |text: &str, extra: &[u8]| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    if draft.subject.trim().is_empty() || draft.subject.chars().any(is_breaking) {
        return refused("the subject is empty or holds a control character");
    }
    if draft.text.chars().any(|c| c != '\n' && is_breaking(c)) {
        return refused("the text holds a control character");
    }
    if !draft.message_id.split_once('@').is_some_and(|(left, right)| plain(left, b"") && plain(right, b".-")) {
        return refused("the Message-ID is not plain");
    }
    if draft.attachments.iter().any(|file| !plain(&file.name, b".-_") || file.name.starts_with('.')) {
        return refused("an attachment's name may hold ASCII letters, digits, dot, hyphen and underscore");
    }
    Ok(())
}

/// Control characters, and those that some programs take for a line end or that turn text around.
fn is_breaking(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same text as HTML: nothing stands there that does not stand in the plain part.
fn html(text: &str) -> String {
    let mut page = "<!DOCTYPE html>\r\n<html lang=\"zh-CN\"><meta charset=\"utf-8\"><body>\r\n".to_owned();
    for paragraph in text.split("\n\n") {
        let lines: Vec<String> = paragraph.trim_matches('\n').split('\n').map(escaped).collect();
        let _ = write!(page, "<p>{}</p>\r\n", lines.join("<br>\r\n"));
    }
    page.push_str("</body></html>\r\n");
    page
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

/// A CR or LF alone: between two servers it can begin a second letter.
fn has_lone_line_end(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| match bytes[at] {
        b'\n' => at == 0 || bytes[at - 1] != b'\r',
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    })
}

/// Tells absence notes not to answer.
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft<'a>(subject: &'a str, text: &'a str, to: &'a MailAddress) -> Draft<'a> {
        let message_id = "0123456789abcdef0123456789abcdef@bureau.example";
        Draft { message_id, from: to, to, date: DateTime::UNIX_EPOCH, subject, text, attachments: &[] }
    }

    #[test]
    fn the_same_draft_gives_the_same_bytes() {
        let to = MailAddress::parse("mz990101@county.example").unwrap();
        let draft = draft("【名单】青屏县", "各位:\n名单 <1> & \"2\"\n\n请领取。", &to);
        let bytes = compose(&draft).unwrap();
        assert_eq!(bytes, compose(&draft).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("Message-ID: <0123456789abcdef0123456789abcdef@bureau.example>\r\n"), "{text}");
        assert!(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"), "{text}");
        assert!(text.is_ascii() && text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
    }

    #[test]
    fn no_header_can_be_slipped_in() {
        let to = MailAddress::parse("a@county.example").unwrap();
        let breaks = ["\r\n", "\n", "\r", "\0", "\u{85}", "\u{2028}", "\u{202e}", "\u{b}", "\r\n.\r\n", "\n.\n"];
        let mut cases = 0;
        for bad in breaks {
            let subject = format!("名单{bad}Bcc: x@y.example");
            assert!(compose(&draft(&subject, "正文", &to)).is_err(), "{bad:?}");
            cases += 1;
        }
        for bad in ["\r\n.\r\n", "\0", "\r", "\u{2028}"] {
            assert!(compose(&draft("名单", &format!("正文{bad}正文"), &to)).is_err(), "{bad:?}");
            cases += 1;
        }
        for name in ["", "../a.xlsx", "名单.xlsx", "a b.zip", "a\r\nb", ".hidden", "a;b", "a\"b"] {
            let files = [Attachment { name: name.to_owned(), bytes: vec![1] }];
            assert!(compose(&Draft { attachments: &files, ..draft("名单", "正文", &to) }).is_err(), "{name:?}");
            cases += 1;
        }
        for id in ["", "a", "a@", "a b@c", "a@b>\r\nX: y", "<a@b>"] {
            assert!(compose(&Draft { message_id: id, ..draft("名单", "正文", &to) }).is_err(), "{id:?}");
            cases += 1;
        }
        let files = [Attachment { name: "202610-990101-MZ-FULL-v1.zip".to_owned(), bytes: vec![0, 13, 10, 255] }];
        assert!(compose(&Draft { attachments: &files, ..draft("名单", "正文", &to) }).is_ok());
        println!("slipped headers: {cases} cases");
    }

    #[test]
    fn a_message_id_depends_on_all_it_stands_for() {
        let (a, b) = (MailAddress::parse("a@c.example").unwrap(), MailAddress::parse("b@c.example").unwrap());
        let lists = ["202610-990101-MZ-FULL-v1".to_owned()];
        let key = |byte| TokenKey::new([byte; 32]);
        let ids = [
            message_id(&key(1), &lists, &a, 0, "d.example"),
            message_id(&key(1), &lists, &a, 1, "d.example"),
            message_id(&key(1), &lists, &b, 0, "d.example"),
            message_id(&key(2), &lists, &a, 0, "d.example"),
            message_id(&key(1), &[], &a, 0, "d.example"),
        ];
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids[0], message_id(&key(1), &lists, &a, 0, "d.example"));
        assert_eq!(ids[0].find('@'), Some(32));
    }
}
