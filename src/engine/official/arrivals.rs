//! What came of what senders deliver, as lists and alerts see it: gathered from the ledger, judged by `law::arrivals`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use law::arrivals::{Arrival, Came, Expected, Gaps, Lying, Part, first_month, gaps, judge, late_days};
use law::contracts::{Feed, Spread, Tally};
use law::domain::{CountyCode, Month, Period, official_day};
use law::policy::{Netting, Rule, Shape};
use store::ledger::SealedGaps;
use store::warehouse::Version;

use crate::compute::{CLAIMS, Span};
use crate::rows::of_file;
use crate::{Context, PipelineError};

crate::row! {
    struct WhereRow {
        insured_area: Option<String> = "insured_area",
        source_file: Option<String> = "source_file",
    }
}

/// What came, with everything that it is judged by.
pub struct Arrivals {
    counties: Vec<(CountyCode, String)>,
    parts: Vec<Part>,
    lying: Vec<Lying>,
    today: NaiveDate,
}

impl Arrivals {
    /// As the ledger knows it now.
    pub fn of(context: &Context) -> Result<Self, PipelineError> {
        let counties = context.counties.iter().map(|county| (county.code.clone(), county.name.clone())).collect();
        let lying = context.ledger.lying()?.iter().map(store::ledger::LyingFile::judged).collect();
        Ok(Self { counties, parts: context.ledger.arrived()?, lying, today: official_day(context.now) })
    }

    fn expected<'a>(&'a self, context: &'a Context) -> Expected<'a> {
        let (senders, workdays) = (context.senders.as_slice(), &context.workdays);
        Expected { counties: &self.counties, senders, workdays, today: self.today }
    }

    /// The months that count for a period's rules and that the workspace has; `None`: no claims have ever come.
    fn months<'r>(&self, rules: impl IntoIterator<Item = &'r Rule>, period: Period) -> Option<(Month, Month)> {
        let first = first_month(&self.parts)?;
        let window = rules.into_iter().map(|rule| Span::of_rule(rule, period).window_from).min();
        let opens = window.map_or(first, Month::of).max(first);
        Some((opens.min(period.month()), period.month()))
    }

    /// How far the data of each county have come for a period's rules.
    #[must_use]
    pub fn judged<'r>(
        &self,
        context: &Context,
        rules: impl IntoIterator<Item = &'r Rule>,
        period: Period,
    ) -> Vec<Arrival> {
        let months = self.months(rules, period).unwrap_or((period.month(), period.month()));
        judge(&self.expected(context), &Came { parts: &self.parts, lying: &self.lying }, months)
    }

    /// The gaps that can change somebody on the lists of a period's rules.
    #[must_use]
    pub fn gaps(&self, context: &Context, rules: &[&Rule], period: Period) -> SealedGaps {
        let judged = self.judged(context, rules.iter().copied(), period);
        let gaps: Gaps = gaps(&judged, |feed| can_change(feed, rules));
        let first_month = self.months(rules.iter().copied(), period).map(|(first, _)| first);
        SealedGaps { gaps, first_month, ..SealedGaps::default() }
    }

    /// Days of delay by sender, feed and month, for the months up to a period's.
    #[must_use]
    pub fn late_days(&self, context: &Context, period: Period) -> Vec<(String, Feed, Month, i64)> {
        let rules = context.policy.in_force(period.last_day());
        self.months(rules, period)
            .map_or_else(Vec::new, |months| late_days(&self.expected(context), &self.parts, months))
    }
}

/// Whether data of a feed that have not come can put somebody on a list of the rules, or take somebody off.
fn can_change(feed: Feed, rules: &[&Rule]) -> bool {
    let asks = |wants: fn(&Rule) -> bool| rules.iter().any(|rule| wants(rule));
    match feed {
        Feed::Claims | Feed::Residents => true,
        Feed::Rosters => asks(|rule| !rule.who.tags.is_empty() || !rule.who.without_tags.is_empty()),
        Feed::Adjustments => asks(|rule| rule.cost.adjustments == Netting::Subtract),
        Feed::Applications => asks(|rule| rule.shape == Shape::Application),
        // A figure that is not there stops the official run by itself; help that was given changes no list.
        Feed::Income | Feed::Aided | Feed::Receipts => false,
    }
}

/// Counts the claims of files that were taken before rows were counted at intake: once, by county and month.
pub fn count_arrivals(context: &Context, version: &Version) -> Result<(), PipelineError> {
    let uncounted = context.ledger.uncounted(Feed::Claims)?;
    if uncounted.is_empty() {
        return Ok(());
    }
    let wanted: BTreeMap<&str, &String> = uncounted.iter().map(|id| (id.get(..16).unwrap_or(id), id)).collect();
    let mut counts: BTreeMap<(&String, String, Month), u64> = BTreeMap::new();
    for entry in version.table(CLAIMS) {
        let Some(month) = entry.month.map(Period::month) else { continue };
        for row in of_file::<WhereRow>(&context.warehouse.path(entry))? {
            let row = row?;
            if let Some(file_id) = row.source_file.as_deref().and_then(|file| wanted.get(file)) {
                *counts.entry((*file_id, row.insured_area.unwrap_or_default(), month)).or_default() += 1;
            }
        }
    }
    let mut spreads: BTreeMap<&String, Vec<Spread>> =
        uncounted.iter().map(|id| (id, vec![spread("", None, 0)])).collect();
    for ((file_id, area, month), rows) in counts {
        spreads.entry(file_id).or_default().push(spread(&area, Some(month), rows));
    }
    let area = CountyCode::parse(&context.workspace.settings.area).ok();
    let within = |spread: Vec<Spread>| area.as_ref().map_or_else(Vec::new, |area| Spread::within(spread, area));
    let counted: Vec<(String, Vec<Spread>)> =
        spreads.into_iter().map(|(id, spread)| (id.clone(), within(spread))).collect();
    Ok(context.ledger.note_counted(Feed::Claims, &counted)?)
}

fn spread(area: &str, month: Option<Month>, rows: u64) -> Spread {
    let (lost, named) = (Tally::default(), Tally::default());
    Spread { county: CountyCode::parse(area).ok(), month, good: Tally { rows, fen: 0 }, lost, named }
}
