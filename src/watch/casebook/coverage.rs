//! How far a policy covers the documents that its rules cite: clause by clause with rules, cases, runs and lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use engine::Declared;
use law::config::Problem;
use law::domain::{Period, PersonKey};
use law::policy::{ClauseKind, Document, DocumentClause, Policy, Rule, parse_document};
use store::ledger::{Ledger, LedgerError, RunState};
use store::workspace::Assets;

use super::reading::{cases_by_rule, read_cases};

/// What a workspace has done with its rules.
#[derive(Debug, Default)]
pub struct Done {
    /// The last run that ended well: job and period.
    pub last_run: Option<(String, String)>,
    /// The last period that was sealed.
    pub period: Option<Period>,
    /// Its lists that leave the bureau.
    pub lists: usize,
    /// Persons on them by rule, each counted once.
    pub persons: BTreeMap<String, usize>,
}

impl Done {
    pub fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        let runs = ledger.last_runs(200)?;
        let mut good = runs.iter().filter(|run| run.state == RunState::Done);
        let last_run = good.clone().next().map(|run| (run.job.clone(), run.period.clone()));
        let mut done = Self { last_run, ..Self::default() };
        let sealed = good.find_map(|run| {
            let period = Period::parse(&run.period).ok()?;
            let lists = ledger.sealed_lists(period).ok()?;
            (!lists.is_empty()).then_some((period, lists))
        });
        let Some((period, lists)) = sealed else { return Ok(done) };
        let mut persons: BTreeSet<(String, PersonKey)> = BTreeSet::new();
        for list in lists.iter().filter(|list| !list.office.starts_with("YB")) {
            done.lists += 1;
            for person in ledger.list_persons(&list.list_id)?.into_iter().filter(|one| one.delta != "withdrawn") {
                persons.extend(person.rules.iter().map(|rule| (rule.clone(), person.person)));
            }
        }
        for (rule, _) in persons {
            *done.persons.entry(rule).or_default() += 1;
        }
        done.period = Some(period);
        Ok(done)
    }
}

/// A policy's coverage as text, and what is wrong with it.
#[derive(Debug)]
pub struct Coverage {
    pub text: String,
    /// Rules without a case, clauses that ask for a rule and have none, articles that no document has.
    pub problems: Vec<Problem>,
}

/// The coverage of a policy; `done` where there is a workspace.
pub fn coverage(assets: &Assets, name: &str, done: Option<&Done>) -> Result<Coverage, Vec<Problem>> {
    let policy = Declared::read(assets, name)?.into_policy();
    let cases = cases_by_rule(&read_cases(assets, name, &policy)?);
    let documents = documents(assets)?;
    let mut report = Report {
        file: format!("pipelines/policies/{name}.toml"),
        policy,
        cases,
        done,
        coverage: Coverage { text: String::new(), problems: Vec::new() },
    };
    let _ = writeln!(report.coverage.text, "policy {name}: {} rules", report.policy.rules.len());
    if let Some((job, period)) = done.and_then(|done| done.last_run.as_ref()) {
        let _ = writeln!(report.coverage.text, "last run: {job} {period}");
    }
    for (file, document) in &documents {
        if report.policy.rules.iter().any(|rule| rule.clause.document == document.number) {
            report.document(file, document);
        }
    }
    report.other_rules(&documents);
    Ok(report.coverage)
}

/// All documents with their files.
fn documents(assets: &Assets) -> Result<Vec<(String, Document)>, Vec<Problem>> {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for file in assets.list("pipelines/documents/").into_iter().filter(|path| path.strip_suffix(".toml").is_some()) {
        let parsed = match assets.read(&file) {
            Ok(asset) => parse_document(&file, &asset.text),
            Err(error) => Err(vec![Problem::new(&file, 0, error.to_string(), "")]),
        };
        match parsed {
            Ok(document) => documents.push((file, document)),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

struct Report<'a> {
    file: String,
    policy: Policy,
    cases: BTreeMap<String, usize>,
    done: Option<&'a Done>,
    coverage: Coverage,
}

impl Report<'_> {
    fn document(&mut self, file: &str, document: &Document) {
        let rules = self.policy.rules.clone();
        let covered = |clause: &DocumentClause| document.carried_out_by(clause, &rules).next().is_some();
        let count = document.clauses.iter().filter(|clause| covered(clause)).count();
        let title = format!("{}《{}》", document.number, document.title);
        let _ = writeln!(self.coverage.text, "\n{title}: {count} of {} clauses by rules", document.clauses.len());
        for clause in &document.clauses {
            let _ = writeln!(self.coverage.text, "  第{}条 {}", clause.article, clause.summary);
            for rule in document.carried_out_by(clause, &rules) {
                self.rule(rule);
            }
            if covered(clause) {
                continue;
            }
            let word = if clause.kind == ClauseKind::Support { "support 辅助" } else { "no rule 无规则" };
            let note = if clause.note.is_empty() { "" } else { ": " };
            let _ = writeln!(self.coverage.text, "      {word}{note}{}", clause.note);
            if clause.kind == ClauseKind::Rule {
                let message = format!(
                    "{} article {} is to be carried out by a rule; none cites it",
                    document.number, clause.article
                );
                self.problem(file, message, "let a rule cite it, or say kind = \"outside\" and why");
            }
        }
        for rule in rules.iter().filter(|rule| rule.clause.document == document.number) {
            if document.clauses.iter().all(|clause| clause.article != rule.clause.article) {
                let message =
                    format!("rule {} cites article {}, which {file} does not have", rule.id, rule.clause.article);
                self.problem(&self.file.clone(), message, "compare the rule's clause with the document");
            }
        }
    }

    /// Rules whose document no file describes.
    fn other_rules(&mut self, documents: &[(String, Document)]) {
        let is_known = |rule: &&Rule| documents.iter().any(|(_, document)| document.number == rule.clause.document);
        let others: Vec<Rule> = self.policy.rules.iter().filter(|rule| !is_known(rule)).cloned().collect();
        for rule in &others {
            let _ = writeln!(self.coverage.text, "\n{}: not described in pipelines/documents/ 未登记文件", rule.clause);
            self.rule(rule);
        }
    }

    fn rule(&mut self, rule: &Rule) {
        let cases = self.cases.get(&rule.id).copied().unwrap_or_default();
        let mut line = format!("      {} {} (version {}): {cases} cases", rule.id, rule.name, rule.version);
        if let Some(done) = self.done {
            let persons = done.persons.get(&rule.id).copied().unwrap_or_default();
            match done.period {
                Some(period) => {
                    let _ = write!(line, ", {persons} persons on the {} lists of {period}", done.lists);
                }
                None => line.push_str(", no list sealed yet"),
            }
        }
        self.coverage.text.push_str(&line);
        self.coverage.text.push('\n');
        if cases == 0 {
            let message = format!("rule {} has no case", rule.id);
            self.problem(&self.file.clone(), message, "write one in the policy's cases/ folder");
        }
    }

    fn problem(&mut self, file: &str, message: String, hint: &str) {
        self.coverage.problems.push(Problem::new(file, 0, message, hint));
    }
}
