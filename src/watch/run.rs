//! A job's steps in order, each committed before the next begins. How a run begins and ends stands in `start`; what a
//! run would do is asked for in `plan`.

use std::collections::BTreeMap;
use std::time::Instant;

use engine::compute::{
    Evaluation, FindingRow, Findings, MEMBERS, MadeOnce, income_figures, read_findings, refresh, refresh_findings,
};
use engine::official::{Need, needs, unrouted};
use engine::{Context, Job, PipelineError, Rhythm, Step};
use intake::{IntakeSummary, sweep};
use law::cases::{FindingState, Reason};
use law::domain::{Period, official_day};
use law::policy::Rule;
use office::delivery::{Delivered, send_due};
use office::lists;
use serde::Serialize;
use store::ledger::{CaseCounts, CaseFinding, StepTiming};
use store::warehouse::{FileEntry, Version};

use super::identity::ask_about_identity;
use super::landing::intake_now;
use super::plan::hold::Hold;
use super::questions::{QuestionStatus, open_questions};
use super::rosters::{ask_about_absent, ask_about_rosters};
use super::withdrawals::{Look, Told, ask_about_withdrawals};

#[derive(Debug, Default, Serialize)]
pub struct RunReport {
    pub job: String,
    pub period: String,
    /// The version that readers see now.
    pub version: u64,
    /// Whether anything is different from before.
    pub changed: bool,
    /// What intake did, where the job has it.
    #[serde(skip)]
    pub intake: Option<IntakeSummary>,
    /// Findings by rule and status.
    pub findings: BTreeMap<String, BTreeMap<String, u64>>,
    /// Counties without an income figure, by rule.
    pub missing_income: BTreeMap<String, Vec<String>>,
    pub cases: CaseCounts,
    /// What was sealed, where the job seals.
    pub sealed: Option<lists::Sealed>,
    /// What was corrected, where that was asked for.
    pub corrected: Option<lists::Corrected>,
    /// Supplements to lists that were sealed before, with their persons: claims that came late crossed a line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub supplements: BTreeMap<String, usize>,
    /// What became of the letters that were due, where the job sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Delivered>,
    /// Counties with the offices for which no address is in force: their lists would reach nobody.
    pub unrouted: BTreeMap<String, Vec<String>>,
    /// The change of the rules that was accepted, or that would hold the official run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Withdrawals from lists that are told and not held, by why: stated by the sender, a due figure, an upgrade.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub withdrawals_told: Told,
    /// Questions that wait for an answer when it ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<QuestionStatus>,
}

/// How a job is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner<'a> {
    /// In earnest; a change of the rules that is large is accepted by the beginning of its plan's hash.
    Official(Option<&'a str>),
    /// Without sealing: it goes on without figures, moves no case, and writes marked lists.
    Rehearsal,
    /// In earnest for a period that is sealed: what has changed since is sealed as lists of its own.
    Correct,
    /// In a shadow of the workspace, to tell what it would do.
    Plan,
}

/// Carries a job out in a shadow, which nobody else knows.
pub(crate) async fn try_job<'a>(shadow: &'a Context, job: &Job, period: Period) -> Result<Run<'a>, PipelineError> {
    let mut run = Run::new(shadow, job, period, Manner::Plan).await?;
    run.steps(job).await?;
    Ok(run)
}

/// A run on its way, and what it has found so far.
pub(crate) struct Run<'a> {
    context: &'a Context,
    period: Period,
    manner: Manner<'a>,
    pub(crate) begun: Instant,
    /// The version that it has reached.
    pub(crate) version: Version,
    findings: Option<Findings>,
    pub(crate) report: RunReport,
    pub(crate) timings: Vec<StepTiming>,
    /// Figures that an official run does not go on without; a plan tells them.
    pub(crate) needs: Vec<Need>,
    /// The lists that would be sealed; only a plan asks.
    pub(crate) planned: Option<lists::PlannedLists>,
}

impl<'a> Run<'a> {
    pub(crate) async fn new(
        context: &'a Context,
        job: &Job,
        period: Period,
        manner: Manner<'a>,
    ) -> Result<Self, PipelineError> {
        let version = context.warehouse.current().await?;
        let report = RunReport { job: job.name.clone(), period: period.to_string(), ..RunReport::default() };
        let (needs, timings) = (Vec::new(), Vec::new());
        let begun = Instant::now();
        Ok(Self { context, period, manner, begun, version, findings: None, report, timings, needs, planned: None })
    }

    pub(crate) async fn steps(&mut self, job: &Job) -> Result<(), PipelineError> {
        for step in &job.steps {
            self.context.stop.check()?;
            let begun = Instant::now();
            match step {
                Step::Intake {} => self.intake().await?,
                Step::Model { model, checks } => self.model(job, model, checks).await?,
                Step::Findings { checks } => {
                    self.require_figures(job)?;
                    self.findings(job, checks).await?;
                }
                Step::Cases {} => self.cases(job).await?,
                Step::Seal {} => {
                    Box::pin(self.supplement(job)).await?;
                    self.seal(job)?;
                }
                Step::Deliver {} => self.deliver().await?,
            }
            let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            if self.manner != Manner::Plan {
                tracing::info!(job = job.name, step = step.name(), millis, version = self.version.number, "step done");
            }
            self.timings.push(StepTiming { step: step.name().to_owned(), millis });
        }
        sweep(&self.context.warehouse, &self.version).await?;
        self.report.unrouted = unrouted(self.context, official_day(self.context.now));
        self.report.version = self.version.number;
        if self.manner != Manner::Plan {
            self.report.questions = open_questions(self.context, official_day(self.context.now))?;
        }
        Ok(())
    }

    async fn intake(&mut self) -> Result<(), PipelineError> {
        let summary = intake_now(self.context, None, self.period.last_day()).await?;
        self.report.changed |= !summary.is_unchanged();
        self.report.intake = Some(summary);
        self.version = self.context.warehouse.current().await?;
        ask_about_rosters(self.context, &self.version)
    }

    async fn model(&mut self, job: &Job, model: &str, checks: &[String]) -> Result<(), PipelineError> {
        let rules: Vec<&Rule> = self.context.policy.in_force(self.period.last_day()).collect();
        let evaluation = Evaluation::of(self.context, &self.version);
        let tasks = evaluation.period_tasks((model, checks), &rules, &MadeOnce::default(), self.period)?;
        let refreshed = refresh(self.context, &self.version, model, tasks).await?;
        self.commit(job, refreshed.entries, refreshed.made).await
    }

    /// An official run needs every figure that its lines are drawn from, and none of them doubtful.
    fn require_figures(&mut self, job: &Job) -> Result<(), PipelineError> {
        let sealing = self.sealing(job);
        if !job.seals() || self.manner == Manner::Rehearsal || !lists::sealed_before(self.context, sealing)?.is_empty()
        {
            return Ok(());
        }
        let context = self.context;
        let figures = income_figures(&context.warehouse, &self.version)?;
        let counties: Vec<_> = context.counties.iter().map(|county| county.code.clone()).collect();
        let rules = context.policy.in_force(self.period.last_day()).filter(|rule| job.cadence.seals(rule));
        // A rule that refers nobody may be without its figure: it only shows the bureau who comes near.
        let rules = rules.filter(|rule| !rule.recipients.is_empty());
        let mut needs = needs(rules, &counties, self.period, &figures, context.policy.doubtful_change);
        needs.retain(Need::is_blocking);
        if needs.is_empty() || self.manner == Manner::Plan {
            self.needs = needs;
            return Ok(());
        }
        Err(PipelineError::Figures(needs.iter().map(ToString::to_string).collect()))
    }

    fn sealing(&self, job: &Job) -> lists::Sealing {
        lists::Sealing { period: self.period, rhythm: job.cadence, is_rehearsal: self.manner == Manner::Rehearsal }
    }

    async fn findings(&mut self, job: &Job, checks: &[String]) -> Result<(), PipelineError> {
        let findings = refresh_findings(self.context, &self.version, self.period, checks).await?;
        // A rule that the policy no longer has leaves no findings behind, or its cases would live on.
        let period = Some(self.period);
        let is_left = |file: &&FileEntry| {
            file.month == period && file.rule.as_ref().is_some_and(|rule| !findings.lines.contains_key(rule))
        };
        let left = self.version.table("findings").chain(self.version.table(MEMBERS)).filter(is_left);
        let left: Vec<FileEntry> = left.map(removal).collect();
        let made = findings.made + left.len();
        self.commit(job, [findings.entries.clone(), left].concat(), made).await?;
        for (rule, lines) in findings.lines.iter().filter(|(_, lines)| !lines.missing.is_empty()) {
            tracing::warn!(rule, counties = lines.missing.len(), period = %self.period, "no income figure for the line");
            self.report.missing_income.insert(rule.clone(), lines.missing.clone());
        }
        self.findings = Some(findings);
        Ok(())
    }

    async fn cases(&mut self, job: &Job) -> Result<(), PipelineError> {
        self.context.progress.begin("cases", 0);
        let rows = read_findings(self.context, &self.version, self.period)?;
        if self.manner != Manner::Rehearsal {
            ask_about_identity(self.context, &self.version, &rows)?;
            Box::pin(ask_about_absent(self.context, &self.version, self.period)).await?;
            self.withdrawals(job, &rows).await?;
        }
        let mut found = Vec::new();
        for row in rows {
            let by_status = self.report.findings.entry(row.rule.clone()).or_default();
            let (status, reason) = (row.status.code(), row.reason.map_or("", Reason::code));
            let status = if reason.is_empty() { status.to_owned() } else { format!("{status}: {reason}") };
            *by_status.entry(status).or_default() += 1;
            if let Some(status) = row.status.status() {
                found.push(CaseFinding {
                    person: row.person,
                    rule: row.rule,
                    county: row.county.unwrap_or_default(),
                    state: FindingState { status, measured: row.measured, reason: reason.to_owned() },
                });
            }
        }
        if self.manner == Manner::Rehearsal {
            return Ok(());
        }
        self.report.cases = self.context.ledger.apply_cases(self.period, &found, self.context.now)?;
        self.report.changed |= self.report.cases != CaseCounts::default();
        self.context.progress.end("cases", &format!("{} findings", found.len()));
        Ok(())
    }

    /// Asks about listed people who would leave: of the job's own series, of each series where it seals none.
    async fn withdrawals(&mut self, job: &Job, rows: &[FindingRow]) -> Result<(), PipelineError> {
        let (context, version, period) = (self.context, &self.version, self.period);
        let is_sealing = job.seals() && self.manner != Manner::Plan;
        let may_hold_rules = is_sealing && self.report.hold.is_none();
        let all = [Rhythm::Monthly, Rhythm::TenDays];
        for rhythm in all.into_iter().filter(|rhythm| !job.seals() || *rhythm == job.cadence) {
            let look = Look { context, version, period, rhythm, may_hold_rules };
            for (why, count) in Box::pin(ask_about_withdrawals(look, rows)).await? {
                *self.report.withdrawals_told.entry(why).or_default() += count;
            }
        }
        Ok(())
    }

    /// Supplements earlier lists right before a period is sealed for the first time: by the same findings and models, made
    /// once more for the earlier period. Only official runs do.
    async fn supplement(&mut self, job: &Job) -> Result<(), PipelineError> {
        let sealing = self.sealing(job);
        if !matches!(self.manner, Manner::Official(_)) || !lists::sealed_before(self.context, sealing)?.is_empty() {
            return Ok(());
        }
        for earlier in lists::to_supplement(self.context, sealing)? {
            let mut run = Run::new(self.context, job, earlier.period, Manner::Correct).await?;
            for step in &job.steps {
                match step {
                    Step::Model { model, checks } => run.model(job, model, checks).await?,
                    Step::Findings { checks } => run.findings(job, checks).await?,
                    _ => {}
                }
            }
            let empty = BTreeMap::new();
            let lines = run.findings.as_ref().map_or(&empty, |findings| &findings.lines);
            let told = lists::supplement_period(self.context, &run.version, earlier, lines)?;
            self.report.supplements.extend(told.lists);
            self.version = run.version;
        }
        Ok(())
    }

    fn seal(&mut self, job: &Job) -> Result<(), PipelineError> {
        let lines = self.findings.as_ref().map(|findings| &findings.lines);
        let empty = BTreeMap::new();
        let (lines, sealing) = (lines.unwrap_or(&empty), self.sealing(job));
        if self.manner == Manner::Correct {
            let corrected = lists::correct_period(self.context, &self.version, sealing, lines)?;
            self.report.changed |= !corrected.lists.is_empty();
            self.report.corrected = Some(corrected);
            return Ok(());
        }
        if self.manner == Manner::Plan {
            self.planned = Some(lists::planned_lists(self.context, &self.version, sealing, lines)?);
            return Ok(());
        }
        let sealed = lists::seal_period(self.context, &self.version, sealing, lines)?;
        self.report.changed |= sealed.is_new;
        self.report.sealed = Some(sealed);
        Ok(())
    }

    /// A plan and a rehearsal send nothing.
    async fn deliver(&mut self) -> Result<(), PipelineError> {
        if matches!(self.manner, Manner::Plan | Manner::Rehearsal) {
            return Ok(());
        }
        let Context { workspace, ledger, stop, .. } = self.context;
        let (now, is_live) = (self.context.now + self.begun.elapsed(), workspace.settings.delivery.live);
        let delivered = send_due(workspace, ledger, now, is_live, stop).await?;
        self.report.changed |= delivered.report.accepted > 0;
        self.report.delivered = Some(delivered);
        Ok(())
    }

    async fn commit(&mut self, job: &Job, entries: Vec<FileEntry>, made: usize) -> Result<(), PipelineError> {
        if made > 0 {
            let next = self.version.next(&job.name, entries, Vec::new());
            self.context.warehouse.commit(&next).await?;
            self.version = next;
            self.report.changed = true;
        }
        Ok(())
    }
}

/// The entry that takes a file out of the next version.
fn removal(file: &FileEntry) -> FileEntry {
    FileEntry { rows: 0, inputs: String::new(), ..file.clone() }
}
