//! Rules as data: whom a rule watches, which cost it measures, the line it draws, the clause behind it.
//!
//! Pure. The files are `pipelines/policies/*.toml`; the SQL that carries a rule out is `sql/rules/`.

mod basis;
pub mod casebook;
mod file;
mod line;
mod rule;

pub use basis::Basis;
pub use file::parse_policy;
pub use line::{IncomeFigure, Line, figure_for};
pub use rule::{Adjustments, Clause, Cost, Geography, LineRule, Operator, Policy, Rule, Rural, Who};
