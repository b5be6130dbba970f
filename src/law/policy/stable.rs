//! A rule as one text that stays the same while the rule does: to be hashed into manifests and plans, whatever the
//! fields of this program are called. The keys and words are chosen here, mostly those of policy files.
//!
//! A change of this text raises `LIST_FORMAT`.

use rust_decimal::Decimal;

use super::{
    Clause, Cost, LineMeasure, LineRule, Means, MeansLimit, Operator, Rule, RuralBy, RuralConflict, SeriesLine, Who,
    Window,
};
use crate::domain::Tag;

/// A line per key; an item of a list per line.
#[must_use]
pub fn stable_text(rule: &Rule) -> String {
    let Rule {
        id,
        name,
        version,
        shape,
        overrides,
        who,
        cost,
        line,
        means,
        warn_at,
        recipients,
        cadence,
        from,
        to,
        clause: Clause { document, article },
    } = rule;
    let mut text = Lines::default();
    text.one("id", id).one("name", name).one("version", version).one("shape", shape.word());
    text.all("overrides", overrides).all("recipients", recipients).one("cadence", cadence.word());
    text.one("from", &from.to_string()).all("to", to.map(|to| to.to_string()));
    text.one("document", document).one("article", article);
    text.all("warn_at", warn_at.map(number));
    add_who(&mut text, who);
    add_cost(&mut text, cost);
    add_line(&mut text, line);
    for Means { of, operator, limit } in means {
        text.one("means.of", of.word()).one("means.operator", operator.word());
        match limit {
            MeansLimit::Series(series) => add_series(&mut text, "means", series),
            MeansLimit::Fixed(amount) => drop(text.one("means.amount", &amount.to_string())),
        }
    }
    text.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn one(&mut self, key: &str, value: &str) -> &mut Self {
        // As JSON, so that no value can look like two lines.
        self.0.push_str(&format!("{key} = {}\n", serde_json::Value::from(value)));
        self
    }

    fn all<T: AsRef<str>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) -> &mut Self {
        values.into_iter().fold(self, |lines, value| lines.one(key, value.as_ref()))
    }
}

fn number(number: Decimal) -> String {
    number.normalize().to_string()
}

const fn yes_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn add_who(text: &mut Lines, who: &Who) {
    let Who { tags, without_tags, tags_on, insurance, rural, rural_by, rural_conflict } = who;
    text.all("who.tags", tags.iter().map(|tag: &Tag| tag.code()));
    text.all("who.without_tags", without_tags.iter().map(|tag: &Tag| tag.code()));
    text.one("who.tags_on", tags_on.word()).all("who.insurance", insurance).one("who.rural", rural.word());
    // the usual ones are not told: rules of before they could be stated are the same rules
    if !rural_by.iter().eq(RuralBy::ALL.iter().map(|(_, source)| source)) {
        text.all("who.rural_by", rural_by.iter().map(|source| source.word()));
    }
    if *rural_conflict != RuralConflict::Listed {
        text.one("who.rural_conflict", rural_conflict.word());
    }
}

fn add_cost(text: &mut Lines, cost: &Cost) {
    let Cost {
        basis,
        window,
        date,
        care,
        payment_place,
        adjustments,
        payers,
        medical_assistance,
        unit,
        declared_spending,
    } = cost;
    let window = match window {
        Window::CalendarYear => "calendar_year".to_owned(),
        Window::RollingMonths(months) => format!("rolling_{months}_months"),
    };
    text.one("cost.basis", basis.name()).one("cost.window", &window).one("cost.date", date.word());
    text.all("cost.care", care).all("cost.payment_place", payment_place);
    text.one("cost.adjustments", adjustments.word()).one("cost.medical_assistance", medical_assistance.word());
    // all payers are not told: rules of before they could be chosen are the same rules
    if !payers.is_empty() {
        text.all("cost.payers", payers);
    }
    text.one("cost.unit", unit.word()).one("cost.declared_spending", yes_no(*declared_spending));
}

fn add_line(text: &mut Lines, line: &LineRule) {
    let LineRule { measure, operator, before_publication, on_publication } = line;
    let operator = match operator {
        Operator::Over => ">",
        Operator::From => ">=",
    };
    text.one("line.operator", operator).one("line.before_publication", before_publication.word());
    text.one("line.on_publication", on_publication.word());
    match measure {
        LineMeasure::Series(series) => add_series(text, "line", series),
        LineMeasure::Fixed(amount) => drop(text.one("line.amount", &amount.to_string())),
        LineMeasure::ShareOfHouseholdIncome(share) => drop(text.one("line.share", &number(*share))),
        LineMeasure::Bands(bands) => {
            for band in bands {
                text.one("line.band", &band.name).one("line.band.from", &band.from.to_string());
                text.one("line.band.is_near", yes_no(band.is_near));
            }
        }
    }
}

fn add_series(text: &mut Lines, of: &str, SeriesLine { series, geography, year_offset, multiple }: &SeriesLine) {
    for (residence, series) in series.by_residence() {
        text.one(&format!("{of}.series.{residence}"), series);
    }
    text.one(&format!("{of}.geography"), geography.word()).one(&format!("{of}.year_offset"), &year_offset.to_string());
    text.one(&format!("{of}.multiple"), &number(*multiple));
}
