//! Files that a run would make anew, and why.

use std::collections::{BTreeMap, BTreeSet};

use engine::Context;
use engine::compute::rules::Span;
use engine::compute::{CLAIMS_IN_REACH, MEMBERS, OPEN_ITEMS, REACH, TAGS, is_handed_in, sources_in};
use law::domain::Period;
use serde::Serialize;
use store::ledger::Texts;
use store::warehouse::{FileEntry, Version};

use super::former::{Former, models_below, rules_on};
use super::lines::LineChange;

/// Files of a table that a run would make anew for the same reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stale {
    pub table: String,
    /// The rule, where it is split by rule.
    pub rule: Option<String>,
    /// The month or period.
    pub period: Option<String>,
    pub buckets: Vec<u16>,
    pub reasons: BTreeSet<String>,
}

const FIRST: &str = "not made before";
const GONE: &str = "nothing is left to make it from";
const SQL: &str = "changed SQL";
const RULE: &str = "changed rule";
const FIGURE: &str = "changed figure";
const OTHER: &str = "changed tables, checks or program";

/// A file's table, rule, period and bucket; tables in the order in which they are made.
type Slot = (usize, String, Option<String>, Option<Period>, Option<u16>);

/// What buckets that are named together have in common: their files' order, table, rule and period, and the reasons.
type Group = (usize, String, Option<String>, Option<Period>, BTreeSet<String>);

/// The tables whose files others are made from, first.
const ORDER: [&str; 8] = ["areas", "stated_tags", TAGS, OPEN_ITEMS, MEMBERS, REACH, "findings", "referral_rows"];

/// Compares the version before with the tried one.
pub(super) fn stale(
    context: &Context,
    versions: (&Version, &Version),
    period: Period,
    texts: Option<&Texts>,
    lines: &[LineChange],
) -> Vec<Stale> {
    let why = Why::new(context, versions, period, texts, lines);
    let (before, after) = (made(versions.0), made(versions.1));
    let mut reasons: BTreeMap<Slot, BTreeSet<String>> = BTreeMap::new();
    for (slot, file) in &after {
        match before.get(slot) {
            Some(known) if known.inputs == file.inputs => {}
            known => drop(reasons.insert(slot.clone(), why.of(file, known.is_none(), &reasons))),
        }
    }
    let gone = before.keys().filter(|slot| !after.contains_key(*slot));
    reasons.extend(gone.map(|slot| (slot.clone(), [GONE.to_owned()].into())));
    let mut groups: BTreeMap<Group, Vec<u16>> = BTreeMap::new();
    for ((order, table, rule, month, bucket), reasons) in reasons {
        groups.entry((order, table, rule, month, reasons)).or_default().extend(bucket);
    }
    let group = |((_, table, rule, month, reasons), buckets): ((_, _, _, Option<Period>, _), _)| {
        let period = month.map(|month| month.to_string());
        Stale { table, rule, period, buckets, reasons }
    };
    groups.into_iter().map(group).collect()
}

/// The files that models have made, by slot; without those that are copies of a part of claims.
fn made(version: &Version) -> BTreeMap<Slot, &FileEntry> {
    let files = version.files.iter().filter(|file| !file.inputs.is_empty() && file.table != CLAIMS_IN_REACH);
    let order = |table: &str| ORDER.iter().position(|known| *known == table).unwrap_or(ORDER.len());
    files
        .map(|file| ((order(&file.table), file.table.clone(), file.rule.clone(), file.month, file.bucket), file))
        .collect()
}

struct Why<'a> {
    context: &'a Context,
    before: &'a Version,
    after: &'a Version,
    period: Period,
    /// Models that differ from those of the last run; nothing is known of them without one.
    sql: BTreeSet<String>,
    rules: BTreeSet<String>,
    figures: BTreeSet<&'a str>,
}

impl<'a> Why<'a> {
    fn new(
        context: &'a Context,
        (before, after): (&'a Version, &'a Version),
        period: Period,
        texts: Option<&Texts>,
        lines: &'a [LineChange],
    ) -> Self {
        let (mut sql, mut rules) = (BTreeSet::new(), BTreeSet::new());
        if let Some(former) = texts.filter(|texts| **texts != context.texts).and_then(|texts| Former::read(texts).ok())
        {
            let models = context.engine.models().iter();
            let differs = |name: &str, hash: &str| former.models.get(name).is_none_or(|known| known.hash != hash);
            sql.extend(models.filter(|model| differs(&model.name, &model.hash)).map(|model| model.name.clone()));
            let day = period.last_day();
            let now = rules_on(&context.policy, day);
            let then = rules_on(&former.policy, day);
            rules.extend(now.into_iter().filter(|(id, rule)| then.get(id) != Some(rule)).map(|(id, _)| id));
        }
        let figures = lines.iter().map(|line| line.rule.as_str()).collect();
        Self { context, before, after, period, sql, rules, figures }
    }

    /// Why a file is made anew, where those that it is made from are decided on already.
    fn of(&self, file: &FileEntry, is_first: bool, known: &BTreeMap<Slot, BTreeSet<String>>) -> BTreeSet<String> {
        if is_first {
            return [FIRST.to_owned()].into();
        }
        let mut reasons = BTreeSet::new();
        let models = self.context.engine.models();
        let rule = self.context.policy.rules.iter().find(|rule| file.rule.as_ref() == Some(&rule.id));
        let model = match rule {
            Some(rule) if file.table == "findings" => rule.shape.model(),
            _ => file.table.clone(),
        };
        for table in self.differing(file, &model) {
            let inherited = known.iter().filter(|((_, made, rule, _, bucket), _)| {
                *made == table
                    && (is_handed_in(&table) || *bucket == file.bucket)
                    && (rule.is_none() || file.rule.is_none() || *rule == file.rule)
            });
            let before = reasons.len();
            reasons.extend(inherited.flat_map(|(_, reasons)| reasons.clone()));
            if reasons.len() == before && models.get(&table).is_none() && !is_handed_in(&table) && table != "findings" {
                reasons.insert(format!("new {table}"));
            }
        }
        if models_below(models, &model).keys().any(|name| self.sql.contains(name)) {
            reasons.insert(SQL.to_owned());
        }
        let is_of = |rules: &dyn Fn(&str) -> bool| match &file.rule {
            Some(rule) => rules(rule),
            // what all rules share a file of
            None => {
                (file.table == REACH || models.sources_of(&model).contains("rule"))
                    && self.context.policy.rules.iter().any(|rule| rules(&rule.id))
            }
        };
        if is_of(&|rule| self.rules.contains(rule)) {
            reasons.insert(RULE.to_owned());
        }
        if file.rule.is_some() && is_of(&|rule| self.figures.contains(rule)) {
            reasons.insert(FIGURE.to_owned());
        }
        if reasons.is_empty() {
            let rosters = |version: &Version| version.table("rosters").cloned().collect::<Vec<_>>();
            let by_roster = rosters(self.before) != rosters(self.after);
            reasons.insert(if by_roster { "new rosters" } else { OTHER }.to_owned());
        }
        reasons
    }

    /// The tables of which a file's statement reads other files than before, and those put together over all buckets.
    fn differing(&self, file: &FileEntry, model: &str) -> Vec<String> {
        let wanted = self.context.engine.models().sources_of(model);
        let bucket = file.bucket.unwrap_or_default();
        let read = |version: &Version| -> BTreeMap<String, Vec<String>> {
            let hash = |files: Vec<FileEntry>| files.into_iter().map(|file| file.sha256).collect();
            let span = match self.context.policy.rules.iter().find(|rule| file.rule.as_ref() == Some(&rule.id)) {
                Some(rule) => Span::of_rule(rule, self.period),
                None => Span::of_rules(self.context.policy.in_force(self.period.last_day()), self.period),
            };
            sources_in(version, &wanted, span, bucket).into_iter().map(|(table, files)| (table, hash(files))).collect()
        };
        let (before, after) = (read(self.before), read(self.after));
        let changed = wanted.iter().filter(|table| before.get(*table) != after.get(*table));
        let together = wanted.iter().filter(|table| *table == MEMBERS);
        changed.chain(together).cloned().collect()
    }
}
