//! The findings step: every rule in force, every bucket, for one period.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Int64Type};
use law::domain::{Fen, Period, PersonKey};
use law::policy::Rule;
use store::warehouse::{FileEntry, Version};

use super::reach::{CLAIMS, Checks, InReach, REACH, looks_at_claims, refresh_reach};
use super::refresh::{Task, refresh};
use super::rules::{Known, Lines, RuleData, Span, income_figures};
use super::stated::Stated;
use crate::{Context, Models, Param, PipelineError, read_table};

/// What each member of an applying household paid: a table of its own, since members lie in many buckets.
pub const MEMBERS: &str = "member_burden";

/// The period's findings: files for the next version, and the lines that were drawn.
#[derive(Debug)]
pub struct Findings {
    /// All files of the step, fresh or kept.
    pub entries: Vec<FileEntry>,
    /// How many were made anew.
    pub made: usize,
    pub lines: BTreeMap<String, Lines>,
}

/// One person's outcome by one rule, as cases and counts need it.
#[derive(Debug, Clone)]
pub struct FindingRow {
    pub person: PersonKey,
    pub rule: String,
    /// flagged, near, undecided, below or outside.
    pub status: String,
    pub reason: Option<String>,
    /// County code; `None` while unclear.
    pub county: Option<String>,
    pub measured: Fen,
    /// The line, where there is a figure.
    pub line: Option<Fen>,
    /// Cost of the recent months, where the rule has a forecast.
    pub recent: Option<Fen>,
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
    let all = Span::of_rules(rules.iter().copied(), period);
    let areas = refresh(context, version, "areas", tasks_per_bucket(context, version, all, "areas")).await?;
    let stated =
        refresh(context, version, "stated_tags", tasks_per_bucket(context, version, all, "stated_tags")).await?;
    let counties = counties(context, &areas.entries)?;
    let said = Stated::of_period(context, &stated.entries)?;
    let figures = income_figures(&context.warehouse, version)?;
    let known =
        Known { models: context.engine.models(), counties: &counties, stated: &said, figures: &figures, period };
    let drawn: Vec<RuleData> = rules.iter().map(|rule| RuleData::of(rule, known)).collect::<Result<_, _>>()?;
    let mut findings = Findings {
        entries: [areas.entries, stated.entries].concat(),
        made: areas.made + stated.made,
        lines: drawn.iter().map(|data| (data.rule.clone(), data.lines.clone())).collect(),
    };
    let members = member_tasks(context, version, &drawn);
    if !members.is_empty() {
        let refreshed = refresh(context, version, MEMBERS, members).await?;
        findings.made += refreshed.made;
        findings.entries.extend(refreshed.entries);
    }
    let judged: Vec<(&Rule, &RuleData)> = rules.iter().copied().zip(&drawn).collect();
    let checks = &Checks::of(context.engine.models(), checks);
    let in_reach = refresh_reach(context, version, &judged, checks).await?;
    findings.made += in_reach.made;
    findings.entries.extend(in_reach.reach.values().chain(in_reach.claims.values()).cloned());
    let tasks = drawn.iter().flat_map(|data| {
        let made = (findings.entries.as_slice(), &in_reach);
        (0..version.buckets).map(move |bucket| rule_task(context, version, data, bucket, &checks.rule, made))
    });
    let refreshed = refresh(context, version, "findings", tasks.collect()).await?;
    findings.made += refreshed.made;
    findings.entries.extend(refreshed.entries);
    Ok(findings)
}

/// The lines that a version's own files draw for a period: what a list of that version was made by.
pub fn lines_of(
    context: &Context,
    version: &Version,
    period: Period,
) -> Result<BTreeMap<String, Lines>, PipelineError> {
    let of_period = |table: &str| -> Vec<FileEntry> {
        version.table(table).filter(|file| file.month == Some(period)).cloned().collect()
    };
    let counties = counties(context, &of_period("areas"))?;
    let said = Stated::of_period(context, &of_period("stated_tags"))?;
    let figures = income_figures(&context.warehouse, version)?;
    let known =
        Known { models: context.engine.models(), counties: &counties, stated: &said, figures: &figures, period };
    let drawn = context.policy.in_force(period.last_day()).map(|rule| RuleData::of(rule, known));
    drawn.map(|data| data.map(|data| (data.rule.clone(), data.lines))).collect()
}

/// One task per bucket for a model that reads the period's window of claims, the register and the rosters.
fn tasks_per_bucket(context: &Context, version: &Version, span: Span, model: &str) -> Vec<Task> {
    let wanted = context.engine.models().sources_of(model);
    (0..version.buckets)
        .map(|bucket| Task {
            model: model.to_owned(),
            measures: None,
            copied: None,
            table: model.to_owned(),
            month: Some(span.period),
            rule: None,
            bucket,
            sources: sources_in(version, &wanted, span, bucket),
            rows: BTreeMap::new(),
            params: [("on_date".to_owned(), Param::Date(span.period.last_day()))].into(),
            checks: Vec::new(),
        })
        .collect()
}

/// The stored files that a bucket's statement reads: whole tables, or the months that a span reads of those split by month.
pub fn sources_in(
    version: &Version,
    wanted: &BTreeSet<String>,
    span: Span,
    bucket: u16,
) -> BTreeMap<String, Vec<FileEntry>> {
    let fits = |file: &&FileEntry| match (file.table.as_str(), file.month) {
        ("findings" | REACH, month) => month == Some(span.period),
        (_, None) => true,
        (_, Some(part)) => span.has_month(part.month()),
    };
    wanted
        .iter()
        .filter(|table| !is_handed_in(table))
        .map(|table| (table.clone(), version.bucket(table, bucket).filter(fits).cloned().collect()))
        .collect()
}

/// Whether a table is no stored one of the bucket: a rule's own data, and what is put together over all buckets.
pub fn is_handed_in(table: &str) -> bool {
    table.starts_with("rule") || table == "stated_tags" || table == MEMBERS
}

/// Whether a rule's statement reads what the members of all applying households paid.
pub(super) fn needs_members(models: &Models, data: &RuleData) -> bool {
    models.sources_of(&data.model).contains(MEMBERS)
}

/// A task per rule that is decided on application, and bucket of members.
fn member_tasks(context: &Context, version: &Version, drawn: &[RuleData]) -> Vec<Task> {
    let models = context.engine.models();
    let wanted = models.sources_of(MEMBERS);
    let of_rule = |data: &RuleData, bucket: u16| Task {
        model: MEMBERS.to_owned(),
        measures: None,
        copied: None,
        table: MEMBERS.to_owned(),
        month: Some(data.span.period),
        rule: Some(data.rule.clone()),
        bucket,
        sources: sources_in(version, &wanted, data.span, bucket),
        rows: data.rows_for(&wanted),
        params: data.params.clone(),
        checks: Vec::new(),
    };
    let applied = drawn.iter().filter(|data| needs_members(models, data));
    applied.flat_map(|data| (0..version.buckets).map(move |bucket| of_rule(data, bucket))).collect()
}

/// A rule's task of one bucket, on the claims in reach where it looks at single persons' claims.
fn rule_task(
    context: &Context,
    version: &Version,
    data: &RuleData,
    bucket: u16,
    checks: &[String],
    (made, in_reach): (&[FileEntry], &InReach),
) -> Task {
    let models = context.engine.models();
    let wanted = models.sources_of(&data.model);
    let mut sources = sources_in(version, &wanted, data.span, bucket);
    if wanted.contains(MEMBERS) {
        let of_rule = made.iter().filter(|file| file.table == MEMBERS && file.rule.as_ref() == Some(&data.rule));
        sources.insert(MEMBERS.to_owned(), of_rule.cloned().collect());
    }
    // a household's cost is bounded by no person's reach, and its claims lie in many buckets
    let of_bucket = |files: &BTreeMap<u16, FileEntry>| files.get(&bucket).cloned().into_iter().collect();
    let is_bound = looks_at_claims(models, data);
    sources.insert(REACH.to_owned(), if is_bound { of_bucket(&in_reach.reach) } else { Vec::new() });
    if is_bound {
        sources.insert(CLAIMS.to_owned(), of_bucket(&in_reach.claims));
    }
    Task {
        model: data.model.clone(),
        measures: data.measures.clone(),
        copied: None,
        table: "findings".to_owned(),
        month: Some(data.span.period),
        rule: Some(data.rule.clone()),
        bucket,
        sources,
        rows: data.rows_for(&wanted),
        params: data.params.clone(),
        checks: checks.to_vec(),
    }
}

/// The counties that need a line: those of the period's files of the table areas, and those that the workspace serves.
pub fn counties<'f>(
    context: &Context,
    entries: impl IntoIterator<Item = &'f FileEntry>,
) -> Result<BTreeSet<String>, PipelineError> {
    let mut found: BTreeSet<String> = context.counties.iter().map(|county| county.code.to_string()).collect();
    for entry in entries {
        for batch in read_table(&context.warehouse.path(entry), None)? {
            let batch = batch?;
            found.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
        }
    }
    Ok(found)
}

/// The findings of a period, by rule and bucket, as a version lists them.
pub fn read_findings(context: &Context, version: &Version, period: Period) -> Result<Vec<FindingRow>, PipelineError> {
    let mut rows = Vec::new();
    for entry in version.table("findings").filter(|file| file.month == Some(period)) {
        let columns = [
            "person_key",
            "rule_id",
            "status",
            "reason",
            "county_code",
            "measured_amount",
            "line_amount",
            "recent_amount",
        ];
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
                    recent: money(7, row),
                });
            }
        }
    }
    Ok(rows)
}
