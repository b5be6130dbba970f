//! The roll-up for systems: CSV and JSON.

use std::path::Path;

use law::referrals::{Rollup, RollupLine};
use serde::Serialize;

use super::sheet::yuan;
use super::tables::guarded;
use super::{REHEARSAL, SealContext, SealError};
use store::durable::At as _;

/// One line per county, rule and state; hidden numbers are empty.
pub(super) fn write_csv(path: &Path, rollup: &Rollup, context: &SealContext<'_>) -> Result<(), SealError> {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        let headings = ["county_code", "county_name", "rule_id", "status", "hit_count", "measured_amount", "is_hidden"];
        let mark = context.is_rehearsal.then_some("rehearsal");
        writer.write_record(headings.into_iter().chain(mark)).map_err(SealError::write(path))?;
        for cell in cells(rollup, context) {
            let record = [
                cell.county_code.to_owned(),
                guarded(cell.county_name).into_owned(),
                guarded(cell.rule_id).into_owned(),
                cell.status.to_owned(),
                cell.hit_count.map_or_else(String::new, |hits| hits.to_string()),
                cell.measured_amount.unwrap_or_default(),
                cell.is_hidden.to_string(),
            ];
            writer
                .write_record(record.into_iter().chain(cell.rehearsal.map(str::to_owned)))
                .map_err(SealError::write(path))?;
        }
        writer.flush().at(path)?;
    }
    Ok(std::fs::write(path, bytes).at(path)?)
}

/// The same as a JSON array; hidden numbers are null, money is text.
pub(super) fn write_json(path: &Path, rollup: &Rollup, context: &SealContext<'_>) -> Result<(), SealError> {
    let mut bytes =
        serde_json::to_vec_pretty(&cells(rollup, context).collect::<Vec<_>>()).map_err(SealError::write(path))?;
    bytes.push(b'\n');
    Ok(std::fs::write(path, bytes).at(path)?)
}

#[derive(Debug, Serialize)]
struct CellLine<'a> {
    county_code: &'a str,
    county_name: &'a str,
    rule_id: &'a str,
    status: &'a str,
    hit_count: Option<u64>,
    measured_amount: Option<String>,
    is_hidden: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal: Option<&'static str>,
}

/// All cells; `total` stands for all counties, all rules and all states.
fn cells<'a>(rollup: &'a Rollup, context: &SealContext<'_>) -> impl Iterator<Item = CellLine<'a>> {
    let rehearsal = context.is_rehearsal.then_some(REHEARSAL);
    rollup.lines.iter().flat_map(move |line: &RollupLine| {
        let columns = rollup.columns.iter().map(|(rule, _, state)| (rule.as_str(), state.code()));
        columns.chain([("total", "total")]).zip(&line.cells).map(move |((rule_id, status), cell)| CellLine {
            county_code: line.county.as_ref().map_or("total", |county| county.as_str()),
            county_name: &line.name,
            rule_id,
            status,
            hit_count: cell.hits,
            measured_amount: cell.measured_fen.map(yuan),
            is_hidden: cell.hits.is_none(),
            rehearsal,
        })
    })
}
