//! A trial on the files of a version.

use std::collections::BTreeSet;

use law::domain::Period;
use law::policy::IncomeFigure;
use store::warehouse::{FileEntry, Version, Warehouse};

use super::{Data, Trial};
use crate::compute::Stated;
use crate::compute::findings::sources_in;
use crate::compute::rules::{Span, figures_of, income_figures, rows_failed};
use crate::{PipelineError, Source};

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
    pub async fn stated(&self, period: Period) -> Result<Stated, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => Stated::read(self.engine, warehouse, version, period).await,
            Data::Rows(_) => {
                let rosters = self.source("rosters", Span::of_year(period), 0)?;
                Stated::of_source(self.engine, rosters, period).await
            }
        }
    }

    pub fn figures(&self) -> Result<Vec<IncomeFigure>, PipelineError> {
        match self.data {
            Data::Stored { warehouse, version } => income_figures(warehouse, version),
            Data::Rows(tables) => {
                let missing = arrow::error::ArrowError::SchemaError("a column is missing".to_owned());
                let rows = tables.get("income");
                rows.map_or(Ok(Vec::new()), |rows| figures_of(rows).ok_or_else(|| rows_failed("income", &missing)))
            }
        }
    }
}
