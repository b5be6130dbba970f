//! The roll-up (汇总表): counts and sums per county, rule and state, small counts hidden.

mod suppress;

pub use suppress::{is_small, suppress, suppress_beyond};

use std::collections::BTreeMap;

use super::{Duty, ListId, ListKind, ListRequest, ListRow};
use crate::arrivals::gaps_in_chinese;
use crate::cases::FindingStatus;
use crate::domain::CountyCode;

/// One cell; `None` where it is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollupCell {
    /// Hits: one person under one rule.
    pub hits: Option<u64>,
    /// Sum of the measured amounts, fen.
    pub measured_fen: Option<i128>,
}

/// One county, or the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupLine {
    /// County code; `None` for the total.
    pub county: Option<CountyCode>,
    /// County name, or 合计.
    pub name: String,
    /// One cell per column, the total last.
    pub cells: Vec<RollupCell>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    pub id: ListId,
    /// Rule id, rule name and state of each column but the last, which is the total.
    pub columns: Vec<(String, String, FindingStatus)>,
    /// The counties in order of code, the total last.
    pub lines: Vec<RollupLine>,
    /// Names of the counties whose data have not come whole, with what is missing.
    pub missing: Vec<(String, String)>,
}

impl Rollup {
    pub(super) fn build(request: &ListRequest<'_>, rows: &[ListRow]) -> Self {
        let mut names = request.counties.clone();
        for row in rows {
            let county = row.county.as_ref().unwrap_or(request.area);
            names.entry(county.clone()).or_insert_with(|| request.county_name(county));
        }
        let states = [FindingStatus::Flagged, FindingStatus::Near, FindingStatus::Undecided];
        let columns: Vec<(String, String, FindingStatus)> = request
            .rules
            .iter()
            .flat_map(|rule| states.map(|state| (rule.id.clone(), rule.name.clone(), state)))
            .collect();
        let place: BTreeMap<(&str, FindingStatus), usize> =
            columns.iter().enumerate().map(|(at, (rule, _, state))| ((rule.as_str(), *state), at)).collect();
        let line_of: BTreeMap<&CountyCode, usize> = names.keys().enumerate().map(|(at, county)| (county, at)).collect();
        let mut hits = vec![vec![0u64; columns.len() + 1]; names.len() + 1];
        let mut fen = vec![vec![0i128; columns.len() + 1]; names.len() + 1];
        for row in rows {
            let line = line_of.get(row.county.as_ref().unwrap_or(request.area));
            if let (Some(line), Some(column)) = (line, place.get(&(row.rule.as_str(), row.status))) {
                for line in [*line, names.len()] {
                    for column in [*column, columns.len()] {
                        hits[line][column] += 1;
                        fen[line][column] += row.measured.unscaled();
                    }
                }
            }
        }
        let hidden = suppress(&hits);
        let all = names.into_iter().map(|(county, name)| (Some(county), name)).chain([(None, "合计".to_owned())]);
        let lines = all
            .enumerate()
            .map(|(line, (county, name))| {
                let cell = |column: usize| {
                    let shown = !hidden[line][column];
                    RollupCell {
                        hits: shown.then_some(hits[line][column]),
                        measured_fen: shown.then_some(fen[line][column]),
                    }
                };
                RollupLine { county, name, cells: (0..=columns.len()).map(cell).collect() }
            })
            .collect();
        let own = request.offices.iter().find(|office| office.duty == Duty::Summary);
        let code = own.map_or_else(|| "YB".to_owned(), |office| office.code.clone());
        let id = ListId {
            period: request.period,
            county: request.area.clone(),
            office: code,
            kind: ListKind::Summary,
            version: 1,
        };
        let missing = request.gaps.iter().filter(|(_, gaps)| !gaps.is_empty());
        let missing = missing.map(|(county, gaps)| (request.county_name(county), gaps_in_chinese(gaps))).collect();
        Self { id, columns, lines, missing }
    }
}
