//! What a changed rule alone does to the number of flagged people, and holding the official run when it is much.
//!
//! Both texts, the one that the last lists were sealed from and today's, are tried on the same data: what new claims
//! do does not count. Where SQL changed, the old statements are tried with the old texts of the ledger. Where this
//! program cannot carry the old texts out, today's are tried on the data of the sealed lists, and the persons compared
//! with those on the lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use engine::compute::{Data, Evaluation, FindingRow};
use engine::official::{Rhythm, is_of, suppressions};
use engine::{Context, Engine, EngineError, PipelineError, rows};
use law::cases::Outcome;
use law::domain::{Period, PersonKey};
use law::policy::{Policy, Rule};
use law::referrals::Office;
use rust_decimal::Decimal;
use serde::Serialize;
use store::ledger::{Moment, SealedTexts};
use store::warehouse::Version;

use super::former::{Former, models_below, rules_on};

/// What the change of the rules since the last sealed lists does, on the same data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// The period whose lists were sealed from the old texts.
    pub since: String,
    /// The whole policy, then each rule that differs.
    pub effects: Vec<RuleEffect>,
    /// Why the old texts cannot be tried, where they cannot: what stands before is who is on the sealed lists.
    pub by_lists: Option<String>,
    /// Share of the flagged people that a change may move.
    pub hold_change: String,
    /// Whether an official run needs the change to be accepted.
    pub is_held: bool,
}

/// The people whom rules flag and refer, by the old texts and by the new ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleEffect {
    /// The rule; `None`: all rules together.
    pub rule: Option<String>,
    /// Flagged by the old texts.
    pub before: usize,
    /// Flagged by the new ones.
    pub after: usize,
    /// Flagged by the new ones only.
    pub enter: usize,
    /// Flagged by the old ones only.
    pub leave: usize,
    /// The larger of the two as a share of all whom the old texts flag: an exchange of people counts as well.
    pub share: String,
}

impl fmt::Display for RuleEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, before, after, enter, leave, share } = self;
        let who = rule.as_ref().map_or_else(|| "all rules together".to_owned(), |rule| format!("rule {rule}"));
        write!(f, "{who}: {before} flagged before, {after} after on the same data ")?;
        write!(f, "({enter} enter, {leave} leave; share {share})")
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, effects, by_lists, hold_change, .. } = self;
        write!(f, "rules or SQL differ from those that {since} was sealed from; hold_change is {hold_change}")?;
        if let Some(why) = by_lists {
            write!(f, "\n  the old texts cannot be tried ({why}); before: the persons on the lists of {since}")?;
        }
        effects.iter().try_for_each(|effect| write!(f, "\n  {effect}"))
    }
}

/// How the rules that a job seals differ from those that its last lists were sealed from.
pub(super) enum Change {
    /// By these rules and statements.
    Known { former: Box<Former>, old: BTreeMap<String, Rule>, differing: BTreeSet<String> },
    /// This program cannot read the old texts.
    Unreadable(String),
}

impl Change {
    /// `None` while the texts and the rules in force are the same.
    pub(super) fn since(context: &Context, sealed: &SealedTexts, period: Period, rhythm: Rhythm) -> Option<Self> {
        let is_same_period = sealed.period == period;
        if is_same_period && sealed.texts == context.texts {
            return None;
        }
        let former = match Former::read(&sealed.texts) {
            Ok(former) => former,
            Err(_) if sealed.texts == context.texts => return None,
            Err(why) => return Some(Self::Unreadable(why)),
        };
        let old = referring(&former.policy, sealed.period, rhythm);
        let new = referring(&context.policy, period, rhythm);
        let models = context.engine.models();
        let is_same = |id: &String| match (old.get(id), new.get(id)) {
            (Some(old), Some(new)) => {
                let below = |models, rule: &Rule| models_below(models, &rule.shape.model());
                old == new && below(&former.models, old) == below(models, new)
            }
            _ => false,
        };
        let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differing = ids.into_iter().filter(|id| !is_same(id)).cloned().collect();
        Some(Self::Known { former: Box::new(former), old, differing })
    }

    pub(super) fn is_any(&self) -> bool {
        match self {
            Self::Known { differing, .. } => !differing.is_empty(),
            Self::Unreadable(_) => true,
        }
    }
}

/// How a rule differs from the one that the last lists of a series were sealed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleChange {
    /// By its own text, or it is no longer in force.
    Text,
    /// Only by the statements of the program, or nobody can tell.
    Statements,
}

/// Which of some rules differ from those that the last lists of a series were sealed from.
pub(crate) fn changed_since<'r>(
    context: &Context,
    period: Period,
    rhythm: Rhythm,
    rules: impl Iterator<Item = &'r str>,
) -> Result<BTreeMap<String, RuleChange>, PipelineError> {
    let Some(sealed) = context.ledger.last_sealed_texts(rhythm.mark())? else { return Ok(BTreeMap::new()) };
    let Some(change) = Change::since(context, &sealed, period, rhythm) else { return Ok(BTreeMap::new()) };
    let new = referring(&context.policy, period, rhythm);
    let of = |rule: &str| match &change {
        Change::Unreadable(_) => Some(RuleChange::Statements),
        Change::Known { differing, .. } if !differing.contains(rule) => None,
        Change::Known { old, .. } if old.get(rule) == new.get(rule) => Some(RuleChange::Statements),
        Change::Known { .. } => Some(RuleChange::Text),
    };
    Ok(rules.filter_map(|rule| Some((rule.to_owned(), of(rule)?))).collect())
}

/// The rules in force at a period's end that a job seals and that refer somebody.
fn referring(policy: &Policy, period: Period, rhythm: Rhythm) -> BTreeMap<String, Rule> {
    let mut rules = rules_on(policy, period.last_day());
    rules.retain(|_, rule| rhythm.seals(rule) && !rule.recipients.is_empty());
    rules
}

/// What the change since the last sealed lists does to people; `None` where nothing changed. `real` is the workspace
/// that `shadow` is a shadow of, `version` and `findings` are those that were tried.
pub(super) async fn effect(
    (real, shadow): (&Context, &Context),
    version: &Version,
    period: Period,
    rhythm: Rhythm,
    findings: &[FindingRow],
) -> Result<Option<Hold>, PipelineError> {
    let Some(sealed) = shadow.ledger.last_sealed_texts(rhythm.mark())? else { return Ok(None) };
    let Some(change) = Change::since(shadow, &sealed, period, rhythm).filter(Change::is_any) else { return Ok(None) };
    let tried = match change {
        Change::Known { former, old, differing } => {
            let new = flagged_in(findings, &referring(&shadow.policy, period, rhythm));
            let known = new.iter().filter(|(id, _)| !differing.contains(*id));
            let mut before: Flagged = known.map(|(id, who)| (id.clone(), who.clone())).collect();
            let rules: Vec<Rule> =
                old.into_iter().filter(|(id, _)| differing.contains(id)).map(|(_, rule)| rule).collect();
            tried_before(shadow, version, period, *former, &rules).await.map(|found| {
                before.extend(found);
                (before, new, differing)
            })
        }
        Change::Unreadable(why) => Err(Untried::Texts(why)),
    };
    let (by_lists, (before, after, differing)) = match tried {
        Ok(tried) => (None, tried),
        Err(Untried::Texts(why)) => (Some(why), by_lists((real, shadow), version, sealed.period, rhythm).await?),
        Err(Untried::Broken(error)) => return Err(error),
    };
    let (effects, is_held) = effects(&before, &after, &differing, shadow.policy.hold_change);
    let (since, hold_change) = (sealed.period.to_string(), shadow.policy.hold_change.to_string());
    Ok(Some(Hold { since, effects, by_lists, hold_change, is_held }))
}

/// Why old texts were not tried.
enum Untried {
    /// This program cannot carry them out.
    Texts(String),
    Broken(PipelineError),
}

impl<E: Into<PipelineError>> From<E> for Untried {
    fn from(error: E) -> Self {
        match error.into() {
            PipelineError::Engine(error @ (EngineError::Model { .. } | EngineError::Statement { .. })) => {
                Self::Texts(error.to_string())
            }
            error => Self::Broken(error),
        }
    }
}

/// Who stands on the lists of the last sealed period, and whom today's rules flag on the data that the lists were made
/// from, by rule; and the rules for which they are not the same. Persons whom an officer's word keeps off lists are on
/// neither side.
async fn by_lists(
    (real, shadow): (&Context, &Context),
    tried: &Version,
    period: Period,
    rhythm: Rhythm,
) -> Result<(Flagged, Flagged, BTreeSet<String>), PipelineError> {
    let moment = Moment::within(period);
    let leaves = |office: &str| is_of(rhythm, office) && Office::is_referral_code(office);
    let (mut before, mut sealed_from) = (Flagged::new(), None);
    for ((_, office), list) in shadow.ledger.standing(moment)? {
        if list.last.period != period || !leaves(&office) {
            continue;
        }
        sealed_from = sealed_from.max(Some(list.last.version));
        for person in list.persons.into_iter().map(|standing| standing.person) {
            for rule in person.rules {
                before.entry(rule).or_default().insert(person.person);
            }
        }
    }
    // its files are kept with the lists; without them late data count as well
    let stored = match sealed_from {
        Some(number) => real.warehouse.version(number).await.ok(),
        None => None,
    };
    let (context, version) = stored.as_ref().map_or((shadow, tried), |version| (real, version));
    context.warehouse.bring(version).await?;
    let rules: Vec<Rule> = referring(&shadow.policy, period, rhythm).into_values().collect();
    let mut after = flagged_by(&Evaluation::of(context, version), &rules, period).await?;
    let off: BTreeSet<PersonKey> = suppressions(shadow, moment)?.into_iter().map(|one| one.person).collect();
    before.values_mut().chain(after.values_mut()).for_each(|who| who.retain(|person| !off.contains(person)));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = ids.into_iter().filter(|id| before.get(*id) != after.get(*id)).cloned().collect();
    Ok((before, after, differing))
}

/// People by the rule that flags them.
type Flagged = BTreeMap<String, BTreeSet<PersonKey>>;

fn flagged_in(findings: &[FindingRow], rules: &BTreeMap<String, Rule>) -> Flagged {
    let mut flagged: Flagged = rules.keys().map(|id| (id.clone(), BTreeSet::new())).collect();
    for row in findings.iter().filter(|row| row.status == Outcome::Flagged) {
        if let Some(who) = flagged.get_mut(&row.rule) {
            who.insert(row.person);
        }
    }
    flagged
}

/// Whom the old rules flag by the old statements, on the tried version's data.
async fn tried_before(
    shadow: &Context,
    version: &Version,
    period: Period,
    former: Former,
    rules: &[Rule],
) -> Result<Flagged, Untried> {
    if rules.is_empty() {
        return Ok(Flagged::new());
    }
    let engine = Engine::new(former.models, &shadow.workspace.settings.engine, &shadow.workspace.layout.scratch())?;
    let data = Data::Stored { warehouse: &shadow.warehouse, version };
    let evaluation = Evaluation::new(&engine, data, shadow.served(), shadow.workers());
    let evaluation = evaluation.with_tables(shadow.rosters.clone(), shadow.places.clone());
    Ok(flagged_by(&evaluation, rules, period).await?)
}

engine::row! {
    /// What statements of a former program return as well.
    struct Judged {
        person: PersonKey = "person_key",
        rule: String = "rule_id",
        status: Outcome = "status",
    }
}

/// Whom rules flag.
async fn flagged_by(evaluation: &Evaluation<'_>, rules: &[Rule], period: Period) -> Result<Flagged, PipelineError> {
    let mut flagged: Flagged = rules.iter().map(|rule| (rule.id.clone(), BTreeSet::new())).collect();
    let found = evaluation.findings(&rules.iter().collect::<Vec<_>>(), period).await?;
    for row in rows::of_model::<Judged>("findings", &found)?.into_iter().filter(|row| row.status == Outcome::Flagged) {
        flagged.entry(row.rule).or_default().insert(row.person);
    }
    Ok(flagged)
}

/// All rules together, then each that differs; and whether any moves more than its share.
fn effects(
    before: &Flagged,
    after: &Flagged,
    differing: &BTreeSet<String>,
    hold_change: Decimal,
) -> (Vec<RuleEffect>, bool) {
    let all = |flagged: &Flagged| -> BTreeSet<PersonKey> { flagged.values().flatten().copied().collect() };
    let base = Decimal::from(all(before).len().max(1));
    let mut is_held = false;
    let mut compare = |rule: Option<&String>, old: &BTreeSet<PersonKey>, new: &BTreeSet<PersonKey>| {
        let (enter, leave) = (new.difference(old).count(), old.difference(new).count());
        let share = Decimal::from(enter.max(leave)) / base;
        is_held |= share > hold_change;
        let (before, after, share) = (old.len(), new.len(), share.round_dp(4).normalize().to_string());
        RuleEffect { rule: rule.cloned(), before, after, enter, leave, share }
    };
    let nobody = BTreeSet::new();
    let of = |flagged: &Flagged, rule: &String| flagged.get(rule).unwrap_or(&nobody).clone();
    let mut effects = vec![compare(None, &all(before), &all(after))];
    effects.extend(differing.iter().map(|rule| compare(Some(rule), &of(before, rule), &of(after, rule))));
    (effects, is_held)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(rules: &[(&str, std::ops::Range<i64>)]) -> Flagged {
        rules.iter().map(|(rule, who)| ((*rule).to_owned(), who.clone().map(PersonKey).collect())).collect()
    }

    #[test]
    fn a_change_is_held_above_its_share_and_not_at_it() {
        let differing = BTreeSet::from(["a".to_owned()]);
        let limit = Decimal::new(2, 1);
        let held = |before: &[_], after: &[_]| effects(&flagged(before), &flagged(after), &differing, limit);
        for (after, share, expected) in [
            (0..12, "0.2", false),
            (0..13, "0.3", true),
            (2..10, "0.2", false),
            (3..13, "0.3", true),
            (0..10, "0", false),
        ] {
            let (found, is_held) = held(&[("a", 0..10)], &[("a", after.clone())]);
            assert_eq!((found[0].share.as_str(), is_held), (share, expected), "{after:?}");
            assert_eq!(found[1], RuleEffect { rule: Some("a".to_owned()), ..found[0].clone() });
        }
        // a rule is weighed against all whom the policy flags, and who is flagged by another stays
        let (found, is_held) = held(&[("a", 0..4), ("b", 0..40)], &[("a", 0..8), ("b", 0..40)]);
        assert!(!is_held && found[0].enter == 0 && found[1].share == "0.1", "{found:?}");
        // two changes that undo each other in number are told apart
        let both = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let old = flagged(&[("a", 0..10), ("b", 20..30)]);
        let new = flagged(&[("a", 0..10), ("b", 30..40)]);
        assert!(effects(&old, &new, &both, limit).1);
        assert!(effects(&flagged(&[("a", 0..0)]), &flagged(&[("a", 0..1)]), &differing, limit).1, "from nobody");
    }
}
