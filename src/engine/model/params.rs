//! Typed values for a statement's `$name` parameters.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use datafusion::common::{ParamValues, ScalarValue};
use law::domain::Fen;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Model, ParamKind};
use crate::EngineError;
use crate::schema::days_since_epoch;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Param {
    Date(NaiveDate),
    Text(String),
    Boolean(bool),
    Bigint(i64),
    Money(Fen),
    /// A share, to six decimals.
    Ratio(Decimal),
}

impl Param {
    const fn kind(&self) -> ParamKind {
        match self {
            Self::Date(_) => ParamKind::Date,
            Self::Text(_) => ParamKind::Text,
            Self::Boolean(_) => ParamKind::Boolean,
            Self::Bigint(_) => ParamKind::Bigint,
            Self::Money(_) => ParamKind::Money,
            Self::Ratio(_) => ParamKind::Ratio,
        }
    }

    fn scalar(&self) -> ScalarValue {
        match self {
            Self::Date(date) => ScalarValue::Date32(Some(days_since_epoch(*date))),
            Self::Text(text) => ScalarValue::Utf8(Some(text.clone())),
            Self::Boolean(flag) => ScalarValue::Boolean(Some(*flag)),
            Self::Bigint(number) => ScalarValue::Int64(Some(*number)),
            Self::Money(fen) => ScalarValue::Decimal128(Some(fen.unscaled()), 18, 2),
            Self::Ratio(share) => {
                let mut share = *share;
                share.rescale(6);
                ScalarValue::Decimal128(Some(share.mantissa()), 18, 6)
            }
        }
    }

    /// Any value of a kind, for planning a statement without data.
    pub(crate) fn example(kind: ParamKind) -> Self {
        match kind {
            ParamKind::Date => Self::Date(NaiveDate::default()),
            ParamKind::Text => Self::Text(String::new()),
            ParamKind::Boolean => Self::Boolean(false),
            ParamKind::Bigint => Self::Bigint(0),
            ParamKind::Money => Self::Money(Fen::ZERO),
            ParamKind::Ratio => Self::Ratio(Decimal::ZERO),
        }
    }
}

/// The values of one statement, by name.
pub type Params = BTreeMap<String, Param>;

/// The values that a model declares, checked against its types.
pub(crate) fn bind(model: &Model, params: &Params) -> Result<ParamValues, EngineError> {
    let mut values = std::collections::HashMap::new();
    for (name, kind) in &model.parameters {
        let wrong = |why: String| EngineError::Model { model: model.path.clone(), why };
        let value = params.get(name).ok_or_else(|| wrong(format!("parameter ${name} was not given")))?;
        if value.kind() != *kind {
            return Err(wrong(format!("parameter ${name} is not of the declared type {kind:?}")));
        }
        values.insert(name.clone(), value.scalar().into());
    }
    Ok(ParamValues::Map(values))
}
