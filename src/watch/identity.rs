//! Questions about documents that may be one person's, where that matters: together they could be over a line.

use std::collections::{BTreeMap, BTreeSet};

use engine::compute::{FindingRow, linked_people};
use engine::{Context, PipelineError};
use law::cases::Reason;
use law::domain::{PersonKey, official_day};
use law::questions::{Bound, Cause, NewQuestion, Surprise, Topic, due_day};
use store::warehouse::Version;

/// Asks about each person number with several documents of which tonight's findings leave somebody open, and closes
/// questions that no longer arise: settled with `identity`, or without weight.
pub(crate) fn ask_about_identity(
    context: &Context,
    version: &Version,
    found: &[FindingRow],
) -> Result<(), PipelineError> {
    let mut open: BTreeMap<PersonKey, BTreeSet<String>> = BTreeMap::new();
    for row in found.iter().filter(|row| row.reason == Some(Reason::IdentityOpen)) {
        open.entry(row.person).or_default().extend(row.county.clone());
    }
    let mut arising = BTreeSet::new();
    if !open.is_empty() {
        let mut numbers: BTreeMap<i64, BTreeSet<PersonKey>> = BTreeMap::new();
        for row in linked_people(&context.warehouse, version)?.0 {
            numbers.entry(row.number).or_default().insert(row.person);
        }
        for people in numbers.into_values() {
            let counties: BTreeSet<String> =
                people.iter().filter_map(|person| open.get(person)).flatten().cloned().collect();
            if people.iter().any(|person| open.contains_key(person)) {
                let asked = context.ledger.open_question(&question(context, people, counties), context.now)?;
                arising.insert(asked.question_id);
            }
        }
    }
    context.ledger.close_gone(Topic::Identity, "", &arising, context.now)?;
    Ok(())
}

fn question(context: &Context, people: BTreeSet<PersonKey>, counties: BTreeSet<String>) -> NewQuestion {
    NewQuestion {
        topic: Topic::Identity,
        series: String::new(),
        cause: Cause::Register,
        surprises: vec![Surprise::new(Bound::IdentityOpen, [("found", "1".to_owned())])],
        files: Vec::new(),
        counties,
        people,
        sender: String::new(),
        due: due_day(official_day(context.now), &context.workdays),
    }
}
