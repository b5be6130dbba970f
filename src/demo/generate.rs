//! Writing all files: one job per file, on as many threads as the machine has.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Datelike;
use law::contracts::Feed;

use super::claims::{self, ClaimFile, Face, Look, MONTHS, Year, first_day};
use super::people::Person;
use super::registers;
use super::stories::{Fate, Story};
use super::{DemoError, DemoFile, DemoOptions, DemoSummary};

/// Above so many people everything is Parquet or CSV, as a province's exchange platform sends it.
const LARGE: u64 = 200_000;

/// Writes the invented prefecture's files below `landing`, one folder per feed.
pub fn generate(options: &DemoOptions, landing: &Path) -> Result<DemoSummary, DemoError> {
    let is_large = options.as_province || options.persons > LARGE;
    for feed in Feed::ALL.map(Feed::name) {
        let folder = landing.join(feed);
        std::fs::create_dir_all(&folder).map_err(DemoError::at(&folder))?;
    }
    let jobs = jobs(is_large);
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = job.run(options, landing);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result);
                }
            });
        }
    });
    let mut summary = DemoSummary { persons: options.persons, ..DemoSummary::default() };
    for part in results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        let part = part?;
        summary.files.extend(part.files);
        summary.claims += part.claims;
        part.traps.into_iter().for_each(|(trap, rows)| *summary.traps.entry(trap).or_default() += rows);
    }
    summary.files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(summary)
}

/// Work that one thread does alone.
enum Job {
    /// One file of claims: name, month, look, whether it is the month's late part.
    Claims(String, usize, Look, bool),
    Registers(registers::Register, bool),
}

/// All jobs, the longest first.
fn jobs(is_large: bool) -> Vec<Job> {
    let registers = registers::Register::ALL.into_iter().map(|register| Job::Registers(register, is_large));
    let mut jobs: Vec<Job> = registers.collect();
    for month in (0..MONTHS).rev() {
        let (look, kind) = match month {
            1 if !is_large => (Look::Gb18030, "csv"),
            6 if !is_large => (Look::Interface, "csv"),
            _ => (Look::Parquet, "parquet"),
        };
        let first = first_day(month);
        let name = format!("claims-{}-{:02}", first.year(), first.month());
        jobs.push(Job::Claims(format!("{name}.{kind}"), month, look, false));
        if month + 1 == MONTHS {
            jobs.push(Job::Claims(format!("{name}-late.{kind}"), month, look, true));
        }
    }
    jobs
}

impl Job {
    fn run(&self, options: &DemoOptions, landing: &Path) -> Result<DemoSummary, DemoError> {
        match self {
            Self::Registers(register, is_large) => register.write(options, *is_large, landing),
            Self::Claims(name, month, look, late) => {
                let mut file = ClaimFile::create(&landing.join("claims").join(name), *look)?;
                let mut summary = DemoSummary::default();
                let mut traps = BTreeMap::new();
                let split = *month + 1 == MONTHS;
                each_claim(
                    options.seed,
                    0..options.persons,
                    *month,
                    |index| !split || is_late(index) == *late,
                    |face, row| {
                        summary.claims += 1;
                        count_traps(&mut traps, face, row, *look);
                        file.write(face, row)
                    },
                )?;
                file.finish()?;
                summary.files.push(DemoFile { path: format!("claims/{name}"), rows: summary.claims });
                summary.traps = traps.into_iter().map(|((kind, trap), rows)| (format!("{kind}{trap}"), rows)).collect();
                Ok(summary)
            }
        }
    }
}

/// Whether a person's claims of the last month come in the small second file.
const fn is_late(index: u64) -> bool {
    index % 50 == 49
}

/// Shows every row of a month's file, person by person.
fn each_claim(
    seed: u64,
    persons: Range<u64>,
    month: usize,
    wanted: impl Fn(u64) -> bool,
    mut take: impl FnMut(&Face, &claims::Row) -> Result<(), DemoError>,
) -> Result<(), DemoError> {
    let mut rows = Vec::new();
    for index in persons.filter(|index| wanted(*index)) {
        rows.clear();
        Year::of(seed, index).rows_in(month, |row| rows.push(row));
        if rows.is_empty() {
            continue;
        }
        let face = Face::of(Person::new(seed, index));
        rows.iter().try_for_each(|row| take(&face, row))?;
    }
    Ok(())
}

/// Counts what a row stands for.
fn count_traps(traps: &mut BTreeMap<(&'static str, &'static str), u64>, face: &Face, row: &claims::Row, look: Look) {
    let person = &face.person;
    let mut count = |kind, trap| *traps.entry((kind, trap)).or_default() += 1;
    if person.story != Story::Plain {
        count("person:", person.story.name());
    }
    if row.trap != Fate::Plain.name() {
        count("claim:", row.trap);
    }
    if face.has_lower_x() {
        count("", "lower_x");
    }
    match person.story {
        Story::BrokenCheck => count("fault:", "id_check_digit"),
        Story::ShortId => count("fault:", "id_malformed"),
        Story::SpreadsheetId => count("fault:", "id_lost_digits"),
        Story::MissingId if row.claim.item == 0 => count("fault:", "id_missing"),
        Story::WrongTotal if row.is_faulty(person) => count("fault:", "identity_total"),
        Story::WrongPersonal if row.is_faulty(person) => count("fault:", "identity_personal"),
        Story::WrongFunds if row.is_faulty(person) => count("fault:", "identity_funds"),
        Story::ThreeDecimals if row.is_faulty(person) && look != Look::Parquet => count("fault:", "not_money"),
        _ => {}
    }
}
