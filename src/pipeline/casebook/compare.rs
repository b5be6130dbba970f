//! What a rule found beside what the case says must come out.

use std::collections::BTreeMap;
use std::fmt;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};

use super::rows::unit_id;
use crate::domain::Fen;
use crate::engine::EngineError;
use crate::pipeline::PipelineError;
use crate::policy::Policy;
use crate::policy::casebook::{Case, Expected, reason_word, status_word};

/// A case that did not come out as written.
#[derive(Debug, Clone)]
pub struct CaseFailure {
    /// Its file.
    pub file: String,
    /// Its line, or that of the first result that differs.
    pub line: usize,
    /// Its number (编号).
    pub id: String,
    /// What it shows.
    pub says: String,
    /// Every difference, in Chinese and English.
    pub differences: Vec<String>,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} {}", self.file, self.line, self.id, self.says)?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// One finding, as far as cases speak of it.
#[derive(Debug, Clone, Default)]
struct Found {
    status: String,
    reason: Option<String>,
    measured: Option<Fen>,
    line: Option<Fen>,
    income: Option<Fen>,
    excess: Option<Fen>,
    band: Option<String>,
    is_provisional: Option<bool>,
    county: Option<String>,
    claims: Option<i64>,
    unit: Option<String>,
}

/// All findings of a world, by person and rule.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: BTreeMap<(i64, String), Vec<Found>>,
}

impl Findings {
    /// Reads the rows by column name.
    pub(super) fn read(batches: &[RecordBatch]) -> Result<Self, PipelineError> {
        let mut findings = Self::default();
        for batch in batches {
            let missing = |name: &str| {
                let why = format!("it must return {name}");
                PipelineError::from(EngineError::Model { model: "rules".to_owned(), why })
            };
            let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
            let keys = column("person_key")?.as_primitive_opt::<Int64Type>().ok_or_else(|| missing("person_key"))?;
            for row in 0..batch.num_rows() {
                let text = |name: &str| -> Result<Option<String>, PipelineError> {
                    if batch.column_by_name(name).is_none() {
                        return Ok(None);
                    }
                    let cells = column(name)?.as_string_opt::<i32>().ok_or_else(|| missing(name))?;
                    Ok((!cells.is_null(row)).then(|| cells.value(row).to_owned()))
                };
                let money = |name: &str| -> Result<Option<Fen>, PipelineError> {
                    let cells = column(name)?.as_primitive_opt::<Decimal128Type>().ok_or_else(|| missing(name))?;
                    Ok((!cells.is_null(row)).then(|| cells.value(row)).and_then(|fen| i64::try_from(fen).ok()).map(Fen))
                };
                let flags = batch.column_by_name("is_provisional").and_then(|c| c.as_boolean_opt());
                let counts = column("claim_count")?.as_primitive_opt::<Int64Type>();
                let found = Found {
                    status: text("status")?.unwrap_or_default(),
                    reason: text("reason")?,
                    measured: money("measured_amount")?,
                    line: money("line_amount")?,
                    income: money("income_amount")?,
                    excess: money("excess_amount")?,
                    band: text("band")?,
                    is_provisional: flags.filter(|f| !f.is_null(row)).map(|f| f.value(row)),
                    county: text("county_code")?,
                    claims: counts.filter(|counts| !counts.is_null(row)).map(|counts| counts.value(row)),
                    unit: text("unit_id")?,
                };
                let key = (keys.value(row), text("rule_id")?.unwrap_or_default());
                findings.found.entry(key).or_default().push(found);
            }
        }
        Ok(findings)
    }

    /// Compares a case with what was found of its people; `own` says which rules the policy wrote itself.
    pub(super) fn compare(&self, case: &Case, keys: &[i64], policy: &Policy) -> Option<CaseFailure> {
        let mut line = case.line;
        let mut differences = Vec::new();
        for expected in &case.results {
            let name = &case.people[expected.person].name;
            let rows = self.found.get(&(keys[expected.person], expected.rule.clone())).map_or(&[][..], Vec::as_slice);
            let found = self.differences(case, expected, rows, policy);
            if differences.is_empty() && !found.is_empty() {
                line = expected.line;
            }
            differences.extend(found.into_iter().map(|text| format!("{name}, {}: {text}", expected.rule)));
        }
        for (person, key) in case.people.iter().zip(keys) {
            let rows = self.found.range((*key, String::new())..).take_while(|((other, _), _)| other == key);
            for ((_, rule), found) in rows {
                let is_named = |e: &Expected| e.rule == *rule && case.people[e.person].name == person.name;
                let is_hit = |found: &Found| !matches!(found.status.as_str(), "below" | "outside");
                if let Some(found) = found.iter().find(|found| is_hit(found) && !case.results.iter().any(is_named)) {
                    let status = status_word(&found.status);
                    differences.push(format!(
                        "{}, {rule}: 未列出的结果 a result that the case does not state: {status}{}",
                        person.name,
                        found.reason.as_deref().map_or(String::new(), |reason| format!(" ({})", reason_word(reason)))
                    ));
                }
            }
        }
        let failure =
            CaseFailure { file: case.file.clone(), line, id: case.id.clone(), says: case.says.clone(), differences };
        (!failure.differences.is_empty()).then_some(failure)
    }

    fn differences(&self, case: &Case, expected: &Expected, rows: &[Found], policy: &Policy) -> Vec<String> {
        let none = Found { status: "below".to_owned(), ..Found::default() };
        let found = match rows {
            [] => &none,
            [one] => one,
            _ => return vec![format!("{} findings of one person by one rule", rows.len())],
        };
        let mut told = Vec::new();
        let mut tell = |what: &str, expected: &str, found: &str| {
            if expected != found {
                told.push(format!("{what}: 应为 expected {expected}, 实为 found {found}"));
            }
        };
        let reason = found.reason.as_deref().unwrap_or_default();
        let because = if reason.is_empty() { String::new() } else { format!(" ({})", reason_word(reason)) };
        if expected.status != found.status {
            tell("结论 status", status_word(&expected.status), &format!("{}{because}", status_word(&found.status)));
        }
        if let Some(wanted) = &expected.reason {
            tell("原因 reason", reason_word(wanted), reason_word(reason));
        }
        let money = |fen: Option<Fen>| fen.map_or("无 none".to_owned(), |fen| fen.to_string());
        for (what, wanted, got) in [
            ("金额 amount", expected.measured, found.measured),
            ("标准 line", expected.line_amount, found.line),
            ("收入 income figure", expected.income, found.income),
            ("超出 excess", expected.excess, found.excess),
        ] {
            if wanted.is_some() {
                tell(what, &money(wanted), &money(got));
            }
        }
        let word = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or("无 none").to_owned();
        let unit = expected.unit.as_ref().map(|unit| unit_id(case, unit));
        for (what, wanted, got) in [
            ("档位 band", &expected.band, &found.band),
            ("县区 county", &expected.county, &found.county),
            ("住院号 visit", &unit, &found.unit),
        ] {
            if wanted.is_some() {
                tell(what, &word(wanted.as_deref()), &word(got.as_deref()));
            }
        }
        let yes = |flag: Option<bool>| flag.map_or("无 none", |flag| if flag { "是" } else { "否" });
        if expected.is_provisional.is_some() {
            tell("暂用 provisional", yes(expected.is_provisional), yes(found.is_provisional));
        }
        let count = |number: Option<i64>| number.map_or("无 none".to_owned(), |number| number.to_string());
        if expected.claims.is_some() {
            tell("笔数 claims", &count(expected.claims), &count(found.claims));
        }
        if let Some(article) = &expected.article {
            let rule = policy.in_force(case.period.last_day()).find(|rule| rule.id == expected.rule);
            tell("条款 article", article, rule.map_or("无 none", |rule| rule.clause.article.as_str()));
        }
        told
    }
}
