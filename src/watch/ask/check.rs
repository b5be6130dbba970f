//! Checking everything that people write, without data: settings, policy, jobs, tables, SQL.

use engine::{Declared, Engine};
use law::config::{EngineSettings, Problem};
use law::policy::describe;
use store::workspace::Workspace;

/// All problems of a workspace's files; none means that the next run will at least start.
pub async fn check(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for policy in workspace.assets.policies() {
        match Declared::read(&workspace.assets, &policy) {
            Err(found) => problems.extend(found),
            Ok(declared) if policy == workspace.settings.policy => {
                problems.extend(declared.route_problems(workspace));
                problems.extend(declared.unfit());
                let area = &workspace.settings.area;
                if !declared.names_counties_of(area) {
                    let message = format!("no county of area {area} is named: a county with nobody would get no list");
                    let hint = "name each county: its six-digit code and its name";
                    problems.push(Problem::new("pipelines/tables/counties.csv", 0, message, hint));
                }
                match Engine::new(declared.into_models(), &EngineSettings::default(), &workspace.layout.scratch()) {
                    Ok(engine) => problems.extend(engine.check().await),
                    Err(error) => problems.push(Problem::new("sql", 0, error.to_string(), "")),
                }
            }
            Ok(_) => {}
        }
    }
    problems.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    problems.dedup();
    problems
}

/// The rules of the policy in use and what they take the place of, one line each; `None` while its files are wrong.
#[must_use]
pub fn policy_layers(workspace: &Workspace) -> Option<String> {
    let declared = Declared::read(&workspace.assets, &workspace.settings.policy).ok()?;
    Some(describe::layers(declared.policy()))
}
