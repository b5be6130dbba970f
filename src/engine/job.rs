//! A job: ordered steps, declared in `pipelines/<job>.toml`.

use law::config::{Problem, nearest};
use law::domain::Workdays;
use law::holds::HOLDS_FILE;
use law::schedule::{Aim, Planned, Schedule};
use serde::Deserialize;

use super::official::Rhythm;
use crate::{ModelKind, Models};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name on the command line.
    pub name: String,
    /// Its name on pages and lists.
    pub title: String,
    /// Whether it is run for months or for thirds of them.
    #[serde(default)]
    pub cadence: Rhythm,
    /// When it is run by the clock; a job without one is run by hand only.
    #[serde(default)]
    pub schedule: Option<Timing>,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

/// `schedule = { cron = "30 1 * * *", zone = "Asia/Shanghai" }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Five fields: minute, hour, day, month, weekday.
    pub cron: toml::Spanned<String>,
    /// Name of the time zone.
    pub zone: toml::Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, tag = "run", rename_all = "snake_case")]
pub enum Step {
    Intake {},
    /// Refreshes a table model, for the run's period.
    Model {
        model: String,
        /// Checks that follow on the same bucket.
        #[serde(default)]
        checks: Vec<String>,
    },
    /// Carries out the policy's rules.
    Findings {
        /// Checks that follow on the same bucket.
        #[serde(default)]
        checks: Vec<String>,
    },
    /// Moves the cases by the findings.
    Cases {},
    Seal {},
    /// Sends the letters that are due.
    Deliver {},
}

impl Job {
    #[must_use]
    pub fn seals(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Seal {}))
    }

    #[must_use]
    pub fn sends(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Deliver {}))
    }

    /// The same job without a word to anybody.
    #[must_use]
    pub fn silent(&self) -> Self {
        let steps = self.steps.iter().filter(|step| !matches!(step, Step::Deliver {})).cloned().collect();
        Self { steps, ..self.clone() }
    }

    /// Its runs by the clock: a job that seals is for the last period that has ended, any other for the month under
    /// way.
    #[must_use]
    pub fn planned(&self) -> Option<Planned> {
        let timing = self.schedule.as_ref()?;
        let schedule = Schedule::parse(timing.cron.get_ref(), timing.zone.get_ref()).ok()?;
        let aim = match (self.cadence, self.seals()) {
            (Rhythm::TenDays, _) => Aim::ThirdEnded,
            (Rhythm::Monthly, true) => Aim::MonthEnded,
            (Rhythm::Monthly, false) => Aim::MonthUnderWay,
        };
        Some(Planned { job: self.name.clone(), schedule, aim, workdays: Workdays::default() })
    }
}

impl Step {
    /// The name under which progress and timings are told.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Intake {} => "intake",
            Self::Model { model, .. } => model,
            Self::Findings { .. } => "findings",
            Self::Cases {} => "cases",
            Self::Seal {} => "seal",
            Self::Deliver {} => "deliver",
        }
    }
}

/// Whether an asset is a job file.
pub fn is_job(path: &str) -> bool {
    let name = path.strip_prefix("pipelines/").and_then(|name| name.strip_suffix(".toml"));
    name.is_some_and(|name| !name.contains('/')) && path != HOLDS_FILE
}

/// Steps that jobs of earlier versions had.
const GONE_STEPS: [&str; 2] = ["split", "totals"];

/// Reads a job file and checks it against the models.
pub fn parse_job(file: &str, text: &str, models: &Models) -> Result<Job, Vec<Problem>> {
    let job: Job = toml::from_str(text).map_err(|error| {
        let mut problem = Problem::in_toml(file, text, &error);
        if let Some(step) = GONE_STEPS.iter().find(|step| problem.message.contains(&format!("`{step}`"))) {
            problem.hint = format!(
                "the step {step} is done by others now: `poverty-watch upgrade` renews the file; where you edited it, \
                 take the steps from what it lays beside"
            );
        }
        vec![problem]
    })?;
    let mut problems = Vec::new();
    let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or(file);
    if job.name != stem {
        let hint = format!("write `name = \"{stem}\"`, or give the file the job's name");
        problems.push(Problem::at_key(file, text, "name", format!("the file is called `{stem}`"), hint));
    }
    if let Some(timing) = &job.schedule {
        let faults = Schedule::parse(timing.cron.get_ref(), timing.zone.get_ref()).err().unwrap_or_default();
        for (fault, place) in [(faults.0, &timing.cron), (faults.1, &timing.zone)] {
            let problem = |fault: law::schedule::Fault| {
                Problem::at(file, text, place.span().start, format!("schedule: {}", fault.message), fault.hint)
            };
            problems.extend(fault.map(problem));
        }
        if let Some(period) = job.planned().and_then(|planned| planned.forgotten()) {
            let message = format!("schedule: no run would be due for some periods, such as {period}");
            let hint = "a day that every month has, such as 5; after each third, such as 1,11,21";
            problems.push(Problem::at(file, text, timing.cron.span().start, message, hint));
        }
    }
    for step in &job.steps {
        let (model, checks): (Option<&String>, &[String]) = match step {
            Step::Model { model, checks, .. } => (Some(model), checks),
            Step::Findings { checks } => (None, checks),
            _ => (None, &[]),
        };
        for name in model.into_iter().chain(checks) {
            if models.get(name).is_none_or(|model| model.kind != ModelKind::Table) {
                let tables = models.iter().filter(|model| model.kind == ModelKind::Table);
                let hint = nearest(name, tables.map(|model| model.name.as_str()))
                    .map_or_else(|| "models stand below sql/".to_owned(), |near| format!("did you mean `{near}`?"));
                let offset = text.find(&format!("\"{name}\"")).unwrap_or(0);
                problems.push(Problem::at(file, text, offset, format!("there is no table model `{name}`"), hint));
            }
        }
    }
    if problems.is_empty() { Ok(job) } else { Err(problems) }
}
