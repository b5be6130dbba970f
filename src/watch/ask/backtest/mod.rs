//! How well the early warning would have done on past months, beside what anybody could do without it. Reads only.
//!
//! Aggregates leave this room, persons do not.

mod replay;
mod score;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Context, PipelineError};
use law::cases::no_forecast_because;
use law::domain::{Month, Period, PersonKey};
use law::policy::Rule;
use replay::{Replay, Replayed};
pub use score::Score;
use score::{Snapshot, Tally, tally};
use serde::Serialize;
use store::warehouse::Version;
use warnings::Method;

/// What every report says of itself.
const CAVEATS: [&str; 4] = [
    "each month knows what was settled by its last day; files that landed late count as if they had come in time",
    "whom a rule means is taken as on the last replayed day; later payments are those of today; lines are the month's",
    "a calendar year stands alone; who is first warned of in its last replayed month is not judged",
    "a person is a hit if the line is crossed in a later replayed month, whatever month the warning named",
];

#[derive(Debug, Serialize)]
pub struct Backtest {
    pub policy: String,
    pub version: u64,
    /// First month.
    pub from: String,
    /// Last month.
    pub to: String,
    /// By rule, in the policy's order.
    pub rules: Vec<RuleScores>,
    /// Over all rules, by way of warning.
    pub total: Vec<MethodScore>,
    /// Rules that were not replayed, with the reason.
    pub left_out: Vec<String>,
    pub caveats: Vec<&'static str>,
}

/// How the ways of warning did under one rule.
#[derive(Debug, Serialize)]
pub struct RuleScores {
    pub rule: String,
    pub name: String,
    /// Why it has no forecast.
    pub no_forecast_because: Option<&'static str>,
    pub methods: Vec<MethodScore>,
}

/// How one way of warning did.
#[derive(Debug, Serialize)]
pub struct MethodScore {
    /// `near`, `forecast_of_near`, `forecast_of_all`, or one of the baselines `baseline_pace_of_near`,
    /// `baseline_pace_of_all` and `baseline_top_spenders`.
    pub method: &'static str,
    #[serde(flatten)]
    pub score: Score,
}

/// Months of one year under one rule, by way of warning.
type Year = BTreeMap<Method, Vec<Snapshot>>;

/// Replays the months from one to another; those left out are the year of the last decided month up to it.
pub async fn backtest(context: &Context, from: Option<Month>, to: Option<Month>) -> Result<Backtest, PipelineError> {
    let version = context.warehouse.current().await?;
    let (from, to) = months(&version, from, to)?;
    let replay = Replay::new(context, &version, (from, to)).await?;
    let mut tallies: BTreeMap<String, BTreeMap<Method, Tally>> = BTreeMap::new();
    let mut rules: Vec<&Rule> = Vec::new();
    let mut years: BTreeMap<(String, i32), Year> = BTreeMap::new();
    let count = u64::try_from(from.up_to(to).count()).unwrap_or(0);
    context.progress.begin("backtest", count);
    for (done, month) in (1..).zip(from.up_to(to)) {
        for (rule, rows) in replay.month(month).await? {
            if rules.iter().all(|known| known.id != rule.id) {
                rules.push(rule);
            }
            let first = if month.year() == from.year() { from.number() } else { 1 };
            let year = years.entry((rule.id.clone(), month.year())).or_default();
            add_month(year, rule, month, first, &rows);
        }
        context.progress.reached(done);
    }
    for ((rule, _), year) in &years {
        for (method, snapshots) in year {
            tallies.entry(rule.clone()).or_default().entry(*method).or_default().add(&tally(snapshots));
        }
    }
    context.progress.end("backtest", &format!("{count} months replayed"));
    Ok(report(context, &version, (from, to), &rules, &tallies))
}

/// The months to replay.
fn months(version: &Version, from: Option<Month>, to: Option<Month>) -> Result<(Month, Month), PipelineError> {
    let last = |table: &str| version.table(table).filter_map(|file| file.month).map(Period::month).max();
    let nothing = || PipelineError::NotReady("no month to replay: run the nightly job first".to_owned());
    let to = to.or_else(|| last("findings")).or_else(|| last("claims")).ok_or_else(nothing)?;
    let from = from.or_else(|| Month::new(to.year(), 1)).unwrap_or(to);
    if from >= to {
        let why = format!("a replay from {from} to {to} has no later month in which a warning could come true");
        return Err(PipelineError::NotReady(why));
    }
    Ok((from, to))
}

/// Puts one month's warnings behind those of the year's earlier months.
fn add_month(year: &mut Year, rule: &Rule, month: Month, first: u32, rows: &[Replayed]) {
    let flagged: BTreeSet<PersonKey> = rows.iter().filter(|row| row.is_flagged).map(|row| row.person).collect();
    let at = |month: Month| usize::try_from(month.number().saturating_sub(first)).unwrap_or(0);
    for method in Method::ALL.into_iter().filter(|method| method.fits(rule)) {
        let warned = method.warned(rule, month.into(), rows);
        let warned = warned.into_iter().map(|(person, month)| (person, month.map(at))).collect();
        let snapshots = year.entry(method).or_default();
        // a rule that came into force during the year said nothing before
        snapshots.resize(at(month), Snapshot::default());
        snapshots.push(Snapshot { flagged: flagged.clone(), warned });
    }
}

fn report(
    context: &Context,
    version: &Version,
    (from, to): (Month, Month),
    rules: &[&Rule],
    tallies: &BTreeMap<String, BTreeMap<Method, Tally>>,
) -> Backtest {
    let scores = |tallies: &BTreeMap<Method, Tally>| {
        tallies.iter().map(|(method, tally)| MethodScore { method: method.code(), score: Score::of(tally) }).collect()
    };
    let mut total: BTreeMap<Method, Tally> = BTreeMap::new();
    for (method, tally) in tallies.values().flatten() {
        total.entry(*method).or_default().add(tally);
    }
    let of_rule = |rule: &&Rule| RuleScores {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        no_forecast_because: no_forecast_because(rule),
        methods: tallies.get(&rule.id).map_or_else(Vec::new, scores),
    };
    let all = context.policy.rules.iter();
    let left_out = all.filter(|rule| rules.iter().all(|replayed| replayed.id != rule.id));
    Backtest {
        policy: context.policy.name.clone(),
        version: version.number,
        from: from.to_string(),
        to: to.to_string(),
        rules: rules.iter().map(of_rule).collect(),
        total: scores(&total),
        left_out: left_out
            .map(|rule| format!("{}: {}", rule.id, no_forecast_because(rule).unwrap_or("not in force in these months")))
            .collect(),
        caveats: CAVEATS.to_vec(),
    }
}
