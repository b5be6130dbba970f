//! Questions that change nothing: why is somebody (not) listed, how does the workspace stand, is it in order.

mod backtest;
mod check;
mod explain;
mod funnel;
mod status;

pub use backtest::{Backtest, MethodScore, RuleScores, Score, backtest};
pub use check::{check, policy_layers};
pub use explain::{Explanation, explain, person_named};
pub use funnel::{Funnel, Missed, funnel};
pub use status::{Status, status};
