//! Trying a draft policy on the stored data: what it would find, whom it would add and drop, how sure that is.
//!
//! Reads only: no lock, no ledger, no version. Persons live as long as their bucket is counted; what is left are
//! counts (`count`), small ones hidden (`tables`), as a report for machines (`report`) and as a page (`page`).

mod count;
mod page;
mod report;
mod rows;
mod run;
mod tables;
mod variants;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub use report::{FlipPart, MadeFrom, Persons, PolicyPart, RulePart, Simulation, VariantPart};
pub use tables::{Label, Row, Table};

use engine::compute::{Data, Evaluation, Lines};
use engine::{Declared, Engine, PipelineError, sha256_hex};
use law::config::Problem;
use law::contracts::Feed;
use law::domain::Period;
use law::policy::{Policy, Rule};
use office::lists::line_text;
use report::{Facts, PolicyFacts};
use store::durable::At as _;
use store::warehouse::{Version, Warehouse};
use store::workspace::Workspace;

#[derive(Debug, Clone, Copy)]
pub struct SimulationRequest<'a> {
    pub draft: PolicyText<'a>,
    /// What it is set against; `None`: the workspace's policy.
    pub against: Option<PolicyText<'a>>,
    /// The period; `None`: the last one whose findings are stored, else the last month with claims.
    pub period: Option<Period>,
}

/// A policy file that lies anywhere.
#[derive(Debug, Clone, Copy)]
pub struct PolicyText<'a> {
    /// Its name as problems show it.
    pub file: &'a str,
    pub text: &'a str,
}

/// Tries a draft.
///
/// # Errors
/// When a policy, a table or a model is wrong (all problems at once), nothing is stored yet, or a file is damaged.
pub async fn simulate(workspace: &Workspace, request: SimulationRequest<'_>) -> Result<Simulation, PipelineError> {
    let assets = &workspace.assets;
    let read =
        |policy: PolicyText<'_>| Declared::with_draft(assets, policy.file, policy.text).map_err(PipelineError::Config);
    let draft = read(request.draft)?;
    let against = match request.against {
        Some(policy) => read(policy)?,
        None => Declared::read(assets, &workspace.settings.policy).map_err(PipelineError::Config)?,
    };
    let folder = workspace.layout.warehouse();
    let nothing = || PipelineError::NotReady(NOTHING_STORED.to_owned());
    if !folder.is_dir() {
        return Err(nothing());
    }
    let warehouse = Warehouse::of(&folder, &workspace.settings.warehouse)?;
    let version = warehouse.current().await?;
    let period = request.period.or_else(|| last_period(&version)).ok_or_else(nothing)?;
    let known: BTreeMap<String, String> =
        draft.counties_of(&workspace.settings.area).into_iter().map(|c| (c.code.to_string(), c.name)).collect();
    let (draft_hash, against_hash) = (draft.policy_hash().to_owned(), against.policy_hash().to_owned());
    let against = against.into_policy();
    let rosters = Arc::new(draft.rosters(&workspace.settings)?);
    let places = draft.places(&workspace.settings.area);
    let (draft, models) = draft.into_policy_and_models();
    let scratch = tempfile::tempdir().at(Path::new("scratch folder"))?;
    let engine = Engine::new(models, &workspace.settings.engine, scratch.path())?;
    let made_from = made_from(&version, &engine);

    let parts = [&draft, &against].map(|policy| in_force(policy, period));
    if parts[0].is_empty() {
        let why = format!("no rule is in force on {}", period.last_day());
        let hint = "see the rules' valid.from and valid.to, or choose another --month";
        return Err(PipelineError::Config(vec![Problem::new(request.draft.file, 0, why, hint)]));
    }
    let workers = engine::workers_of(&workspace.settings.engine);
    let counties: BTreeSet<String> = known.keys().cloned().collect();
    let data = Data::Stored { warehouse: &warehouse, version: &version };
    let evaluation = Evaluation::new(&engine, data, counties, workers).with_tables(rosters, places);
    let found = run::count(&evaluation, [&parts[0], &parts[1]], period).await?;

    let [draft_rules, against_rules] = parts;
    let name =
        |policy: &Policy, file: Option<PolicyText<'_>>| file.map_or(policy.name.clone(), |file| file.file.to_owned());
    let facts = Facts {
        period,
        area: area(workspace),
        made_from,
        warnings: warnings(&version, period, &draft_rules, &found.draft_lines),
        counties: known,
        draft: policy_facts(name(&draft, Some(request.draft)), draft_hash, draft_rules, &found.draft_lines),
        against: policy_facts(name(&against, request.against), against_hash, against_rules, &found.against_lines),
    };
    Ok(Simulation::of(&found.counts, facts))
}

const NOTHING_STORED: &str =
    "there are no accepted claims to simulate on; put files in landing/claims/ and run nightly";

/// The last period that a job looked at, else the last month with claims.
fn last_period(version: &Version) -> Option<Period> {
    let last = |table| version.table(table).filter_map(|file| file.month).max();
    last("claims")?;
    last("findings").or_else(|| last("claims"))
}

fn in_force(policy: &Policy, period: Period) -> Vec<&Rule> {
    policy.in_force(period.last_day()).collect()
}

fn policy_facts<'r>(name: String, sha256: String, rules: Vec<&'r Rule>, lines: &[Lines]) -> PolicyFacts<'r> {
    let lines = rules.iter().zip(lines).map(|(rule, lines)| line_text(rule, lines)).collect();
    PolicyFacts { name, sha256, rules, lines }
}

fn area(workspace: &Workspace) -> Label {
    let settings = &workspace.settings;
    let name = if settings.bureau.area_name.is_empty() { &settings.area } else { &settings.bureau.area_name };
    Label::new(&settings.area, name)
}

fn made_from(version: &Version, engine: &Engine) -> MadeFrom {
    let feeds = Feed::ALL.map(Feed::name);
    let hashes = version.files.iter().filter(|file| feeds.contains(&&*file.table)).map(|file| file.sha256.as_str());
    MadeFrom {
        version: version.number,
        data_sha256: sha256_hex(&hashes.collect::<String>()),
        models_sha256: sha256_hex(&engine.models().iter().map(|model| model.hash.as_str()).collect::<String>()),
    }
}

/// What would make an officer read the numbers wrongly.
fn warnings(version: &Version, period: Period, rules: &[&Rule], lines: &[Lines]) -> Vec<String> {
    let mut warnings = Vec::new();
    if !version.table("claims").any(|file| file.month.is_some_and(|month| month.month() == period.month())) {
        warnings.push(format!("{}没有已接收的结算数据。", Period::from(period.month()).chinese()));
    }
    for (rule, lines) in rules.iter().zip(lines) {
        if !lines.missing.is_empty() {
            let count = lines.missing.len();
            warnings.push(format!("规则“{}”：{count}个县区缺少收入数据，当地人员一律列为待核实。", rule.name));
        }
        if lines.is_provisional() {
            warnings.push(format!("规则“{}”：上年收入尚未公布，暂用前一年数据。", rule.name));
        }
    }
    warnings
}
