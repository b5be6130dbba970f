//! The outbox: letters with their bytes, and each step of their way, one transaction and one audit entry per step.

use chrono::{DateTime, Utc};
use law::domain::hex;
use rusqlite::{Row, Transaction, params};
use sha2::{Digest, Sha256};

use super::super::store::{Ledger, moment, parse_moment};
use super::super::{LedgerError, audit};
use super::{Letter, MailState, NewLetter, Standing};

const DOING: &str = "keeping the outbox";

const COLUMNS: &str = "letter_id, message_id, county, office, recipient, resend_no, written_at, due_at, state, \
     attempts, next_at, (select coalesce(group_concat(list_id, '+' order by list_id), '') from outbox_lists l \
     where l.letter_id = outbox.letter_id)";

/// One step of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterStep {
    /// Who takes it: the job, or a person's name.
    pub actor: String,
    pub event: &'static str,
    /// Where the letter stands afterwards.
    pub to: Standing,
    /// The server's words or the operator's reason; cleaned of control characters and cut when stored.
    pub detail: String,
}

/// A step that a letter has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterEvent {
    /// When, as the ledger stores moments.
    pub at: String,
    pub event: String,
    /// Code of the state afterwards.
    pub to: String,
    pub attempt: u32,
    /// The server's words or the operator's reason.
    pub detail: String,
}

impl Ledger {
    /// Letters in some states, oldest first.
    pub fn letters(&self, states: &[MailState]) -> Result<Vec<Letter>, LedgerError> {
        let wanted: Vec<String> = states.iter().map(|state| format!("'{}'", state.code())).collect();
        self.select_letters(&format!("where state in ({}) order by letter_id", wanted.join(", ")), &[])
    }

    /// Letters that may go now, oldest first.
    pub fn letters_due(&self, now: DateTime<Utc>) -> Result<Vec<Letter>, LedgerError> {
        let at = moment(now);
        self.select_letters("where state in ('queued', 'deferred') and next_at <= ?1 order by letter_id", &[&at])
    }

    /// The letter with that Message-ID, where there is one.
    pub fn letter_named(&self, message_id: &str) -> Result<Option<Letter>, LedgerError> {
        Ok(self.select_letters("where message_id = ?1", &[&message_id])?.pop())
    }

    /// The letters that announce a list, oldest first.
    pub fn letters_of(&self, list_id: &str) -> Result<Vec<Letter>, LedgerError> {
        let of = "where letter_id in (select letter_id from outbox_lists where list_id = ?1) order by letter_id";
        self.select_letters(of, &[&list_id])
    }

    /// The letters to a county's office that were written since a moment, oldest first.
    pub fn letters_to(&self, county: &str, office: &str, since: DateTime<Utc>) -> Result<Vec<Letter>, LedgerError> {
        let to = "where county = ?1 and office = ?2 and written_at >= ?3 order by letter_id";
        self.select_letters(to, &[&county, &office, &moment(since)])
    }

    /// A letter's bytes, checked against the hash that was stored with them.
    pub fn letter_bytes(&self, letter_id: i64) -> Result<Vec<u8>, LedgerError> {
        let (bytes, sha256): (Vec<u8>, String) = self
            .read()
            .prepare_cached("select bytes, sha256 from outbox where letter_id = ?1")
            .and_then(|mut statement| statement.query_row([letter_id], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(LedgerError::doing(DOING))?;
        if hex(&Sha256::digest(&bytes)) == sha256 {
            Ok(bytes)
        } else {
            Err(LedgerError::damaged("outbox.bytes")("the hash does not fit"))
        }
    }

    /// Notes a step of a letter with its audit entry. On disk when this returns.
    ///
    /// # Errors
    /// [`LedgerError::Moved`] when the letter no longer stands where `letter` says; nothing is changed then.
    pub fn step_letter(&self, letter: &Letter, step: &LetterStep, at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| step_one(transaction, letter, step, at))
    }

    /// Puts a deliberate repetition into the outbox.
    pub fn resend(&self, letter: &NewLetter, actor: &str, reason: &str, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        self.write(DOING, |transaction| {
            let detail = format!("resend {}, {}", letter.resend_no, clean(reason));
            audit::append(transaction, at, actor, "resend", &letter.lists.join("+"), &detail)?;
            insert(transaction, letter, at)
        })
    }

    /// Takes a letter out and puts the deliberate repetition of it into the outbox, in one step.
    ///
    /// # Errors
    /// As [`Ledger::step_letter`] and [`Ledger::resend`].
    pub fn resend_instead(
        &self,
        (letter, step): (&Letter, &LetterStep),
        again: &NewLetter,
        at: DateTime<Utc>,
    ) -> Result<i64, LedgerError> {
        self.write(DOING, |transaction| {
            step_one(transaction, letter, step, at)?;
            let detail = format!("resend {}, {}", again.resend_no, clean(&step.detail));
            audit::append(transaction, at, &step.actor, "resend", &again.lists.join("+"), &detail)?;
            insert(transaction, again, at)
        })
    }

    /// Puts the letter for those lists into the outbox that a withdrawn letter announced and that still stand.
    pub fn rewrite(&self, letter: &NewLetter, at: DateTime<Utc>) -> Result<i64, LedgerError> {
        self.write(DOING, |transaction| insert(transaction, letter, at))
    }

    /// A letter's history, oldest first.
    pub fn letter_history(&self, letter_id: i64) -> Result<Vec<LetterEvent>, LedgerError> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select at, event, to_state, attempt, detail from outbox_events where letter_id = ?1 order by event_id",
            )
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([letter_id], |row| {
                let (at, event, to, attempt) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(LetterEvent { at, event, to, attempt, detail: row.get(4)? })
            })
            .map_err(LedgerError::doing(DOING))?;
        rows.collect::<Result<_, _>>().map_err(LedgerError::doing(DOING))
    }

    fn select_letters(&self, rest: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Letter>, LedgerError> {
        let connection = self.read();
        let sql = format!("select {COLUMNS} from outbox inner join outbox_standing using (letter_id) {rest}");
        let mut statement = connection.prepare_cached(&sql).map_err(LedgerError::doing(DOING))?;
        let mut rows = statement.query(values).map_err(LedgerError::doing(DOING))?;
        let mut letters = Vec::new();
        while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
            letters.push(read_letter(row)?);
        }
        Ok(letters)
    }
}

/// Inserts a letter inside the transaction of the act that it follows from; a letter that it replaces steps aside.
pub(in crate::ledger) fn insert(
    transaction: &Transaction<'_>,
    letter: &NewLetter,
    at: DateTime<Utc>,
) -> Result<i64, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let sha256 = hex(&Sha256::digest(&letter.bytes));
    transaction
        .prepare_cached(
            "insert into outbox (message_id, county, office, recipient, resend_no, written_at, due_at, sha256, bytes) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .and_then(|mut insert| {
            let NewLetter { message_id, county, office, recipient, resend_no, due_at, bytes, .. } = letter;
            let (at, due) = (moment(at), moment(*due_at));
            insert.execute(params![message_id, county, office, recipient, resend_no, at, due, sha256, bytes])
        })
        .map_err(doing())?;
    let letter_id = transaction.last_insert_rowid();
    transaction
        .prepare_cached("insert into outbox_standing values (?1, 'queued', 0, ?2)")
        .and_then(|mut insert| insert.execute(params![letter_id, moment(letter.due_at)]))
        .map_err(doing())?;
    if let Some(replaced) = letter.replaces {
        replace(transaction, replaced, (letter_id, &letter.lists), at)?;
    }
    for list_id in &letter.lists {
        // A row of the letter that steps aside points to the new letter; any other doubled row is an error.
        let place = params![list_id, letter.recipient, letter.resend_no, letter_id];
        let there = transaction
            .prepare_cached("select 1 from outbox_lists where list_id = ?1 and recipient = ?2 and resend_no = ?3 and letter_id = ?4")
            .and_then(|mut select| select.exists(place))
            .map_err(doing())?;
        if !there {
            transaction
                .prepare_cached("insert into outbox_lists values (?1, ?2, ?3, ?4)")
                .and_then(|mut insert| insert.execute(place))
                .map_err(doing())?;
        }
    }
    let detail = format!("sha256 {sha256}, due {}", moment(letter.due_at));
    event(transaction, letter_id, "written", ("", "queued", 0), &detail, at)?;
    audit::append(transaction, at, "outbox", "written", &letter.message_id, &detail)?;
    Ok(letter_id)
}

/// Lets a letter step aside: one that waits is replaced; a withdrawn one stays so and gives away the lists that stand.
fn replace(
    transaction: &Transaction<'_>,
    old: i64,
    (new, lists): (i64, &[String]),
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let changed = transaction
        .prepare_cached(
            "update outbox_standing set state = 'replaced' where letter_id = ?1 and state = 'queued' and attempts = 0",
        )
        .and_then(|mut update| update.execute([old]))
        .map_err(doing())?;
    let was_withdrawn = transaction
        .prepare_cached("select 1 from outbox_standing where letter_id = ?1 and state = 'withdrawn'")
        .and_then(|mut select| select.exists([old]))
        .map_err(doing())?;
    if changed != 1 && !was_withdrawn {
        return Err(LedgerError::Moved { letter_id: old });
    }
    for list_id in lists {
        transaction
            .prepare_cached("update outbox_lists set letter_id = ?2 where letter_id = ?1 and list_id = ?3")
            .and_then(|mut update| update.execute(params![old, new, list_id]))
            .map_err(doing())?;
    }
    let detail = format!("by letter {new}");
    let states = if was_withdrawn { ("withdrawn", "withdrawn", 0) } else { ("queued", "replaced", 0) };
    event(transaction, old, "replaced", states, &detail, at)?;
    audit::append(transaction, at, "outbox", "replaced", &format!("letter {old}"), &detail)
}

/// Takes the letters that announce a list and have not gone out of the way, inside the transaction in which the list is
/// taken back: from then on none of them can be sent.
pub(in crate::ledger) fn withdraw(
    transaction: &Transaction<'_>,
    list_id: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement = transaction
        .prepare_cached(
            "select o.letter_id, o.message_id, s.state, s.attempts from outbox_lists l \
             inner join outbox o on o.letter_id = l.letter_id inner join outbox_standing s on s.letter_id = l.letter_id \
             where l.list_id = ?1 and s.state in ('queued', 'deferred') order by o.letter_id",
        )
        .map_err(doing())?;
    let waiting = statement
        .query_map([list_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .and_then(Iterator::collect::<Result<Vec<(i64, String, String, u32)>, _>>)
        .map_err(doing())?;
    for (letter_id, message_id, state, attempts) in waiting {
        transaction
            .prepare_cached("update outbox_standing set state = 'withdrawn' where letter_id = ?1")
            .and_then(|mut update| update.execute([letter_id]))
            .map_err(doing())?;
        let detail = format!("{list_id} was taken back");
        event(transaction, letter_id, "withdrawn", (&state, "withdrawn", attempts), &detail, at)?;
        audit::append(transaction, at, by, "withdrawn", &message_id, &detail)?;
    }
    Ok(())
}

fn step_one(
    transaction: &Transaction<'_>,
    letter: &Letter,
    step: &LetterStep,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let (from, to) = (&letter.standing, &step.to);
    let changed = transaction
        .prepare_cached(
            "update outbox_standing set state = ?2, attempts = ?3, next_at = ?4 \
             where letter_id = ?1 and state = ?5 and attempts = ?6",
        )
        .and_then(|mut update| {
            let (next, code) = (moment(to.next_at), to.state.code());
            update.execute(params![letter.letter_id, code, to.attempts, next, from.state.code(), from.attempts])
        })
        .map_err(LedgerError::doing(DOING))?;
    if changed != 1 {
        return Err(LedgerError::Moved { letter_id: letter.letter_id });
    }
    let detail = clean(&step.detail);
    let states = (from.state.code(), to.state.code(), to.attempts);
    event(transaction, letter.letter_id, step.event, states, &detail, at)?;
    let detail = format!("{} -> {}, attempt {}: {detail}", states.0, states.1, states.2);
    audit::append(transaction, at, &step.actor, step.event, &letter.message_id, &detail)
}

fn event(
    transaction: &Transaction<'_>,
    letter_id: i64,
    name: &str,
    (from, to, attempt): (&str, &str, u32),
    detail: &str,
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(
            "insert into outbox_events (letter_id, at, event, from_state, to_state, attempt, detail) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut insert| insert.execute(params![letter_id, moment(at), name, from, to, attempt, detail]))
        .map_err(LedgerError::doing(DOING))?;
    Ok(())
}

/// A server's or a person's words on one line of at most 200 characters.
pub(in crate::ledger) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect::<String>().trim().to_owned()
}

fn read_letter(row: &Row<'_>) -> Result<Letter, LedgerError> {
    let doing = || LedgerError::doing("reading the outbox");
    let text = |at: usize| row.get::<_, String>(at).map_err(doing());
    let (state, lists) = (text(8)?, text(11)?);
    let state = MailState::parse(&state).ok_or_else(|| LedgerError::damaged("outbox_standing.state")(state))?;
    Ok(Letter {
        letter_id: row.get(0).map_err(doing())?,
        message_id: text(1)?,
        county: text(2)?,
        office: text(3)?,
        recipient: text(4)?,
        resend_no: row.get(5).map_err(doing())?,
        lists: lists.split('+').filter(|list| !list.is_empty()).map(str::to_owned).collect(),
        written_at: parse_moment("outbox.written_at", &text(6)?)?,
        due_at: parse_moment("outbox.due_at", &text(7)?)?,
        standing: Standing {
            state,
            attempts: row.get(9).map_err(doing())?,
            next_at: parse_moment("outbox_standing.next_at", &text(10)?)?,
        },
    })
}
