//! What the rosters of all buckets state together: which tags at all, and each office's last full roster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{AsArray, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::Date32Type;
use law::domain::Period;
use store::warehouse::{Version, Warehouse};

use super::data::Data;
use super::evaluation::Evaluation;
use super::rules::{Span, batch};
use super::task::Input;
use crate::{Engine, EngineError, Models, PipelineError};

/// The rows of the model `stated_tags` over all buckets: (tag, office) to the month of the last full roster.
#[derive(Debug, Default)]
pub struct Stated {
    last_full_month: BTreeMap<(String, String), Option<i32>>,
}

impl Stated {
    /// From the rosters themselves, for a period that no job has looked at.
    pub async fn read(
        engine: &Engine,
        warehouse: &Warehouse,
        version: &Version,
        period: Period,
    ) -> Result<Self, PipelineError> {
        let evaluation = Evaluation::new(engine, Data::Stored { warehouse, version }, BTreeSet::new(), 1);
        // rosters are small: all buckets' in one statement
        let rosters = Input::Files(version.table("rosters").cloned().collect());
        let task = evaluation.task("stated_tags", &[], Span::of_year(period), 0)?.reading("rosters", rosters);
        let mut stated = Self::default();
        for batch in engine.collect(&task.statement(warehouse.root())).await? {
            stated.add(&batch)?;
        }
        Ok(stated)
    }

    /// Columns as the model declares them; a workspace's own copy of the model may lack one.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), PipelineError> {
        let text = |name| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let months = batch.column_by_name("last_full_month").and_then(|column| column.as_primitive_opt::<Date32Type>());
        let (Some(tags), Some(offices), Some(months)) = (text("tag"), text("source_office"), months) else {
            let why = "it must return tag text, source_office text, last_full_month date".to_owned();
            return Err(EngineError::Model { model: "intermediate/stated_tags".to_owned(), why }.into());
        };
        for ((tag, office), month) in tags.iter().zip(offices).zip(months) {
            let key = (tag.unwrap_or_default().to_owned(), office.unwrap_or_default().to_owned());
            let last = self.last_full_month.entry(key).or_default();
            *last = (*last).max(month);
        }
        Ok(())
    }

    /// Whether any roster states the tag.
    pub fn has(&self, tag: &str) -> bool {
        self.last_full_month.keys().any(|(stated, _)| stated == tag)
    }

    /// As the table that the model `int_person_tags` reads.
    pub fn rows(&self, models: &Models) -> Result<RecordBatch, PipelineError> {
        let tags: StringArray = self.last_full_month.keys().map(|(tag, _)| Some(tag)).collect();
        let offices: StringArray = self.last_full_month.keys().map(|(_, office)| Some(office)).collect();
        let months: Date32Array = self.last_full_month.values().copied().collect();
        batch(models, "stated_tags", vec![Arc::new(tags), Arc::new(offices), Arc::new(months)])
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::ArrayRef;

    use super::*;

    fn bucket(rows: &[(&str, &str, Option<i32>)]) -> RecordBatch {
        let texts = |pick: fn(&(&str, &str, Option<i32>)) -> String| -> ArrayRef {
            Arc::new(rows.iter().map(|row| Some(pick(row))).collect::<StringArray>())
        };
        let months: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<Date32Array>());
        let (tags, offices) = (texts(|row| row.0.to_owned()), texts(|row| row.1.to_owned()));
        RecordBatch::try_from_iter([("tag", tags), ("source_office", offices), ("last_full_month", months)]).unwrap()
    }

    #[test]
    fn the_last_full_roster_of_any_bucket_counts() {
        let mut stated = Stated::default();
        stated.add(&bucket(&[("subsistence", "民政局", Some(20_000)), ("lifted_out", "农业农村局", None)])).unwrap();
        stated.add(&bucket(&[("subsistence", "民政局", Some(20_031))])).unwrap();
        stated.add(&bucket(&[("subsistence", "民政局", None)])).unwrap();
        let months: Vec<Option<i32>> = stated.last_full_month.values().copied().collect();
        assert_eq!(months, [None, Some(20_031)]);
        assert!(stated.has("lifted_out") && !stated.has("vulnerable"));
    }
}
