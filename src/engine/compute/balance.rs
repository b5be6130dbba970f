//! Reading what a check returned: differences must be zero, persons must add up.

use arrow::array::RecordBatch;
use law::domain::Fen;

use crate::PipelineError;
use crate::rows::{Column, Value};

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
                let Some(Value::Money(Fen(difference))) = Value::at(column.as_ref(), 0) else {
                    return Err(failed(format!("{} is not an amount", field.name())));
                };
                if difference != 0 {
                    return Err(failed(format!("{} is {difference} fen instead of 0", field.name())));
                }
            }
        }
        let count = |name| Column::<i64>::of(batch, name).and_then(|column| column.get(0)).ok();
        if let (Some(persons), Some(below)) = (count("person_count"), count("below_floor_count")) {
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
