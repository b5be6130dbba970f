//! What leaves the bureau: signatures under sealed lists, the outbox and every letter's history, suppressions.
//!
//! Only kept here. Which step may follow which stands in `delivery`; a list's content in `referrals`.

mod letter;
mod outbox;
mod signatures;
mod suppressions;

pub use letter::{Letter, MailState, NewLetter, OPERATORS, Standing};
pub use outbox::{LetterEvent, LetterStep};
pub(super) use outbox::{clean, insert as insert_letter, withdraw as withdraw_letters};
pub use signatures::{Approval, ListStage, Review, Signature};
pub use suppressions::{NewSuppression, StoredSuppression};

#[cfg(test)]
mod tests {
    use crate::ledger::store::MIGRATIONS;

    #[test]
    fn letters_keep_their_standing_when_the_table_is_made_anew() {
        let ledger = rusqlite::Connection::open_in_memory().unwrap();
        ledger.execute_batch("pragma foreign_keys = off").unwrap();
        ledger.execute_batch(MIGRATIONS[3]).unwrap();
        let rows = "insert into outbox values (7, 'a@b', '990101', 'MZ', 'c@d', 0, 't', 't', '', x'00');
            insert into outbox_standing values (7, 'deferred', 3, '2026-11-02T00:00:00Z')";
        ledger.execute_batch(rows).unwrap();
        let withdrawn = "update outbox_standing set state = 'withdrawn' where letter_id = 7";
        assert!(ledger.execute(withdrawn, []).is_err(), "not known before");
        ledger.execute_batch(MIGRATIONS[6]).unwrap();
        let standing: (String, i64, String) = ledger
            .query_row("select state, attempts, next_at from outbox_standing where letter_id = 7", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(standing, ("deferred".into(), 3, "2026-11-02T00:00:00Z".into()));
        assert_eq!(ledger.execute(withdrawn, []).unwrap(), 1);
        assert!(ledger.execute("update outbox_standing set state = 'lost' where letter_id = 7", []).is_err());
    }
}
