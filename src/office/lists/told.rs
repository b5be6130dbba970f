//! What lists are told from: the places and offices, what stands of earlier lists, who was given back.

use std::collections::BTreeMap;

use engine::official::inherit;
use engine::{Context, PipelineError};
use law::domain::{CountyCode, Period};
use law::referrals::{ListRequest, Lists, Office, PreviousList, Reroutes, build_lists};
use store::keys::Keys;
use store::ledger::Moment;

use super::{Material, Sealing};
use crate::seal::{SealError, previous_lists};

/// What lists are told from: the places and offices, what stands of earlier lists, who was given back.
pub(super) struct Told {
    area: CountyCode,
    pub(super) counties: BTreeMap<CountyCode, String>,
    pub(super) offices: Vec<Office>,
    previous: BTreeMap<(String, String), PreviousList>,
    reroutes: Reroutes,
    pub(super) keys: Keys,
}

impl Told {
    /// As known at a moment.
    pub(super) fn at(context: &Context, sealing: Sealing, moment: Moment) -> Result<Self, PipelineError> {
        let Sealing { period, rhythm, .. } = sealing;
        let wrong = |error: law::domain::ParseError| PipelineError::NotReady(format!("settings, area: {error}"));
        let day = period.last_day();
        let sealed = context.policy.in_force(day).filter(|rule| rhythm.seals(rule));
        let words = sealed.flat_map(|rule| rule.recipients.iter().map(String::as_str));
        let offices = context.offices.of_lists(words, day, rhythm.mark());
        let layout = &context.workspace.layout;
        let mut previous = previous_lists(layout, &context.ledger, moment)?;
        inherit(&mut previous, &context.offices, &offices, day, rhythm);
        Ok(Self {
            area: CountyCode::parse(&context.workspace.settings.area).map_err(wrong)?,
            counties: context.counties.iter().map(|county| (county.code.clone(), county.name.clone())).collect(),
            offices,
            previous,
            reroutes: context.ledger.reroutes(moment)?,
            keys: Keys::open(layout)?,
        })
    }

    /// What lists of a material are asked for.
    pub(super) fn request<'a>(&'a self, period: Period, material: &'a Material) -> ListRequest<'a> {
        ListRequest {
            period,
            area: &self.area,
            counties: &self.counties,
            rules: &material.rules,
            offices: &self.offices,
            previous: &self.previous,
            reroutes: &self.reroutes,
            gaps: &material.sealed.gaps,
            stays: &material.stays,
            ended: &material.ended,
            suppressions: &material.words,
            kept_off: &material.kept_off,
            tokens: &self.keys.tokens,
        }
    }

    /// The period's lists of the material; whoever left one because of an officer's word is said to.
    pub(super) fn lists(&self, period: Period, material: &Material) -> Result<Lists, PipelineError> {
        let request = self.request(period, material);
        let lists = build_lists(&request, &material.rows).map_err(|error| PipelineError::from(SealError::from(error)));
        let mut lists = lists?;
        lists.note_suppressed(&material.suppressed);
        Ok(lists)
    }
}
