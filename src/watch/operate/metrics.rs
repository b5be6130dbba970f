//! The figures for monitors: from the ledger, at one moment, as Prometheus' text. Labels are few: jobs, steps, feeds,
//! rules, states, counties, offices. Counts of persons are hidden where they could point at one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use engine::{Context, PipelineError};
use law::contracts::{Feed, Outcome};
use law::domain::Period;
use law::referrals::{ListKind, suppress};
use law::schedule::AlertKind;
use store::durable::{self, FileError, Readers};
use store::ledger::{Run, SealedList};

use super::alerts::standing_alerts;
use super::exposition::{Exposition, Kind, Sample, epoch, sample, seconds};
use super::timetable::jobs;
use crate::feeds::feed_status;

/// Writes the metrics file where `operators.metrics` says, in one step; does nothing where it says nothing.
pub fn keep_metrics(context: &Context, now: DateTime<Utc>) -> Result<(), PipelineError> {
    let Some(path) = &context.workspace.settings.operators.metrics else { return Ok(()) };
    let path: PathBuf = context.workspace.layout.root().join(path);
    Ok(write_metrics(&path, &metrics(context, now)?)?)
}

/// Writes a metrics file in one step: a reader sees the old one or the new one. The collector runs under another
/// account; there is nothing in it that it may not see.
pub fn write_metrics(path: &Path, text: &str) -> Result<(), FileError> {
    durable::write(path, text.as_bytes(), Readers::All)
}

/// All figures at a moment.
pub fn metrics(context: &Context, now: DateTime<Utc>) -> Result<String, PipelineError> {
    let mut text = Exposition::default();
    text.gauge("build_info", "The program's version.", [sample([("version", env!("CARGO_PKG_VERSION"))], 1)]);
    runs(context, &mut text)?;
    feeds(context, &mut text)?;
    persons(context, &mut text)?;
    lists(context, &mut text)?;
    let standing = standing_alerts(context, now)?;
    let alerts = AlertKind::ALL.map(|kind| {
        let count = standing.iter().filter(|alert| alert.kind == kind).count();
        sample([("kind", kind.word())], count)
    });
    text.gauge("alerts", "Alerts that stand.", alerts);
    let mail = context.ledger.outbox_states()?;
    text.gauge("outbox_mails", "Mails by state.", mail.iter().map(|(state, count)| sample([("state", state)], count)));
    let head = context.ledger.audit_head()?;
    text.family(Kind::Counter, "audit_entries_total", "Entries of the audit chain.", [sample([], head.seq)]);
    Ok(text.finish())
}

/// Runs by state, and of each job's last good run: when, how long each step took, which version it left.
fn runs(context: &Context, text: &mut Exposition) -> Result<(), PipelineError> {
    let totals = context.ledger.run_totals()?;
    let counts = totals.iter().map(|(job, state, count)| sample([("job", job), ("state", state)], count));
    text.family(Kind::Counter, "runs_total", "Runs, by how they ended.", counts);
    let last: Vec<Run> = jobs(context)?
        .iter()
        .filter_map(|job| context.ledger.last_done_of(&job.name).transpose())
        .collect::<Result<_, _>>()?;
    let ended = last.iter().filter_map(|run| Some(sample([("job", &run.job)], epoch(run.finished_at?))));
    text.gauge("last_done_timestamp_seconds", "When the job's last good run ended.", ended);
    let steps = last.iter().flat_map(|run| run.steps.iter().map(move |step| (run, step)));
    let steps: BTreeMap<_, u64> = steps.fold(BTreeMap::new(), |mut sums, (run, step)| {
        *sums.entry((run.job.as_str(), step.step.as_str())).or_default() += step.millis;
        sums
    });
    let took = steps.iter().map(|((job, step), millis)| sample([("job", job), ("step", step)], seconds(*millis)));
    text.gauge("step_duration_seconds", "How long each step of the job's last good run took.", took);
    let version = last.iter().filter_map(|run| run.version).max();
    text.gauge("warehouse_version", "The version that readers see.", version.map(|version| sample([], version)));
    Ok(())
}

/// Rows of all files taken in, by what became of them, and how old the newest file of each feed is.
fn feeds(context: &Context, text: &mut Exposition) -> Result<(), PipelineError> {
    let (mut rows, mut newest, mut late, mut refused) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for feed in Feed::ALL {
        let status = feed_status(context, feed)?;
        let feed_label = ("feed", feed.name());
        newest.extend(status.newest.map(|at| sample([feed_label], epoch(at))));
        late.push(sample([feed_label], u8::from(status.is_late)));
        refused.push(sample([feed_label], status.refused.len()));
        let outcomes: Vec<Outcome> = context.ledger.files(feed)?.into_iter().filter_map(|file| file.outcome).collect();
        let sum = |rows: fn(&Outcome) -> u64| outcomes.iter().map(rows).sum::<u64>();
        for (outcome, count) in [
            ("accepted", sum(|file| file.accepted.rows)),
            ("rejected", sum(|file| file.rejected_total().rows)),
            ("superseded", sum(|file| file.superseded.rows)),
            ("duplicate", sum(|file| file.duplicate.rows)),
            ("held", sum(|file| file.held.rows)),
        ] {
            rows.push(sample([feed_label, ("outcome", outcome)], count));
        }
    }
    text.gauge("feed_rows", "Rows of the files taken in, by what became of them.", rows);
    text.gauge("feed_newest_timestamp_seconds", "When the feed's newest file was taken in.", newest);
    text.gauge("feed_late", "1 where the newest file is older than the feed may be.", late);
    text.gauge("feed_refused_files", "Files that wait, refused, for a better one.", refused);
    Ok(())
}

/// Findings by rule and status, and cases by rule and state; counts that could point at a
/// person are left out, and with them those from which they could be worked out.
fn persons(context: &Context, text: &mut Exposition) -> Result<(), PipelineError> {
    let mut newest: Option<Run> = None;
    for job in jobs(context)? {
        let run = context.ledger.last_done_of(&job.name)?.filter(|run| run.summary["findings"].is_object());
        let rank = |run: &Run| (Period::parse(&run.period).ok(), run.run_id);
        newest = newest.into_iter().chain(run).max_by_key(rank);
    }
    let mut findings: BTreeMap<(String, String), u64> = BTreeMap::new();
    let summary = newest.map(|run| run.summary["findings"].clone()).unwrap_or_default();
    for (rule, statuses) in summary.as_object().into_iter().flatten() {
        for (status, count) in statuses.as_object().into_iter().flatten() {
            // `undecided: why` counts as undecided.
            let status = status.split(':').next().unwrap_or_default().to_owned();
            *findings.entry((rule.clone(), status)).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    text.gauge(
        "findings",
        "Persons by rule and status, for the latest period that was run.",
        shown(["rule", "status"], &findings),
    );
    let cases = context.ledger.case_totals()?;
    let year = cases.iter().map(|(year, ..)| *year).max();
    let cases = cases.into_iter().filter(|(of, ..)| Some(*of) == year);
    let cases = cases.map(|(_, rule, state, count)| ((rule, state), count)).collect();
    text.gauge("cases", "Cases of the latest year, by rule and state.", shown(["rule", "state"], &cases));
    Ok(())
}

/// The lists of the latest sealed period: how many, and the persons on them by county and office.
fn lists(context: &Context, text: &mut Exposition) -> Result<(), PipelineError> {
    let Some(period) = context.ledger.last_sealed_period()? else { return Ok(()) };
    let sealed = context.ledger.sealed_lists(period)?;
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut persons: BTreeMap<(String, String), u64> = BTreeMap::new();
    let is_of_persons = |list: &&SealedList| list.kind != ListKind::Summary.code();
    for list in &sealed {
        *counts.entry((&list.office, &list.kind)).or_default() += 1;
    }
    for list in sealed.iter().filter(is_of_persons) {
        *persons.entry((list.county.clone(), list.office.clone())).or_default() += list.persons;
    }
    let counts = counts.iter().map(|((office, kind), count)| sample([("office", office), ("kind", kind)], count));
    text.gauge("lists", "Lists of the latest sealed period.", counts);
    let help = "Persons on the lists of the latest sealed period; small counts are left out.";
    text.gauge("list_persons", help, shown(["county", "office"], &persons));
    let end = period.last_day().and_hms_opt(0, 0, 0).unwrap_or_default().and_utc();
    text.gauge(
        "sealed_period_end_timestamp_seconds",
        "Last day of the latest sealed period.",
        [sample([], epoch(end))],
    );
    Ok(())
}

/// The cells of a table that may be shown: neither a small count nor one from which, with the table's sums, a small one
/// could be worked out.
fn shown(labels: [&'static str; 2], cells: &BTreeMap<(String, String), u64>) -> Vec<Sample> {
    let lines: Vec<&String> = cells.keys().map(|(line, _)| line).collect::<BTreeSet<_>>().into_iter().collect();
    let columns: Vec<&String> = cells.keys().map(|(_, column)| column).collect::<BTreeSet<_>>().into_iter().collect();
    let count = |line: &String, column: &String| cells.get(&(line.clone(), column.clone())).copied().unwrap_or(0);
    let mut table: Vec<Vec<u64>> =
        lines.iter().map(|line| columns.iter().map(|column| count(line, column)).collect()).collect();
    for line in &mut table {
        line.push(line.iter().sum());
    }
    table.push((0..=columns.len()).map(|column| table.iter().map(|line| line[column]).sum()).collect());
    let hidden = suppress(&table);
    let mut samples = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for (of, column) in columns.iter().enumerate() {
            if !hidden[at][of] && cells.contains_key(&((*line).clone(), (*column).clone())) {
                samples.push(sample([(labels[0], line), (labels[1], column)], table[at][of]));
            }
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_and_those_that_give_them_away_are_left_out() {
        let cell = |county: &str, office: &str, count| ((county.to_owned(), office.to_owned()), count);
        let cells =
            [cell("990102", "MZ", 3), cell("990102", "NC", 40), cell("990103", "MZ", 50), cell("990103", "NC", 0)];
        let shown = shown(["county", "office"], &cells.into());
        let figures: Vec<&str> = shown.iter().map(|(_, figure)| figure.as_str()).collect();
        assert!(!figures.contains(&"3") && figures.len() < 4, "{figures:?}");
        let large = [cell("990102", "MZ", 30), cell("990103", "MZ", 50)];
        assert_eq!(super::shown(["county", "office"], &large.into()).len(), 2);
    }
}
