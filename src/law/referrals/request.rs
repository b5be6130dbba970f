//! What lists are built from, beside the mart's rows.

use std::collections::BTreeMap;

use super::{Duty, EndedTags, ListRow, ListedRule, Office, PreviousList, StayReason, Suppression};
use crate::arrivals::{Gap, Gaps};
use crate::domain::{CountyCode, Period, PersonKey, TokenKey};

/// What lists are built for.
#[derive(Debug, Clone, Copy)]
pub struct ListRequest<'a> {
    /// The month.
    pub period: Period,
    /// The area's code: persons whose county is unclear go on lists of its own.
    pub area: &'a CountyCode,
    /// The area's counties with their names; each gets a list from every office, an empty one if need be.
    pub counties: &'a BTreeMap<CountyCode, String>,
    /// The policy's rules; the first that hits leads.
    pub rules: &'a [ListedRule],
    /// The offices that get lists, the bureau's own included.
    pub offices: &'a [Office],
    /// The last sealed list of this benefit year, by county code and office code.
    pub previous: &'a BTreeMap<(String, String), PreviousList>,
    /// Persons whom an office gave back as not its own.
    pub reroutes: &'a Reroutes,
    /// Data that have not come whole and can change somebody, by county: nobody leaves its lists, and none is NIL.
    pub gaps: &'a Gaps,
    /// Persons whose withdrawal is set aside, each with the question that is open.
    pub stays: &'a BTreeMap<PersonKey, StayReason>,
    /// Whose tag has ended, by person and rule that wants it, as far as their cost lies above the warning line.
    pub ended: &'a EndedTags,
    /// What officers have said of persons who stay off, as far as it is in force.
    pub suppressions: &'a [Suppression],
    /// Flagged rows that officers' words keep off: they stand on the bureau's own list.
    pub kept_off: &'a [ListRow],
    /// Secret of the row tokens.
    pub tokens: &'a TokenKey,
}

/// Code of the office that now has a person, by person and code of the office that gave them back.
pub type Reroutes = BTreeMap<(PersonKey, String), String>;

impl ListRequest<'_> {
    /// Whether an office gave a person back as not its own.
    pub(super) fn is_given_back(&self, person: PersonKey, office: &Office) -> bool {
        self.reroutes.contains_key(&(person, office.code.clone()))
    }

    /// Whether an office has a person whom another gave back.
    pub(super) fn is_given_to(&self, person: PersonKey, office: &Office) -> bool {
        let from = (person, String::new());
        let own = self.reroutes.range(from..).take_while(|((of, _), _)| *of == person);
        // Nobody is lost: whom no office takes comes back to the bureau's own desk.
        let is_with_nobody = |to: &String| {
            self.reroutes.contains_key(&(person, to.clone())) || self.offices.iter().all(|known| known.code != *to)
        };
        own.map(|(_, to)| to).any(|to| *to == office.code || (office.duty == Duty::Undecided && is_with_nobody(to)))
    }

    /// Whether a rule's persons go on an office's lists; the bureau's own have those of all rules.
    pub(super) fn goes_to(&self, rule: &str, office: &Office) -> bool {
        !office.is_referral()
            || self.rules.iter().any(|known| known.id == rule && known.recipients.contains(&office.code))
    }

    /// The gaps of a county.
    pub(super) fn gaps_of(&self, county: &CountyCode) -> &[Gap] {
        self.gaps.get(county).map_or(&[], Vec::as_slice)
    }

    /// A county's name: its code where the table does not have it, 县区不明 for the area's own list.
    pub(super) fn county_name(&self, county: &CountyCode) -> String {
        match self.counties.get(county) {
            Some(name) => name.clone(),
            None if county == self.area => "县区不明".to_owned(),
            None => county.to_string(),
        }
    }
}
