//! The money of a settlement record from the few amounts that a case states.

use super::book::Amounts;
use super::file::ClaimFile;
use crate::domain::Fen;

/// The whole record: one of 总额, 个人负担 and 自付 (目录内) gives the others.
///
/// # Errors
/// Says which amounts do not fit together.
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
///
/// # Errors
/// Says which amount is missing.
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

#[cfg(test)]
mod tests {
    use super::super::scalar::Amount;
    use super::*;

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
    fn what_does_not_add_up_is_told() {
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
