//! Routes: which address stands for which county's office, from when to when, and who vouches for it.
//!
//! Two people compare an address with the office's letter. The row's code covers all that they saw, so a row that was
//! changed or swapped with another afterwards no longer fits its code and is refused, wherever it is used.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::config::{DeliverySettings, Problem};
use crate::domain::{CountyCode, MailAddress, comparable_name, hex};

pub const ROUTES_FILE: &str = "pipelines/tables/routes.csv";

/// A row as the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteRow {
    pub line: usize,
    pub county: String,
    /// Letters of the office, e.g. `MZ`.
    pub office: String,
    pub address: String,
    pub valid_from: String,
    /// Last day; empty: still in force.
    pub valid_to: String,
    pub approved_by: String,
    pub confirmed_by: String,
    /// See [`RouteRow::expected_code`].
    pub code: String,
}

impl RouteRow {
    /// The code that fits the row: the first 8 hex digits of SHA-256 over all its other cells.
    #[must_use]
    pub fn expected_code(&self) -> String {
        let Self { county, office, address, valid_from, valid_to, approved_by, confirmed_by, .. } = self;
        let text = [county, office, address, valid_from, valid_to, approved_by, confirmed_by].map(String::as_str);
        hex(&Sha256::digest(text.join("|")))[..8].to_owned()
    }
}

/// An address in force for a county's office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub county: CountyCode,
    pub office: String,
    pub address: MailAddress,
    from: NaiveDate,
    to: Option<NaiveDate>,
    line: usize,
}

impl Route {
    fn overlaps(&self, other: &Self) -> bool {
        self.to.is_none_or(|to| other.from <= to) && other.to.is_none_or(|to| self.from <= to)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    rows: Vec<Route>,
}

impl Routes {
    /// Checks the rows; those with a fault are left out and reported in `problems`.
    #[must_use]
    pub fn new(rows: &[RouteRow], settings: &DeliverySettings, problems: &mut Vec<Problem>) -> Self {
        let mut routes: Vec<Route> = Vec::new();
        for row in rows {
            let mut faults = Vec::new();
            if let Some(route) = read(row, settings, &mut faults)
                && faults.is_empty()
            {
                let same = |known: &&Route| known.county == route.county && known.office == route.office;
                if let Some(other) = routes.iter().filter(same).find(|other| other.overlaps(&route)) {
                    let message = format!(
                        "{} {} has two addresses on the same day, see line {}",
                        route.county, route.office, other.line
                    );
                    faults.push((message, "end the earlier one: valid_to is its last day".to_owned()));
                } else if let Some(other) =
                    routes.iter().find(|other| other.address == route.address && other.county != route.county)
                {
                    let message = format!(
                        "the address of {} {} is that of another county, see line {}",
                        route.county, route.office, other.line
                    );
                    faults.push((message, "each county has addresses of its own".to_owned()));
                } else {
                    routes.push(route);
                }
            }
            problems
                .extend(faults.into_iter().map(|(message, hint)| Problem::new(ROUTES_FILE, row.line, message, hint)));
        }
        Self { rows: routes }
    }

    /// The address in force for a county's office on a day.
    #[must_use]
    pub fn in_force(&self, county: &str, office: &str, day: NaiveDate) -> Option<&MailAddress> {
        let fits = |route: &&Route| {
            route.county.as_str() == county
                && route.office == office
                && route.from <= day
                && route.to.is_none_or(|to| day <= to)
        };
        self.rows.iter().find(fits).map(|route| &route.address)
    }

    /// The counties and offices that have no address on a day.
    #[must_use]
    pub fn missing<'a>(
        &self,
        counties: impl IntoIterator<Item = &'a CountyCode>,
        offices: &BTreeSet<String>,
        day: NaiveDate,
    ) -> BTreeMap<CountyCode, Vec<String>> {
        let mut missing = BTreeMap::new();
        for county in counties {
            let without = offices.iter().filter(|office| self.in_force(county.as_str(), office, day).is_none());
            let without: Vec<String> = without.cloned().collect();
            if !without.is_empty() {
                missing.insert(county.clone(), without);
            }
        }
        missing
    }

    pub fn iter(&self) -> impl Iterator<Item = (&CountyCode, &str, usize)> {
        self.rows.iter().map(|route| (&route.county, route.office.as_str(), route.line))
    }
}

/// Reads one row; what is wrong with it goes to `faults` as message and hint.
fn read(row: &RouteRow, settings: &DeliverySettings, faults: &mut Vec<(String, String)>) -> Option<Route> {
    let mut fault = |message: String, hint: &str| faults.push((message, hint.to_owned()));
    let mut fine = |what: &str, result: Result<NaiveDate, crate::domain::ParseError>| match result {
        Ok(day) => Some(day),
        Err(error) => {
            fault(format!("{what}: {error}"), "such as 2026-01-01");
            None
        }
    };
    let from = fine("valid_from", crate::domain::parse_date(&row.valid_from));
    let to = match row.valid_to.as_str() {
        "" => Some(None),
        text => fine("valid_to", crate::domain::parse_date(text)).map(Some),
    };
    if matches!((from, to), (Some(from), Some(Some(to))) if to < from) {
        fault("the address ends before it begins".to_owned(), "swap valid_from and valid_to");
    }
    let county = CountyCode::parse(&row.county).map_err(|error| fault(error.to_string(), "e.g. 350102")).ok();
    let address =
        MailAddress::parse(&row.address).map_err(|error| fault(error.to_string(), "one address per row")).ok();
    if let Some(address) = address.as_ref().filter(|address| !settings.allows(address)) {
        let hint = "add it to allow_domains in [delivery], or correct the address";
        fault(format!("mail may not go to the domain {}", address.domain()), hint);
    }
    let people = [&row.approved_by, &row.confirmed_by].map(|name| comparable_name(name));
    if people.iter().any(String::is_empty) || people[0] == people[1] {
        fault("an address needs two different people".to_owned(), "approved_by enters it, confirmed_by compares it");
    } else if row.code.is_empty() {
        let hint = format!("when both have compared it with the office's letter, set code to {}", row.expected_code());
        fault("the address is not confirmed".to_owned(), &hint);
    } else if row.code != row.expected_code() {
        let hint = "empty its code, let both people compare the address with the office's letter again, then `check`";
        fault("the row was changed after it was confirmed".to_owned(), hint);
    }
    Some(Route { county: county?, office: row.office.clone(), address: address?, from: from?, to: to?, line: row.line })
}
