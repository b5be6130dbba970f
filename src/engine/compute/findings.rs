//! The findings step: every rule in force, every bucket, for one period.

use std::collections::{BTreeMap, BTreeSet};

use law::cases::{Outcome, Reason};
use law::config::Problem;
use law::domain::{Fen, Period, PersonKey};
use law::policy::Rule;
use store::warehouse::{FileEntry, Version};

use super::data::Data;
use super::evaluation::{Evaluation, Part, Setting};
use super::reach::Checks;
use super::rules::{Lines, Span};
use super::stated::Stated;
use super::tables::STATED;
use super::task::{Input, Task};
use crate::rows::of_file;
use crate::{Context, PipelineError};

/// The period's findings: files for the next version, and the lines that were drawn.
#[derive(Debug)]
pub struct Findings {
    /// All files of the step, fresh or kept.
    pub entries: Vec<FileEntry>,
    /// How many were made anew.
    pub made: usize,
    pub lines: BTreeMap<String, Lines>,
}

crate::row! {
    /// One person's outcome by one rule, as cases and counts need it.
    #[derive(Debug, Clone)]
    pub struct FindingRow {
        pub person: PersonKey = "person_key",
        pub rule: String = "rule_id",
        pub status: Outcome = "status",
        pub reason: Option<Reason> = "reason",
        /// County code; `None` while unclear.
        pub county: Option<String> = "county_code",
        pub measured: Fen = "measured_amount",
        /// The line, where there is a figure.
        pub line: Option<Fen> = "line_amount",
        /// Cost of the recent months, where the rule has a forecast.
        pub recent: Option<Fen> = "recent_amount",
    }
}

/// Refreshes the findings of a period.
pub async fn refresh_findings(
    context: &Context,
    version: &Version,
    period: Period,
    checks: &[String],
) -> Result<Findings, PipelineError> {
    let rules: Vec<&Rule> = context.policy.in_force(period.last_day()).collect();
    if rules.is_empty() {
        let why = format!("no rule of policy {} is in force on {}", context.policy.name, period.last_day());
        return Err(PipelineError::NotReady(why));
    }
    let evaluation = Evaluation::kept(context, version);
    let mut setting = evaluation.setting(Span::of_rules(rules.iter().copied(), period)).await?;
    let mut judging = evaluation.prepare(setting.draw(&rules, evaluation.models())?, &setting.once, Fen::ZERO).await?;
    let mut made = std::mem::take(&mut setting.made);
    made.add(std::mem::take(&mut judging.made));
    let checks = Checks::of(evaluation.models(), checks);
    let mut in_reach = BTreeMap::new();
    if let Some(reach) = &judging.reach {
        let [upper, claims] = reach.refresh(&evaluation, (&judging.drawn, &judging.once), &checks).await?;
        let claims_of: BTreeMap<u16, &Input> = claims.parts.iter().map(|part| (part.bucket, &part.input)).collect();
        for part in &upper.parts {
            let claims = claims_of.get(&part.bucket).map(|claims| (part.input.clone(), (*claims).clone()));
            in_reach.extend(claims.map(|both| (part.bucket, both)));
        }
        made.add(upper);
        made.add(claims);
    }
    let raised = judging.raised(Some(&in_reach)).await?;
    let tasks =
        evaluation.buckets().map(|bucket| judging.rule_tasks(&checks.rule, bucket, in_reach.get(&bucket), &raised));
    let tasks: Vec<Vec<Task>> = tasks.collect::<Result<_, _>>()?;
    made.add(evaluation.make("findings", tasks.concat()).await?);
    let files = |part: Part| match part.input {
        Input::Files(files) => files,
        Input::Rows(_) => Vec::new(),
    };
    Ok(Findings {
        made: made.anew,
        entries: made.parts.into_iter().flat_map(files).collect(),
        lines: judging.drawn.into_iter().map(|data| (data.rule, data.lines)).collect(),
    })
}

/// The lines that a version's own files draw for a period: what a list of that version was made by.
pub fn lines_of(
    context: &Context,
    version: &Version,
    period: Period,
) -> Result<BTreeMap<String, Lines>, PipelineError> {
    let setting = Setting::stored(context, version, period)?;
    let rules = context.policy.in_force(period.last_day());
    Ok(rules.map(|rule| (rule.id.clone(), setting.lines(rule))).collect())
}

/// Refuses a file whose columns only a newer version of this program knows.
pub fn require_known(context: &Context, entry: &FileEntry) -> Result<(), PipelineError> {
    match store::newer(entry.format, context.engine.models().interface_of(&entry.table)) {
        Some(why) => Err(PipelineError::Config(vec![Problem::new(&format!("warehouse/{}", entry.path), 0, why, "")])),
        None => Ok(()),
    }
}

/// The findings of a period, by rule and bucket, as a version lists them.
pub fn read_findings(context: &Context, version: &Version, period: Period) -> Result<Vec<FindingRow>, PipelineError> {
    let mut rows = Vec::new();
    for entry in version.table("findings").filter(|file| file.month == Some(period)) {
        require_known(context, entry)?;
        for row in of_file(&context.warehouse.path(entry))? {
            rows.push(row?);
        }
    }
    Ok(rows)
}

/// What the rosters of a version state, for a period that no job has looked at.
pub async fn stated_by_rosters(context: &Context, version: &Version, period: Period) -> Result<Stated, PipelineError> {
    let data = Data::Stored { warehouse: &context.warehouse, version };
    let evaluation = Evaluation::new(&context.engine, data, BTreeSet::new(), 1);
    // rosters are small: all buckets' in one statement
    let rosters = Input::Files(version.table("rosters").cloned().collect());
    let task = evaluation.task(STATED, &[], Span::of_year(period), 0)?.reading("rosters", rosters);
    let mut stated = Stated::new(context.rosters.clone(), data.roster_files()?, period);
    stated.add(&context.engine.collect(&task.statement(context.warehouse.root())).await?)?;
    Ok(stated)
}
