//! From statements to physical plans: the rules that plans follow, and the plans that are kept for further buckets.

mod joins;
mod template;

pub(super) use joins::rules;
pub(super) use template::{Templates, key};
