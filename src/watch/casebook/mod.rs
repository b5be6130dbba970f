//! Carrying out case books: each case's people and settlements go through the real SQL, and what comes out is
//! compared with what the case says. Reads the assets only; no workspace data, no ledger.

mod compare;
mod coverage;
mod found;
mod reading;
mod rows;
mod world;

use std::path::Path;
use std::sync::Arc;

use engine::{Declared, Engine, PipelineError, in_parallel};
use law::config::{EngineSettings, Problem};
use store::durable::At as _;
use store::workspace::Assets;

pub use compare::CaseFailure;
pub use coverage::{Coverage, Done, coverage};
pub use reading::{case_folder, cases_by_rule, read_cases};
use world::World;

/// What the case books said.
#[derive(Debug, Default)]
pub struct CaseReport {
    pub cases: usize,
    pub policies: usize,
    /// Cases that did not come out as written, by file and line.
    pub failures: Vec<CaseFailure>,
}

/// Which cases to carry out, and how far.
#[derive(Debug, Clone, Default)]
pub struct CaseSelection {
    /// Policies; none named means all.
    pub policies: Vec<String>,
    /// Ends at the first world in which a case fails.
    pub stops_early: bool,
    /// Worlds worked on at once; 0 means one per processor.
    pub workers: usize,
}

/// Carries out the case books of all policies, or of those named.
pub async fn run_case_books(assets: &Assets, selection: &CaseSelection) -> Result<CaseReport, PipelineError> {
    let policies = selected(assets, selection)?;
    let mut report = CaseReport::default();
    let (mut worlds, mut problems, mut models) = (Vec::new(), Vec::new(), None);
    for name in &policies {
        let declared = match Declared::read(assets, name) {
            Ok(declared) => declared,
            Err(mut found) => {
                problems.append(&mut found);
                continue;
            }
        };
        let (policy, own_models) = declared.into_policy_and_models();
        models.get_or_insert(own_models);
        match read_cases(assets, name, &policy) {
            Ok(cases) if cases.is_empty() => {}
            Ok(cases) => {
                report.cases += cases.len();
                report.policies += 1;
                worlds.extend(World::of_cases(&Arc::new(policy), cases));
            }
            Err(mut found) => problems.append(&mut found),
        }
    }
    let Some(models) = models.filter(|_| problems.is_empty()) else {
        problems.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
        problems.dedup();
        return Err(PipelineError::Config(problems));
    };
    let scratch = tempfile::tempdir().at(Path::new("scratch folder"))?;
    let engine = Arc::new(Engine::new(models, &EngineSettings::default(), scratch.path())?);
    report.failures = carry_out(&engine, worlds, selection).await?;
    report.failures.sort_by(|a, b| (&a.file, a.line, &a.id).cmp(&(&b.file, b.line, &b.id)));
    Ok(report)
}

fn selected(assets: &Assets, selection: &CaseSelection) -> Result<Vec<String>, PipelineError> {
    let all = assets.policies();
    if let Some(name) = selection.policies.iter().find(|name| !all.contains(name)) {
        let hint = law::config::nearest(name, all.iter().map(String::as_str))
            .map_or_else(|| format!("there are {}", all.join(", ")), |near| format!("did you mean `{near}`?"));
        let file = format!("pipelines/policies/{name}.toml");
        return Err(PipelineError::Config(vec![Problem::new(&file, 0, "there is no such policy", hint)]));
    }
    Ok(if selection.policies.is_empty() { all } else { selection.policies.clone() })
}

/// Why carrying out ends before all worlds were looked at.
enum Stop {
    Failed(Vec<CaseFailure>),
    Broken(PipelineError),
}

async fn carry_out(
    engine: &Arc<Engine>,
    worlds: Vec<World>,
    selection: &CaseSelection,
) -> Result<Vec<CaseFailure>, PipelineError> {
    let workers = match selection.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    };
    let (engine, stops_early) = (engine.clone(), selection.stops_early);
    let outcome = in_parallel(workers, worlds, move |world| {
        let engine = engine.clone();
        async move {
            let failures = world.carry_out(&engine).await.map_err(Stop::Broken)?;
            if stops_early && !failures.is_empty() { Err(Stop::Failed(failures)) } else { Ok(failures) }
        }
    });
    match outcome.await {
        Ok(failures) => Ok(failures.concat()),
        Err(Stop::Failed(failures)) => Ok(failures),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// What is wrong with the case books of all policies, without carrying them out; second, rules of the policy in use
/// that have no case.
#[must_use]
pub fn check_case_books(assets: &Assets, in_use: &str) -> (Vec<Problem>, Vec<Problem>) {
    let (mut problems, mut missing) = (Vec::new(), Vec::new());
    for name in assets.policies() {
        // a policy that cannot be read is told elsewhere
        let Ok(declared) = Declared::read(assets, &name) else { continue };
        let policy = declared.into_policy();
        match read_cases(assets, &name, &policy) {
            Err(mut found) => problems.append(&mut found),
            Ok(cases) if name == in_use => {
                let counts = cases_by_rule(&cases);
                let bare = policy.rules.iter().filter(|rule| !counts.contains_key(&rule.id));
                missing.extend(bare.map(|rule| {
                    let hint = format!("write one in {}", case_folder(&name));
                    Problem::new(
                        &format!("pipelines/policies/{name}.toml"),
                        0,
                        format!("rule {} has no case", rule.id),
                        hint,
                    )
                }));
            }
            Ok(_) => {}
        }
    }
    (problems, missing)
}
