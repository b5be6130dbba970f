//! What sealing would do, for the plan; nothing is written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Material, Sealing, Told, sealed_before, since};
use crate::ledger::Moment;
use crate::pipeline::compute::Lines;
use crate::pipeline::{Context, PipelineError};
use crate::referrals::DeltaCounts;
use crate::warehouse::Version;

/// A list that would be sealed.
#[derive(Debug, Serialize)]
pub struct PlannedList {
    /// Its id.
    pub list_id: String,
    /// County code.
    pub county: String,
    /// Office code.
    pub office: String,
    /// Whether it would leave the bureau.
    pub is_referral: bool,
    /// Persons on it.
    pub persons: usize,
    /// Not on the list before.
    pub new: usize,
    /// On both.
    pub continuing: usize,
    /// On both, with a further rule.
    pub escalated: usize,
    /// No longer on it.
    pub withdrawn: usize,
}

/// What sealing would do.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct PlannedLists {
    /// The lists, by id; none where the period is sealed already.
    pub(in crate::pipeline) lists: Vec<PlannedList>,
    /// Where it is sealed already: persons whom the data would put on now, and take off.
    pub(in crate::pipeline) since: Option<(usize, usize)>,
}

/// What sealing a period would do; nothing is written.
pub(in crate::pipeline) fn planned_lists(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<PlannedLists, PipelineError> {
    let moment = Moment::before(sealing.period);
    let material = Material::of(context, version, sealing, lines, moment)?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() {
        let since = since(context, sealing.period, &material, &sealed)?.since;
        return Ok(PlannedLists { lists: Vec::new(), since });
    }
    let lists = Told::at(context, sealing, moment)?.lists(sealing.period, &material)?;
    let lists = lists.lists.into_iter().map(|list| {
        let counts = DeltaCounts::of(&list.rows);
        PlannedList {
            list_id: list.id.to_string(),
            county: list.id.county.to_string(),
            office: list.id.office,
            is_referral: list.office.is_referral(),
            persons: counts.persons(),
            new: counts.new,
            continuing: counts.continuing,
            escalated: counts.escalated,
            withdrawn: counts.withdrawn,
        }
    });
    Ok(PlannedLists { lists: lists.collect(), since: None })
}
