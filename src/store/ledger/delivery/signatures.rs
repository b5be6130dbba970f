//! Signatures: a sealed list is reviewed by one person and approved by another; approval fills the outbox.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use law::domain::{Fen, comparable_name};
use law::referrals::Office;
use rusqlite::{Transaction, params};
use serde::Serialize;

use super::super::store::{Ledger, moment, parse_moment};
use super::super::{LedgerError, SealedList, audit};
use super::NewLetter;
use super::outbox::{clean, insert};

const DOING: &str = "signing lists";

/// How far a sealed list is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ListStage {
    Sealed,
    /// One person has reviewed it.
    Reviewed,
    /// A second person has approved it; its letters are in the outbox.
    Ready,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    pub signer: String,
    pub reason: String,
    pub signed_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy)]
pub struct Review<'a> {
    pub lists: &'a [String],
    pub signer: &'a str,
    pub reason: &'a str,
}

/// What an approver signs: the lists, and the totals as typed from the files.
#[derive(Debug, Clone, Copy)]
pub struct Approval<'a> {
    pub lists: &'a [String],
    pub signer: &'a str,
    pub reason: &'a str,
    /// Rows of all these lists together, withdrawn persons included.
    pub rows: u64,
    /// Control total of all these lists together.
    pub control: Fen,
}

impl Ledger {
    /// Signs lists as reviewed, all or none.
    ///
    /// # Errors
    /// [`LedgerError::SignOff`] when a list stays in the bureau, is reviewed already, or the signature lacks a name or
    /// a reason.
    pub fn review_lists(&self, review: &Review<'_>, at: DateTime<Utc>) -> Result<(), LedgerError> {
        let (signer, reason) = named(review.signer, review.reason, review.lists)?;
        let known = self.lists_named(review.lists)?;
        self.write(DOING, |transaction| {
            for list in &known {
                if signature(transaction, &list.list_id, "reviewed")?.is_some() {
                    return Err(refused(&list.list_id, "it is reviewed already"));
                }
                sign(transaction, &list.list_id, "reviewed", (&signer, &reason), at)?;
            }
            Ok(())
        })
    }

    /// Signs reviewed lists as ready and puts their letters into the outbox: one transaction, all or nothing.
    ///
    /// # Errors
    /// [`LedgerError::SignOff`] when a list is not reviewed, was reviewed by the same person, is ready already, has no
    /// letter, or the typed totals are others; [`LedgerError::Moved`] when a letter to be replaced has gone meanwhile.
    pub fn approve_lists(
        &self,
        approval: &Approval<'_>,
        letters: &[NewLetter],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let (signer, reason) = named(approval.signer, approval.reason, approval.lists)?;
        let known = self.lists_named(approval.lists)?;
        check_totals(approval, &known)?;
        let mut quiet = BTreeSet::new();
        for list in &known {
            if self.is_quiet(&list.list_id)? {
                quiet.insert(list.list_id.as_str());
            }
        }
        check_letters(&known, &quiet, letters)?;
        self.write(DOING, |transaction| {
            for list in &known {
                let Some(reviewer) = signature(transaction, &list.list_id, "reviewed")? else {
                    return Err(refused(&list.list_id, "nobody has reviewed it; run lists review first"));
                };
                if comparable_name(&reviewer) == comparable_name(&signer) {
                    return Err(refused(&list.list_id, "the person who reviewed it cannot approve it"));
                }
                if signature(transaction, &list.list_id, "approved")?.is_some() {
                    return Err(refused(&list.list_id, "it is approved already"));
                }
                sign(transaction, &list.list_id, "approved", (&signer, &reason), at)?;
            }
            for letter in letters {
                insert(transaction, letter, at)?;
            }
            Ok(())
        })
    }

    /// A list's signatures: the review and the approval, where they are there.
    pub fn signatures(&self, list_id: &str) -> Result<(ListStage, Vec<Signature>), LedgerError> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select signer, reason, signed_at from list_signatures where list_id = ?1 order by step desc",
            )
            .map_err(LedgerError::doing(DOING))?;
        let rows = statement
            .query_map([list_id], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
            .map_err(LedgerError::doing(DOING))?;
        let mut found = Vec::new();
        for row in rows {
            let (signer, reason, at) = row.map_err(LedgerError::doing(DOING))?;
            found.push(Signature { signer, reason, signed_at: parse_moment("list_signatures.signed_at", &at)? });
        }
        let stage = match found.len() {
            0 => ListStage::Sealed,
            1 => ListStage::Reviewed,
            _ => ListStage::Ready,
        };
        Ok((stage, found))
    }

    /// The sealed lists with those ids, each once, by id.
    ///
    /// # Errors
    /// [`LedgerError::SignOff`] for an id that no list has, or of a list that stays in the bureau.
    pub fn lists_named(&self, ids: &[String]) -> Result<Vec<SealedList>, LedgerError> {
        let ids: BTreeSet<&String> = ids.iter().collect();
        let mut found = Vec::new();
        for id in ids {
            let list = self.sealed_list(id)?.ok_or_else(|| refused(id, "there is no such list"))?;
            if !Office::is_referral_code(&list.office) {
                return Err(refused(id, "it stays in the bureau and is not sent"));
            }
            found.push(list);
        }
        Ok(found)
    }
}

fn check_totals(approval: &Approval<'_>, known: &[SealedList]) -> Result<(), LedgerError> {
    let rows: u64 = known.iter().map(|list| list.rows).sum();
    let control: i128 = known.iter().map(|list| list.control).sum();
    if approval.rows != rows || approval.control.unscaled() != control {
        let what = known.first().map_or("", |list| list.list_id.as_str());
        let others = known.len().saturating_sub(1);
        let what = if others == 0 { what.to_owned() } else { format!("{what} and {others} more") };
        return Err(refused(&what, "the typed row count or control total is not that of the sealed files"));
    }
    Ok(())
}

/// Every list stands in exactly one letter, and that goes to its own county and office; a quiet one stands in none.
fn check_letters(known: &[SealedList], quiet: &BTreeSet<&str>, letters: &[NewLetter]) -> Result<(), LedgerError> {
    let mut places: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for letter in letters {
        for list in &letter.lists {
            places.entry(list).or_default().push((&letter.county, &letter.office));
        }
    }
    for list in known {
        let office = Office::letters_of(&list.office);
        match places.get(list.list_id.as_str()).map(Vec::as_slice) {
            None if quiet.contains(list.list_id.as_str()) => {}
            _ if quiet.contains(list.list_id.as_str()) => {
                return Err(refused(&list.list_id, "its period is quiet: no office is written to about it"));
            }
            Some([(county, to)]) if *county == list.county && *to == office => {}
            Some([_]) => return Err(refused(&list.list_id, "its letter goes to another county or office")),
            _ => return Err(refused(&list.list_id, "it has no letter, or more than one")),
        }
    }
    Ok(())
}

/// The cleaned name and reason of a signature.
fn named(signer: &str, reason: &str, lists: &[String]) -> Result<(String, String), LedgerError> {
    let (signer, reason) = (clean(signer), clean(reason));
    let what = lists.first().map_or("no list", String::as_str);
    if lists.is_empty() {
        return Err(refused(what, "name at least one list"));
    }
    if comparable_name(&signer).is_empty() || reason.is_empty() {
        return Err(refused(what, "a signature needs a name and a reason"));
    }
    Ok((signer, reason))
}

fn signature(transaction: &Transaction<'_>, list_id: &str, step: &str) -> Result<Option<String>, LedgerError> {
    use rusqlite::OptionalExtension as _;
    transaction
        .prepare_cached("select signer from list_signatures where list_id = ?1 and step = ?2")
        .and_then(|mut select| select.query_row([list_id, step], |row| row.get(0)).optional())
        .map_err(LedgerError::doing(DOING))
}

fn sign(
    transaction: &Transaction<'_>,
    list_id: &str,
    step: &str,
    (signer, reason): (&str, &str),
    at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("insert into list_signatures values (?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut insert| insert.execute(params![list_id, step, signer, reason, moment(at)]))
        .map_err(LedgerError::doing(DOING))?;
    audit::append(transaction, at, signer, step, list_id, reason)
}

fn refused(list_id: &str, why: &'static str) -> LedgerError {
    LedgerError::SignOff { list_id: list_id.to_owned(), why }
}
