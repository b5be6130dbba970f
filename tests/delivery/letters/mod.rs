//! What becomes of letters beside being sent: the operators' own, those with a list in them, those that are withdrawn.

mod attached;
mod operators;
mod unknown;
mod withdrawn;

use super::signing::{approve, review};
use super::{MONTH, SETTINGS, ledger, places, sealed, spooled, totals_of};

/// A part of a letter: its headers, and its content as a mail program has it.
struct Part {
    head: String,
    content: Vec<u8>,
}

/// The parts of a letter, those within parts too.
fn parts_of(bytes: &[u8]) -> Vec<Part> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let is_mark = |line: &&str| line.starts_with("--text-") || line.starts_with("--letter-");
    let lines: Vec<&str> = text.split("\r\n").collect();
    let parts = lines.split(|line| is_mark(line)).skip(1);
    let parts = parts.filter_map(|lines| {
        let part = lines.join("\r\n");
        let (head, body) = part.split_once("\r\n\r\n")?;
        let content = if head.contains(": base64") { base64(body) } else { body.as_bytes().to_vec() };
        Some(Part { head: head.to_owned(), content })
    });
    parts.filter(|part| !part.head.contains("multipart/")).collect()
}

/// The plain part of a letter.
fn text_of(bytes: &[u8]) -> String {
    let parts = parts_of(bytes);
    let plain = parts.into_iter().find(|part| part.head.contains("text/plain")).unwrap();
    String::from_utf8(plain.content).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digit =
        |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|d| *d == c);
    let digits: Vec<u32> = text.bytes().filter_map(digit).map(|n| n as u32).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let value = group.iter().enumerate().fold(0, |sum, (at, digit)| sum | digit << (18 - 6 * at));
        bytes.extend(&value.to_be_bytes()[1..group.len()]);
    }
    bytes
}
