//! The findings step: every rule in force, every bucket, for one period.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Int64Type};
use chrono::NaiveDate;

use super::refresh::{Task, refresh};
use super::rules::{self, Lines, income_figures};
use super::stated::Stated;
use crate::domain::{Fen, Month, Period, PersonKey};
use crate::engine::{Param, read_table};
use crate::pipeline::{Context, PipelineError};
use crate::policy::Rule;
use crate::warehouse::{FileEntry, Version};

/// The period's findings: files for the next version, and the lines that were drawn.
#[derive(Debug)]
pub(in crate::pipeline) struct Findings {
    /// All files of the step, fresh or kept.
    pub(in crate::pipeline) entries: Vec<FileEntry>,
    /// How many were made anew.
    pub(in crate::pipeline) made: usize,
    /// Lines by rule.
    pub(in crate::pipeline) lines: BTreeMap<String, Lines>,
}

/// One person's outcome by one rule, as cases and counts need it.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// The person.
    pub person: PersonKey,
    /// The rule.
    pub rule: String,
    /// flagged, near, undecided, below or outside.
    pub status: String,
    /// Why undecided.
    pub reason: Option<String>,
    /// County code; `None` while unclear.
    pub county: Option<String>,
    /// Measured cost.
    pub measured: Fen,
    /// The line, where there is a figure.
    pub line: Option<Fen>,
}

/// The months that a rule's window covers: the calendar year up to the period.
pub(in crate::pipeline) fn window(period: Period) -> Vec<Month> {
    Month::new(period.year(), 1).map_or(Vec::new(), |january| january.up_to(period.month()).collect())
}

/// The last day of settlement that counts: a third's last; a far day where whole months do, because what is booked
/// into a month later belongs to it as well.
pub(in crate::pipeline) fn until(period: Period) -> Param {
    Param::Date(if period.is_whole() { FAR } else { period.last_day() })
}

const FAR: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Refreshes the findings of a period.
pub(in crate::pipeline) async fn refresh_findings(
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
    let areas = refresh(context, version, "areas", tasks_per_bucket(context, version, period, "areas")).await?;
    let stated =
        refresh(context, version, "stated_tags", tasks_per_bucket(context, version, period, "stated_tags")).await?;
    let mut counties: BTreeSet<String> = texts(context, &areas.entries)?;
    counties.extend(context.counties.iter().map(|county| county.code.to_string()));
    let said = Stated::of_period(context, &stated.entries)?;
    let figures = income_figures(context, version)?;
    let mut findings = Findings {
        entries: [areas.entries, stated.entries].concat(),
        made: areas.made + stated.made,
        lines: BTreeMap::new(),
    };
    let mut tasks = Vec::new();
    for rule in rules {
        let lines = Lines::draw(rule, &counties, period, period.last_day(), &figures);
        let has_roster = rule.who.tags.iter().any(|tag| said.has(tag.code()));
        for bucket in 0..version.buckets {
            let mut task = rule_task(context, version, period, rule, &lines, has_roster, bucket, checks)?;
            task.rows.insert("stated_tags".to_owned(), said.rows(context.engine.models())?);
            tasks.push(task);
        }
        findings.lines.insert(rule.id.clone(), lines);
    }
    let refreshed = refresh(context, version, "findings", tasks).await?;
    findings.made += refreshed.made;
    findings.entries.extend(refreshed.entries);
    Ok(findings)
}

/// One task per bucket for a model that reads the period's window of totals, the register and the rosters.
pub(in crate::pipeline) fn tasks_per_bucket(
    context: &Context,
    version: &Version,
    period: Period,
    model: &str,
) -> Vec<Task> {
    let wanted = context.engine.models().sources_of(model);
    (0..version.buckets)
        .map(|bucket| Task {
            model: model.to_owned(),
            table: model.to_owned(),
            month: Some(period),
            rule: None,
            bucket,
            sources: sources(version, &wanted, period, bucket),
            rows: BTreeMap::new(),
            params: [("on_date".to_owned(), Param::Date(period.last_day()))].into(),
            checks: Vec::new(),
        })
        .collect()
}

/// The stored files that a bucket's statement reads: whole tables, or the window's months of those split by month.
pub(in crate::pipeline) fn sources(
    version: &Version,
    wanted: &BTreeSet<String>,
    period: Period,
    bucket: u16,
) -> BTreeMap<String, Vec<FileEntry>> {
    let window = window(period);
    let fits = |file: &&FileEntry| match (file.table.as_str(), file.month) {
        ("findings", month) => month == Some(period),
        (_, None) => true,
        // of the month that a third cuts, the sums until its last day
        ("totals", Some(part)) if part.month() == period.month() => part == period,
        (_, Some(part)) => part.is_whole() && window.contains(&part.month()),
    };
    wanted
        .iter()
        // handed in as rows: a rule's own data, and what all buckets' rosters state together
        .filter(|table| !table.starts_with("rule") && *table != "stated_tags")
        .map(|table| (table.clone(), version.bucket(table, bucket).filter(fits).cloned().collect()))
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "a task is made of just these; a struct would only rename them")]
fn rule_task(
    context: &Context,
    version: &Version,
    period: Period,
    rule: &Rule,
    lines: &Lines,
    has_roster: bool,
    bucket: u16,
    checks: &[String],
) -> Result<Task, PipelineError> {
    let models = context.engine.models();
    let model = rule.shape.model();
    let wanted = models.sources_of(&model);
    Ok(Task {
        table: "findings".to_owned(),
        month: Some(period),
        rule: Some(rule.id.clone()),
        bucket,
        sources: sources(version, &wanted, period, bucket),
        rows: [
            ("rule_line".to_owned(), lines.rows(models)?),
            ("rule_tag".to_owned(), rules::tag_rows(rule, models)?),
            ("rule_insurance".to_owned(), rules::insurance_rows(&[rule], models)?),
        ]
        .into(),
        params: rules::params(rule, lines, period, has_roster),
        checks: checks.to_vec(),
        model,
    })
}

/// The distinct texts of one-column files.
fn texts(context: &Context, entries: &[FileEntry]) -> Result<BTreeSet<String>, PipelineError> {
    let mut found = BTreeSet::new();
    for entry in entries {
        for batch in read_table(&context.warehouse.path(entry), None)? {
            let batch = batch?;
            found.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
        }
    }
    Ok(found)
}

/// The findings of a period, by rule and bucket, as a version lists them.
///
/// # Errors
/// When a file is damaged.
pub fn read_findings(context: &Context, version: &Version, period: Period) -> Result<Vec<FindingRow>, PipelineError> {
    let mut rows = Vec::new();
    for entry in version.table("findings").filter(|file| file.month == Some(period)) {
        let columns = ["person_key", "rule_id", "status", "reason", "county_code", "measured_amount", "line_amount"];
        for batch in read_table(&context.warehouse.path(entry), Some(&columns))? {
            let batch = batch?;
            let text = |at: usize, row: usize| {
                let column = batch.column(at).as_string::<i32>();
                (!column.is_null(row)).then(|| column.value(row).to_owned())
            };
            let money = |at: usize, row: usize| {
                let column = batch.column(at).as_primitive::<Decimal128Type>();
                (!column.is_null(row)).then(|| column.value(row)).and_then(|fen| i64::try_from(fen).ok()).map(Fen)
            };
            // the file's own order of columns: as the model declares them
            for row in 0..batch.num_rows() {
                rows.push(FindingRow {
                    person: PersonKey(batch.column(0).as_primitive::<Int64Type>().value(row)),
                    rule: text(1, row).unwrap_or_default(),
                    status: text(2, row).unwrap_or_default(),
                    reason: text(3, row),
                    county: text(4, row),
                    measured: money(5, row).unwrap_or_default(),
                    line: money(6, row),
                });
            }
        }
    }
    Ok(rows)
}
