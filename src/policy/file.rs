//! Reading a policy file: every fault is named with its line and a way to mend it.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;

use super::Basis;
use super::rule::{Adjustments, Clause, Cost, Geography, LineRule, Operator, Policy, Rule, Rural, Who};
use crate::config::{Problem, nearest};
use crate::domain::{Tag, parse_date};

/// Shapes that `sql/rules/` carries out.
const SHAPES: [&str; 1] = ["person_window_over_line"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    rules: Vec<RuleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: Spanned<String>,
    name: String,
    #[serde(default = "first_version")]
    version: String,
    shape: Spanned<String>,
    who: WhoFile,
    cost: CostFile,
    line: LineFile,
    warn_at: Spanned<String>,
    recipients: Vec<String>,
    cadence: Spanned<String>,
    valid: ValidFile,
    clause: Spanned<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoFile {
    tags: Vec<Spanned<String>>,
    insurance: Vec<Spanned<String>>,
    rural: Rural,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CostFile {
    basis: Spanned<String>,
    window: Spanned<String>,
    date: Spanned<String>,
    #[serde(default = "subtract")]
    adjustments: Adjustments,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFile {
    series: String,
    geography: Geography,
    year_offset: Spanned<i32>,
    multiple: Spanned<String>,
    operator: Operator,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidFile {
    from: Spanned<String>,
    #[serde(default)]
    to: Option<Spanned<String>>,
}

fn first_version() -> String {
    "1".to_owned()
}

const fn subtract() -> Adjustments {
    Adjustments::Subtract
}

/// Reads a policy file; `file` is its name as problems show it.
///
/// # Errors
/// All faults of the file, in the order of its lines.
pub fn parse_policy(file: &str, text: &str) -> Result<Policy, Vec<Problem>> {
    let parsed: PolicyFile = toml::from_str(text).map_err(|error| vec![Problem::in_toml(file, text, &error)])?;
    let mut reader = Reader { file, text, problems: Vec::new() };
    if parsed.rules.is_empty() {
        reader.problems.push(Problem::new(file, 0, "there is no rule", "add a [[rules]] table; the README shows one"));
    }
    let starts: Vec<(String, usize)> =
        parsed.rules.iter().map(|rule| (rule.id.get_ref().clone(), rule.id.span().start)).collect();
    let rules: Vec<Option<Rule>> = parsed.rules.into_iter().map(|rule| reader.rule(rule)).collect();
    let rules: Vec<Rule> = rules.into_iter().flatten().collect();
    reader.overlaps(&rules, &starts);
    if reader.problems.is_empty() {
        let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml").to_owned();
        Ok(Policy { name, rules })
    } else {
        reader.problems.sort_by_key(|problem| problem.line);
        Err(reader.problems)
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn fault(&mut self, span: std::ops::Range<usize>, message: String, hint: String) {
        self.problems.push(Problem::at(self.file, self.text, span.start, message, hint));
    }

    fn rule(&mut self, rule: RuleFile) -> Option<Rule> {
        let id_fits =
            |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !id_fits(rule.id.get_ref()) {
            self.fault(rule.id.span(), "a rule's id has only a-z, 0-9 and -".into(), "e.g. fujian-relapse".into());
        }
        self.word(&rule.shape, &SHAPES, "shape");
        self.word(&rule.cost.window, &["calendar_year"], "window");
        self.word(&rule.cost.date, &["settled"], "date");
        self.word(&rule.cadence, &["monthly"], "cadence");
        let clause = rule.clause.get_ref();
        if clause.document.trim().is_empty() || clause.article.trim().is_empty() {
            self.fault(rule.clause.span(), "the clause is empty".into(), "name the document and its article".into());
        }
        if !(-10..=0).contains(rule.line.year_offset.get_ref()) {
            self.fault(rule.line.year_offset.span(), "year_offset lies outside -10 to 0".into(), "-1 is 上年".into());
        }
        let tags = self.tags(&rule.who.tags);
        let insurance = self.insurance(&rule.who.insurance);
        let basis = self.basis(&rule.cost.basis);
        let multiple = self.decimal(&rule.line.multiple, "multiple", "0.01", "100");
        let warn_at = self.decimal(&rule.warn_at, "warn_at", "0.01", "1");
        let from = self.date(&rule.valid.from);
        let to = rule.valid.to.as_ref().map(|to| self.date(to));
        let (from, to) = (from?, to.map_or(Some(None), |to| to.map(Some))?);
        if to.is_some_and(|to| to < from) {
            self.fault(rule.valid.from.span(), "the rule ends before it begins".into(), "swap the dates".into());
        }
        Some(Rule {
            id: rule.id.into_inner(),
            name: rule.name,
            version: rule.version,
            shape: rule.shape.into_inner(),
            who: Who { tags: tags?, insurance: insurance?, rural: rule.who.rural },
            cost: Cost { basis: basis?, adjustments: rule.cost.adjustments },
            line: LineRule {
                series: rule.line.series,
                geography: rule.line.geography,
                year_offset: rule.line.year_offset.into_inner(),
                multiple: multiple?,
                operator: rule.line.operator,
            },
            warn_at: warn_at?,
            recipients: rule.recipients,
            from,
            to,
            clause: rule.clause.into_inner(),
        })
    }

    fn word(&mut self, value: &Spanned<String>, known: &[&str], key: &str) {
        if !known.contains(&value.get_ref().as_str()) {
            self.unknown(value, known.iter().copied(), key);
        }
    }

    fn unknown<'k>(&mut self, value: &Spanned<String>, known: impl Iterator<Item = &'k str> + Clone, key: &str) {
        let list = known.clone().collect::<Vec<_>>().join(", ");
        let hint = nearest(value.get_ref(), known)
            .map_or_else(|| format!("it may be one of: {list}"), |near| format!("did you mean `{near}`?"));
        self.fault(value.span(), format!("`{}` is no {key}", value.get_ref()), hint);
    }

    fn tags(&mut self, tags: &[Spanned<String>]) -> Option<Vec<Tag>> {
        let known: Vec<Option<Tag>> = tags
            .iter()
            .map(|tag| {
                Tag::parse(tag.get_ref()).ok().or_else(|| {
                    self.unknown(tag, Tag::ALL.iter().map(|tag| tag.code()), "tag");
                    None
                })
            })
            .collect();
        known.into_iter().collect()
    }

    fn insurance(&mut self, types: &[Spanned<String>]) -> Option<Vec<String>> {
        let mut fine = true;
        for code in types {
            if code.get_ref().len() != 3 || !code.get_ref().bytes().all(|b| b.is_ascii_digit()) {
                self.fault(
                    code.span(),
                    "an insurance type has three digits".into(),
                    "390 residents, 310 employees".into(),
                );
                fine = false;
            }
        }
        fine.then(|| types.iter().map(|code| code.get_ref().clone()).collect())
    }

    fn basis(&mut self, basis: &Spanned<String>) -> Option<Basis> {
        let found = Basis::ALL.into_iter().find(|known| known.name() == basis.get_ref());
        if found.is_none() {
            self.unknown(basis, Basis::ALL.iter().map(|basis| basis.name()), "basis");
        }
        found
    }

    fn decimal(&mut self, value: &Spanned<String>, key: &str, low: &str, high: &str) -> Option<Decimal> {
        let bound = |text: &str| text.parse::<Decimal>().unwrap_or_default();
        let number = value.get_ref().parse::<Decimal>().ok();
        let fits = number.filter(|number| *number >= bound(low) && *number <= bound(high));
        if fits.is_none() {
            let message = format!("{key} is not a number from {low} to {high}");
            self.fault(value.span(), message, "write it as text with a point, e.g. \"1.0\"".into());
        }
        fits
    }

    fn date(&mut self, value: &Spanned<String>) -> Option<chrono::NaiveDate> {
        let date = parse_date(value.get_ref()).ok();
        if date.is_none() {
            self.fault(value.span(), "this is no date".into(), "write it as \"2022-01-01\"".into());
        }
        date
    }

    /// Two versions of one rule may not hold on the same day.
    fn overlaps(&mut self, rules: &[Rule], starts: &[(String, usize)]) {
        let mut told = BTreeSet::new();
        for (at, rule) in rules.iter().enumerate() {
            for later in rules.iter().skip(at + 1).filter(|later| later.id == rule.id) {
                let apart = rule.to.is_some_and(|to| to < later.from) || later.to.is_some_and(|to| to < rule.from);
                if !apart && told.insert(rule.id.clone()) {
                    let start = starts.iter().rev().find(|(id, _)| *id == rule.id).map_or(0, |(_, start)| *start);
                    let message = format!("two versions of rule {} hold on the same day", rule.id);
                    self.fault(start..start, message, "end the older one with valid.to the day before".into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUJIAN: &str = include_str!("../../pipelines/policies/fujian.toml");

    #[test]
    fn fujian_has_its_two_rules() {
        let policy = parse_policy("pipelines/policies/fujian.toml", FUJIAN).unwrap();
        let lines: Vec<_> = policy.rules.iter().map(|r| (r.id.as_str(), r.line.multiple.to_string())).collect();
        assert_eq!(policy.name, "fujian");
        assert_eq!(lines, [("fujian-relapse", "1.0".to_owned()), ("fujian-into-poverty", "2.0".to_owned())]);
    }

    #[test]
    fn every_fault_names_line_and_mend() {
        for (from, to, said) in [
            ("multiple = \"1.0\"", "mutliple = \"1.0\"", "did you mean `multiple`?"),
            ("multiple = \"1.0\"", "multiple = 1.0", "expected a string"),
            ("multiple = \"1.0\"", "multiple = \"0\"", "multiple is not a number from 0.01 to 100"),
            ("multiple = \"1.0\"", "multiple = \"1000000000\"", "multiple is not a number"),
            ("tags = [\"lifted_out\"]", "tags = [\"lifted_uot\"]", "did you mean `lifted_out`?"),
            (
                "basis = \"in_catalogue_self_pay\"",
                "basis = \"in_catalog_self_pay\"",
                "did you mean `in_catalogue_self_pay`?",
            ),
            ("from = \"2022-01-01\"", "from = \"2022-13-01\"", "this is no date"),
            ("article = \"11\"", "article = \"\"", "the clause is empty"),
            ("id = \"fujian-into-poverty\"", "id = \"fujian-relapse\"", "hold on the same day"),
            ("window = \"calendar_year\"", "window = \"calender_year\"", "did you mean `calendar_year`?"),
            ("clause = {", "# clause = {", "missing field `clause`"),
        ] {
            assert!(FUJIAN.contains(from), "{from}");
            let problems = parse_policy("fujian.toml", &FUJIAN.replacen(from, to, 1)).unwrap_err();
            let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert!(text.contains(said), "{to}: {text}");
            assert!(problems.iter().all(|problem| problem.line > 0), "{text}");
        }
    }
}
