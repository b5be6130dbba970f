//! A trial on the files of a version.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;

use super::{Data, Totals, Trial, together};
use crate::domain::Period;
use crate::engine::{Source, Statement, read_table};
use crate::pipeline::PipelineError;
use crate::pipeline::compute::Stated;
use crate::pipeline::compute::findings::sources_in;
use crate::pipeline::compute::refresh::month_params;
use crate::pipeline::compute::rules::{Span, figures_of, income_figures, rows_failed};
use crate::policy::IncomeFigure;
use crate::warehouse::{FileEntry, Version, Warehouse};

/// The files of a table that a statement of one bucket reads.
pub(super) fn source(warehouse: &Warehouse, version: &Version, table: &str, span: Span, bucket: u16) -> Source {
    let wanted = BTreeSet::from([table.to_owned()]);
    let files = sources_in(version, &wanted, span, bucket);
    files_of(warehouse, files.values().flatten())
}

fn files_of<'f>(warehouse: &Warehouse, files: impl Iterator<Item = &'f FileEntry>) -> Source {
    Source::Files(files.map(|file| warehouse.path(file)).collect())
}

impl Trial<'_> {
    /// What the rosters state.
    pub(in crate::pipeline) async fn stated(&self, period: Period) -> Result<Stated, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => Stated::read(self.engine, warehouse, version, period).await,
            Data::Rows(_) => {
                let rosters = self.source("rosters", Span::of_year(period), 0)?;
                Stated::of_source(self.engine, rosters, period).await
            }
        }
    }

    /// The published figures.
    pub(in crate::pipeline) fn figures(&self) -> Result<Vec<IncomeFigure>, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => income_figures(warehouse, version),
            Data::Rows(tables) => {
                let missing = arrow::error::ArrowError::SchemaError("a column is missing".to_owned());
                let rows = tables.get("income");
                rows.map_or(Ok(Vec::new()), |rows| figures_of(rows).ok_or_else(|| rows_failed("income", &missing)))
            }
        }
    }

    /// Totals by bucket, of the months that a span reads.
    pub(in crate::pipeline) async fn totals(&self, span: Span) -> Result<Totals, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => self.stored_totals(warehouse, version, span).await,
            Data::Rows(tables) => self.totals_of_rows(tables, span).await,
        }
    }

    /// The version's totals; those of months or parts of months that it does not have are summed from its claims.
    async fn stored_totals(
        &self,
        warehouse: &Warehouse,
        version: &Version,
        span: Span,
    ) -> Result<Totals, PipelineError> {
        let known: BTreeSet<_> = version.table("totals").map(|file| (file.month, file.bucket)).collect();
        let months = version.table("claims").filter_map(|file| Some((file.month?, file.bucket?)));
        let parts = months
            .filter(|(month, _)| span.has_month(month.month()))
            .map(|(month, bucket)| (span.part_of(month.month()), bucket));
        let missing: Vec<(Period, u16)> =
            parts.filter(|(part, bucket)| !known.contains(&(Some(*part), Some(*bucket)))).collect();
        let statements = missing.iter().map(|(part, bucket)| self.totals_of(warehouse, version, *part, *bucket));
        let mut summed: BTreeMap<u16, Vec<RecordBatch>> = BTreeMap::new();
        for ((_, bucket), rows) in missing.iter().zip(self.run(statements.collect()).await?) {
            summed.entry(*bucket).or_default().extend(rows);
        }
        let mut totals = Totals::new();
        for bucket in self.buckets() {
            let files: Vec<&FileEntry> = version
                .bucket("totals", bucket)
                .filter(|file| file.month.is_some_and(|part| span.has_file("totals", part)))
                .collect();
            let rows = match summed.remove(&bucket) {
                None => files_of(warehouse, files.into_iter()),
                Some(mut rows) => {
                    for file in files {
                        for batch in read_table(&warehouse.path(file), None)? {
                            rows.push(batch?);
                        }
                    }
                    together(self.engine.models(), "totals", rows.into_iter())?
                }
            };
            totals.insert(bucket, rows);
        }
        Ok(totals)
    }

    fn totals_of(&self, warehouse: &Warehouse, version: &Version, part: Period, bucket: u16) -> Statement {
        let month = Period::from(part.month());
        let wanted = self.engine.models().sources_of("totals").into_iter();
        let sources = wanted.map(|table| {
            let files = version.bucket(&table, bucket).filter(|file| file.month == Some(month));
            let files = files_of(warehouse, files);
            (table, files)
        });
        Statement {
            model: "totals".to_owned(),
            measures: None,
            sources: sources.collect(),
            params: month_params(part),
            place: format!("month {part} bucket {bucket:03}"),
        }
    }
}
