//! New income figures, and what they do to the lines of the rules in force.

use std::collections::BTreeMap;

use engine::compute::{Lines, Setting, income_figures};
use engine::{Context, PipelineError};
use law::domain::Period;
use law::policy::IncomeFigure;
use serde::Serialize;
use store::warehouse::Version;

/// An income figure that would be known then and is not now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureChange {
    /// Indicator of the income feed.
    pub series: String,
    /// Six-digit code of the place.
    pub geography: String,
    pub year: i32,
    pub release: i32,
    pub amount: String,
}

/// A line that new figures move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineChange {
    pub rule: String,
    /// How many counties it is drawn for.
    pub counties: usize,
    /// Yuan now; `None`: there is no figure.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Whether the figure before it stands in then.
    pub is_provisional: bool,
}

/// Both for a period, from the version before and the tried one.
pub(super) fn figures_and_lines(
    context: &Context,
    (before, after): (&Version, &Version),
    period: Period,
) -> Result<(Vec<FigureChange>, Vec<LineChange>), PipelineError> {
    let files = |version: &Version| version.table("income").cloned().collect::<Vec<_>>();
    if files(before) == files(after) {
        return Ok((Vec::new(), Vec::new()));
    }
    let (known, then) = (income_figures(&context.warehouse, before)?, income_figures(&context.warehouse, after)?);
    let new = then.iter().filter(|figure| !known.contains(figure)).map(|figure| FigureChange {
        series: figure.indicator.clone(),
        geography: figure.geography.clone(),
        year: figure.year,
        release: figure.release,
        amount: figure.amount.to_string(),
    });
    Ok((new.collect(), lines(context, after, period, (&known, &then))?))
}

fn lines(
    context: &Context,
    version: &Version,
    period: Period,
    (known, then): (&[IncomeFigure], &[IncomeFigure]),
) -> Result<Vec<LineChange>, PipelineError> {
    let counties = Setting::stored(context, version, period)?.counties;
    let mut changes = Vec::new();
    for rule in context.policy.in_force(period.last_day()) {
        let draw = |figures| Lines::draw(rule, &counties, period, period.last_day(), figures).by_place;
        let (before, after) = (draw(known), draw(then));
        let mut moved: BTreeMap<_, usize> = BTreeMap::new();
        for place in before.keys().chain(after.keys().filter(|place| !before.contains_key(*place))) {
            let said = |line: Option<&law::policy::Line>| line.map(|line| (line.amount, line.is_provisional));
            let pair = (said(before.get(place)), said(after.get(place)));
            if pair.0 != pair.1 {
                *moved.entry(pair).or_default() += 1;
            }
        }
        changes.extend(moved.into_iter().map(|((before, after), counties)| LineChange {
            rule: rule.id.clone(),
            counties,
            before: before.map(|(amount, _)| amount.to_string()),
            after: after.map(|(amount, _)| amount.to_string()),
            is_provisional: after.is_some_and(|(_, is_provisional)| is_provisional),
        }));
    }
    Ok(changes)
}
