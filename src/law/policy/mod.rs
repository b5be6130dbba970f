//! Rules as data: whom a rule watches, which cost it measures, the line it draws, the clause behind it.
//!
//! Pure. The files are `pipelines/policies/*.toml`; the SQL that carries a rule out is `sql/rules/`.

mod basis;
pub mod casebook;
pub mod describe;
mod document;
mod line;
mod line_rule;
mod read;
mod rule;
mod stable;
#[cfg(test)]
mod tests;
mod words;

pub use basis::Basis;
pub use document::{ClauseKind, Document, DocumentClause, parse_document};
pub use line::{Chosen, Doubt, IncomeFigure, Line, doubt, figure_for, figure_of, line_for};
pub use line_rule::{
    Band, BeforePublication, Geography, LineMeasure, LineRule, Means, MeansLimit, MeansOf, MeansOperator,
    OnPublication, Operator, SeriesLine, SeriesOf,
};
pub use read::{NATIONAL, parse_policy};
pub use rule::{
    Cadence, Clause, Cost, DateBasis, LayerChange, Netting, Policy, Rule, Rural, RuralBy, RuralConflict, Shape, TagsOn,
    Unit, Who, Window,
};
pub use stable::stable_text;
