//! What rules are tried on: the files of a version, or rows in memory that stand for one bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{BooleanArray, RecordBatch};
use chrono::NaiveDateTime;
use law::domain::Month;
use law::policy::IncomeFigure;
use law::rosters::RosterFile;
use store::warehouse::{Version, Warehouse};

use super::rules::{Span, figures_of, income_figures};
use super::stated::roster_files;
use super::tables::{CLAIMS, sources_in};
use super::task::Input;
use crate::rows::of_model;
use crate::{EngineError, Models, PipelineError};

#[derive(Clone, Copy)]
pub enum Data<'a> {
    /// The files of a version.
    Stored { warehouse: &'a Warehouse, version: &'a Version },
    /// Rows of the tables that intake writes, by table, as one bucket; a table that is not named is empty.
    Rows(&'a BTreeMap<String, RecordBatch>),
}

impl Data<'_> {
    pub(super) fn buckets(self) -> std::ops::Range<u16> {
        match self {
            Self::Stored { version, .. } => 0..version.buckets,
            Self::Rows(_) => 0..1,
        }
    }

    /// The folder below which its files lie.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Stored { warehouse, .. } => warehouse.root(),
            Self::Rows(_) => Path::new(""),
        }
    }

    /// What a statement of one bucket reads of a table.
    pub(super) fn input(self, models: &Models, table: &str, span: Span, bucket: u16) -> Result<Input, PipelineError> {
        match self {
            Self::Stored { version, .. } => {
                let files = sources_in(version, &BTreeSet::from([table.to_owned()]), span, bucket);
                Ok(Input::Files(files.into_values().flatten().collect()))
            }
            Self::Rows(tables) => match tables.get(table) {
                Some(rows) if table == CLAIMS => Ok(Input::Rows(booked_in(rows, |month| span.has_month(month))?)),
                Some(rows) => Ok(Input::Rows(rows.clone())),
                None => {
                    let missing =
                        || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
                    Ok(Input::Rows(RecordBatch::new_empty(models.schema_of(table).ok_or_else(missing)?)))
                }
            },
        }
    }

    /// What is known of roster files besides their rows.
    pub(super) fn roster_files(self) -> Result<Vec<RosterFile>, PipelineError> {
        match self {
            Self::Stored { warehouse, version } => Ok(roster_files(warehouse, version)?),
            Self::Rows(_) => Ok(Vec::new()),
        }
    }

    /// All income figures.
    pub(super) fn figures(self) -> Result<Vec<IncomeFigure>, PipelineError> {
        match self {
            Self::Stored { warehouse, version } => Ok(income_figures(warehouse, version)?),
            Self::Rows(tables) => Ok(tables.get("income").map(figures_of).transpose()?.unwrap_or_default()),
        }
    }
}

crate::row! {
    struct Booking {
        claim_id: String = "claim_id",
        kind: Option<String> = "claim_kind",
        original: Option<String> = "original_claim_id",
        settled: Option<NaiveDateTime> = "settled_at",
    }
}

/// The claims whose month is wanted: their settlement's, for a reversal its original's.
fn booked_in(claims: &RecordBatch, wanted: impl Fn(Month) -> bool) -> Result<RecordBatch, PipelineError> {
    let rows: Vec<Booking> = of_model("claims", std::slice::from_ref(claims))?;
    let known: BTreeMap<&str, &Booking> = rows.iter().map(|row| (row.claim_id.as_str(), row)).collect();
    let booked = |row: &Booking| {
        let original = row.original.as_deref().filter(|_| row.kind.as_deref() == Some("reversal"));
        let booked = original.and_then(|original| known.get(original).copied()).unwrap_or(row);
        booked.settled.map(|at| Month::of(at.date()))
    };
    let mask: BooleanArray = rows.iter().map(|row| Some(booked(row).is_some_and(&wanted))).collect();
    arrow::compute::filter_record_batch(claims, &mask)
        .map_err(|error| EngineError::Model { model: "claims".to_owned(), why: error.to_string() }.into())
}
