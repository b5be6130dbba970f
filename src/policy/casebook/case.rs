//! Reading one case: people, settlements, applications and results, over the file's defaults.

use serde_saphyr::Spanned;

use super::amounts;
use super::book::{Amounts, Case, CaseApplication, CaseClaim, CasePayment, CasePerson, CaseTag, ClaimKind, Expected};
use super::file::{ApplicationFile, CaseFile, ClaimFile, FigureFile, PersonFile, ResultFile, ResultTable, TagFile};
use super::read::{Defaults, Faults, line_of, rule_named};
use super::scalar::Word;
use super::words::{self, code_of, hint, tag_of};
use crate::domain::CountyCode;
use crate::policy::{IncomeFigure, Policy};

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
                    faults.at(self.line, format!("`{word}` is no tag"), hint);
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
        let series = match &figure.series {
            Some(cell) => faults.word(cell, "series", code_of(words::SERIES, &cell.value.0, true))?,
            None => "rural_disposable_income".to_owned(),
        };
        let geography = match figure.geography.as_ref().map(|cell| (cell, cell.value.0.as_str())) {
            None | Some((_, "省")) => county.province(),
            Some((_, "全国")) => "000000".to_owned(),
            Some((_, "市")) => county.prefecture(),
            Some((_, "县")) => county.to_string(),
            Some((_, "000000")) => "000000".to_owned(),
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

    fn claims(&self, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Vec<CaseClaim>> {
        let mut claims: Vec<CaseClaim> = Vec::new();
        let mut read: Vec<ClaimFile> = Vec::new();
        let mut is_sound = true;
        for stated in &self.case.claims.0 {
            let original = match &stated.takes_back {
                None => None,
                Some(cell) => Some((cell, claims.iter().position(|claim| claim.label == cell.value.0))),
            };
            let (record, kind) = match original {
                Some((cell, None)) => {
                    let known = claims.iter().map(|claim| claim.label.as_str());
                    faults.at(
                        line_of(cell),
                        format!("no settlement above has the 号 `{}`", cell.value.0),
                        hint(&cell.value.0, known),
                    );
                    is_sound = false;
                    continue;
                }
                Some((_, Some(at))) => {
                    let own = stated.clone();
                    let below = if own.states_money() {
                        read[at].circumstances()
                    } else {
                        ClaimFile { label: None, ..read[at].clone() }
                    };
                    (own.over(&below), ClaimKind::Reversal(at))
                }
                None if stated.supplement.is_some_and(|cell| cell.0) => {
                    (stated.clone().over(&self.defaults.file.claim), ClaimKind::Supplement)
                }
                None => (stated.clone().over(&self.defaults.file.claim), ClaimKind::Settlement),
            };
            match self.claim(&record, kind, people, claims.len(), faults) {
                Some(claim) => {
                    claims.push(claim);
                    read.push(record);
                }
                None => is_sound = false,
            }
        }
        is_sound.then_some(claims)
    }

    fn claim(
        &self,
        claim: &ClaimFile,
        kind: ClaimKind,
        people: &[CasePerson],
        at: usize,
        faults: &mut Faults<'_>,
    ) -> Option<CaseClaim> {
        let line = claim.settled.as_ref().map(line_of).filter(|line| *line > 0).unwrap_or(self.line);
        let Some(settled) = &claim.settled else {
            faults.at(self.line, "a settlement has no 日期".to_owned(), "state the day of settlement".to_owned());
            return None;
        };
        let person = self.person_named(claim.person.as_ref(), people, faults)?;
        let mut code = |cell: &Option<Spanned<Word>>, kind: &str, words, default: Option<&str>| match cell {
            None => Some(default.map(str::to_owned)),
            Some(cell) => faults.word(cell, kind, code_of(words, &cell.value.0, true)).map(Some),
        };
        let insurance = code(&claim.insurance, "insurance type", words::INSURANCE, Some("390"))?;
        let care = code(&claim.care, "kind of care", words::CARE, Some("21"))?;
        let place = code(&claim.place, "place of payment", words::PLACES, Some("2"))?;
        let amounts = self.amounts(claim, kind, line, faults)?;
        Some(CaseClaim {
            label: claim.label.as_ref().map_or_else(|| format!("第{}笔", at + 1), |label| label.value.0.clone()),
            person,
            kind,
            settled: settled.value.0,
            discharged: claim.discharged.map(|day| day.0),
            benefit_year: claim.benefit_year.map(|year| year.0.to_string()),
            insurance: insurance.unwrap_or_default(),
            care: care.unwrap_or_default(),
            place,
            visit: claim.visit.as_ref().map(|visit| visit.0.clone()),
            area: claim.area.as_ref().map(|area| area.0.clone()).or_else(|| people[person].county.clone()),
            person_name: claim.person_name.as_ref().map(|name| name.0.clone()),
            is_valid: !claim.void.is_some_and(|cell| cell.0),
            is_mid_stay: claim.mid_stay.is_some_and(|cell| cell.0),
            amounts,
        })
    }

    fn amounts(&self, claim: &ClaimFile, kind: ClaimKind, line: usize, faults: &mut Faults<'_>) -> Option<Amounts> {
        let amounts = match kind {
            ClaimKind::Settlement => amounts::settled(claim),
            ClaimKind::Reversal(_) => amounts::settled(claim).map(Amounts::negated),
            ClaimKind::Supplement => amounts::supplement(claim),
        };
        amounts.map_err(|why| faults.at(line, why, "see the keys of 结算 in the README".to_owned())).ok()
    }

    /// The place of a person; nobody named means the first.
    fn person_named(
        &self,
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

    fn payments(&self, claims: &[CaseClaim], faults: &mut Faults<'_>) -> Option<Vec<CasePayment>> {
        let known = || claims.iter().map(|claim| claim.label.as_str());
        let payments = self.case.payments.0.iter().map(|payment| {
            let found = claims.iter().position(|claim| claim.label == payment.claim.value.0);
            let claim = faults.word(
                &payment.claim,
                "号 of a settlement",
                found.ok_or_else(|| hint(&payment.claim.value.0, known())),
            )?;
            Some(CasePayment { claim, paid: payment.paid.0, amount: payment.amount.0 })
        });
        payments.collect::<Vec<_>>().into_iter().collect()
    }

    fn applications(&self, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Vec<CaseApplication>> {
        let stated = self.case.applications.0.iter().enumerate();
        let read = stated.map(|(at, application)| self.application(at, application, people, faults));
        read.collect::<Vec<_>>().into_iter().collect()
    }

    fn application(
        &self,
        at: usize,
        stated: &ApplicationFile,
        people: &[CasePerson],
        faults: &mut Faults<'_>,
    ) -> Option<CaseApplication> {
        let applicant = self.person_named(stated.applicant.as_ref(), people, faults)?;
        let mut members: Vec<usize> = Vec::new();
        for name in &stated.members.0 {
            if let Some(place) = people.iter().position(|person| person.name == name.0) {
                members.push(place);
            } else {
                let valid = hint(&name.0, people.iter().map(|person| person.name.as_str()));
                faults.at(line_of(&stated.applied), format!("`{}` is no person of this case", name.0), valid);
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
                let status = code_of(words::STATUSES, word, false);
                let status = status.map_err(|hint| faults.at(self.line, format!("`{word}` is no 结论"), hint)).ok()?;
                Some(Expected::bare(self.line, self.default_rule(faults)?, status))
            }
            Err(table) => self.result_of(table, people, faults),
        }
    }

    fn result_of(&self, table: &ResultTable, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Expected> {
        let status = faults.word(&table.status, "结论", code_of(words::STATUSES, &table.status.value.0, false))?;
        let rule = match &table.rule {
            Some(cell) => faults.word(cell, "rule of this policy", rule_named(self.policy, &cell.value.0))?,
            None => self.default_rule(faults)?,
        };
        let reason = match &table.reason {
            Some(cell) => Some(faults.word(cell, "原因", code_of(words::REASONS, &cell.value.0, false))?),
            None => None,
        };
        let line = Some(line_of(&table.status)).filter(|line| *line > 0).unwrap_or(self.line);
        Some(Expected {
            person: self.person_named(table.person.as_ref(), people, faults)?,
            reason,
            measured: table.measured.map(|amount| amount.0),
            line_amount: table.line.map(|amount| amount.0),
            income: table.income.map(|amount| amount.0),
            excess: table.excess.map(|amount| amount.0),
            band: table.band.as_ref().map(|band| if band.0 == "无" { String::new() } else { band.0.clone() }),
            is_provisional: table.provisional.map(|cell| cell.0),
            county: table.county.as_ref().map(|county| county.0.to_string()),
            claims: table.claims.map(|number| i64::from(number.0)),
            unit: table.visit.as_ref().map(|visit| visit.0.clone()),
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
    fn bare(line: usize, rule: String, status: String) -> Self {
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
