//! The seal step: the mart's rows become the period's lists, and the lists are sealed, once. What changes them later
//! is sealed beside them (`correct`); a sealed list can be made again and compared (`reproduce`).

mod correct;
mod material;
mod planned;
mod reproduce;
mod sealing;
mod told;

pub use correct::{Corrected, Retracted, retract};
pub use correct::{correct_period, supplement_period, to_supplement};
pub use material::line_text;
pub use planned::PlannedList;
pub use planned::{PlannedLists, planned_lists};
pub use reproduce::{Difference, Reproduced, Reproducer};
pub use sealing::Sealing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use engine::compute::Lines;
use engine::official::{Account, is_of};
use engine::{Context, PipelineError};
use law::arrivals::gaps_in_chinese;
use law::domain::{Fen, PersonKey};
use law::referrals::{Delta, Office};
use serde::Serialize;
use store::ledger::{Moment, SealedList};
use store::warehouse::Version;

use self::material::{Material, gaps_now};
use self::told::Told;
use crate::seal::seal;

#[derive(Debug, Serialize)]
pub struct Sealed {
    /// Whether the period was sealed now; it was before, otherwise.
    pub is_new: bool,
    /// Lists that leave the bureau, empty ones included.
    pub referral_lists: usize,
    /// Persons on them, each counted once.
    pub persons: usize,
    /// Sum of their measured amounts, yuan.
    pub control_amount: String,
    /// Persons whom the accepted data would put on now, and take off, since the period was sealed. They go out as
    /// new and withdrawn with the next period's lists, or are told at once by `lists correct`.
    pub since: Option<(usize, usize)>,
    /// Counties whose data have not come whole, by code, with what is missing: nobody left their lists.
    pub incomplete: BTreeMap<String, String>,
    /// Whether it only rehearsed: nothing is sealed then.
    pub is_rehearsal: bool,
    /// Where the flagged persons went, where they were counted now.
    pub account: Option<Account>,
    pub folder: String,
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { referral_lists, persons, control_amount, folder, .. } = self;
        let when = if self.is_rehearsal {
            "rehearsed, nothing is sealed:"
        } else if self.is_new {
            "sealed"
        } else {
            "sealed before, left as they are:"
        };
        write!(f, "{when} {referral_lists} referral lists, {persons} persons, {control_amount} yuan, below {folder}")?;
        if let Some(account) = &self.account {
            write!(f, "\n{account}")?;
        }
        for (county, what) in &self.incomplete {
            write!(f, "\nINCOMPLETE {county}: {what}; nobody left its lists")?;
        }
        match self.since {
            Some((enter, leave)) if enter + leave > 0 => write!(
                f,
                "\nsince then {enter} persons would enter and {leave} would leave; `lists correct --month` tells the \
                 offices at once, else the next period's lists do"
            ),
            _ => Ok(()),
        }
    }
}

/// The lists of the period's series that are sealed.
pub fn sealed_before(context: &Context, sealing: Sealing) -> Result<Vec<SealedList>, PipelineError> {
    let sealed = context.ledger.sealed_lists(sealing.period)?;
    Ok(sealed.into_iter().filter(|list| is_of(sealing.rhythm, &list.office)).collect())
}

/// Seals a period's lists, or says how the sealed ones differ from what the data say now.
pub fn seal_period(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<Sealed, PipelineError> {
    let Sealing { period, is_rehearsal, .. } = sealing;
    let moment = Moment::before(period);
    let gaps = gaps_now(context, sealing)?;
    let mut material = Material::of(context, version, sealing, lines, (moment, gaps))?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() && !is_rehearsal {
        return since(context, sealing, &material, &sealed);
    }
    let told = Told::at(context, sealing, moment)?;
    let lists = told.lists(period, &material)?;
    let account = Account::of(&material.flagged, &lists, &material.suppressed, &context.workspace.settings.area)?;
    if !is_rehearsal {
        material.recipe = context.texts.id();
        context.ledger.keep_gaps(period, sealing.rhythm.mark(), &material.sealed)?;
    }
    let seal_context = material.seal_context(context, &told.keys, sealing);
    seal(&context.workspace.layout, &context.ledger, &lists, &seal_context)?;
    let referrals = lists.lists.iter().filter(|list| list.office.is_referral());
    let present = referrals.clone().flat_map(|list| &list.rows).filter(|row| row.delta != Delta::Withdrawn);
    let listed: BTreeMap<PersonKey, Fen> = present.map(|row| (row.person, row.measured)).collect();
    let layout = &context.workspace.layout;
    let folder = if is_rehearsal { layout.rehearsals(period) } else { layout.lists(period) };
    Ok(Sealed {
        is_new: !is_rehearsal,
        referral_lists: referrals.count(),
        persons: listed.len(),
        control_amount: yuan(listed.into_values()),
        since: None,
        incomplete: incomplete(&material),
        is_rehearsal,
        account: Some(account),
        folder: folder.display().to_string(),
    })
}

/// How the sealed lists differ from what the data say now.
fn since(
    context: &Context,
    sealing: Sealing,
    material: &Material,
    sealed: &[SealedList],
) -> Result<Sealed, PipelineError> {
    let period = sealing.period;
    let moment = Moment::within(period);
    let places: BTreeSet<(&str, &str)> =
        sealed.iter().map(|list| (list.county.as_str(), list.office.as_str())).collect();
    let stands = context.ledger.standing(moment)?;
    let referrals = stands.iter().filter(|((county, office), standing)| {
        standing.last.period == period
            && Office::is_referral_code(office)
            && places.contains(&(county.as_str(), office.as_str()))
    });
    let persons = referrals.clone().flat_map(|(_, standing)| &standing.persons);
    let listed: BTreeMap<PersonKey, Fen> = persons.map(|one| (one.person.person, one.person.measured)).collect();
    // The lists as they would be today: who stays on them by a choice or an open question is no news.
    let lists = Told::at(context, sealing, moment)?.lists(period, material)?;
    let rows = lists.lists.iter().filter(|list| list.office.is_referral()).flat_map(|list| &list.rows);
    let present = rows.filter(|row| row.delta != Delta::Withdrawn);
    let today: BTreeSet<PersonKey> = present.map(|row| row.person).collect();
    let enter = today.iter().filter(|person| !listed.contains_key(person)).count();
    let leave = listed.keys().filter(|person| !today.contains(person)).count();
    Ok(Sealed {
        is_new: false,
        referral_lists: referrals.count(),
        persons: listed.len(),
        control_amount: yuan(listed.into_values()),
        since: Some((enter, leave)),
        incomplete: incomplete(material),
        is_rehearsal: false,
        account: None,
        folder: context.workspace.layout.lists(period).display().to_string(),
    })
}

fn incomplete(material: &Material) -> BTreeMap<String, String> {
    let gaps = material.sealed.gaps.iter();
    gaps.map(|(county, gaps)| (county.to_string(), gaps_in_chinese(gaps))).collect()
}

fn yuan(amounts: impl Iterator<Item = Fen>) -> String {
    let fen: i128 = amounts.sum();
    i64::try_from(fen).map_or_else(|_| format!("{fen} fen"), |fen| Fen(fen).to_string())
}
