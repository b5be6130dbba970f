//! Reading one case: people, settlements, applications and results, over the file's defaults.

use serde_saphyr::Spanned;

use super::book::{Case, CaseApplication, CasePerson, CaseTag, Expected};
use super::faults::{Defaults, Faults, line_of, rule_named};
use super::file::{ApplicationFile, CaseFile, FigureFile, PersonFile, ResultFile, ResultTable, TagFile};
use super::scalar::Word;
use super::words;
use super::words::{code_of, hint, reason_of, status_of, tag_of};
use crate::cases::Outcome;
use crate::domain::CountyCode;
use crate::policy::{Geography, IncomeFigure, LineMeasure, MeansLimit, Policy, Rule};

/// Names of people who are given none.
const NAMES: [&str; 8] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛"];
/// Where people live who are not said to live anywhere else: an invented county.
const COUNTY: &str = "990103";

/// A case and what it is read over.
pub(super) struct CaseReader<'a> {
    pub(super) defaults: &'a Defaults<'a>,
    pub(super) policy: &'a Policy,
    pub(super) line: usize,
    pub(super) file: &'a str,
    pub(super) case: &'a CaseFile,
}

impl CaseReader<'_> {
    /// The case; `None` after noting what is wrong with it.
    pub(super) fn read(&self, faults: &mut Faults<'_>) -> Option<Case> {
        let people = self.people(faults)?;
        let claims = self.claims(&people, faults)?;
        let period = self.case.period.or(self.defaults.file.period);
        if period.is_none() {
            faults.at(self.line, "the case has no 数据期".to_owned(), "state it here or under 默认".to_owned());
        }
        let rosters = self.case.rosters.as_ref().map(|cell| match cell.value.0.as_str() {
            "齐全" => Some(true),
            "无" => Some(false),
            other => faults.word(cell, "state of the rosters", Err(hint(other, ["齐全", "无"].into_iter()))),
        });
        Some(Case {
            file: self.file.to_owned(),
            line: self.line,
            id: self.case.id.value.0.clone(),
            says: self.case.says.0.clone(),
            period: period?.0,
            has_rosters: rosters.unwrap_or(Some(true))?,
            income: self.income(faults)?,
            payments: self.payments(&claims, faults)?,
            applications: self.applications(&people, faults)?,
            results: self.results(&people, faults)?,
            people,
            claims,
        })
    }

    fn people(&self, faults: &mut Faults<'_>) -> Option<Vec<CasePerson>> {
        let mut stated = self.case.people.0.clone();
        if stated.is_empty() {
            stated.push(PersonFile::default());
        }
        let people = stated.into_iter().enumerate().map(|(at, person)| self.person(at, person, faults));
        people.collect::<Vec<_>>().into_iter().collect()
    }

    fn person(&self, at: usize, stated: PersonFile, faults: &mut Faults<'_>) -> Option<CasePerson> {
        let person = stated.over(&self.defaults.file.person);
        let rural = person.rural.as_ref().map(|cell| match cell.value.0.as_str() {
            "是" => Some(Some(true)),
            "否" => Some(Some(false)),
            "不明" => Some(None),
            other => faults.word(cell, "answer", Err(hint(other, ["是", "否", "不明"].into_iter()))),
        });
        let household = person
            .household
            .as_ref()
            .map(|cell| faults.word(cell, "household register", code_of(words::HOUSEHOLDS, &cell.value.0, true)));
        let tags = person.tags.map_or_else(Vec::new, |tags| tags.0);
        let tags: Option<Vec<Vec<CaseTag>>> = tags.iter().map(|tag| self.tag(tag, faults)).collect();
        let is_registered = person.registered.is_none_or(|cell| cell.0);
        let county = person.county.map_or_else(|| CountyCode::parse(COUNTY).ok(), |cell| Some(cell.0));
        Some(CasePerson {
            name: person.name.map_or_else(|| NAMES[at % NAMES.len()].to_owned(), |name| name.0),
            county: county.filter(|_| is_registered),
            tags: tags?.concat(),
            is_rural: rural.unwrap_or(Some(None))?,
            household_type: match household {
                Some(code) => Some(code?),
                None => None,
            },
            village_class: person.village_class.map(|class| class.0),
            is_alive: !person.dead.is_some_and(|cell| cell.0),
            is_registered,
            has_name_conflict: person.name_conflict.is_some_and(|cell| cell.0),
            has_other_document: person.other_document.is_some_and(|cell| cell.0),
        })
    }

    /// A tag; the word 无 stands for none.
    fn tag(&self, tag: &TagFile, faults: &mut Faults<'_>) -> Option<Vec<CaseTag>> {
        match &tag.0 {
            Ok(word) if word == "无" => Some(Vec::new()),
            Ok(word) => match tag_of(word) {
                Ok(tag) => Some(vec![CaseTag { tag, from: None, to: None, roster_month: None }]),
                Err(hint) => {
                    faults.at(self.line, format!("`{word}` is not a valid tag"), hint);
                    None
                }
            },
            Err(table) => {
                let tag = faults.word(&table.tag, "tag", tag_of(&table.tag.value.0))?;
                let roster_month = table.roster_month.map(|month| month.0);
                let (from, to) = (table.from.map(|day| day.0), table.to.map(|day| day.0));
                Some(vec![CaseTag { tag, from, to, roster_month }])
            }
        }
    }

    fn income(&self, faults: &mut Faults<'_>) -> Option<Vec<IncomeFigure>> {
        let figures = self.case.income.as_ref().unwrap_or(&self.defaults.file.income);
        let figures: Vec<_> = figures.0.iter().map(|figure| self.figure(figure, faults)).collect();
        figures.into_iter().collect()
    }

    fn figure(&self, figure: &FigureFile, faults: &mut Faults<'_>) -> Option<IncomeFigure> {
        let county = self.defaults.file.person.county.as_ref().map_or(COUNTY, |county| county.0.as_str());
        let county = CountyCode::parse(county).ok()?;
        let drawn = self.series();
        let usual = drawn.first().filter(|_| drawn.iter().all(|other| other.0 == drawn[0].0));
        let series = match &figure.series {
            Some(cell) => {
                let code = code_of(words::SERIES, &cell.value.0, true);
                let known = drawn.iter().map(|(series, _)| *series);
                let code = code.and_then(|code| {
                    if known.clone().any(|known| known == code) { Ok(code) } else { Err(hint(&code, known)) }
                });
                faults.word(cell, "series that a rule of this policy draws on", code)?
            }
            None => usual.map(|(series, _)| (*series).to_owned()).or_else(|| {
                let valid = drawn.iter().map(|(series, _)| *series).collect::<Vec<_>>().join(", ");
                faults.at(line_of(&figure.year), "the figure names no 系列".to_owned(), format!("one of: {valid}"));
                None
            })?,
        };
        let level = drawn.iter().find(|(known, _)| *known == series).map_or(Geography::Province, |(_, level)| *level);
        let geography = match figure.geography.as_ref().map(|cell| (cell, cell.value.0.as_str())) {
            None => level.code_for(&county),
            Some((_, "全国" | "000000")) => Geography::Nation.code_for(&county),
            Some((_, "省")) => Geography::Province.code_for(&county),
            Some((_, "市")) => Geography::Prefecture.code_for(&county),
            Some((_, "县")) => Geography::County.code_for(&county),
            Some((cell, code)) => {
                let valid = ["全国", "省", "市", "县"].into_iter();
                let found = CountyCode::parse(code).map(|code| code.to_string()).map_err(|_| hint(code, valid));
                faults.word(cell, "place", found)?
            }
        };
        Some(IncomeFigure {
            indicator: series,
            geography,
            year: figure.year.value.0,
            amount: figure.amount.0,
            release: figure.release.map_or(1, |release| release.0),
            published: figure.published.map(|day| day.0),
            source: None,
        })
    }

    /// The series that the policy's rules draw on, each with the level of place, the default rule's first.
    fn series(&self) -> Vec<(&str, Geography)> {
        let is_default = |rule: &&Rule| Some(&rule.id) == self.defaults.rule.as_ref();
        let rules = &self.policy.rules;
        let ordered = rules.iter().filter(is_default).chain(rules.iter().filter(|rule| !is_default(rule)));
        let mut series = Vec::new();
        for rule in ordered {
            let limits = rule.means.iter().filter_map(|means| match &means.limit {
                MeansLimit::Series(line) => Some(line),
                MeansLimit::Fixed(_) => None,
            });
            let line = match &rule.line.measure {
                LineMeasure::Series(line) => Some(line),
                _ => None,
            };
            for line in line.into_iter().chain(limits) {
                let named = line.series.by_residence().into_iter();
                series.extend(named.map(|(_, series)| (series, line.geography)));
            }
        }
        series
    }

    fn applications(&self, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Vec<CaseApplication>> {
        let stated = self.case.applications.0.iter().enumerate();
        let read = stated.map(|(at, application)| application_of(at, application, people, faults));
        read.collect::<Vec<_>>().into_iter().collect()
    }

    fn results(&self, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Vec<Expected>> {
        let results: Vec<_> = self.case.results.0.iter().map(|result| self.result(result, people, faults)).collect();
        let results: Vec<Expected> = results.into_iter().collect::<Option<_>>()?;
        if results.is_empty() {
            faults.at(self.line, "the case says nothing under 结果".to_owned(), "state at least one 结论".to_owned());
        }
        for (at, result) in results.iter().enumerate() {
            if results[..at].iter().any(|other| other.person == result.person && other.rule == result.rule) {
                let message = format!("two results of rule {} for one person", result.rule);
                faults.at(result.line, message, "join them".to_owned());
            }
        }
        Some(results)
    }

    fn result(&self, result: &ResultFile, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Expected> {
        match &result.0 {
            Ok(word) => {
                let status = status_of(word);
                let status =
                    status.map_err(|hint| faults.at(self.line, format!("`{word}` is not a valid 结论"), hint)).ok()?;
                Some(Expected::bare(self.line, self.default_rule(faults)?, status))
            }
            Err(table) => self.result_of(table, people, faults),
        }
    }

    fn result_of(&self, table: &ResultTable, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Expected> {
        let status = faults.word(&table.status, "结论", status_of(&table.status.value.0))?;
        let rule = match &table.rule {
            Some(cell) => faults.word(cell, "rule of this policy", rule_named(self.policy, &cell.value.0))?,
            None => self.default_rule(faults)?,
        };
        let reason = match &table.reason {
            Some(cell) => Some(faults.word(cell, "原因", reason_of(&cell.value.0))?),
            None => None,
        };
        let line = Some(line_of(&table.status)).filter(|line| *line > 0).unwrap_or(self.line);
        Some(Expected {
            person: person_named(table.person.as_ref(), people, faults)?,
            reason,
            measured: table.measured.map(|amount| amount.0),
            line_amount: table.line.map(|amount| amount.0),
            income: table.income.map(|amount| amount.0),
            excess: table.excess.map(|amount| amount.0),
            band: table.band.as_ref().map(|band| if band.0 == "无" { String::new() } else { band.0.clone() }),
            is_provisional: table.provisional.map(|cell| cell.0),
            county: table.county.as_ref().map(|county| county.0.to_string()),
            claims: table.claims.map(|number| i64::from(number.0)),
            unit: table.visit.as_ref().or(table.application.as_ref()).map(|visit| visit.0.clone()),
            article: table.article.as_ref().map(|cell| cell.value.0.clone()),
            ..Expected::bare(line, rule, status)
        })
    }

    fn default_rule(&self, faults: &mut Faults<'_>) -> Option<String> {
        if self.defaults.rule.is_none() {
            let hint = "state 规则 in the result or under 默认".to_owned();
            faults.at(self.line, "the result names no rule".to_owned(), hint);
        }
        self.defaults.rule.clone()
    }
}

impl Expected {
    fn bare(line: usize, rule: String, status: Outcome) -> Self {
        Self {
            line,
            person: 0,
            rule,
            status,
            reason: None,
            measured: None,
            line_amount: None,
            income: None,
            excess: None,
            band: None,
            is_provisional: None,
            county: None,
            claims: None,
            unit: None,
            article: None,
        }
    }
}

fn application_of(
    at: usize,
    stated: &ApplicationFile,
    people: &[CasePerson],
    faults: &mut Faults<'_>,
) -> Option<CaseApplication> {
    let applicant = person_named(stated.applicant.as_ref(), people, faults)?;
    let mut members: Vec<usize> = Vec::new();
    for name in &stated.members.0 {
        if let Some(place) = people.iter().position(|person| person.name == name.0) {
            members.push(place);
        } else {
            let valid = hint(&name.0, people.iter().map(|person| person.name.as_str()));
            faults.at(line_of(&stated.applied), format!("`{}` is not a valid person of this case", name.0), valid);
            return None;
        }
    }
    if members.is_empty() {
        members = (0..people.len()).collect();
    }
    if !members.contains(&applicant) {
        members.push(applicant);
    }
    Some(CaseApplication {
        label: stated.label.as_ref().map_or_else(|| format!("申请{}", at + 1), |label| label.0.clone()),
        applied: stated.applied.value.0,
        applicant,
        members,
        household_income: stated.household_income.map(|amount| amount.0),
        assets: stated.assets.map(|amount| amount.0),
        other_spending: stated.other_spending.map(|amount| amount.0),
    })
}

/// The place of a person; nobody named means the first.
pub(super) fn person_named(
    cell: Option<&Spanned<Word>>,
    people: &[CasePerson],
    faults: &mut Faults<'_>,
) -> Option<usize> {
    let Some(cell) = cell else { return Some(0) };
    let found = people.iter().position(|person| person.name == cell.value.0);
    faults.word(
        cell,
        "person of this case",
        found.ok_or_else(|| hint(&cell.value.0, people.iter().map(|person| person.name.as_str()))),
    )
}
