//! What became of a file's rows, in one line.

use law::contracts::{Outcome, Tally};
use law::domain::Fen;

/// `read = accepted + ...` in rows and yuan.
pub(super) fn counts(outcome: &Outcome) -> String {
    let mut parts = vec![("accepted".to_owned(), outcome.accepted)];
    parts.extend(outcome.rejected.iter().map(|(code, tally)| (format!("rejected {code}"), *tally)));
    parts.push(("superseded".to_owned(), outcome.superseded));
    parts.push(("duplicate".to_owned(), outcome.duplicate));
    parts.push(("held".to_owned(), outcome.held));
    let parts = parts.into_iter().filter(|(_, tally)| tally.rows > 0);
    let parts: Vec<String> = parts.map(|(name, tally)| format!("{name} {}", one(tally))).collect();
    format!("{} rows = {}", one(outcome.read), if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") })
}

fn one(tally: Tally) -> String {
    match i64::try_from(tally.fen) {
        Ok(0) => tally.rows.to_string(),
        Ok(fen) => format!("{} ({} yuan)", tally.rows, Fen(fen)),
        Err(_) => format!("{} ({} fen)", tally.rows, tally.fen),
    }
}
