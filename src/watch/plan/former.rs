//! Rules and models of an earlier run beside today's: which of them differ.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use engine::{ModelKind, Models, parse_texts, sha256_hex};
use law::policy::{Policy, Rule, stable_text};
use serde::Serialize;
use store::ledger::Texts;

/// A rule or a model that differs from the one that the last run was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Changed {
    /// The rule's id, or the model's path below `sql/`.
    pub name: String,
    /// Hash of what stood before; `None`: it is new.
    pub before: Option<String>,
    /// Hash of what stands now; `None`: it is gone.
    pub after: Option<String>,
}

/// The policy and the models of earlier texts, as this program reads them.
pub(super) struct Former {
    pub(super) policy: Policy,
    pub(super) models: Models,
}

impl Former {
    /// Reads earlier texts; the error says what this program does not understand of them.
    pub(super) fn read(texts: &Texts) -> Result<Self, String> {
        let mut problems = Vec::new();
        match parse_texts(texts, &mut problems) {
            (Some(policy), Some(models)) => Ok(Self { policy, models }),
            _ => Err(problems
                .first()
                .map_or_else(String::new, |problem| format!("{}: {}", problem.file, problem.message))),
        }
    }
}

/// The rules in force on a day by id, as if they had always held: when they hold is no difference between two rules.
pub(super) fn rules_on(policy: &Policy, day: NaiveDate) -> BTreeMap<String, Rule> {
    let timeless = |rule: &Rule| Rule { from: NaiveDate::MIN, to: None, ..rule.clone() };
    policy.in_force(day).map(|rule| (rule.id.clone(), timeless(rule))).collect()
}

pub(super) fn changed_rules(before: &BTreeMap<String, Rule>, after: &BTreeMap<String, Rule>) -> Vec<Changed> {
    let hash = |rules: &BTreeMap<String, Rule>| -> BTreeMap<String, String> {
        rules.iter().map(|(id, rule)| (id.clone(), sha256_hex(&stable_text(rule)))).collect()
    };
    differing(&hash(before), &hash(after))
}

/// The models whose statement or contract differs.
pub(super) fn changed_models(before: &Texts, after: &Texts) -> Vec<Changed> {
    differing(&model_hashes(before), &model_hashes(after))
}

fn model_hashes(texts: &Texts) -> BTreeMap<String, String> {
    let stem = |path: &String| path.strip_prefix("sql/")?.strip_suffix(".sql").map(str::to_owned);
    let hash = |stem: String| {
        let [sql, contract] = ["sql", "toml"].map(|kind| texts.by_path.get(&format!("sql/{stem}.{kind}")));
        let text = format!("{}\0{}", sql.map_or("", String::as_str), contract.map_or("", String::as_str));
        (stem, sha256_hex(&text))
    };
    texts.by_path.keys().filter_map(stem).map(hash).collect()
}

fn differing(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Changed> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = |name: &String| Changed {
        name: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    };
    names.into_iter().map(changed).filter(|changed| changed.before != changed.after).collect()
}

/// The models that decide a statement's rows: its views, and the stored tables that it reads with theirs.
pub(super) fn models_below(models: &Models, name: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if found.contains_key(&name) {
            continue;
        }
        for model in models.with_views(&name) {
            found.insert(model.name.clone(), model.hash.clone());
        }
        let stored = models.sources_of(&name).into_iter();
        open.extend(stored.filter(|table| models.get(table).is_some_and(|model| model.kind == ModelKind::Table)));
    }
    found
}
