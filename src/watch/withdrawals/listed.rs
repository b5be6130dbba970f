//! Who stands on a series' lists, and whom nothing keeps there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use engine::compute::FindingRow;
use engine::official::{inherit, is_of, suppressions};
use engine::{Context, PipelineError, Rhythm};
use law::cases::{Outcome, Reason};
use law::domain::{Period, PersonKey};
use law::holds::SetAside;
use law::referrals::{Cells, Office, PreviousList, PreviousPerson, Reroutes, Suppression};
use store::ledger::{Aside, Moment};

/// Somebody on a list that leaves the bureau.
pub(super) struct Listed {
    pub(super) person: PersonKey,
    pub(super) county: String,
    pub(super) rule: String,
    /// Version and period that the list was made from.
    pub(super) made_from: (u64, Period),
    /// The period of the last list on which the person stood without a question about leaving.
    pub(super) since: Period,
    /// Why the person is on it, where only a question about leaving keeps them.
    pub(super) was_aside: Option<SetAside>,
}

/// The lists of a series that stand.
pub(super) struct Standing {
    /// By county and office.
    places: BTreeMap<(String, String), PreviousList>,
    /// Version and period of the list that shows a person of a county.
    made_from: BTreeMap<(PersonKey, String), (u64, Period)>,
    aside: BTreeMap<Period, Aside>,
    moment: Moment,
    /// People by county.
    pub(super) by_county: BTreeMap<String, u64>,
}

/// What stands of a series' lists of the benefit year when a period is looked at; nobody in January. `None`: a later
/// period is sealed, whose lists have told what changed.
pub(super) fn listed(context: &Context, period: Period, rhythm: Rhythm) -> Result<Option<Standing>, PipelineError> {
    let sealed = context.ledger.sealed_periods()?.into_iter();
    let sealed: BTreeSet<Period> =
        sealed.filter(|(_, office)| is_of(rhythm, office)).map(|(period, _)| period).collect();
    if sealed.last().is_some_and(|last| *last > period) {
        return Ok(None);
    }
    let moment = if sealed.contains(&period) { Moment::within(period) } else { Moment::before(period) };
    let (mut places, mut made_from, mut aside) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    // Most workspaces have no lists of thirds of months.
    let stands = if sealed.is_empty() { BTreeMap::new() } else { context.ledger.standing(moment)? };
    for ((county, office), list) in stands {
        if !is_of(rhythm, &office) || !Office::is_referral_code(&office) {
            continue;
        }
        let last = list.last;
        if let Entry::Vacant(vacant) = aside.entry(last.period) {
            vacant.insert(context.ledger.gaps_known(Moment::within(last.period), rhythm.mark())?.aside);
        }
        let mut persons = BTreeMap::new();
        for one in list.persons {
            let person = one.person;
            made_from.insert((person.person, county.clone()), (last.version, last.period));
            let (leading_rule, rules, measured) = (person.leading_rule, person.rules, person.measured);
            persons.insert(person.person, PreviousPerson { leading_rule, rules, measured, cells: Cells::new() });
        }
        let (list_id, manifest_sha256) = (last.list_id, last.manifest_sha256);
        let list = PreviousList { list_id, period: last.period, manifest_sha256, took_over: Vec::new(), persons };
        places.insert((county, office), list);
    }
    let day = period.last_day();
    let rules = context.policy.in_force(day).filter(|rule| rhythm.seals(rule));
    let words = rules.flat_map(|rule| rule.recipients.iter().map(String::as_str));
    let heirs = context.offices.of_lists(words, day, rhythm.mark());
    inherit(&mut places, &context.offices, &heirs, day, rhythm);
    let mut people: BTreeMap<String, BTreeSet<PersonKey>> = BTreeMap::new();
    for ((county, _), list) in &places {
        people.entry(county.clone()).or_default().extend(list.persons.keys());
    }
    let by_county = people.into_iter().map(|(county, people)| (county, people.len() as u64)).collect();
    Ok(Some(Standing { places, made_from, aside, moment, by_county }))
}

/// Listed people whom nothing keeps on a list: by no rule of its office flagged, undecided, or over a provisional line,
/// and off it by no officer's or office's word.
pub(super) fn gone(
    context: &Context,
    (period, rhythm): (Period, Rhythm),
    standing: &Standing,
    findings: &[FindingRow],
) -> Result<Vec<Listed>, PipelineError> {
    let reroutes = context.ledger.reroutes(standing.moment)?;
    let mut words = suppressions(context, standing.moment)?;
    words.retain(|word| word.holds(period.last_day()));
    let kept = kept(context, (period, rhythm), findings);
    let is_kept = |person: PersonKey, office: &str, rule: &str| {
        let offices = kept.get(&person);
        offices.is_some_and(|offices| offices.contains(office))
            || has_word(&reroutes, &words, person, (office, rule), offices.is_some())
    };
    let mut gone: BTreeMap<PersonKey, Listed> = BTreeMap::new();
    for ((county, office), list) in &standing.places {
        for (person, was) in &list.persons {
            let Some(made_from) = standing.made_from.get(&(*person, county.clone())) else { continue };
            if is_kept(*person, office, &was.leading_rule) {
                continue;
            }
            let was_aside = standing.aside.get(&made_from.1).and_then(|aside| aside.get(person)).copied();
            gone.entry(*person).or_insert_with(|| Listed {
                person: *person,
                county: county.clone(),
                rule: was.leading_rule.clone(),
                made_from: *made_from,
                since: was_aside.map_or(made_from.1, |why| why.since),
                was_aside,
            });
        }
    }
    Ok(gone.into_values().collect())
}

/// Whether what an officer or an office has said decides about somebody on an office's list.
fn has_word(
    reroutes: &Reroutes,
    words: &[Suppression],
    person: PersonKey,
    (office, rule): (&str, &str),
    is_found: bool,
) -> bool {
    let given_back = reroutes.contains_key(&(person, office.to_owned()));
    let is_given = reroutes.range((person, String::new())..).next().is_some_and(|((of, _), _)| *of == person);
    let is_off = words.iter().any(|word| word.person == person && (word.rule.is_empty() || word.rule == rule));
    given_back || is_off || (is_given && is_found)
}

/// The offices on whose lists tonight's findings keep or put somebody.
fn kept(
    context: &Context,
    (period, rhythm): (Period, Rhythm),
    findings: &[FindingRow],
) -> BTreeMap<PersonKey, BTreeSet<String>> {
    let day = period.last_day();
    let mut offices: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for rule in context.policy.in_force(day).filter(|rule| rhythm.seals(rule)) {
        let terms = rule.recipients.iter().filter_map(|word| context.offices.in_force(word, day));
        offices.insert(&rule.id, terms.map(|term| format!("{}{}", term.code, rhythm.mark())).collect());
    }
    let mut kept: BTreeMap<PersonKey, BTreeSet<String>> = BTreeMap::new();
    for row in findings {
        let keeps =
            matches!(row.status, Outcome::Flagged | Outcome::Undecided) || row.reason == Some(Reason::OverProvisional);
        if let Some(codes) = offices.get(row.rule.as_str()).filter(|_| keeps) {
            kept.entry(row.person).or_default().extend(codes.iter().cloned());
        }
    }
    kept
}
