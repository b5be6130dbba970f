//! Corrections of what is out: a difference is sealed as lists of its own; a wrong list is taken back as a whole.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use engine::compute::Lines;
use engine::lock::{sign_lock, take_lock};
use engine::official::is_of;
use engine::{Context, PipelineError};
use law::domain::{Period, official_day};
use law::referrals::{Duty, ListId, ListKind, Office, ReferralList, Rollup, split_corrections};
use serde::Serialize;
use store::ledger::{Ledger, ListEvent, ListEventKind, MailState, Moment, SealedList};
use store::warehouse::Version;

use super::material::gaps_now;
use super::{Material, Sealing, Told, sealed_before};
use crate::delivery::hold_post;
use crate::handover::withdraw;
use crate::seal::seal_corrections;

/// What was sealed to correct a period.
#[derive(Debug, Default, Serialize)]
pub struct Corrected {
    /// The lists by id, with their rows.
    pub lists: BTreeMap<String, usize>,
    /// The roll-up's id, where its numbers changed and it was sealed anew.
    pub rollup: Option<String>,
}

/// The roll-up under a further version.
pub(super) fn renumbered(rollup: &Rollup, version: u32) -> Rollup {
    let mut rollup = rollup.clone();
    rollup.id.version = version;
    rollup
}

/// Which differences are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All of them, by lists of every kind.
    All,
    /// Who came, to the offices: nobody leaves a list by it.
    WhoCame,
}

/// Seals how a sealed period differs from what the data say now.
pub fn correct_period(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<Corrected, PipelineError> {
    tell_differences(context, version, (sealing, Scope::All), lines)
}

/// Seals a supplement per county and office for whom the data put on a sealed period's lists since: people whose claims
/// came late, whom no later list of that window names.
pub fn supplement_period(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<Corrected, PipelineError> {
    tell_differences(context, version, (sealing, Scope::WhoCame), lines)
}

/// The sealed periods that are supplemented together with a period that is about to be sealed: the last one of the year
/// before, until 30 June, and the one before it whose data had gaps that are closed since.
pub fn to_supplement(context: &Context, sealing: Sealing) -> Result<Vec<Sealing>, PipelineError> {
    let Sealing { period, rhythm, .. } = sealing;
    let all = context.ledger.all_lists()?;
    let sealed: BTreeSet<Period> =
        all.iter().filter(|list| is_of(rhythm, &list.office) && list.period < period).map(|list| list.period).collect();
    let year = period.year();
    let closed = sealed.iter().rfind(|sealed| sealed.year() == year - 1);
    let is_open = |_: &&Period| period.month().number() <= LAST_OPEN;
    let mut found: Vec<Period> = closed.filter(is_open).copied().into_iter().collect();
    if let Some(last) = sealed.iter().next_back().filter(|last| last.year() == year) {
        let then = context.ledger.gaps_known(Moment::within(*last), rhythm.mark())?.gaps;
        let now = gaps_now(context, Sealing { period: *last, ..sealing })?.gaps;
        if then.iter().any(|(county, gaps)| gaps.len() > now.get(county).map_or(0, Vec::len)) {
            found.push(*last);
        }
    }
    Ok(found.into_iter().map(|period| Sealing { period, ..sealing }).collect())
}

/// The last month with whose lists people of the last year's closed window are still told to the offices: they are sealed
/// in June, and the year's books close on the 30th.
const LAST_OPEN: u32 = 5;

fn tell_differences(
    context: &Context,
    version: &Version,
    (sealing, scope): (Sealing, Scope),
    lines: &BTreeMap<String, Lines>,
) -> Result<Corrected, PipelineError> {
    let period = sealing.period;
    let sealed = sealed_before(context, sealing)?;
    if sealed.is_empty() {
        return Err(PipelineError::NotReady(format!("no list of {period} is sealed: there is nothing to correct")));
    }
    let is_later = |other: Period| other.year() == period.year() && other.last_day() > period.last_day();
    let all = context.ledger.all_lists()?;
    if let Some(later) = all.iter().find(|list| is_later(list.period) && is_of(sealing.rhythm, &list.office)) {
        let why =
            format!("lists of {} are sealed and have told what changed since {period}; correct these", later.period);
        return Err(PipelineError::NotReady(why));
    }
    let moment = Moment::within(period);
    let mut material = Material::of(context, version, sealing, lines, (moment, gaps_now(context, sealing)?))?;
    material.recipe = context.texts.id();
    let told = Told::at(context, sealing, moment)?;
    let lists = told.lists(period, &material)?;
    let request = told.request(period, &material);
    let mut corrections: Vec<ReferralList> = Vec::new();
    for list in lists.lists.iter().filter(|list| list.office.duty != Duty::Summary) {
        let next = |kind: ListKind| {
            let of_kind = |sealed: &&SealedList| {
                sealed.county == list.id.county.as_str()
                    && sealed.office == list.id.office
                    && (sealed.kind == kind.code()
                        || (kind.is_whole()
                            && matches!(ListKind::parse(&sealed.kind), Some(ListKind::Full | ListKind::Nil))))
            };
            u32::try_from(sealed.iter().filter(of_kind).count()).unwrap_or(u32::MAX).saturating_add(1)
        };
        corrections.extend(split_corrections(&request, list, next));
    }
    if scope == Scope::WhoCame {
        corrections.retain(|list| list.id.kind == ListKind::Supplement && list.office.is_referral());
    }
    if corrections.is_empty() {
        return Ok(Corrected::default());
    }
    context.ledger.keep_gaps(period, sealing.rhythm.mark(), &material.sealed)?;
    let seal_context = material.seal_context(context, &told.keys, sealing);
    let layout = &context.workspace.layout;
    // A supplement alone does not say all that has changed: the roll-up stays as it is.
    let last = sealed.iter().rfind(|list| list.kind == ListKind::Summary.code() && scope == Scope::All);
    let rollup = last.map(|last| renumbered(&lists.rollup, ListId::version_of(&last.list_id).saturating_add(1)));
    let renewed = rollup.as_ref().zip(last);
    let summary = seal_corrections(layout, &context.ledger, (period, &corrections, renewed), &seal_context)?;
    let rollup = rollup.map(|rollup| rollup.id.to_string());
    let rollup = rollup.filter(|id| summary.folders.iter().any(|folder| folder.list_id == *id));
    Ok(Corrected { lists: corrections.iter().map(|list| (list.id.to_string(), list.rows.len())).collect(), rollup })
}

#[derive(Debug, Serialize)]
pub struct Retracted {
    pub notice: String,
    pub period: Period,
    /// The lists that were taken back: the one named, and what has changed it since.
    pub lists: Vec<String>,
    /// Message-IDs of letters that had not gone, and will not.
    pub withdrawn: Vec<String>,
}

/// Takes a list back as a whole, with all that changed it since: no letter announces it any more, its folder is emptied,
/// and a numbered notice that names nobody is sealed. The next `lists correct` seals the right list under the next version.
///
/// # Errors
/// When another run works or sends, and when the list is not sealed, is no list that leaves the bureau, or was taken back
/// before; nothing is changed then.
pub fn retract(
    context: &Context,
    list_id: &str,
    (by, reason): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Retracted, PipelineError> {
    let (ledger, layout) = (&context.ledger, &context.workspace.layout);
    // Both before anything is undone: nobody seals, and no letter is on its way, while a list is taken back.
    let lock = take_lock(context)?;
    let _post = hold_post(&context.workspace)?;
    sign_lock(context, &lock)?;
    let refused = |why: String| PipelineError::NotReady(why);
    let list = ledger.sealed_list(list_id)?.ok_or_else(|| refused(format!("there is no sealed list {list_id}")))?;
    let (notices, wrong) = of_its_place(ledger, &list)?;
    let rhythm = [engine::Rhythm::Monthly, engine::Rhythm::TenDays];
    let rhythm = rhythm.into_iter().find(|rhythm| is_of(*rhythm, &list.office)).unwrap_or_default();
    let sealing = Sealing { period: list.period, rhythm, is_rehearsal: false };
    let told = Told::at(context, sealing, Moment::within(list.period))?;
    let number = u32::try_from(notices.len()).unwrap_or(u32::MAX).saturating_add(1);
    let notice = notice(&told, &list, number).ok_or_else(|| refused(format!("{}: no such office", list.office)))?;
    let material = notice_material(context, list.version, context.texts.id());
    let seal_context = material.seal_context(context, &told.keys, sealing);
    // Killed anywhere below, it is done again from here and finds what is done. Letters first: none of them may announce
    // what is gone. The notice last: with it the list counts as taken back.
    let (kind, day) = (ListEventKind::Retracted, official_day(now));
    let event = ListEvent { kind, day, by: by.to_owned(), detail: reason.to_owned() };
    let mut withdrawn = Vec::new();
    for other in &wrong {
        if !ledger.is_retracted(&other.list_id)? {
            ledger.note_list(&other.list_id, &event, now)?;
        }
        let letters = ledger.letters_of(&other.list_id)?.into_iter();
        let letters = letters.filter(|letter| letter.standing.state == MailState::Withdrawn);
        withdrawn.extend(letters.map(|letter| letter.message_id));
    }
    for other in &wrong {
        withdraw(layout, other)?;
    }
    seal_corrections(layout, ledger, (list.period, std::slice::from_ref(&notice), None), &seal_context)?;
    let lists = wrong.into_iter().map(|list| list.list_id).collect();
    Ok(Retracted { notice: notice.id.to_string(), period: list.period, lists, withdrawn })
}

/// The lists of a list's place and period, those that can be taken back apart from the notices that did so before.
fn of_its_place(ledger: &Ledger, list: &SealedList) -> Result<(Vec<SealedList>, Vec<SealedList>), PipelineError> {
    let (list_id, is_notice) = (&list.list_id, |other: &SealedList| other.kind == ListKind::Retraction.code());
    if !Office::is_referral_code(&list.office) || is_notice(list) {
        return Err(PipelineError::NotReady(format!("{list_id} is no list that was handed to an office")));
    }
    let place = (list.county.clone(), list.office.clone());
    let standing = ledger.standing(Moment::within(list.period))?;
    if standing.get(&place).is_none_or(|standing| standing.last.period != list.period) {
        return Err(PipelineError::NotReady(format!("{list_id} was taken back before")));
    }
    let all = ledger.sealed_lists(list.period)?.into_iter();
    Ok(all.filter(|other| (&other.county, &other.office) == (&place.0, &place.1)).partition(is_notice))
}

/// What a notice is made of: no person, no rule; the version and policy that it names.
pub(super) fn notice_material(context: &Context, version: u64, recipe: String) -> Material {
    let policy = (context.policy.name.clone(), context.policy_hash.clone());
    Material { version, policy, recipe, ..Material::default() }
}

/// The `number`-th notice of its place and period, about the list that is taken back; `None`: there is no such office.
pub(super) fn notice(told: &Told, list: &SealedList, number: u32) -> Option<ReferralList> {
    let office = told.offices.iter().find(|office| office.code == list.office)?.clone();
    let county = law::domain::CountyCode::parse(&list.county).ok()?;
    let kind = ListKind::Retraction;
    let county_name = told.counties.get(&county).cloned().unwrap_or_else(|| county.to_string());
    let id = ListId { period: list.period, county, office: list.office.clone(), kind, version: number };
    let previous = Some((list.list_id.clone(), list.manifest_sha256.clone()));
    Some(ReferralList { id, office, county_name, rows: Vec::new(), previous, took_over: Vec::new(), gaps: Vec::new() })
}
