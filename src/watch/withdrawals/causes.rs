//! Why listed people are flagged no more: the first of rules, income, register, roster and claims whose part of the
//! finding differs from what the list was made from; and what is told only, since somebody has answered for it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use engine::compute::{lines_of, roster_files, stated_by_rosters};
use engine::rows::of_file;
use engine::{Context, PipelineError, Rhythm};
use law::cases::Outcome;
use law::domain::{Fen, Period, PersonKey};
use law::policy::{Rule, Rural};
use law::questions::Cause;
use law::rosters::Fate;
use store::warehouse::Version;

use super::listed::Listed;
use crate::plan::hold::{RuleChange, changed_since};

/// What is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) context: &'a Context,
    pub(crate) version: &'a Version,
    pub(crate) period: Period,
    pub(crate) rhythm: Rhythm,
    /// Whether a changed rule can hold people: not while nothing is sealed, and not where its plan was accepted.
    pub(crate) may_hold_rules: bool,
}

/// A due figure has been published.
const LINE_PUBLISHED: &str = "line_published";
/// The sender has stated last days, or movements that balance.
pub(super) const DECLARED: &str = "declared";
/// The first roster of the tags that a rule leaves out.
const FIRST_ROSTER: &str = "first_roster";
/// The statements are not those that the lists were made by.
const UPGRADE: &str = "upgrade";

engine::row! {
    /// What decides why somebody is not flagged.
    struct Part {
        person: PersonKey = "person_key",
        rule: String = "rule_id",
        status: Outcome = "status",
        county: Option<String> = "county_code",
        is_rural: Option<bool> = "is_rural",
        ended_tag: Option<String> = "ended_tag",
        ended_roster: Option<NaiveDate> = "ended_roster_month",
        ended_day: Option<NaiveDate> = "ended_date",
    }
}

/// A rule's line in a county: its amounts, and whether the figure before it stands in.
type Amounts = BTreeMap<(String, String), BTreeSet<(Fen, bool)>>;

/// County, tag and month of a roster.
type Roster = (String, String, NaiveDate);

/// What is known of a version's rosters besides their rows.
#[derive(Default)]
struct Rosters {
    /// Their declared movements balance.
    balanced: BTreeSet<Roster>,
    /// A later revision of the same month took their place.
    replaced: BTreeSet<Roster>,
}

impl Rosters {
    async fn of(context: &Context, version: &Version, period: Period) -> Result<Self, PipelineError> {
        let stated = stated_by_rosters(context, version, period).await?;
        let replaced = stated.standings().into_iter().filter(|(_, standing)| standing.fate == Fate::Replaced);
        let replaced = replaced.map(|(snapshot, standing)| (standing.county, standing.tag, snapshot.month)).collect();
        let balanced = stated.complete().into_iter().filter(|roster| roster.is_confirmed);
        Ok(Self { balanced: balanced.map(|roster| (roster.county, roster.tag, roster.month)).collect(), replaced })
    }

    fn is_empty(&self) -> bool {
        self.balanced.is_empty() && self.replaced.is_empty()
    }
}

/// What a version said that lists were made from.
#[derive(Default)]
struct Then {
    /// Empty where the figures are today's.
    lines: Amounts,
    /// Tags that rosters stated.
    tags: BTreeSet<String>,
    rosters: Rosters,
}

/// Everything that tells causes apart.
pub(super) struct Causes {
    parts: BTreeMap<(PersonKey, String), Part>,
    lines: Amounts,
    /// Tags that rosters state today.
    tags: BTreeSet<String>,
    rosters: Rosters,
    then: BTreeMap<u64, Then>,
    rules: BTreeMap<String, RuleChange>,
    meant: BTreeMap<String, Meant>,
}

/// Whom a rule means.
struct Meant {
    /// Only rural residents.
    rural: bool,
    /// Only people with a tag.
    by_tags: bool,
    /// Tags that it leaves out.
    without: BTreeSet<String>,
}

impl Meant {
    fn by(rule: &Rule) -> Self {
        let without = rule.who.without_tags.iter().map(|tag| tag.code().to_owned()).collect();
        Self { rural: rule.who.rural == Rural::Required, by_tags: !rule.who.tags.is_empty(), without }
    }
}

impl Causes {
    pub(super) async fn of(look: Look<'_>, gone: &[Listed]) -> Result<Self, PipelineError> {
        let Look { context, version, period, rhythm, .. } = look;
        let leaving: BTreeSet<PersonKey> = gone.iter().map(|one| one.person).collect();
        let mut parts = BTreeMap::new();
        for file in version.table("findings").filter(|file| file.month == Some(period)) {
            for row in of_file::<Part>(&context.warehouse.path(file))? {
                let row = row?;
                if leaving.contains(&row.person) {
                    parts.insert((row.person, row.rule.clone()), row);
                }
            }
        }
        let by_roster = parts.values().any(|part| part.ended_roster.is_some());
        let rosters = if by_roster { Rosters::of(context, version, period).await? } else { Rosters::default() };
        let mut then = BTreeMap::new();
        for (number, of_period) in gone.iter().map(|one| one.made_from).collect::<BTreeSet<_>>() {
            let Ok(before) = context.warehouse.version(number).await else { continue };
            context.warehouse.bring(&before).await?;
            let of_then = Then {
                lines: if figures(&before) == figures(version) {
                    Amounts::new()
                } else {
                    amounts(context, &before, of_period)?
                },
                tags: stated(context, &before)?,
                rosters: if rosters.is_empty() {
                    Rosters::default()
                } else {
                    Rosters::of(context, &before, of_period).await?
                },
            };
            then.insert(number, of_then);
        }
        let is_redrawn = then.values().any(|then| !then.lines.is_empty());
        let lines = if is_redrawn { amounts(context, version, period)? } else { Amounts::new() };
        let in_force = context.policy.in_force(period.last_day());
        let meant = in_force.map(|rule| (rule.id.clone(), Meant::by(rule))).collect();
        let rules = changed_since(context, period, rhythm, gone.iter().map(|one| one.rule.as_str()))?;
        let tags = stated(context, version)?;
        Ok(Self { parts, lines, tags, rosters, then, rules, meant })
    }

    /// The cause, or why a withdrawal is told and not held.
    pub(super) fn of_one(&self, one: &Listed) -> Result<Cause, &'static str> {
        let change = self.rules.get(&one.rule).copied();
        if change == Some(RuleChange::Text) {
            return Ok(Cause::Rules);
        }
        let then = self.then.get(&one.made_from.0);
        match then.and_then(|then| self.line_change(then, one)) {
            Some(true) => return Err(LINE_PUBLISHED),
            Some(false) => return Ok(Cause::Income),
            None => {}
        }
        let cause = match self.parts.get(&(one.person, one.rule.clone())) {
            Some(part) if part.county.as_ref() != Some(&one.county) => Cause::Register,
            Some(part) if part.status == Outcome::Outside => return self.outside(part, one, then),
            _ => Cause::Claims,
        };
        // What a new program's statements alone do is weighed as a whole, and told.
        if cause == Cause::Claims && change == Some(RuleChange::Statements) { Err(UPGRADE) } else { Ok(cause) }
    }

    /// Why a rule no longer means somebody: a tag has ended, one that the rule leaves out has come, or the register says
    /// that they are not rural.
    fn outside(&self, part: &Part, one: &Listed, then: Option<&Then>) -> Result<Cause, &'static str> {
        let meant = self.meant.get(&one.rule);
        if part.ended_tag.is_none() && meant.is_some_and(|meant| meant.rural) && part.is_rural == Some(false) {
            return Ok(Cause::Register);
        }
        if meant.is_some_and(|meant| !meant.by_tags && meant.without.is_empty()) {
            // what the household has applied with
            return Ok(Cause::Claims);
        }
        if self.is_declared(part, one, then) {
            return Err(DECLARED);
        }
        let is_first = then.zip(meant).is_some_and(|(then, meant)| {
            let is_new = then.tags.is_disjoint(&meant.without) && !self.tags.is_disjoint(&meant.without);
            part.ended_tag.is_none() && is_new
        });
        if is_first { Err(FIRST_ROSTER) } else { Ok(Cause::Roster) }
    }

    /// Whether a line that differs from the list's does since a due figure was published; `None`: it is the same.
    fn line_change(&self, then: &Then, one: &Listed) -> Option<bool> {
        let key = (one.rule.clone(), one.county.clone());
        let (then, now) = (then.lines.get(&key)?, self.lines.get(&key)?);
        let stands_in = |amounts: &BTreeSet<(Fen, bool)>| amounts.iter().any(|(_, stands_in)| *stands_in);
        (then != now).then(|| stands_in(then) && !stands_in(now))
    }

    /// Whether the sender says that the person's tag has ended: by a last day, or by movements that balance, of a roster
    /// that the list did not know. A corrected roster of the same month says so of nobody by name.
    fn is_declared(&self, part: &Part, one: &Listed, then: Option<&Then>) -> bool {
        let Some(tag) = &part.ended_tag else { return false };
        let own = |rosters: &BTreeSet<Roster>| -> BTreeSet<NaiveDate> {
            let is_own = |roster: &&Roster| (roster.0.is_empty() || roster.0 == one.county) && roster.1 == *tag;
            rosters.iter().filter(is_own).map(|roster| roster.2).collect()
        };
        let nothing = Rosters::default();
        let before = then.map_or(&nothing, |then| &then.rosters);
        let balanced = &own(&self.rosters.balanced) - &own(&before.balanced);
        let mut replaced = own(&self.rosters.replaced);
        // Whom a question alone kept on the last list was left out before it was made.
        if one.was_aside.is_none() {
            replaced = &replaced - &own(&before.replaced);
        }
        part.ended_roster.is_some_and(|last| balanced.iter().any(|month| *month <= last))
            || part.ended_day.is_some_and(|day| !replaced.iter().any(|month| month.pred_opt() == Some(day)))
    }
}

/// The tags that a version's rosters state.
fn stated(context: &Context, version: &Version) -> Result<BTreeSet<String>, PipelineError> {
    Ok(roster_files(&context.warehouse, version)?.into_iter().map(|file| file.tag).collect())
}

fn figures(version: &Version) -> Vec<&str> {
    version.table("income").map(|file| file.sha256.as_str()).collect()
}

fn amounts(context: &Context, version: &Version, period: Period) -> Result<Amounts, PipelineError> {
    let mut amounts = Amounts::new();
    for (rule, lines) in lines_of(context, version, period)? {
        for ((county, _), line) in lines.by_place {
            amounts.entry((rule.clone(), county)).or_default().insert((line.amount, line.is_provisional));
        }
    }
    Ok(amounts)
}
