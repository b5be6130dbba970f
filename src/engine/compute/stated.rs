//! What the rosters of all buckets state together, and what each file of them is worth.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use law::domain::Period;
use law::rosters::{
    CompleteRoster, Movement, RosterFile, RosterRules, Said, Second, Snapshot, Standing, complete_rosters,
    second_files, stand,
};
use store::warehouse::{Version, Warehouse};

use super::rules::table;
use crate::rows::{of_file, of_model};
use crate::{EngineError, Models};

/// What each roster file is worth, as statements read it.
pub const SNAPSHOTS: &str = "roster_snapshot";
/// What is known of roster files besides their rows; intake writes it.
const ROSTER_FILES: &str = "roster_files";

crate::row! {
    struct StatedTag {
        tag: String = "tag",
        office: String = "source_office",
        county: Option<String> = "county_code",
        month: NaiveDate = "stated_month",
        is_full: bool = "is_full",
        file: Option<String> = "source_file",
        people: i64 = "person_count",
    }
}

crate::row! {
    struct FileRow {
        file: String = "source_file",
        name: String = "file_name",
        arrival: i64 = "arrival",
        office: Option<String> = "source_office",
        county: Option<String> = "county_code",
        tag: Option<String> = "tag",
        month: Option<NaiveDate> = "roster_month",
        said: Option<String> = "said",
        is_filtered: bool = "is_filtered",
        rows: i64 = "row_count",
        rejected: i64 = "rejected_count",
        unmatched: i64 = "unmatched_count",
        before: Option<i64> = "before_count",
        added: Option<i64> = "added_count",
        left: Option<i64> = "left_count",
        now: Option<i64> = "now_count",
    }
}

impl From<FileRow> for RosterFile {
    fn from(row: FileRow) -> Self {
        let movement = || Some(Movement { before: row.before?, added: row.added?, left: row.left?, now: row.now? });
        Self {
            movement: movement(),
            said: row.said.as_deref().and_then(Said::parse),
            file: row.file,
            name: row.name,
            arrival: row.arrival,
            office: row.office.unwrap_or_default(),
            county: row.county.unwrap_or_default(),
            tag: row.tag.unwrap_or_default(),
            month: row.month,
            is_filtered: row.is_filtered,
            rows: row.rows,
            rejected: row.rejected,
            unmatched: row.unmatched,
        }
    }
}

/// The roster files of a version.
pub fn roster_files(warehouse: &Warehouse, version: &Version) -> Result<Vec<RosterFile>, EngineError> {
    let mut files = Vec::new();
    for file in version.table(ROSTER_FILES) {
        for row in of_file::<FileRow>(&warehouse.path(file))? {
            files.push(row?.into());
        }
    }
    Ok(files)
}

/// The rows of the model `stated_tags` over all buckets, and the files that they came in.
#[derive(Debug, Default)]
pub struct Stated {
    /// With how many people each has.
    snapshots: BTreeMap<Snapshot, i64>,
    files: Vec<RosterFile>,
    rules: Arc<RosterRules>,
    period: Option<Period>,
}

impl Stated {
    pub(super) const fn new(rules: Arc<RosterRules>, files: Vec<RosterFile>, period: Period) -> Self {
        Self { snapshots: BTreeMap::new(), files, rules, period: Some(period) }
    }

    pub(super) fn add(&mut self, batches: &[RecordBatch]) -> Result<(), EngineError> {
        for row in of_model::<StatedTag>("intermediate/stated_tags", batches)? {
            let (county, file) = (row.county.unwrap_or_default(), row.file.unwrap_or_default());
            let StatedTag { tag, office, month, is_full, people, .. } = row;
            *self.snapshots.entry(Snapshot { office, county, tag, month, is_full, file }).or_default() += people;
        }
        Ok(())
    }

    /// Whether any roster states the tag.
    pub fn has(&self, tag: &str) -> bool {
        self.snapshots.keys().any(|snapshot| snapshot.tag == tag)
    }

    /// What each snapshot is worth on the period's last day.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<Snapshot, Standing> {
        let Some(period) = self.period else { return BTreeMap::new() };
        stand(&self.snapshots, &self.files, &self.rules, period.last_day())
    }

    /// The complete rosters as of the period's last day.
    #[must_use]
    pub fn complete(&self) -> Vec<CompleteRoster> {
        let Some(period) = self.period else { return Vec::new() };
        complete_rosters(&self.snapshots, &self.files, &self.rules, period.last_day())
    }

    /// Second files of a month that somebody must decide on.
    #[must_use]
    pub fn second_files(&self) -> Vec<Second> {
        second_files(&self.snapshots, &self.files, &self.rules)
    }

    #[must_use]
    pub fn rules(&self) -> &RosterRules {
        &self.rules
    }

    /// As the table that the model `int_person_tags` reads.
    pub fn rows(&self, models: &Models) -> Result<RecordBatch, EngineError> {
        let row = |(snapshot, standing): (Snapshot, Standing)| {
            [
                ("source_file", snapshot.file.into()),
                ("source_office", snapshot.office.into()),
                ("county_code", snapshot.county.into()),
                ("tag", snapshot.tag.into()),
                ("stated_month", snapshot.month.into()),
                ("is_full", snapshot.is_full.into()),
                ("scope", format!("{} {}", standing.office, standing.county).into()),
                ("arrival", standing.arrival.into()),
                ("fate", standing.fate.code().into()),
                ("replaced_at", standing.replaced_at.into()),
                ("absent_since", standing.absent_since.into()),
                ("lacking_month", standing.lacking_month.into()),
                ("is_absence_sure", standing.is_absence_sure.into()),
                ("last_complete", standing.last_complete.into()),
                ("is_stale", standing.is_stale.into()),
            ]
        };
        table(models, SNAPSHOTS, self.standings().into_iter().map(row))
    }
}
