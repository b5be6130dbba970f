//! What a simulation says: aggregates only, small counts hidden, the same for machines and for the page. Pure.

use std::collections::BTreeMap;

use law::domain::Period;
use law::policy::Rule;
use law::referrals::is_small;
use law::texts;
use serde::Serialize;

use super::count::{AgeBand, Cohort, Counts, Flip, Sex};
use super::tables::{Grid, Label, Table, hide, yuan};
use super::variants::variants;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// Always `simulation`.
    pub kind: &'static str,
    pub note: &'static str,
    pub period: String,
    pub period_name: String,
    pub area: Label,
    /// What it was made from.
    pub made_from: MadeFrom,
    pub draft: PolicyPart,
    /// What it is set against.
    pub against: PolicyPart,
    /// What a reader must know before the numbers, in Chinese.
    pub warnings: Vec<String>,
    pub persons: Persons,
    /// By rule of the draft.
    pub rules: Vec<RulePart>,
    /// Undecided by rule and reason.
    pub undecided: Table,
    /// Persons on the draft's list, by county and leading rule.
    pub counties: Table,
    pub cohorts: Table,
    /// Persons on the draft's list, by age and sex.
    pub ages: Table,
    /// Persons on the draft's list, by county: those on the other one too, and those only here by leading rule.
    pub entering: Table,
    /// Persons on the other list, by county: those on the draft's too, and those only here by its leading rule.
    pub leaving: Table,
    /// What other readings of the draft would change.
    pub sensitivity: Vec<VariantPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MadeFrom {
    /// Number of the warehouse's version.
    pub version: u64,
    /// SHA-256 over the hashes of the version's files that came from outside.
    pub data_sha256: String,
    /// SHA-256 over all SQL models.
    pub models_sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyPart {
    pub name: String,
    /// SHA-256 of its file and of the one that it extends.
    pub sha256: String,
    pub rules: Vec<Label>,
}

/// Persons on either list; `None` where it is hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Persons {
    pub draft: Option<u64>,
    /// On the list that it is set against.
    pub against: Option<u64>,
    pub stay: Option<u64>,
    pub enter: Option<u64>,
    pub leave: Option<u64>,
    /// What those on the draft's list paid above their lines, yuan.
    pub excess: Option<String>,
}

/// What one rule of the draft found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulePart {
    #[serde(flatten)]
    pub label: Label,
    /// Its text in one sentence.
    pub text: String,
    pub clause: String,
    /// Its line with the figure it is drawn from.
    pub line: String,
    pub flagged: Option<u64>,
    pub near: Option<u64>,
    /// Persons who cannot be decided.
    pub undecided: Option<u64>,
    /// What the flagged paid above the line, yuan.
    pub excess: Option<String>,
}

/// One other reading of the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VariantPart {
    pub code: String,
    /// What kind of reading is changed.
    pub kind: String,
    pub name: String,
    pub list: FlipPart,
    /// By rule of the draft; `None`: the rule cannot be read so.
    pub rules: Vec<Option<FlipPart>>,
}

/// Who comes and goes; `None` where it is hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlipPart {
    /// Whether it is how the draft reads anyway.
    pub is_own: bool,
    pub enter: Option<u64>,
    pub leave: Option<u64>,
    /// Persons who are on the list then.
    pub persons: Option<u64>,
}

/// What a report is put together from besides the counts.
pub(super) struct Facts<'a> {
    pub(super) period: Period,
    pub(super) area: Label,
    pub(super) made_from: MadeFrom,
    pub(super) warnings: Vec<String>,
    pub(super) counties: BTreeMap<String, String>,
    pub(super) draft: PolicyFacts<'a>,
    pub(super) against: PolicyFacts<'a>,
}

/// A policy, its hash, its rules in force and the text of their lines.
pub(super) struct PolicyFacts<'a> {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) rules: Vec<&'a Rule>,
    pub(super) lines: Vec<String>,
}

impl PolicyFacts<'_> {
    fn labels(&self) -> Vec<Label> {
        self.rules.iter().map(|rule| Label::new(&rule.id, &rule.name)).collect()
    }

    fn part(&self) -> PolicyPart {
        PolicyPart { name: self.name.clone(), sha256: self.sha256.clone(), rules: self.labels() }
    }
}

impl Simulation {
    pub(super) fn of(counts: &Counts, facts: Facts<'_>) -> Self {
        let places = Places::of(counts, &facts.counties);
        let [counties, cohorts, ages, entering, leaving] = hide(people(counts, &facts, &places));
        let [undecided] = hide([undecided(counts, &facts)]);
        let rules = rules(counts, &facts, &counties, &undecided);
        Self {
            kind: "simulation",
            note: "模拟测算，不是认定结论",
            period: facts.period.to_string(),
            period_name: facts.period.chinese(),
            persons: persons(&counties, &entering, &leaving),
            sensitivity: sensitivity(counts, &facts, counties.total().is_some(), &rules),
            area: facts.area,
            made_from: facts.made_from,
            draft: facts.draft.part(),
            against: facts.against.part(),
            warnings: facts.warnings,
            rules,
            undecided,
            counties,
            cohorts,
            ages,
            entering,
            leaving,
        }
    }
}

/// The counties of all tables, in order of code; those that are unclear last.
struct Places {
    labels: Vec<Label>,
    row_of: BTreeMap<Option<String>, usize>,
}

impl Places {
    fn of(counts: &Counts, known: &BTreeMap<String, String>) -> Self {
        let mut names: BTreeMap<String, String> = known.clone();
        let listed = counts.listed.keys().map(|cell| &cell.county);
        let moved = counts.entering.keys().chain(counts.leaving.keys()).map(|(county, _)| county);
        let mut is_unclear = false;
        for county in listed.chain(moved) {
            match county {
                Some(code) => drop(names.entry(code.clone()).or_insert_with(|| code.clone())),
                None => is_unclear = true,
            }
        }
        let codes = names.keys().cloned().map(Some).chain(is_unclear.then_some(None));
        let row_of = codes.enumerate().map(|(at, code)| (code, at)).collect();
        let unclear = is_unclear.then(|| Label::new("unknown", "县区不明"));
        let labels = names.into_iter().map(|(code, name)| Label::new(code, name)).chain(unclear).collect();
        Self { labels, row_of }
    }
}

/// All tables of people on a list: the draft's by county, by cohort, by age and sex, and who stays, comes and goes.
fn people(counts: &Counts, facts: &Facts<'_>, places: &Places) -> [Grid; 5] {
    let words = |words: &mut dyn Iterator<Item = (&'static str, &'static str)>| -> Vec<Label> {
        words.map(|(code, name)| Label::new(code, name)).collect()
    };
    let draft = || Label::new("draft", "合计");
    let mut counties = Grid::new(places.labels.clone(), facts.draft.labels(), draft(), true);
    let rows = words(&mut Cohort::ALL.iter().map(|cohort| cohort.words()));
    let mut cohorts = Grid::new(rows, facts.draft.labels(), draft(), true);
    let rows = words(&mut AgeBand::ALL.iter().map(|band| band.words()));
    let mut ages = Grid::new(rows, words(&mut Sex::ALL.iter().map(|sex| sex.words())), draft(), false);
    for (cell, sum) in &counts.listed {
        counties.add(places.row_of[&cell.county], cell.rule, sum.persons, sum.excess);
        cohorts.add(cell.cohort as usize, cell.rule, sum.persons, sum.excess);
        ages.add(cell.age as usize, cell.sex as usize, sum.persons, 0);
    }
    let moved = |part: &str, name: &str, rules: Vec<Label>, total: Label| {
        let stay = Label::new("stay", "继续列入");
        let moved =
            rules.into_iter().map(|rule| Label::new(format!("{part}:{}", rule.code), format!("{name}·{}", rule.name)));
        Grid::new(places.labels.clone(), [stay].into_iter().chain(moved).collect(), total, false)
    };
    let mut entering = moved("enter", "新增", facts.draft.labels(), Label::new("draft", "试算合计"));
    let mut leaving = moved("leave", "退出", facts.against.labels(), Label::new("against", "对照合计"));
    for (grid, moves) in [(&mut entering, &counts.entering), (&mut leaving, &counts.leaving)] {
        for (county, count) in &counts.staying {
            grid.add(places.row_of[county], 0, *count, 0);
        }
        for ((county, rule), count) in moves {
            grid.add(places.row_of[county], rule + 1, *count, 0);
        }
    }
    [counties, cohorts, ages, entering, leaving]
}

fn undecided(counts: &Counts, facts: &Facts<'_>) -> Grid {
    let codes: std::collections::BTreeSet<&String> =
        counts.rules.iter().flat_map(|rule| rule.undecided.keys()).collect();
    let place: BTreeMap<&String, usize> = codes.iter().enumerate().map(|(at, code)| (*code, at)).collect();
    let columns = codes.iter().map(|code| Label::new(*code, texts::zh(texts::Table::Reason, code)));
    let mut grid = Grid::new(facts.draft.labels(), columns.collect(), Label::new("undecided", "合计"), false);
    for (row, rule) in counts.rules.iter().enumerate() {
        for (reason, count) in &rule.undecided {
            grid.add(row, place[reason], *count, 0);
        }
    }
    grid
}

/// Hits by rule. A rule's own count is hidden where the tables of the list hide its share of the list: the first
/// rule's hits are that share.
fn rules(counts: &Counts, facts: &Facts<'_>, counties: &Table, undecided: &Table) -> Vec<RulePart> {
    let open = undecided.inner().iter().map(|row| row.persons.last().copied().flatten());
    let shares = counties.column_totals().iter().map(Option::is_some);
    let rules = facts.draft.rules.iter().zip(&facts.draft.lines).zip(&counts.rules).zip(open).zip(shares);
    rules
        .map(|((((rule, line), count), undecided), is_shown)| {
            let flagged = shown(count.flagged.persons).filter(|_| is_shown);
            RulePart {
                label: Label::new(&rule.id, &rule.name),
                text: law::policy::describe::rule(rule),
                clause: rule.clause.to_string(),
                line: line.clone(),
                excess: flagged.map(|_| yuan(count.flagged.excess)),
                flagged,
                near: shown(count.near),
                undecided,
            }
        })
        .collect()
}

fn shown(count: u64) -> Option<u64> {
    (!is_small(count)).then_some(count)
}

/// Comings and goings are the sums over the rules that bring them; hidden where one of these is.
fn persons(counties: &Table, entering: &Table, leaving: &Table) -> Persons {
    let moved = |table: &Table| -> Option<u64> {
        let (_, moved) = table.column_totals().split_first()?;
        moved.iter().copied().sum()
    };
    Persons {
        draft: counties.total(),
        against: leaving.total(),
        stay: entering.column_totals().first().copied().flatten(),
        enter: moved(entering),
        leave: moved(leaving),
        excess: counties.rows.last().and_then(|row| row.excess.clone()),
    }
}

fn sensitivity(counts: &Counts, facts: &Facts<'_>, is_list_shown: bool, parts: &[RulePart]) -> Vec<VariantPart> {
    let listed: u64 = counts.listed.values().map(|sum| sum.persons).sum();
    let rows = variants().into_iter().zip(&counts.list_flips).zip(&counts.flips);
    rows.map(|((variant, list), flips)| {
        let rules: Vec<Option<FlipPart>> = facts
            .draft
            .rules
            .iter()
            .zip(flips)
            .zip(counts.rules.iter().zip(parts))
            .map(|((rule, flip), (count, part))| {
                let own = variant.is_own(rule);
                variant.fits(rule).then(|| flip_part(*flip, part.flagged, count.flagged.persons, own))
            })
            .collect();
        let (kind, name) = variant.chinese();
        let base = is_list_shown.then_some(listed);
        let mut all = flip_part(*list, base, listed, facts.draft.rules.iter().all(|rule| variant.is_own(rule)));
        hide_with_rules(&mut all, &rules);
        VariantPart { code: variant.code(), kind: kind.to_owned(), name, list: all, rules }
    })
    .collect()
}

/// With several rules, what one of them hides must not follow from what the list shows.
fn hide_with_rules(list: &mut FlipPart, rules: &[Option<FlipPart>]) {
    let hides = |of: fn(&FlipPart) -> Option<u64>| rules.iter().flatten().any(|rule| of(rule).is_none());
    if rules.len() > 1 && hides(|rule| rule.enter) {
        (list.enter, list.persons) = (None, None);
    }
    if rules.len() > 1 && hides(|rule| rule.leave) {
        (list.leave, list.persons) = (None, None);
    }
}

/// What is shown is no small count, nor lets one be worked out from the count before: who stays, who is there then.
fn flip_part(flip: Flip, base: Option<u64>, before: u64, is_own: bool) -> FlipPart {
    let stay = before.saturating_sub(flip.leave);
    let (enter, leave) = (shown(flip.enter), shown(flip.leave).filter(|_| !is_small(stay)));
    let persons = base.filter(|_| enter.is_some() && leave.is_some()).and(Some(stay + flip.enter));
    FlipPart { is_own, enter, leave, persons: persons.and_then(shown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_change_does_not_follow_from_the_counts_beside_it() {
        let part = |enter, leave| flip_part(Flip { enter, leave }, Some(50), 50, false);
        let hidden = part(3, 0);
        assert_eq!((hidden.enter, hidden.leave, hidden.persons), (None, Some(0), None));
        let shown = part(7, 5);
        assert_eq!((shown.enter, shown.leave, shown.persons), (Some(7), Some(5), Some(52)));
        let few_stay = part(0, 48);
        assert_eq!((few_stay.enter, few_stay.leave, few_stay.persons), (Some(0), None, None));
    }
}
