//! The desk at which lists are signed and letters are written: plain functions for the command line and for pages.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use law::domain::{MailAddress, Workdays, official_day};
use law::referrals::{ListKind, Office, Routes};
use store::ledger::{
    Approval, Ledger, LedgerError, Letter, LetterStep, ListStage, MailState, NewLetter, OPERATORS, Review, SealedList,
};
use store::workspace::Workspace;

use super::chain::require_whole_chain;
use super::dispatch::Clearance;
use super::error::DeliveryError;
use super::letters::{OfficeLetters, may_go_to_operators};
use super::machine::{Event, next};

/// What an operator says of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    Sent,
    /// It has provably not arrived: the same bytes go again.
    NotSent,
    /// It is not to be sent any more.
    TakenOut,
}

/// A signing desk of one workspace.
pub struct Desk<'a> {
    workspace: &'a Workspace,
    letters: OfficeLetters<'a>,
    routes: Routes,
    workdays: Workdays,
    ledger: &'a Ledger,
    now: DateTime<Utc>,
}

impl<'a> Desk<'a> {
    /// A desk at the moment `now`.
    ///
    /// # Errors
    /// Every fault of the tables of routes, offices and working days, and a broken audit chain: nothing is signed, written
    /// or sent while there is one.
    pub fn new(workspace: &'a Workspace, ledger: &'a Ledger, now: DateTime<Utc>) -> Result<Self, DeliveryError> {
        require_whole_chain(ledger)?;
        let mut problems = Vec::new();
        let routes = workspace.routes(&mut problems);
        let workdays = workspace.workdays(&mut problems);
        let letters = OfficeLetters::new(workspace, workspace.offices(&mut problems), now);
        if problems.is_empty() {
            Ok(Self { workspace, letters, routes, workdays, ledger, now })
        } else {
            Err(DeliveryError::Config(problems))
        }
    }

    /// Signs lists as reviewed, after their files were compared with what was sealed.
    pub fn review(&self, review: &Review<'_>) -> Result<(), DeliveryError> {
        for list in self.ledger.lists_named(review.lists)? {
            self.letters.manifest(&list)?;
        }
        Ok(self.ledger.review_lists(review, self.now)?)
    }

    /// Signs lists as ready and writes their letters, one per office; returns how many.
    ///
    /// # Errors
    /// When a list has no address, a file is no longer what was sealed, or the ledger refuses.
    pub fn approve(&self, approval: &Approval<'_>) -> Result<usize, DeliveryError> {
        let mut offices: BTreeMap<(String, String), Vec<SealedList>> = BTreeMap::new();
        for list in self.ledger.lists_named(approval.lists)? {
            if self.ledger.is_retracted(&list.list_id)? {
                let why = "the list was taken back".to_owned();
                return Err(DeliveryError::Letter { message_id: list.list_id, why });
            }
            // Sealed for the record of a past period: no office is written to about it.
            if self.ledger.is_quiet(&list.list_id)? {
                continue;
            }
            let office = Office::letters_of(&list.office).to_owned();
            offices.entry((list.county.clone(), office)).or_default().push(list);
        }
        let mut letters = Vec::with_capacity(offices.len());
        for ((county, office), lists) in offices {
            letters.push(self.letter(&county, &office, lists)?);
        }
        self.ledger.approve_lists(approval, &letters, self.now)?;
        Ok(letters.len())
    }

    /// Writes a list's letter again, on purpose: a new Message-ID, marked 重发. A list that was approved while its period
    /// was quiet gets its first letter. Returns the Message-ID.
    ///
    /// # Errors
    /// When the list is not approved or its period is quiet, or its letter still waits to be sent.
    pub fn resend(&self, list_id: &str, signer: &str, reason: &str) -> Result<String, DeliveryError> {
        let told = |why: &str| DeliveryError::Letter { message_id: list_id.to_owned(), why: why.to_owned() };
        let list = self.ledger.lists_named(&[list_id.to_owned()])?;
        if self.ledger.signatures(list_id)?.0 != ListStage::Ready {
            return Err(told("the list is not approved yet"));
        }
        if self.ledger.is_retracted(list_id)? {
            return Err(told("the list was taken back"));
        }
        if self.ledger.is_quiet(list_id)? {
            return Err(told("its period is quiet; backfill --notify lifts that"));
        }
        let letters = self.ledger.letters_of(list_id)?;
        let last = letters.iter().max_by_key(|letter| letter.resend_no);
        let waits = |letter: &&Letter| !letter.standing.state.is_final() && letter.standing.state != MailState::Unknown;
        if last.is_some_and(|letter| waits(&letter)) {
            return Err(told("its letter still waits to be sent"));
        }
        let (county, office) = (list[0].county.as_str(), Office::letters_of(&list[0].office));
        let to = self.route(&list[0], county, office)?;
        let resend_no = last.map_or(0, |letter| letter.resend_no + 1);
        let letter = self.letters.write(&to, (county, office), &list, (resend_no, ""))?;
        self.ledger.resend(&letter, signer, reason, self.now)?;
        Ok(letter.message_id)
    }

    /// Notes what an operator says of a letter.
    pub fn resolve(&self, id: &str, word: Resolution, signer: &str, reason: &str) -> Result<Letter, DeliveryError> {
        let event = match word {
            Resolution::Sent => Event::Found,
            Resolution::NotSent => Event::Absent,
            Resolution::TakenOut => Event::TakenOut,
        };
        let (letter, step) = self.word_about(id, event, signer, reason)?;
        self.ledger.step_letter(&letter, &step, self.now)?;
        Ok(Letter { standing: step.to, ..letter })
    }

    /// Takes an unclear letter out and writes it again, marked 重发, about its lists that still stand: the office may get
    /// it twice, and sees so. Returns the new Message-ID.
    ///
    /// # Errors
    /// When there is no such letter, it is not unclear, or nothing is left that it could announce.
    pub fn resend_instead(&self, id: &str, signer: &str, reason: &str) -> Result<String, DeliveryError> {
        let told = |why: &str| DeliveryError::Letter { message_id: id.to_owned(), why: why.to_owned() };
        let (letter, step) = self.word_about(id, Event::TakenOut, signer, reason)?;
        if letter.standing.state != MailState::Unknown {
            return Err(told("it is not unclear; `deliver resend` writes a list's letter again"));
        }
        let mut lists = Vec::new();
        for list in &letter.lists {
            if !self.ledger.is_retracted(list)? {
                lists.push(list.clone());
            }
        }
        let lists = self.ledger.lists_named(&lists)?;
        let first = lists.first().ok_or_else(|| told("it announces no list that stands; take it out"))?;
        let place = (letter.county.as_str(), letter.office.as_str());
        let to = self.route(first, place.0, place.1)?;
        let again = self.letters.write(&to, place, &lists, (letter.resend_no + 1, ""))?;
        self.ledger.resend_instead((&letter, &step), &again, self.now)?;
        Ok(again.message_id)
    }

    /// A letter and the step that an operator's word is.
    fn word_about(
        &self,
        id: &str,
        event: Event,
        signer: &str,
        reason: &str,
    ) -> Result<(Letter, LetterStep), DeliveryError> {
        let told = |why: &str| DeliveryError::Letter { message_id: id.to_owned(), why: why.to_owned() };
        let letter = self.ledger.letter_named(id)?.ok_or_else(|| told("there is no such letter"))?;
        if signer.trim().is_empty() || reason.trim().is_empty() {
            return Err(told("a word about a letter needs a name and a reason"));
        }
        let to = next(&letter.standing, event, letter.due_at, self.now);
        let state = letter.standing.state.code();
        let to = to.ok_or_else(|| told(&format!("it is {state}: there is nothing to resolve")))?;
        let step = LetterStep { actor: signer.to_owned(), event: event.code(), to, detail: reason.to_owned() };
        Ok((letter, step))
    }

    /// Whether a letter may go now.
    pub fn clearance(&self, letter: &Letter) -> Result<Clearance, LedgerError> {
        for list in &letter.lists {
            if self.ledger.is_retracted(list)? {
                return Ok(Clearance::Withdrawn(format!("{list} was taken back")));
            }
        }
        Ok(self.may_go(letter).map_or_else(Clearance::Misrouted, |()| Clearance::Go))
    }

    /// Writes the letters for those lists that a withdrawn letter announced and that still stand; returns how many.
    pub fn rewrite_withdrawn(&self) -> Result<usize, DeliveryError> {
        let mut written = 0;
        for letter in self.ledger.letters(&[MailState::Withdrawn])? {
            let mut rest = Vec::new();
            for list in &letter.lists {
                if !self.ledger.is_retracted(list)? {
                    rest.push(list.clone());
                }
            }
            if rest.is_empty() {
                continue;
            }
            let to = MailAddress::parse(&letter.recipient).map_err(DeliveryError::message)?;
            let lists = self.ledger.lists_named(&rest)?;
            let place = (letter.county.as_str(), letter.office.as_str());
            let new = self.letters.write(&to, place, &lists, (letter.resend_no, &letter.message_id))?;
            let new = NewLetter { due_at: letter.due_at, replaces: Some(letter.letter_id), ..new };
            self.ledger.rewrite(&new, self.now)?;
            written += 1;
        }
        Ok(written)
    }

    /// Why a letter may not go to its address today, where it may not.
    pub fn may_go(&self, letter: &Letter) -> Result<(), String> {
        if letter.office == OPERATORS {
            return may_go_to_operators(letter, self.workspace);
        }
        may_go(letter, &self.routes, official_day(self.now))
    }

    /// The letter to an office; a waiting one of the last days, never tried, is taken up into it.
    fn letter(&self, county: &str, office: &str, mut lists: Vec<SealedList>) -> Result<NewLetter, DeliveryError> {
        let to = self.route(&lists[0], county, office)?;
        let since = self.now - chrono::Duration::days(10);
        let known = self.ledger.letters_to(county, office, since)?;
        let known: Vec<&Letter> =
            known.iter().filter(|letter| letter.resend_no == 0 && letter.recipient == to.as_str()).collect();
        let is_waiting =
            |letter: &&&Letter| letter.standing.state == MailState::Queued && letter.standing.attempts == 0;
        let today = official_day(self.now);
        let had_one = known
            .iter()
            .any(|letter| letter.standing.state != MailState::Replaced && official_day(letter.due_at) == today);
        let is_urgent =
            lists.iter().any(|list| !matches!(ListKind::parse(&list.kind), Some(ListKind::Full | ListKind::Nil)));
        let waiting = known.iter().rfind(is_waiting).copied();
        let due_at = match waiting {
            _ if is_urgent => self.now,
            Some(letter) => letter.due_at,
            // A digest per office and working day: what comes later goes the next morning.
            None if had_one => next_working_morning(&self.workdays, today),
            None => self.now,
        };
        if let Some(letter) = waiting {
            let more: Vec<String> = letter.lists.clone();
            lists.extend(self.ledger.lists_named(&more)?);
        }
        let letter = self.letters.write(&to, (county, office), &lists, (0, ""))?;
        Ok(NewLetter { due_at, replaces: waiting.map(|letter| letter.letter_id), ..letter })
    }

    fn route(&self, list: &SealedList, county: &str, office: &str) -> Result<MailAddress, DeliveryError> {
        let route = self.routes.in_force(county, office, official_day(self.now)).cloned();
        let (list_id, county, office) = (list.list_id.clone(), county.to_owned(), office.to_owned());
        route.ok_or(DeliveryError::NoRoute { list_id, county, office })
    }
}

/// Why a letter may not go to its address on a day: list county = letter county = the address's own, and in force.
pub fn may_go(letter: &Letter, routes: &Routes, day: NaiveDate) -> Result<(), String> {
    let places: BTreeSet<(&str, &str)> = letter.lists.iter().map(|list| place_of(list)).collect();
    if places.iter().ne([&(letter.county.as_str(), letter.office.as_str())]) {
        return Err("its lists are of another county or office".to_owned());
    }
    match routes.in_force(&letter.county, &letter.office, day) {
        Some(address) if address.as_str() == letter.recipient => Ok(()),
        Some(_) => Err("its address is not the one in force for this county and office".to_owned()),
        None => Err("no address is in force for this county and office".to_owned()),
    }
}

/// County and office in a list's id.
fn place_of(list_id: &str) -> (&str, &str) {
    let mut parts = list_id.split('-').skip(1);
    (parts.next().unwrap_or_default(), Office::letters_of(parts.next().unwrap_or_default()))
}

/// Eight o'clock (+08:00) of the next day that is worked, by the calendar with its days off and make-up days.
fn next_working_morning(workdays: &Workdays, day: NaiveDate) -> DateTime<Utc> {
    workdays.after(day, 1).and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_waits_over_days_off_and_goes_on_a_saturday_that_is_worked() {
        let day = |text: &str| law::domain::parse_date(text).unwrap();
        let mut problems = Vec::new();
        let assets = store::workspace::Assets::of(std::path::Path::new("."));
        let workdays = store::workspace::workday_table(&assets, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let cases = [
            // Friday to Monday; into the National Day holiday of 2026 and out of it; onto a make-up day.
            ("2026-11-27", "2026-11-30"),
            ("2026-09-30", "2026-10-08"),
            ("2026-10-09", "2026-10-10"),
            // A year that the table does not have: Monday to Friday.
            ("2031-01-03", "2031-01-06"),
        ];
        for (today, next) in cases {
            let at = next_working_morning(&workdays, day(today));
            assert_eq!(at.to_rfc3339(), format!("{next}T00:00:00+00:00"), "{today}");
        }
        println!("delivery, working mornings: {} cases", cases.len());
    }
}
