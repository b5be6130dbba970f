//! What a rule found beside what the case says must come out.

use std::fmt;

use law::cases::{Outcome, Reason};
use law::domain::Fen;
use law::policy::Policy;
use law::policy::casebook::{Case, Expected, reason_word, status_word};

use super::found::{Findings, Found};
use super::rows::unit_id;

/// A case that did not come out as written.
#[derive(Debug, Clone)]
pub struct CaseFailure {
    pub file: String,
    /// Its line, or that of the first result that differs.
    pub line: usize,
    /// Its number (编号).
    pub id: String,
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

/// Compares a case with what was found of its people.
pub(super) fn compare(case: &Case, keys: &[i64], findings: &Findings, policy: &Policy) -> Option<CaseFailure> {
    let mut line = case.line;
    let mut told = Vec::new();
    for expected in &case.results {
        let name = &case.people[expected.person].name;
        let found = differences(case, expected, findings.of(keys[expected.person], &expected.rule), policy);
        if told.is_empty() && !found.is_empty() {
            line = expected.line;
        }
        told.extend(found.into_iter().map(|text| format!("{name}, {}: {text}", expected.rule)));
    }
    for (at, (person, key)) in case.people.iter().zip(keys).enumerate() {
        let is_stated = |rule: &str| case.results.iter().any(|result| result.person == at && result.rule == rule);
        let hits = findings.of_person(*key).filter(|(rule, found)| found.status.status().is_some() && !is_stated(rule));
        told.extend(hits.map(|(rule, found)| {
            let what = "未列出的结果 a result that the case does not state";
            format!("{}, {rule}: {what}: {}", person.name, described(found))
        }));
    }
    (!told.is_empty()).then(|| CaseFailure {
        file: case.file.clone(),
        line,
        id: case.id.clone(),
        says: case.says.clone(),
        differences: told,
    })
}

fn described(found: &Found) -> String {
    let status = status_word(found.status);
    found.reason.map_or_else(|| status.to_owned(), |reason| format!("{status} ({})", reason_word(reason.code())))
}

/// Nobody who is not above the floor has a row: that is below.
fn differences(case: &Case, expected: &Expected, rows: &[Found], policy: &Policy) -> Vec<String> {
    let found = match rows {
        [] => None,
        [one] => Some(one),
        _ => return vec![format!("{} findings of one person by one rule", rows.len())],
    };
    let mut told = Told(Vec::new());
    if expected.status != found.map_or(Outcome::Below, |found| found.status) {
        let shown = found.map_or_else(|| status_word(Outcome::Below).to_owned(), described);
        told.tell("结论 status", status_word(expected.status), &shown);
    }
    if let Some(reason) = &expected.reason {
        told.tell(
            "原因 reason",
            reason_word(reason),
            reason_word(found.and_then(|found| found.reason).map_or("", Reason::code)),
        );
    }
    told.amount("金额 amount", expected.measured, found.and_then(|found| found.measured));
    told.amount("标准 line", expected.line_amount, found.and_then(|found| found.line));
    told.amount("收入 income figure", expected.income, found.and_then(|found| found.income));
    told.amount("超出 excess", expected.excess, found.and_then(|found| found.excess));
    told.text("档位 band", expected.band.as_deref(), found.and_then(|found| found.band.as_deref()));
    told.text("县区 county", expected.county.as_deref(), found.and_then(|found| found.county.as_deref()));
    let unit = expected.unit.as_ref().map(|unit| unit_id(case, unit));
    told.text("住院号或申请号 visit or application", unit.as_deref(), found.and_then(|found| found.unit.as_deref()));
    let yes = |flag: bool| if flag { "是" } else { "否" };
    told.text(
        "暂用 provisional",
        expected.is_provisional.map(yes),
        found.and_then(|found| found.is_provisional).map(yes),
    );
    let count = |number: Option<i64>| number.map(|number| number.to_string());
    told.text("笔数 claims", count(expected.claims).as_deref(), count(found.and_then(|found| found.claims)).as_deref());
    let rule = policy.in_force(case.period.last_day()).find(|rule| rule.id == expected.rule);
    told.text("条款 article", expected.article.as_deref(), rule.map(|rule| rule.clause.article.as_str()));
    told.0
}

struct Told(Vec<String>);

impl Told {
    fn tell(&mut self, what: &str, expected: &str, found: &str) {
        if expected != found {
            self.0.push(format!("{what}: 应为 expected {expected}, 实为 found {found}"));
        }
    }

    /// Empty text and none are the same; what is not expected may be anything.
    fn text(&mut self, what: &str, expected: Option<&str>, found: Option<&str>) {
        if let Some(expected) = expected {
            let shown = |text: &str| if text.is_empty() { "无 none".to_owned() } else { text.to_owned() };
            self.tell(what, &shown(expected), &shown(found.unwrap_or_default()));
        }
    }

    fn amount(&mut self, what: &str, expected: Option<Fen>, found: Option<Fen>) {
        let (expected, found) = (expected.map(|fen| fen.to_string()), found.map(|fen| fen.to_string()));
        self.text(what, expected.as_deref(), found.as_deref());
    }
}
