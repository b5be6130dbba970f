//! A policy file laid upon the national one: defaults, inherited rules, what takes their place.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_decimal::Decimal;

use super::Reader;
use super::file::{CostFile, Defaults, PolicyFile, RuleFile, WhoFile, Word};
use crate::config::{Problem, nearest};
use crate::policy::line_rule::{BeforePublication, LineMeasure, LineRule, OnPublication, SeriesOf};
use crate::policy::rule::{
    Cadence, Cost, DateBasis, LayerChange, Netting, Policy, Rule, Rural, RuralBy, RuralConflict, Shape, TagsOn, Unit,
    Who, Window,
};

/// The only file that others may extend, without `.toml`.
pub const NATIONAL: &str = "national";

const SHARE: (Decimal, Decimal) = (Decimal::from_parts(1, 0, 0, false, 2), Decimal::ONE);

/// Reads a policy file; `file` is its name as problems show it, `national` name and text of the file below it.
pub fn parse_policy(file: &str, text: &str, national: Option<(&str, &str)>) -> Result<Policy, Vec<Problem>> {
    let parse = |file, text| toml::from_str(text).map_err(|error| vec![Problem::in_toml(file, text, &error)]);
    let parsed: PolicyFile = parse(file, text)?;
    let mut reader = Reader::new(file, text);
    let mut below = Layer::default();
    if let Some(extends) = &parsed.extends {
        match national {
            Some((file, text)) if extends.get_ref() == NATIONAL => below = Layer::read(file, text, parse(file, text)?)?,
            _ => {
                // Everything else would follow from this slip.
                reader.unknown(extends, &[NATIONAL], "policy to extend");
                return Err(reader.problems);
            }
        }
    }
    let states_none = parsed.rules.is_empty();
    let mut policy = Layer::of(&mut reader, parsed, Some(&below));
    if states_none && policy.rules.is_empty() {
        reader.problems.push(Problem::new(file, 0, "there is no rule", "add a [[rules]] table; the README shows one"));
    }
    let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".toml").to_owned();
    let share = |reader: &mut Reader<'_>, word: &Option<Word>, key, default: &str| match word {
        Some(word) => reader.decimal(word, key, SHARE),
        None => default.parse().ok(),
    };
    // Where no file says a share: the ones that national.toml states.
    let hold_change = share(&mut reader, &policy.defaults.hold_change.take(), "hold_change", "0.2");
    let doubtful_change = share(&mut reader, &policy.defaults.doubtful_change.take(), "doubtful_change", "0.25");
    match (hold_change, doubtful_change) {
        (Some(hold_change), Some(doubtful_change)) if reader.problems.is_empty() => {
            let Layer { rules, changes, inherited, .. } = policy;
            Ok(Policy { name, rules, changes, inherited, hold_change, doubtful_change })
        }
        _ => {
            reader.problems.sort_by_key(|problem| problem.line);
            Err(reader.problems)
        }
    }
}

/// One file with what it inherits.
#[derive(Default)]
struct Layer {
    defaults: Defaults,
    rules: Vec<Rule>,
    changes: Vec<LayerChange>,
    inherited: Vec<String>,
}

impl Layer {
    fn read(file: &str, text: &str, parsed: PolicyFile) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(file, text);
        if let Some(extends) = &parsed.extends {
            reader.fault(&extends.span(), "the national file extends nothing", "leave extends out");
        }
        let layer = Self::of(&mut reader, parsed, None);
        if reader.problems.is_empty() { Ok(layer) } else { Err(reader.problems) }
    }

    fn of(reader: &mut Reader<'_>, file: PolicyFile, below: Option<&Self>) -> Self {
        reader.defaults(&file.defaults);
        let inherited = below.map_or(&[][..], |below| &below.rules);
        let defaults = file.defaults.over(below.map_or_else(Defaults::default, |below| below.defaults.clone()));
        let ids: Vec<&str> = inherited.iter().map(|rule| rule.id.as_str()).collect();
        let mut changes = Vec::new();
        for drop in &file.drops {
            reader.inherited(drop, &ids);
            changes.push(LayerChange { inherited: drop.get_ref().clone(), by: None });
        }
        let starts: Vec<(String, usize)> =
            file.rules.iter().map(|rule| (rule.id.get_ref().clone(), rule.id.span().start)).collect();
        let mut rules = Vec::new();
        for rule in file.rules {
            if let Some(overrides) = &rule.overrides {
                reader.inherited(overrides, &ids);
                let by = Some(rule.id.get_ref().clone());
                changes.push(LayerChange { inherited: overrides.get_ref().clone(), by });
            } else if ids.contains(&rule.id.get_ref().as_str()) {
                let message = format!("rule {} is inherited already", rule.id.get_ref());
                let hint = format!("add overrides = \"{}\" to put this one in its place", rule.id.get_ref());
                reader.fault(&rule.id.span(), message, hint);
            }
            rules.extend(reader.rule(rule, &defaults));
        }
        reader.overlaps(&rules, &starts);
        let gone: BTreeSet<&str> = changes.iter().map(|change| change.inherited.as_str()).collect();
        let kept: Vec<Rule> = inherited.iter().filter(|rule| !gone.contains(rule.id.as_str())).cloned().collect();
        // what one payment does to a claim cannot be two things
        let payers = payers_of(&defaults);
        let kept: Vec<Rule> = kept
            .into_iter()
            .map(|mut rule| {
                rule.cost.payers.clone_from(&payers);
                rule
            })
            .collect();
        let inherited = kept.iter().map(|rule| rule.id.clone()).collect();
        rules.extend(kept);
        changes.sort();
        changes.dedup();
        Self { defaults, rules, changes, inherited }
    }
}

impl Reader<'_> {
    fn inherited(&mut self, word: &Word, ids: &[&str]) {
        if !ids.contains(&word.get_ref().as_str()) {
            let hint = match nearest(word.get_ref(), ids.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if ids.is_empty() => "add extends = \"national\" at the head of the file".to_owned(),
                None => format!("inherited are: {}", ids.join(", ")),
            };
            self.fault(&word.span(), format!("no rule `{}` is inherited", word.get_ref()), hint);
        }
    }

    /// Faults of defaults are reported where they stand, not in each rule that takes them.
    fn defaults(&mut self, defaults: &Defaults) {
        let Defaults { insurance, care, payment_place, recipients, warn_at, payers, .. } = defaults;
        self.once(payers.as_deref().unwrap_or_default(), "payer");
        self.counted(insurance.as_deref(), care.as_deref(), payment_place.as_deref());
        self.once(recipients.as_deref().unwrap_or_default(), "recipient");
        if let Some(word) = warn_at {
            self.warn_at(word);
        }
        let mut word = |value: &Option<Word>, known: &[&str], key| {
            if let Some(value) = value.as_ref().filter(|value| !known.contains(&value.get_ref().as_str())) {
                self.unknown(value, known, key);
            }
        };
        word(&defaults.tags_on, &words(TagsOn::ALL), "tags_on");
        word(&defaults.rural, &words(Rural::ALL), "rural");
        word(&defaults.rural_conflict, &words(RuralConflict::ALL), "rural_conflict");
        word(&defaults.window, &["calendar_year"], "default window");
        word(&defaults.date, &words(DateBasis::ALL), "date");
        word(&defaults.adjustments, &words(Netting::ALL), "adjustments");
        word(&defaults.medical_assistance, &words(Netting::ALL), "medical_assistance");
        word(&defaults.before_publication, &words(BeforePublication::ALL), "before_publication");
        word(&defaults.on_publication, &words(OnPublication::ALL), "on_publication");
        word(&defaults.cadence, &words(Cadence::ALL), "cadence");
    }

    fn rule(&mut self, rule: RuleFile, defaults: &Defaults) -> Option<Rule> {
        let id = self.id(&rule.id);
        let place = rule.id.span();
        let shape = self.word(&rule.shape, Shape::ALL, "shape");
        if rule.name.get_ref().trim().is_empty() {
            self.fault(&rule.name.span(), "the rule has no name", "lists print it, e.g. 因病返贫监测");
        }
        let clause = rule.clause.get_ref();
        if clause.document.trim().is_empty() || clause.article.trim().is_empty() {
            self.fault(&rule.clause.span(), "the clause is empty", "name the document and its article");
        }
        if let Some(means) = rule.means.first().filter(|_| shape.is_some_and(|shape| shape != Shape::Application)) {
            self.fault(&means.span(), "this shape knows no means", "only application_over_line has means");
        }
        let who = self.who(rule.who.get_ref(), defaults, &rule.who.span());
        let cost = self.cost(rule.cost.get_ref(), defaults, shape, &rule.cost.span());
        let line_place = rule.line.span();
        let line = self.line(rule.line, defaults, shape);
        let means = self.means(rule.means);
        let warn_at = self.warning(rule.warn_at.as_ref(), line.as_ref(), defaults, &place);
        if let (Some(who), Some(line)) = (&who, &line)
            && who.rural == Rural::Required
            && matches!(&line.measure, LineMeasure::Series(line) if matches!(line.series, SeriesOf::ByResidence { .. }))
        {
            self.fault(&line_place, "the rule asks for rural residents only", "give one series instead of two");
        }
        let recipients = self.stated(rule.recipients.as_ref(), defaults.recipients.as_ref(), "recipients", &place);
        recipients.iter().for_each(|words| self.once(words, "recipient"));
        let cadence = self.stated(rule.cadence.as_ref(), defaults.cadence.as_ref(), "cadence", &place);
        let cadence = cadence.and_then(|word| self.word(word, Cadence::ALL, "cadence"));
        let from = self.date(&rule.valid.from);
        let to = rule.valid.to.as_ref().map(|to| self.date(to));
        let (from, to) = (from?, to.map_or(Some(None), |to| to.map(Some))?);
        if to.is_some_and(|to| to < from) {
            self.fault(&rule.valid.from.span(), "the rule ends before it begins", "swap the dates");
        }
        Some(Rule {
            id: id?,
            name: rule.name.into_inner(),
            version: rule.version.unwrap_or_else(|| "1".to_owned()),
            shape: shape?,
            overrides: rule.overrides.map(toml::Spanned::into_inner),
            who: who?,
            cost: cost?,
            line: line?,
            means: means?,
            warn_at: warn_at?,
            recipients: recipients?.iter().map(|word| word.get_ref().clone()).collect(),
            cadence: cadence?,
            from,
            to,
            clause: rule.clause.into_inner(),
        })
    }

    /// Where the warning tier begins: bands say so themselves, every other line by a share of it.
    fn warning(
        &mut self,
        own: Option<&Word>,
        line: Option<&LineRule>,
        defaults: &Defaults,
        place: &Range<usize>,
    ) -> Option<Option<Decimal>> {
        let has_bands = line.is_some_and(|line| matches!(line.measure, LineMeasure::Bands(_)));
        match own {
            Some(word) if has_bands => {
                self.fault(&word.span(), "bands have no warn_at", "give the first band outcome = \"near\"");
                None
            }
            None if has_bands => Some(None),
            own => self.stated(own, defaults.warn_at.as_ref(), "warn_at", place).and_then(|word| self.warn_at(word)),
        }
    }

    /// A share, or the word that nobody is near.
    fn warn_at(&mut self, word: &Word) -> Option<Option<Decimal>> {
        if word.get_ref() == "none" { Some(None) } else { self.decimal(word, "warn_at", SHARE).map(Some) }
    }

    fn counted(
        &mut self,
        insurance: Option<&[Word]>,
        care: Option<&[Word]>,
        place: Option<&[Word]>,
    ) -> [Vec<String>; 3] {
        [
            self.codes(insurance.unwrap_or_default(), "insurance type", (3, 3), "390 residents, 310 employees"),
            self.codes(care.unwrap_or_default(), "care type", (2, 6), "e.g. 21 inpatient, 41 pharmacy"),
            self.codes(place.unwrap_or_default(), "place of payment", (1, 2), "1 centre, 2 hospital, 3, 4 elsewhere"),
        ]
    }

    fn who(&mut self, who: &WhoFile, defaults: &Defaults, place: &std::ops::Range<usize>) -> Option<Who> {
        let tags = self.tags(&who.tags);
        let without_tags = self.tags(&who.without_tags);
        let both = who.without_tags.iter().find(|tag| who.tags.iter().any(|wanted| wanted.get_ref() == tag.get_ref()));
        if let Some(tag) = both {
            let message = format!("tag `{}` is wanted and excluded", tag.get_ref());
            self.fault(&tag.span(), message, "keep it in tags or in without_tags");
        }
        let tags_on = self.stated(who.tags_on.as_ref(), defaults.tags_on.as_ref(), "tags_on", place);
        let tags_on = tags_on.and_then(|word| self.word(word, TagsOn::ALL, "tags_on"));
        let rural = self.stated(who.rural.as_ref(), defaults.rural.as_ref(), "rural", place);
        let rural = rural.and_then(|word| self.word(word, Rural::ALL, "rural"));
        let rural_by = self.rural_by(who.rural_by.as_deref().or(defaults.rural_by.as_deref()));
        let conflict = who.rural_conflict.as_ref().or(defaults.rural_conflict.as_ref());
        let rural_conflict =
            conflict.map_or(Some(RuralConflict::Listed), |word| self.word(word, RuralConflict::ALL, "rural_conflict"));
        let insurance = self.stated(who.insurance.as_ref(), defaults.insurance.as_ref(), "insurance", place)?;
        let [insurance, ..] = self.counted(Some(insurance), None, None);
        Some(Who {
            tags: tags?,
            without_tags: without_tags?,
            tags_on: tags_on?,
            insurance,
            rural: rural?,
            rural_by: rural_by?,
            rural_conflict: rural_conflict?,
        })
    }

    /// The sources of rural status; all of them in their usual order where the file says nothing.
    fn rural_by(&mut self, words: Option<&[Word]>) -> Option<Vec<RuralBy>> {
        let Some(words) = words else { return Some(RuralBy::ALL.iter().map(|(_, source)| *source).collect()) };
        self.once(words, "source");
        words.iter().map(|word| self.word(word, RuralBy::ALL, "rural_by")).collect()
    }

    fn cost(
        &mut self,
        cost: &CostFile,
        defaults: &Defaults,
        shape: Option<Shape>,
        place: &std::ops::Range<usize>,
    ) -> Option<Cost> {
        let basis = self.basis(&cost.basis);
        let date = self.stated(cost.date.as_ref(), defaults.date.as_ref(), "date", place);
        let date = date.and_then(|word| self.word(word, DateBasis::ALL, "date"));
        let window = self.window(cost, defaults, place);
        if date == Some(DateBasis::BenefitYear) && matches!(window, Some(Window::RollingMonths(_))) {
            self.fault(place, "a benefit year has no rolling months", "choose settled or discharged");
        }
        let mut netting = |own: &Option<Word>, default: &Option<Word>, key| {
            let word = self.stated(own.as_ref(), default.as_ref(), key, place);
            word.and_then(|word| self.word(word, Netting::ALL, key))
        };
        let adjustments = netting(&cost.adjustments, &defaults.adjustments, "adjustments");
        let assistance = netting(&cost.medical_assistance, &defaults.medical_assistance, "medical_assistance");
        let for_applications =
            [cost.unit.as_ref().map(toml::Spanned::span), cost.declared_spending.as_ref().map(toml::Spanned::span)];
        if let Some(odd) = for_applications.into_iter().flatten().next()
            && shape.is_some_and(|shape| shape != Shape::Application)
        {
            self.fault(&odd, "unit and declared_spending are an application's", "only application_over_line has them");
        }
        let unit = cost.unit.as_ref().map_or(Some(Unit::Applicant), |word| self.word(word, Unit::ALL, "unit"));
        let care = cost.care.as_deref().or(defaults.care.as_deref());
        let payment_place = cost.payment_place.as_deref().or(defaults.payment_place.as_deref());
        let [_, care, payment_place] = self.counted(None, care, payment_place);
        Some(Cost {
            basis: basis?,
            window: window?,
            date: date?,
            care,
            payment_place,
            adjustments: adjustments?,
            payers: payers_of(defaults),
            medical_assistance: assistance?,
            unit: unit?,
            declared_spending: cost.declared_spending.as_ref().is_some_and(|declared| *declared.get_ref()),
        })
    }

    fn window(&mut self, cost: &CostFile, defaults: &Defaults, place: &std::ops::Range<usize>) -> Option<Window> {
        let word = self.stated(cost.window.as_ref(), defaults.window.as_ref(), "window", place)?;
        let is_rolling = self.word(word, &[("calendar_year", false), ("rolling_months", true)], "window")?;
        match (is_rolling, &cost.months) {
            (false, None) => Some(Window::CalendarYear),
            (false, Some(months)) => {
                self.fault(&months.span(), "a calendar year has no months", "leave months out");
                None
            }
            (true, Some(months)) if (1..=36).contains(months.get_ref()) => {
                Some(Window::RollingMonths(*months.get_ref()))
            }
            (true, Some(months)) => {
                self.fault(&months.span(), "months is not a number from 1 to 36", "12 is a year");
                None
            }
            (true, None) => {
                self.fault(&word.span(), "a rolling window needs its months", "add months = 12");
                None
            }
        }
    }

    /// Two versions of one rule may not hold on the same day.
    fn overlaps(&mut self, rules: &[Rule], starts: &[(String, usize)]) {
        let mut named = BTreeSet::new();
        for (at, rule) in rules.iter().enumerate() {
            for later in rules.iter().skip(at + 1).filter(|later| later.id == rule.id) {
                let apart = rule.to.is_some_and(|to| to < later.from) || later.to.is_some_and(|to| to < rule.from);
                if !apart && named.insert(rule.id.clone()) {
                    let start = starts.iter().rev().find(|(id, _)| *id == rule.id).map_or(0, |(_, start)| *start);
                    let message = format!("two versions of rule {} hold on the same day", rule.id);
                    self.fault(&(start..start), message, "end the older one with valid.to the day before");
                }
            }
        }
    }
}

/// The kinds of payer that lower the cost.
fn payers_of(defaults: &Defaults) -> Vec<String> {
    defaults.payers.iter().flatten().map(|payer| payer.get_ref().clone()).collect()
}

fn words<T: Copy>(known: &[(&'static str, T)]) -> Vec<&'static str> {
    known.iter().map(|(word, _)| *word).collect()
}
