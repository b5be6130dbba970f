//! Rejected rows of claims that wait to be mended: whose they are, what they could add, and no more.

use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, TimestampMillisecondArray,
    UInt32Array,
};
use arrow::compute::take_record_batch;
use arrow::datatypes::DataType;
use chrono::DateTime;
use engine::{WAITING_ROWS, days_since_epoch, table_schema};
use law::contracts::RejectCode;
use law::domain::{Month, PersonKey, bucket_of};

use super::job::{Refusal, Stop};
use super::rules::Judged;

/// The rows of a page that are rejected although person and amount can be read, with their buckets; `None` without any.
pub(super) fn waiting_rows(judged: &Judged, buckets: u16) -> Result<Option<(RecordBatch, Vec<Option<u16>>)>, Stop> {
    let page = Page { batch: &judged.batch };
    let mut rows = Vec::new();
    for row in 0..judged.batch.num_rows() {
        let Some(fault) = judged.fault(row) else { continue };
        if let (Some(person), Some(fen)) = (page.whole("person_key", row), page.upper(row, fault.code)) {
            // of a day that cannot be, nobody knows which one was meant
            let is_dated = !matches!(fault.code, RejectCode::InFuture | RejectCode::TooEarly);
            rows.push((u32::try_from(row).unwrap_or(u32::MAX), person, fen, is_dated));
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let failed = |error: &dyn std::fmt::Display| Stop::from(Refusal::new(format!("rows that wait: {error}")));
    let schema = table_schema(WAITING_ROWS).ok_or_else(|| failed(&"there is no such table"))?;
    let taken = UInt32Array::from_iter_values(rows.iter().map(|row| row.0));
    let taken = take_record_batch(&judged.batch, &taken).map_err(|error| failed(&error))?;
    let months = Page { batch: &taken }.months();
    let months: Date32Array = months.iter().zip(&rows).map(|(month, row)| month.filter(|_| row.3)).collect();
    let amounts = Decimal128Array::from_iter_values(rows.iter().map(|row| i128::from(row.2)));
    let amounts = amounts.with_precision_and_scale(18, 2).map_err(|error| failed(&error))?;
    let mut columns: Vec<Arc<dyn Array>> = Vec::new();
    for field in schema.fields() {
        columns.push(match field.name().as_str() {
            "settled_month" => Arc::new(months.clone()),
            "upper_amount" => Arc::new(amounts.clone()),
            name => taken.column_by_name(name).cloned().ok_or_else(|| failed(&name))?,
        });
    }
    let batch = RecordBatch::try_new(schema, columns).map_err(|error| failed(&error))?;
    Ok(Some((batch, rows.iter().map(|row| Some(bucket_of(PersonKey(row.1), buckets))).collect())))
}

/// The columns of a page; cells that cannot be read are null.
struct Page<'a> {
    batch: &'a RecordBatch,
}

impl Page<'_> {
    fn whole(&self, name: &str, row: usize) -> Option<i64> {
        let column: &Int64Array = self.batch.column_by_name(name)?.as_any().downcast_ref()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn fen(&self, name: &str, row: usize) -> Option<i64> {
        let column: &Decimal128Array = self.batch.column_by_name(name)?.as_any().downcast_ref()?;
        column.is_valid(row).then(|| i64::try_from(column.value(row)).ok()).flatten()
    }

    /// What the person may have borne at most; nothing of a row that voids its claim.
    fn upper(&self, row: usize, code: RejectCode) -> Option<i64> {
        let valid =
            self.batch.column_by_name("is_valid").and_then(|column| column.as_any().downcast_ref::<BooleanArray>());
        if valid.is_some_and(|valid| valid.is_valid(row) && !valid.value(row)) {
            return None;
        }
        let (personal, total) = (self.fen("personal_amount", row), self.fen("total_amount", row));
        let paid = |name| self.fen(name, row).unwrap_or(0);
        let unpaid = total.map(|total| total - paid("fund_amount") - paid("hospital_amount"));
        match (personal, unpaid) {
            // one of the two is wrong
            (Some(personal), Some(unpaid)) if code == RejectCode::IdentityPersonal => {
                Some(if personal.abs() > unpaid.abs() { personal } else { unpaid })
            }
            (Some(personal), _) => Some(personal),
            (None, unpaid) => unpaid,
        }
    }

    /// First days of the months of settlement.
    fn months(&self) -> Date32Array {
        let settled = self
            .batch
            .column_by_name("settled_at")
            .filter(|column| matches!(column.data_type(), DataType::Timestamp(..)));
        let settled: Option<&TimestampMillisecondArray> = settled.map(AsArray::as_primitive);
        let month = |row: usize| {
            let settled = settled.filter(|settled| settled.is_valid(row))?;
            let moment = DateTime::from_timestamp_millis(settled.value(row))?;
            Some(days_since_epoch(Month::of(moment.date_naive()).first_day()))
        };
        (0..self.batch.num_rows()).map(month).collect()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use super::*;

    fn page(columns: Vec<(&str, Arc<dyn Array>)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap()
    }

    fn fen(amount: Option<i128>) -> Arc<dyn Array> {
        Arc::new(Decimal128Array::from(vec![amount]).with_precision_and_scale(18, 2).unwrap())
    }

    #[test]
    fn what_a_row_could_add() {
        let row = |personal, total, fund, valid: bool| {
            page(vec![
                ("personal_amount", fen(personal)),
                ("total_amount", fen(total)),
                ("fund_amount", fen(fund)),
                ("is_valid", Arc::new(BooleanArray::from(vec![valid]))),
            ])
        };
        let upper = |batch: RecordBatch, code| Page { batch: &batch }.upper(0, code);
        let code = RejectCode::IdentityTotal;
        assert_eq!(upper(row(Some(40), Some(100), Some(50), true), code), Some(40));
        assert_eq!(upper(row(Some(40), Some(100), Some(50), true), RejectCode::IdentityPersonal), Some(50));
        assert_eq!(upper(row(None, Some(100), Some(60), true), code), Some(40));
        assert_eq!(upper(row(None, Some(100), None, true), code), Some(100));
        assert_eq!(upper(row(None, None, Some(60), true), code), None);
        assert_eq!(upper(row(Some(40), Some(100), Some(60), false), code), None);
    }

    #[test]
    fn the_month_is_the_settlements() {
        let none: StringArray = vec![None::<&str>].into();
        let moments = TimestampMillisecondArray::from(vec![Some(0), Some(86_400_000 * 40), None]);
        let batch = page(vec![("settled_at", Arc::new(moments))]);
        assert_eq!(Page { batch: &batch }.months(), Date32Array::from(vec![Some(0), Some(31), None]));
        assert_eq!(Page { batch: &page(vec![("other", Arc::new(none))]) }.months().null_count(), 1);
    }
}
