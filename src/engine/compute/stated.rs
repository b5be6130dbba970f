//! What the rosters of all buckets state together: which tags at all, and each office's last full roster.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use chrono::NaiveDate;

use super::rules::table;
use crate::rows::of_model;
use crate::{EngineError, Models};

crate::row! {
    struct StatedTag {
        tag: String = "tag",
        office: String = "source_office",
        last_full_month: Option<NaiveDate> = "last_full_month",
    }
}

/// The rows of the model `stated_tags` over all buckets: (tag, office) to the month of the last full roster.
#[derive(Debug, Default)]
pub struct Stated {
    last_full_month: BTreeMap<(String, String), Option<NaiveDate>>,
}

impl Stated {
    pub(super) fn add(&mut self, batches: &[RecordBatch]) -> Result<(), EngineError> {
        for row in of_model::<StatedTag>("intermediate/stated_tags", batches)? {
            let last = self.last_full_month.entry((row.tag, row.office)).or_default();
            *last = (*last).max(row.last_full_month);
        }
        Ok(())
    }

    /// Whether any roster states the tag.
    pub fn has(&self, tag: &str) -> bool {
        self.last_full_month.keys().any(|(stated, _)| stated == tag)
    }

    /// As the table that the model `int_person_tags` reads.
    pub fn rows(&self, models: &Models) -> Result<RecordBatch, EngineError> {
        let row = |((tag, office), month): (&(String, String), &Option<NaiveDate>)| {
            [
                ("tag", tag.clone().into()),
                ("source_office", office.clone().into()),
                ("last_full_month", (*month).into()),
            ]
        };
        table(models, "stated_tags", self.last_full_month.iter().map(row))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    #[test]
    fn the_last_full_roster_of_any_bucket_counts() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 10, day);
        let bucket = |rows: &[(&'static str, &'static str, Option<NaiveDate>)]| {
            let fields =
                [("tag", DataType::Utf8), ("source_office", DataType::Utf8), ("last_full_month", DataType::Date32)];
            let schema = Arc::new(Schema::new(fields.map(|(name, kind)| Field::new(name, kind, true)).to_vec()));
            let row = |&(tag, office, month): &(&'static str, &'static str, Option<NaiveDate>)| {
                [("tag", tag.into()), ("source_office", office.into()), ("last_full_month", month.into())]
            };
            crate::rows::batch("stated_tags", &schema, rows.iter().map(row)).unwrap()
        };
        let mut stated = Stated::default();
        let first = bucket(&[("subsistence", "民政局", day(1)), ("lifted_out", "农业农村局", None)]);
        stated.add(&[first, bucket(&[("subsistence", "民政局", day(31))])]).unwrap();
        stated.add(&[bucket(&[("subsistence", "民政局", None)])]).unwrap();
        let months: Vec<Option<NaiveDate>> = stated.last_full_month.values().copied().collect();
        assert_eq!(months, [None, day(31)]);
        assert!(stated.has("lifted_out") && !stated.has("vulnerable"));
    }
}
