//! Reading what a check returned: differences must be zero, persons must add up.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};

use crate::PipelineError;

/// Fails when a check found a difference.
///
/// A column called `*_difference` must be zero. `person_count` must equal `below_floor_count` and the
/// rows that the model wrote (everybody above the floor has exactly one row).
pub(super) fn verify(check: &str, place: &str, rows: &[RecordBatch], written: u64) -> Result<(), PipelineError> {
    let failed = |why: String| PipelineError::Check { check: check.to_owned(), place: place.to_owned(), why };
    let mut seen = 0;
    for batch in rows.iter().filter(|batch| batch.num_rows() > 0) {
        seen += batch.num_rows();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            if field.name().ends_with("_difference") {
                let difference = decimal(column.as_ref()).ok_or_else(|| failed(format!("{} is null", field.name())))?;
                if difference != 0 {
                    return Err(failed(format!("{} is {difference} fen instead of 0", field.name())));
                }
            }
        }
        if let (Some(persons), Some(below)) = (count(batch, "person_count"), count(batch, "below_floor_count")) {
            let written = i64::try_from(written).unwrap_or(i64::MAX);
            if persons != below + written {
                return Err(failed(format!(
                    "{persons} persons were looked at, but {below} lie below every line and {written} have an outcome"
                )));
            }
        }
    }
    if seen == 0 { Err(failed("the check returned no row".to_owned())) } else { Ok(()) }
}

fn decimal(column: &dyn Array) -> Option<i128> {
    match column.data_type() {
        DataType::Decimal128(_, _) if !column.is_null(0) => Some(column.as_primitive::<Decimal128Type>().value(0)),
        _ => None,
    }
}

fn count(batch: &RecordBatch, name: &str) -> Option<i64> {
    let column = batch.column_by_name(name)?;
    (*column.data_type() == DataType::Int64 && !column.is_null(0)).then(|| column.as_primitive::<Int64Type>().value(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, Int64Array};

    use super::*;

    fn persons(count: i64, below: i64) -> Vec<RecordBatch> {
        let columns: [(&str, ArrayRef); 2] = [
            ("person_count", Arc::new(Int64Array::from(vec![count]))),
            ("below_floor_count", Arc::new(Int64Array::from(vec![below]))),
        ];
        vec![RecordBatch::try_from_iter(columns).unwrap()]
    }

    #[test]
    fn persons_must_add_up() {
        assert!(verify("c", "p", &persons(10, 7), 3).is_ok());
        assert!(verify("c", "p", &persons(10, 7), 2).is_err());
        assert!(verify("c", "p", &[], 0).is_err());
    }

    #[test]
    fn a_difference_of_one_fen_fails() {
        let batch = |fen: i128| {
            let column = Decimal128Array::from(vec![fen]).with_precision_and_scale(18, 2).unwrap();
            vec![RecordBatch::try_from_iter([("fund_difference", Arc::new(column) as ArrayRef)]).unwrap()]
        };
        assert!(verify("c", "p", &batch(0), 0).is_ok());
        assert!(verify("c", "p", &batch(1), 0).is_err());
    }
}
