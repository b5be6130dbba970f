//! `backtest`: how well the early warning would have done on past months, beside naive baselines. Aggregates only.

use std::fmt::Write as _;

use law::domain::Month;
use watch::{Backtest, MethodScore, Score, backtest};

use super::arguments::Format;
use super::failure::{Failure, INTERNAL, USAGE};
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// First month; January of the last month's year if left out.
    #[arg(long, value_name = "MONTH", value_parser = month_argument)]
    from: Option<Month>,
    /// Last month; the last one that a job decided if left out.
    #[arg(long, value_name = "MONTH", value_parser = month_argument)]
    to: Option<Month>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn month_argument(text: &str) -> Result<Month, String> {
    Month::parse(text).map_err(|error| error.to_string())
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from >= to
    {
        return Err(Failure::new(USAGE, "--from must lie before --to: a warning comes true in a later month"));
    }
    let found = backtest(&session.open()?, arguments.from, arguments.to).await?;
    match arguments.format {
        Format::Json => {
            let text =
                serde_json::to_string_pretty(&found).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
            println!("{text}");
        }
        Format::Text => print!("{}", described(&found)),
    }
    Ok(0)
}

fn described(found: &Backtest) -> String {
    let Backtest { policy, version, from, to, .. } = found;
    let mut out = format!("backtest of policy {policy}, {from} to {to}, version {version}\n");
    for rule in &found.rules {
        let _ = write!(out, "\n{} {}\n{}", rule.rule, rule.name, table(&rule.methods));
        if let Some(because) = rule.no_forecast_because {
            let _ = writeln!(out, "  no forecast: {because}");
        }
    }
    let _ = write!(out, "\nall rules\n{}", table(&found.total));
    for rule in &found.left_out {
        let _ = writeln!(out, "not replayed: {rule}");
    }
    out.push_str("\nhow it was measured:\n");
    for caveat in &found.caveats {
        let _ = writeln!(out, "- {caveat}");
    }
    out
}

/// One line per way of warning.
fn table(methods: &[MethodScore]) -> String {
    let mut out = String::new();
    if let Some(MethodScore { score, .. }) = methods.first() {
        let Score { crossings, crossed_at_once, .. } = score;
        let _ = writeln!(out, "  {crossings} persons crossed the line, besides {crossed_at_once} in the first month");
    }
    let _ = writeln!(
        out,
        "  {:<22} {:>8} {:>8} {:>10} {:>8} {:>12} {:>16}",
        "warned by", "persons", "hits", "precision", "recall", "median lead", "month right"
    );
    let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    for MethodScore { method, score } in methods {
        let months = (score.month_named > 0).then(|| format!("{} of {}", score.month_right, score.month_named));
        let _ = writeln!(
            out,
            "  {method:<22} {:>8} {:>8} {:>10} {:>8} {:>12} {:>16}",
            score.warned,
            score.hits,
            shown(score.precision.map(|share| share.to_string())),
            shown(score.recall.map(|share| share.to_string())),
            shown(score.median_lead_months.map(|months| format!("{months} months"))),
            shown(months),
        );
    }
    out
}
