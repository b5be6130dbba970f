//! `findings`: a period's findings as CSV, without names; for tests and engineers.

use engine::{Context, FindingRow, read_findings};
use law::cases::{Outcome, Outlook, Reason, outlook};
use law::domain::{Fen, Period};

use super::arguments::period_argument;
use super::failure::Failure;
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The period.
    #[arg(long, value_parser = period_argument)]
    month: Period,
    /// Only `csv` is written.
    #[arg(long, default_value = "csv", value_parser = ["csv"])]
    format: String,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let version = context.warehouse.current().await.map_err(engine::PipelineError::from)?;
    let mut rows = read_findings(&context, &version, arguments.month)?;
    rows.sort_by(|a, b| (&a.rule, a.person).cmp(&(&b.rule, b.person)));
    println!(
        "person_key,rule_id,status,reason,county_code,measured_amount,line_amount,\
         margin_amount,run_rate_amount,expected_month"
    );
    for row in rows {
        let found = near(&context, arguments.month, &row);
        let forecast = found.and_then(|found| found.forecast);
        let yuan = |fen: Option<Fen>| fen.map_or(String::new(), |fen| fen.to_string());
        println!(
            "{},{},{},{},{},{},{},{},{},{}",
            row.person.0,
            row.rule,
            row.status.code(),
            row.reason.map_or("", Reason::code),
            row.county.unwrap_or_default(),
            row.measured,
            yuan(row.line),
            yuan(found.map(|found| found.margin)),
            yuan(forecast.map(|forecast| forecast.monthly)),
            forecast.and_then(|forecast| forecast.month).map_or(String::new(), |month| month.to_string()),
        );
    }
    Ok(0)
}

/// The outlook of somebody near a line.
fn near(context: &Context, period: Period, row: &FindingRow) -> Option<Outlook> {
    let rule = context.policy.in_force(period.last_day()).find(|rule| rule.id == row.rule)?;
    (row.status == Outcome::Near).then_some(outlook(rule, period, row.measured, row.line?, row.recent))
}
