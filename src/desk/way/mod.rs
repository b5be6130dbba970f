//! A person's way from claims to the list, in the words that an officer reads.

mod cells;
mod node;
mod person;
mod rule;

pub use node::Node;

use serde_json::Value;

use cells::rows;

/// What `watch::explain` found, told.
#[must_use]
pub fn told(found: &Value) -> Node {
    let mut root = person::root(found);
    rows(found, "rules").iter().for_each(|rule| root.add(rule::branch(rule)));
    root
}
