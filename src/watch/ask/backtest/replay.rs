//! One past month again: the rules' own statements, over what was settled by its last day.
//!
//! The warehouse does not keep what was known when. What the dates tell is cut: claims and reversals settled later,
//! figures published later. Whom a rule means is taken as on the last replayed day, for all months alike: rosters often
//! begin later than claims, and a roster's first month would look as if all its people crossed the line then. Later
//! payments are those of today.

use arrow::array::RecordBatch;
use engine::compute::rules::{Known, RuleData, Span};
use engine::compute::{Evaluation, Setting};
use engine::rows::of_model;
use engine::{Context, EngineError, Param, PipelineError};
use law::cases::Outcome;
use law::domain::{Fen, Month, Period, PersonKey};
use law::policy::{Rule, Shape, TagsOn};
use store::warehouse::Version;

/// Nobody below this part of the line is looked at: no way of warning would name them.
const FLOOR_PART: i64 = 20;

/// What a rule said of one person at the end of a month; persons whom it does not mean or cannot decide are left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replayed {
    pub(super) person: PersonKey,
    pub(super) is_flagged: bool,
    pub(super) is_near: bool,
    pub(super) measured: Fen,
    pub(super) line: Option<Fen>,
    pub(super) recent: Option<Fen>,
}

/// What all months are replayed on.
pub(super) struct Replay<'a> {
    context: &'a Context,
    evaluation: Evaluation<'a>,
    /// As it is at the end of the last replayed month.
    last: Setting,
}

impl<'a> Replay<'a> {
    pub(super) async fn new(
        context: &'a Context,
        version: &'a Version,
        (from, to): (Month, Month),
    ) -> Result<Self, PipelineError> {
        let (evaluation, last) = (Evaluation::of(context, version), Period::from(to));
        let span = Span::of_rules(context.policy.in_force(last.last_day()), last).with([Span::of_year(from.into())]);
        let last = evaluation.setting(span).await?;
        Ok(Self { context, evaluation, last })
    }

    /// What each rule in force said at the end of a month. Rules decided on application look at no month.
    pub(super) async fn month(&self, month: Month) -> Result<Vec<(&'a Rule, Vec<Replayed>)>, PipelineError> {
        let (context, period) = (self.context, Period::from(month));
        let known = Known { period, ..self.last.known(context.engine.models()) };
        let rules: Vec<&Rule> =
            context.policy.in_force(period.last_day()).filter(|rule| rule.shape != Shape::Application).collect();
        let data = |rule: &&Rule| RuleData::of(rule, known).map(|data| self.as_known(rule, data));
        let drawn = rules.iter().map(data).collect::<Result<_, _>>()?;
        let judging = self.evaluation.prepare(drawn, &self.last.once, Fen::ZERO).await?;
        let judging = judging.by_bucket(Vec::new(), |_, rules| {
            Ok(rules.iter().map(|batches| replayed("rules", batches)).collect::<Result<Vec<_>, _>>()?)
        });
        let buckets: Vec<Vec<Vec<Replayed>>> = judging.await?;
        let of_rule = |(at, rule): (usize, &'a Rule)| {
            (rule, buckets.iter().flat_map(|bucket| bucket[at].iter().copied()).collect())
        };
        Ok(rules.into_iter().enumerate().map(of_rule).collect())
    }

    /// A rule's data with nothing settled after the period, with everybody above a small part of the line, and with
    /// the people whom the rule means at the end.
    fn as_known(&self, rule: &Rule, data: RuleData) -> RuleData {
        let floor = Fen(data.lines.floor.0 / FLOOR_PART);
        let mut data = data.down_to(floor);
        let last_day = Param::Date(self.last.period.last_day());
        let mut own = vec![("until", Param::Date(data.span.period.last_day())), ("on_date", last_day.clone())];
        if rule.who.tags_on == TagsOn::PeriodEnd {
            own.push(("tags_from", last_day));
        }
        data.params.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        data
    }
}

engine::row! {
    struct Judged {
        person: PersonKey = "person_key",
        status: Outcome = "status",
        measured: Fen = "measured_amount",
        line: Option<Fen> = "line_amount",
        recent: Option<Fen> = "recent_amount",
    }
}

/// The rows that say something.
fn replayed(model: &str, batches: &[RecordBatch]) -> Result<Vec<Replayed>, EngineError> {
    let rows = of_model::<Judged>(model, batches)?.into_iter();
    let rows = rows.filter(|row| matches!(row.status, Outcome::Flagged | Outcome::Near | Outcome::Below));
    Ok(rows
        .map(|Judged { person, status, measured, line, recent }| Replayed {
            person,
            is_flagged: status == Outcome::Flagged,
            is_near: status == Outcome::Near,
            measured,
            line,
            recent,
        })
        .collect())
}
