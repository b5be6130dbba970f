//! `findings`: a period's findings as CSV, without names; for tests and engineers.

use super::{Failure, Session, period_argument};
use crate::domain::Period;
use crate::pipeline::read_findings;

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
    let version = context.warehouse.current().await.map_err(crate::pipeline::PipelineError::from)?;
    let mut rows = read_findings(&context, &version, arguments.month)?;
    rows.sort_by(|a, b| (&a.rule, a.person).cmp(&(&b.rule, b.person)));
    println!("person_key,rule_id,status,reason,county_code,measured_amount,line_amount");
    for row in rows {
        println!(
            "{},{},{},{},{},{},{}",
            row.person.0,
            row.rule,
            row.status,
            row.reason.unwrap_or_default(),
            row.county.unwrap_or_default(),
            row.measured,
            row.line.map_or(String::new(), |line| line.to_string())
        );
    }
    Ok(0)
}
