//! The rule itself: from all snapshots and files to what each snapshot's rows are worth.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::files::{Movement, RosterFile, Said};
use super::rules::{Answer, Ends, RosterRules};
use super::scope::{Scope, months_between, scopes};
use super::snapshot::{Fate, Snapshot, Standing};
use crate::domain::Month;

/// A second file of a month that does not say what it is: it only adds until somebody answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Second {
    pub file: String,
    pub name: String,
    pub office: String,
    pub county: String,
    pub tag: String,
    pub month: NaiveDate,
}

/// Files that were accepted before arrivals were noted: their changes come first, then their rosters.
const OLD_CHANGES: i64 = -1;
const OLD_ROSTERS: i64 = 0;

/// Office, county, tag and month: files that share them are revisions of one roster.
type Identity<'a> = (&'a str, &'a str, &'a str, NaiveDate);

fn identity(snapshot: &Snapshot) -> Identity<'_> {
    (&snapshot.office, &snapshot.county, &snapshot.tag, snapshot.month)
}

/// A snapshot with the file that it came in.
struct Revision<'a> {
    snapshot: &'a Snapshot,
    people: i64,
    file: Option<&'a RosterFile>,
}

impl Revision<'_> {
    const fn arrival(&self) -> i64 {
        match self.file {
            Some(file) => file.arrival,
            None if self.snapshot.is_full => OLD_ROSTERS,
            None => OLD_CHANGES,
        }
    }

    fn answer(&self, rules: &RosterRules) -> Option<Answer> {
        self.file.and_then(|file| rules.answer(&file.file, &file.name, &file.tag))
    }

    /// Whether it holds everybody of its month. What does not say so does if it is the first.
    fn is_whole(&self, is_first: bool, rules: &RosterRules) -> bool {
        match self.answer(rules) {
            Some(answer) => answer == Answer::Whole,
            None => {
                self.file.is_none_or(|file| file.is_legible() && file.said.map_or(is_first, |said| said == Said::Whole))
            }
        }
    }

    fn only_adds(&self, rules: &RosterRules) -> bool {
        let said = self.file.and_then(|file| file.said);
        self.answer(rules).map_or(said == Some(Said::Additions), |answer| answer != Answer::Whole)
    }
}

/// A complete roster: who is on none of its rows is absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompleteRoster {
    pub office: String,
    /// Empty where the office's rows state none.
    pub county: String,
    pub tag: String,
    pub month: NaiveDate,
    /// Sources of the files that are it.
    pub files: Vec<String>,
    /// Whether its declared movements balance, so that who is missing has left.
    pub is_confirmed: bool,
}

/// A month's roster of an identity: what counts of its revisions.
struct Roster {
    /// Source of the last whole revision.
    file: String,
    /// Arrival of the last whole revision; nothing where all only add.
    whole: Option<i64>,
    people: i64,
    movement: Option<Movement>,
}

/// A complete roster of a scope.
struct Complete {
    month: NaiveDate,
    arrival: i64,
    files: Vec<String>,
    /// Whether its declared movements balance, so that who is missing has left.
    is_confirmed: bool,
}

/// What each snapshot's rows are worth on a day. `snapshots`: with how many people each has.
#[must_use]
pub fn stand(
    snapshots: &BTreeMap<Snapshot, i64>,
    files: &[RosterFile],
    rules: &RosterRules,
    day: NaiveDate,
) -> BTreeMap<Snapshot, Standing> {
    let scopes = scopes(snapshots.keys(), rules, day);
    let revisions = revisions(snapshots, files);
    let mut rosters: BTreeMap<Identity<'_>, Roster> = BTreeMap::new();
    for (identity, revisions) in &revisions {
        rosters.insert(*identity, roster(revisions, rules));
    }
    let complete = complete(&rosters, &scopes);
    let last_months = last_months(&rosters, &scopes);
    let mut standings = BTreeMap::new();
    for revision in all_revisions(snapshots, files) {
        let (snapshot, arrival) = (revision.snapshot, revision.arrival());
        let Some(scope) = scopes.get(snapshot) else { continue };
        let whole = rosters.get(&identity(snapshot)).filter(|_| snapshot.is_full).and_then(|roster| roster.whole);
        let replaced_at = whole.filter(|whole| arrival < *whole);
        let fate = match revision.answer(rules) {
            Some(Answer::Returned) => Fate::Returned,
            _ if replaced_at.is_some() => Fate::Replaced,
            _ => Fate::Counts,
        };
        let of_scope = complete.get(scope).map_or(&[][..], Vec::as_slice);
        let lacking: Vec<&Complete> = of_scope
            .iter()
            .filter(|later| later.month > snapshot.month && (snapshot.is_full || later.arrival > arrival))
            .filter(|_| rules.ends(&scope.tag) == Ends::Absence)
            .collect();
        let age = last_months.get(scope).map(|last| months_between(Month::of(*last), Month::of(day)));
        let standing = Standing {
            office: scope.office.clone(),
            county: scope.county.clone(),
            tag: scope.tag.clone(),
            arrival,
            fate,
            replaced_at,
            absent_since: lacking.first().map(|first| first.month),
            lacking_month: lacking.last().map(|last| last.month),
            is_absence_sure: is_sure(&lacking, &scope.tag, rules),
            last_complete: of_scope.last().map(|last| last.month),
            is_stale: rules.ends(&scope.tag) == Ends::Absence
                && age.is_some_and(|months| months > rules.refuse_after_months),
        };
        standings.insert(snapshot.clone(), standing);
    }
    standings
}

/// Whether absence ends a tag: two complete rosters lack the person, or one of which its office says that they have left.
/// A roster of which two people say that they have not does not count.
fn is_sure(lacking: &[&Complete], tag: &str, rules: &RosterRules) -> bool {
    let word = |roster: &Complete| {
        roster.files.iter().find_map(|file| rules.absences.get(&(file.clone(), tag.to_owned()))).copied()
    };
    let counting = lacking.iter().filter(|roster| word(roster) != Some(false)).count();
    counting > 1 || lacking.iter().any(|roster| roster.is_confirmed || word(roster) == Some(true))
}

/// The complete rosters of all scopes, by month.
#[must_use]
pub fn complete_rosters(
    snapshots: &BTreeMap<Snapshot, i64>,
    files: &[RosterFile],
    rules: &RosterRules,
    day: NaiveDate,
) -> Vec<CompleteRoster> {
    let revisions = revisions(snapshots, files);
    let rosters = revisions.iter().map(|(identity, revisions)| (*identity, roster(revisions, rules))).collect();
    let complete = complete(&rosters, &scopes(snapshots.keys(), rules, day)).into_iter();
    let of_scope = |(scope, found): (Scope, Vec<Complete>)| {
        found.into_iter().map(move |Complete { month, files, is_confirmed, .. }| {
            let Scope { office, county, tag } = scope.clone();
            CompleteRoster { office, county, tag, month, files, is_confirmed }
        })
    };
    complete.flat_map(of_scope).collect()
}

/// The second files of a month that do not say what they are and that nobody has decided on.
#[must_use]
pub fn second_files(snapshots: &BTreeMap<Snapshot, i64>, files: &[RosterFile], rules: &RosterRules) -> Vec<Second> {
    let mut found = Vec::new();
    for revisions in revisions(snapshots, files).into_values() {
        for (is_first, revision) in in_turn(&revisions, rules) {
            let Some(file) = revision.file else { continue };
            if !is_first && file.said.is_none() && revision.answer(rules).is_none() {
                let Snapshot { office, county, tag, month, .. } = revision.snapshot.clone();
                found.push(Second { file: file.file.clone(), name: file.name.clone(), office, county, tag, month });
            }
        }
    }
    found.sort();
    found
}

fn all_revisions<'a>(
    snapshots: &'a BTreeMap<Snapshot, i64>,
    files: &'a [RosterFile],
) -> impl Iterator<Item = Revision<'a>> {
    let mut by_source: BTreeMap<(&str, &str, &str, &str, Option<NaiveDate>), &RosterFile> = BTreeMap::new();
    for file in files {
        by_source.insert((&file.file, &file.office, &file.county, &file.tag, file.month), file);
    }
    snapshots.iter().map(move |(snapshot, people)| {
        let month = snapshot.is_full.then_some(snapshot.month);
        let key = (&*snapshot.file, &*snapshot.office, &*snapshot.county, &*snapshot.tag, month);
        Revision { snapshot, people: *people, file: by_source.get(&key).copied() }
    })
}

/// The revisions of each month's roster, in the order of their arrival.
fn revisions<'a>(
    snapshots: &'a BTreeMap<Snapshot, i64>,
    files: &'a [RosterFile],
) -> BTreeMap<Identity<'a>, Vec<Revision<'a>>> {
    let mut revisions: BTreeMap<Identity<'a>, Vec<Revision<'a>>> = BTreeMap::new();
    for revision in all_revisions(snapshots, files).filter(|revision| revision.snapshot.is_full) {
        revisions.entry(identity(revision.snapshot)).or_default().push(revision);
    }
    for revisions in revisions.values_mut() {
        revisions.sort_by_key(Revision::arrival);
    }
    revisions
}

/// Revisions with whether each is the first that may be whole.
fn in_turn<'a, 'r>(
    revisions: &'r [Revision<'a>],
    rules: &'r RosterRules,
) -> impl Iterator<Item = (bool, &'r Revision<'a>)> {
    let first = revisions.iter().position(|revision| !revision.only_adds(rules));
    let arrival = first.map(|at| revisions[at].arrival());
    revisions.iter().map(move |revision| (Some(revision.arrival()) == arrival, revision))
}

fn roster(revisions: &[Revision<'_>], rules: &RosterRules) -> Roster {
    let whole = in_turn(revisions, rules).filter(|(is_first, revision)| revision.is_whole(*is_first, rules)).last();
    let whole = whole.map(|(_, revision)| revision);
    let arrival = whole.map(Revision::arrival);
    let counting = revisions.iter().filter(|revision| arrival.is_none_or(|whole| revision.arrival() >= whole));
    Roster {
        file: whole.map_or_else(String::new, |revision| revision.snapshot.file.clone()),
        whole: arrival,
        people: counting.map(|revision| revision.people).sum(),
        movement: whole.and_then(|revision| revision.file).and_then(|file| file.movement),
    }
}

/// The complete rosters of each scope, by month; several identities that speak for one scope are put together.
fn complete(
    rosters: &BTreeMap<Identity<'_>, Roster>,
    scopes: &BTreeMap<&Snapshot, Scope>,
) -> BTreeMap<Scope, Vec<Complete>> {
    let mut months: BTreeMap<Scope, BTreeMap<NaiveDate, Vec<&Roster>>> = BTreeMap::new();
    for (identity_of, scope) in identities(scopes) {
        if let Some(roster) = rosters.get(&identity_of) {
            let of_month = months.entry(scope.clone()).or_default().entry(identity_of.3).or_default();
            if of_month.iter().all(|known| !std::ptr::eq(*known, roster)) {
                of_month.push(roster);
            }
        }
    }
    let mut complete = BTreeMap::new();
    for (scope, months) in months {
        let (mut found, mut before) = (Vec::new(), None);
        for (month, rosters) in months {
            let people = rosters.iter().map(|roster| roster.people).sum();
            let whole = rosters.iter().filter_map(|roster| roster.whole).max();
            if let Some(arrival) = whole {
                let balances = |roster: &&Roster| {
                    roster.movement.zip(before).is_some_and(|(movement, before)| movement.balances(before, people))
                };
                let files = rosters.iter().filter(|roster| roster.whole.is_some()).map(|roster| roster.file.clone());
                let (files, is_confirmed) = (files.collect(), rosters.iter().any(balances));
                found.push(Complete { month, arrival, files, is_confirmed });
                before = Some(people);
            }
        }
        complete.insert(scope, found);
    }
    complete
}

/// The month of each scope's last roster, complete or not.
fn last_months(
    rosters: &BTreeMap<Identity<'_>, Roster>,
    scopes: &BTreeMap<&Snapshot, Scope>,
) -> BTreeMap<Scope, NaiveDate> {
    let mut last: BTreeMap<Scope, NaiveDate> = BTreeMap::new();
    for (identity_of, scope) in identities(scopes).filter(|(identity_of, _)| rosters.contains_key(identity_of)) {
        let month = last.entry(scope.clone()).or_insert(identity_of.3);
        *month = (*month).max(identity_of.3);
    }
    last
}

fn identities<'a>(scopes: &'a BTreeMap<&'a Snapshot, Scope>) -> impl Iterator<Item = (Identity<'a>, &'a Scope)> {
    scopes.iter().filter(|(snapshot, _)| snapshot.is_full).map(|(snapshot, scope)| (identity(snapshot), scope))
}
