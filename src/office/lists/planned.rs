//! What sealing would do, for the plan; nothing is written.

use std::collections::BTreeMap;

use engine::compute::Lines;
use engine::{Context, PipelineError};
use law::referrals::DeltaCounts;
use serde::Serialize;
use store::ledger::Moment;
use store::warehouse::Version;

use super::material::gaps_now;
use super::{Material, Sealing, Told, sealed_before, since};

/// A list that would be sealed.
#[derive(Debug, Serialize)]
pub struct PlannedList {
    pub list_id: String,
    pub county: String,
    pub office: String,
    /// Whether it would leave the bureau.
    pub is_referral: bool,
    pub persons: usize,
    /// Not on the list before.
    pub new: usize,
    pub continuing: usize,
    /// On both, with a further rule.
    pub escalated: usize,
    pub withdrawn: usize,
}

#[derive(Debug, Default)]
pub struct PlannedLists {
    /// The lists, by id; none where the period is sealed already.
    pub lists: Vec<PlannedList>,
    /// Where it is sealed already: persons whom the data would put on now, and take off.
    pub since: Option<(usize, usize)>,
}

/// What sealing a period would do; nothing is written.
pub fn planned_lists(
    context: &Context,
    version: &Version,
    sealing: Sealing,
    lines: &BTreeMap<String, Lines>,
) -> Result<PlannedLists, PipelineError> {
    let moment = Moment::before(sealing.period);
    let material = Material::of(context, version, sealing, lines, (moment, gaps_now(context, sealing)?))?;
    let sealed = sealed_before(context, sealing)?;
    if !sealed.is_empty() {
        let since = since(context, sealing, &material, &sealed)?.since;
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
