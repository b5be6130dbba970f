//! Reading a rule's line and its means test.

use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;

use super::Reader;
use super::file::{BandFile, Defaults, LineFile, MeansFile, Word};
use crate::domain::Fen;
use crate::policy::line_rule::{
    Band, BeforePublication, Geography, LineMeasure, LineRule, Means, MeansLimit, MeansOf, MeansOperator,
    OnPublication, Operator, SeriesLine, SeriesOf,
};
use crate::policy::rule::Shape;

const MULTIPLE: (Decimal, Decimal) = (Decimal::from_parts(1, 0, 0, false, 2), Decimal::from_parts(100, 0, 0, false, 0));
const SHARE: (Decimal, Decimal) = (Decimal::from_parts(1, 0, 0, false, 2), Decimal::from_parts(10, 0, 0, false, 0));

/// The keys by which a line says what it is drawn from.
const MEASURES: &str = "series, series_by_residence, fixed, bands or share_of_household_income";

impl Reader<'_> {
    pub(super) fn line(
        &mut self,
        line: Spanned<LineFile>,
        defaults: &Defaults,
        shape: Option<Shape>,
    ) -> Option<LineRule> {
        let place = line.span();
        let file = line.into_inner();
        let before = file.before_publication.as_ref();
        let before = self.stated(before, defaults.before_publication.as_ref(), "before_publication", &place);
        let before_publication = before.and_then(|word| self.word(word, BeforePublication::ALL, "before_publication"));
        let on = self.stated(file.on_publication.as_ref(), defaults.on_publication.as_ref(), "on_publication", &place);
        let on_publication = on.and_then(|word| self.word(word, OnPublication::ALL, "on_publication"));
        let operator = match (file.operator, &file.bands) {
            (Some(operator), None) => Some(operator),
            // a band's ends say themselves what counts
            (None, Some(_)) => Some(Operator::From),
            (None, None) => {
                self.fault(&place, "missing field `operator`", "\">\" is 超过, \">=\" is 以上 (民法典 art. 1259)");
                None
            }
            (Some(_), Some(_)) => {
                self.fault(&place, "bands have no operator", "leave it out: from, above, below, to say what counts");
                None
            }
        };
        let measure = self.measure(file, shape, &place);
        Some(LineRule {
            measure: measure?,
            operator: operator?,
            before_publication: before_publication?,
            on_publication: on_publication?,
        })
    }

    fn measure(&mut self, file: LineFile, shape: Option<Shape>, place: &Range<usize>) -> Option<LineMeasure> {
        let given = [
            file.series.is_some() || file.series_by_residence.is_some(),
            file.fixed.is_some(),
            file.bands.is_some(),
            file.share_of_household_income.is_some(),
        ];
        let twice = file.series.is_some() && file.series_by_residence.is_some();
        if twice || given.iter().filter(|given| **given).count() != 1 {
            self.fault(place, "a line is drawn from exactly one thing", format!("give one of {MEASURES}"));
            return None;
        }
        if !given[0] {
            let odd = [file.geography.as_ref().map(Spanned::span), file.multiple.as_ref().map(Spanned::span)];
            let odd = odd.into_iter().chain([file.year_offset.as_ref().map(Spanned::span)]).flatten().next();
            if let Some(odd) = odd {
                self.fault(&odd, "geography, year_offset and multiple belong to a series", "leave them out here");
            }
        }
        if let Some(fixed) = &file.fixed {
            return self.yuan(fixed, "fixed").map(LineMeasure::Fixed);
        }
        if let Some(bands) = &file.bands {
            return self.bands(bands, place).map(LineMeasure::Bands);
        }
        if let Some(share) = &file.share_of_household_income {
            if shape.is_some_and(|shape| shape != Shape::Application) {
                let hint = "only application_over_line knows a household's income";
                self.fault(&share.span(), "this shape has no household income", hint);
            }
            return self.decimal(share, "share_of_household_income", SHARE).map(LineMeasure::ShareOfHouseholdIncome);
        }
        let series = match (file.series, file.series_by_residence) {
            (Some(series), _) => SeriesOf::One(series.into_inner()),
            (None, Some(by)) => by.into(),
            (None, None) => return None,
        };
        let keys = (file.geography.as_ref(), file.year_offset.as_ref(), file.multiple.as_ref());
        self.series(series, keys, place).map(LineMeasure::Series)
    }

    fn series(
        &mut self,
        series: SeriesOf,
        (geography, year_offset, multiple): (Option<&Word>, Option<&Spanned<i32>>, Option<&Word>),
        place: &Range<usize>,
    ) -> Option<SeriesLine> {
        let geography = self.stated(geography, None, "geography", place);
        let geography = geography.and_then(|word| self.word(word, Geography::ALL, "geography"));
        let year_offset = self.stated(year_offset, None, "year_offset", place);
        if let Some(offset) = year_offset.filter(|offset| !(-10..=0).contains(offset.get_ref())) {
            self.fault(&offset.span(), "year_offset lies outside -10 to 0", "-1 is 上年");
        }
        let multiple = self.stated(multiple, None, "multiple", place);
        let multiple = multiple.and_then(|value| self.decimal(value, "multiple", MULTIPLE));
        Some(SeriesLine { series, geography: geography?, year_offset: *year_offset?.get_ref(), multiple: multiple? })
    }

    /// Bands from the lowest up: each begins where the one before it ends, and only the last has no end.
    fn bands(&mut self, bands: &[Spanned<BandFile>], place: &Range<usize>) -> Option<Vec<Band>> {
        let mut read = Vec::new();
        let mut end: Option<Fen> = None;
        for (at, band) in bands.iter().enumerate() {
            let (span, file) = (band.span(), band.get_ref());
            let from = self.end(&span, file.from.as_ref(), file.above.as_ref(), ("from", "above"))?;
            let Some(from) = from else {
                self.fault(
                    &span,
                    "a band needs its lower end",
                    "from = \"2000\" counts 2000, above = \"2000\" does not",
                );
                return None;
            };
            if at > 0 && end != Some(from) {
                let hint = "end the band before with below where this one says from, or with to where it says above";
                self.fault(&span, "this band does not begin where the one before it ends", hint);
            }
            end = self.end(&span, file.below.as_ref(), file.to.as_ref(), ("below", "to"))?;
            if end.is_some_and(|end| end <= from) {
                self.fault(&span, "the band is empty", "its upper end lies above its lower end");
            }
            if end.is_none() != (at + 1 == bands.len()) {
                self.fault(
                    &span,
                    "only the last band has no upper end",
                    "give below or to for all others, none for it",
                );
            }
            let known = [("near", true), ("flagged", false)];
            let is_near = file.outcome.as_ref().map_or(Some(false), |word| self.word(word, &known, "outcome"))?;
            if is_near && at > 0 {
                self.fault(&span, "only the first band may be near", "near is what lies below the line");
            }
            read.push(Band { name: file.name.get_ref().clone(), is_near, from });
        }
        if !read.iter().any(|band| !band.is_near) {
            self.fault(place, "no band flags anybody", "at least one band has the outcome flagged");
        }
        let names: Vec<Word> = bands.iter().map(|band| band.get_ref().name.clone()).collect();
        self.once(&names, "band");
        Some(read)
    }

    /// One end of a band as the lowest amount above it: a closed key as it is, an open one a fen more.
    ///
    /// For an upper end, `below` counts like `from` and `to` like `above`: what lies beyond begins there.
    fn end(
        &mut self,
        span: &Range<usize>,
        exact: Option<&Word>,
        beyond: Option<&Word>,
        (one, other): (&str, &str),
    ) -> Option<Option<Fen>> {
        match (exact, beyond) {
            (None, None) => Some(None),
            (Some(value), None) => self.yuan(value, one).map(Some),
            (None, Some(value)) => self.yuan(value, other).map(|amount| Some(Fen(amount.0 + 1))),
            (Some(_), Some(_)) => {
                self.fault(span, format!("a band has {one} or {other}, not both"), "choose whether the end counts");
                None
            }
        }
    }

    pub(super) fn means(&mut self, means: Vec<Spanned<MeansFile>>) -> Option<Vec<Means>> {
        means
            .into_iter()
            .map(|means| {
                let place = means.span();
                let file = means.into_inner();
                let of = self.word(&file.of, MeansOf::ALL, "means test");
                let operator = self.word(&file.operator, MeansOperator::ALL, "operator");
                let limit = match (&file.fixed, file.series) {
                    (Some(fixed), None) => self.yuan(fixed, "fixed").map(MeansLimit::Fixed),
                    (None, Some(series)) => {
                        let keys = (file.geography.as_ref(), file.year_offset.as_ref(), file.multiple.as_ref());
                        self.series(SeriesOf::One(series.into_inner()), keys, &place).map(MeansLimit::Series)
                    }
                    _ => {
                        self.fault(&place, "a means test has one limit", "give either fixed or series");
                        None
                    }
                };
                Some(Means { of: of?, operator: operator?, limit: limit? })
            })
            .collect()
    }
}
