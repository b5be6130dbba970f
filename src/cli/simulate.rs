//! `simulate`: a draft policy tried on the stored data; a report of counts for officers, and nothing else changed.

use std::path::{Path, PathBuf};

use law::domain::Period;
use store::durable::{self, Readers};
use store::workspace;
use watch::{PolicyText, Simulation, SimulationRequest};

use super::arguments::{Format, period_argument};
use super::failure::{CONFIG, Failure, INTERNAL, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The draft: a policy file, anywhere on disk.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// What it is set against: `current`, the workspace's policy, or another policy file.
    #[arg(long, value_name = "current|FILE", default_value = "current")]
    against: PathBuf,
    /// The period; the last one that a job looked at if left out.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// The report; `<draft>-simulation-<month>.html` beside the draft if left out.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What is printed: a summary, or all numbers.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let workspace = workspace::load(&session.workspace)?;
    let draft = read(&arguments.policy)?;
    let against_path = (arguments.against != Path::new("current")).then_some(&arguments.against);
    let against = against_path.map(|path| read(path)).transpose()?;
    let (draft_name, against_name) = (name(&arguments.policy), name(&arguments.against));
    let request = SimulationRequest {
        draft: PolicyText { file: &draft_name, text: &draft },
        against: against.as_ref().map(|text| PolicyText { file: &against_name, text }),
        period: arguments.month,
    };
    let simulation = watch::simulate(&workspace, request).await?;
    let report = arguments.html.clone().unwrap_or_else(|| beside(&arguments.policy, &simulation.period));
    if [Some(&arguments.policy), against_path].into_iter().flatten().any(|policy| is_same(policy, &report)) {
        return Err(Failure::new(USAGE, "--html names a policy file; the report would overwrite it"));
    }
    let page = simulation.page().map_err(|why| Failure::new(INTERNAL, why))?;
    write(&report, &page)?;
    match arguments.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&simulation);
            println!("{}", json.map_err(|error| Failure::new(INTERNAL, error.to_string()))?);
            eprintln!("report: {}", report.display());
        }
        Format::Text => print!("{}\n报告：{}\n", described(&simulation), report.display()),
    }
    Ok(0)
}

fn read(path: &Path) -> Result<String, Failure> {
    workspace::read_outside(path).map_err(|error| Failure::new(CONFIG, error.to_string()))
}

/// The file's own name: folders are nobody's business on a report that is passed on.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn beside(draft: &Path, period: &str) -> PathBuf {
    let stem = draft.file_stem().unwrap_or_default().to_string_lossy();
    draft.with_file_name(format!("{stem}-simulation-{period}.html"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

/// Whole or not at all: nobody reads half a report.
fn write(path: &Path, page: &str) -> Result<(), Failure> {
    durable::write(path, page.as_bytes(), Readers::Usual).map_err(|error| Failure::new(INTERNAL, error.to_string()))
}

/// The summary at the terminal.
fn described(simulation: &Simulation) -> String {
    let Simulation { period_name, draft, against, persons, made_from, .. } = simulation;
    let mut text = format!("{}：{} 与 {} 比较\n", simulation.note, draft.name, against.name);
    text += &format!("数据期 {period_name}，数据版本 {}\n", made_from.version);
    for warning in &simulation.warnings {
        text += &format!("注意：{warning}\n");
    }
    for rule in &simulation.rules {
        let [flagged, near, undecided] = [rule.flagged, rule.near, rule.undecided].map(shown);
        text += &format!("{} {}：列入 {flagged}，关注 {near}，待核实 {undecided}\n", rule.label.code, rule.label.name);
    }
    let [draft, against, enter, leave] = [persons.draft, persons.against, persons.enter, persons.leave].map(shown);
    text += &format!("名单人数：试算 {draft}，对照 {against}；新增 {enter}，退出 {leave}\n");
    for variant in simulation.sensitivity.iter().filter(|variant| !variant.list.is_own) {
        let [enter, leave] = [variant.list.enter, variant.list.leave].map(shown);
        text += &format!("若{}取“{}”：增 {enter}，减 {leave}\n", variant.kind, variant.name);
    }
    text + "＊：1 至 4 人及可据以推算的数字不显示。"
}

fn shown(count: Option<u64>) -> String {
    count.map_or_else(|| "＊".to_owned(), |count| count.to_string())
}
