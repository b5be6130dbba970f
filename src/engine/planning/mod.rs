//! From statements to physical plans: parameters, the rules that plans follow, and the plans that are kept for further
//! buckets.

mod joins;
mod params;
mod template;

pub(super) use joins::rules;
pub use params::{Param, Params};
pub(super) use params::bind;
pub(super) use template::{Templates, key};
