//! Reading a case's settlements: whose, when, and the whole record's money from the few amounts that are stated.

use serde_saphyr::Spanned;

use super::book::{Amounts, CaseClaim, CasePayment, CasePerson, ClaimKind};
use super::case::{CaseReader, person_named};
use super::faults::{Faults, line_of};
use super::file::ClaimFile;
use super::scalar::Word;
use super::words;
use super::words::{code_of, hint};
use crate::domain::Fen;

/// Reading settlements and later payers.
impl CaseReader<'_> {
    /// The case's settlements, in the order of the file.
    pub(super) fn claims(&self, people: &[CasePerson], faults: &mut Faults<'_>) -> Option<Vec<CaseClaim>> {
        let mut claims: Vec<CaseClaim> = Vec::new();
        let mut read: Vec<ClaimFile> = Vec::new();
        let mut is_sound = true;
        for stated in &self.case.claims.0 {
            let position = |cell: &Spanned<Word>| claims.iter().position(|claim| claim.label == cell.value.0);
            let original = stated.takes_back.as_ref().map(|cell| (cell, position(cell)));
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
        let person = person_named(claim.person.as_ref(), people, faults)?;
        let mut code = |cell: &Option<Spanned<Word>>, kind: &str, words, default: Option<&str>| match cell {
            None => Some(default.map(str::to_owned)),
            Some(cell) => faults.word(cell, kind, code_of(words, &cell.value.0, true)).map(Some),
        };
        let insurance = code(&claim.insurance, "insurance type", words::INSURANCE, Some("390"))?;
        let care = code(&claim.care, "kind of care", words::CARE, Some("21"))?;
        let place = code(&claim.place, "place of payment", words::PLACES, Some("2"))?;
        let amounts = amounts(claim, kind, line, faults)?;
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

    pub(super) fn payments(&self, claims: &[CaseClaim], faults: &mut Faults<'_>) -> Option<Vec<CasePayment>> {
        let known = || claims.iter().map(|claim| claim.label.as_str());
        let payments = self.case.payments.0.iter().map(|payment| {
            let found = claims.iter().position(|claim| claim.label == payment.claim.value.0);
            let claim = faults.word(
                &payment.claim,
                "号 of a settlement",
                found.ok_or_else(|| hint(&payment.claim.value.0, known())),
            )?;
            let payer = match &payment.payer {
                None => None,
                Some(cell) => Some(faults.word(cell, "kind of payer", code_of(words::PAYERS, &cell.value.0, true))?),
            };
            Some(CasePayment { claim, paid: payment.paid.0, amount: payment.amount.0, payer })
        });
        payments.collect::<Vec<_>>().into_iter().collect()
    }
}

/// The whole record: one of 总额, 个人负担 and 自付 (目录内) gives the others.
pub(super) fn settled(claim: &ClaimFile) -> Result<Amounts, String> {
    let of = |cell: Option<super::scalar::Amount>| cell.map_or(0, |amount| amount.0.0);
    let (outside, over_limit, first_share) = (of(claim.outside), of(claim.over_limit), of(claim.first_share));
    let (assistance, hospital, account) = (of(claim.assistance), of(claim.hospital), of(claim.account));
    let fund = claim.fund.map_or(assistance, |fund| fund.0.0);
    let personal = match (claim.total, claim.personal, claim.self_pay) {
        (Some(total), None, None) => total.0.0 - fund - hospital,
        (None, Some(personal), None) => personal.0.0,
        (None, None, Some(self_pay)) => self_pay.0.0 + outside + over_limit,
        (None, None, None) => return Err("state one of 总额, 个人负担 and 自付".to_owned()),
        _ => return Err("state only one of 总额, 个人负担 and 自付; the others follow".to_owned()),
    };
    let total = personal + fund + hospital;
    let in_scope = total - outside - over_limit - first_share;
    let deductible = of(claim.deductible);
    let parts = [outside, over_limit, first_share, in_scope, deductible, fund, assistance, hospital, personal, account];
    if parts.iter().any(|part| *part < 0) {
        return Err("the amounts do not add up: 总额 = 全自费 + 超限价 + 先行自付 + 范围内 = 个人负担 + 基金 + 医院承担, none negative".to_owned());
    }
    if assistance > fund {
        return Err("医疗救助 is a part of 基金 and cannot be more".to_owned());
    }
    if account > personal || deductible > in_scope {
        return Err("账户 lies within 个人负担, 起付线 within the amount in scope".to_owned());
    }
    Ok(Amounts {
        total: Fen(total),
        outside: Fen(outside),
        over_limit: Fen(over_limit),
        first_share: Fen(first_share),
        in_scope: Fen(in_scope),
        deductible: Fen(deductible),
        fund: Fen(fund),
        assistance: Fen(assistance),
        hospital: Fen(hospital),
        personal: Fen(personal),
        account: Fen(account),
    })
}

/// A supplement (补报销): its fund money is new, the fees were settled before.
pub(super) fn supplement(claim: &ClaimFile) -> Result<Amounts, String> {
    if claim.fund.or(claim.assistance).is_none_or(|fund| fund.0.0 <= 0) {
        return Err("补报销 needs 基金: what was paid later".to_owned());
    }
    let repeats_fees = [claim.total, claim.personal, claim.self_pay].iter().any(Option::is_some);
    if repeats_fees {
        return settled(claim);
    }
    settled(&ClaimFile { personal: Some(super::scalar::Amount(Fen::ZERO)), ..claim.clone() })
}

impl Amounts {
    /// The record that takes this one back.
    #[must_use]
    pub fn negated(self) -> Self {
        let back = |fen: Fen| Fen(-fen.0);
        Self {
            total: back(self.total),
            outside: back(self.outside),
            over_limit: back(self.over_limit),
            first_share: back(self.first_share),
            in_scope: back(self.in_scope),
            deductible: back(self.deductible),
            fund: back(self.fund),
            assistance: back(self.assistance),
            hospital: back(self.hospital),
            personal: back(self.personal),
            account: back(self.account),
        }
    }
}

impl ClaimFile {
    /// Whether any amount is stated.
    pub(super) fn states_money(&self) -> bool {
        let cells = [
            self.total,
            self.personal,
            self.self_pay,
            self.outside,
            self.over_limit,
            self.first_share,
            self.deductible,
            self.fund,
            self.assistance,
            self.hospital,
            self.account,
        ];
        cells.iter().any(Option::is_some)
    }

    /// The same record without its money, its own number and what it does to others.
    pub(super) fn circumstances(&self) -> Self {
        Self { label: None, takes_back: None, supplement: None, void: None, ..self.clone().without_money() }
    }

    fn without_money(self) -> Self {
        Self {
            total: None,
            personal: None,
            self_pay: None,
            outside: None,
            over_limit: None,
            first_share: None,
            deductible: None,
            fund: None,
            assistance: None,
            hospital: None,
            account: None,
            ..self
        }
    }
}

fn amounts(claim: &ClaimFile, kind: ClaimKind, line: usize, faults: &mut Faults<'_>) -> Option<Amounts> {
    let amounts = match kind {
        ClaimKind::Settlement => settled(claim),
        ClaimKind::Reversal(_) => settled(claim).map(Amounts::negated),
        ClaimKind::Supplement => supplement(claim),
    };
    amounts.map_err(|why| faults.at(line, why, "see the keys of 结算 in the README".to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use super::super::scalar::Amount;
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what a cell of the file holds")]
    fn yuan(yuan: i64) -> Option<Amount> {
        Some(Amount(Fen(yuan * 100)))
    }

    #[test]
    fn one_amount_gives_the_others() {
        let claim = ClaimFile {
            self_pay: yuan(7_000),
            outside: yuan(1_000),
            over_limit: yuan(500),
            fund: yuan(20_000),
            ..ClaimFile::default()
        };
        let amounts = settled(&claim).unwrap();
        assert_eq!((amounts.personal, amounts.total), (Fen(8_500_00), Fen(28_500_00)));
        assert_eq!(amounts.in_scope, Fen(27_000_00));
        let total = ClaimFile { total: yuan(28_500), self_pay: None, ..claim.clone() };
        assert_eq!(settled(&total), Ok(amounts));
        assert_eq!(amounts.negated().personal, Fen(-8_500_00));
    }

    #[test]
    fn amounts_that_do_not_add_up_are_refused() {
        for (claim, said) in [
            (ClaimFile::default(), "state one of"),
            (ClaimFile { total: yuan(1), personal: yuan(1), ..ClaimFile::default() }, "only one of"),
            (ClaimFile { total: yuan(100), fund: yuan(200), ..ClaimFile::default() }, "do not add up"),
            (
                ClaimFile { personal: yuan(100), fund: yuan(1), assistance: yuan(2), ..ClaimFile::default() },
                "a part of 基金",
            ),
            (ClaimFile { personal: yuan(100), account: yuan(101), ..ClaimFile::default() }, "账户 lies within"),
        ] {
            assert!(settled(&claim).is_err_and(|why| why.contains(said)), "{said}");
        }
        assert!(supplement(&ClaimFile::default()).is_err());
        let later = supplement(&ClaimFile { fund: yuan(300), ..ClaimFile::default() }).unwrap();
        assert_eq!((later.fund, later.personal), (Fen(300_00), Fen(0)));
    }
}
