//! The rules of a settlement record: its kind, its signs, the identities I1 to I5.

use law::contracts::{Kind, RejectCode};
use law::domain::CountyCode;

use super::cells::days::DAY;
use super::faults::{Faults, Stage};
use super::sheet::{Sheet, text};

/// The parts of the fund total (I2).
pub(super) const FUND_PARTS: [&str; 8] = [
    "pooled_fund_amount",
    "civil_servant_amount",
    "enterprise_amount",
    "major_illness_amount",
    "large_cost_amount",
    "disability_fund_amount",
    "medical_assistance_amount",
    "other_fund_amount",
];

/// Manual reimbursements that add funds to fees already settled.
const SUPPLEMENTS: [&str; 4] = ["06", "08", "09", "10"];

/// Applies the rules, fills in defaults, and tells each row's kind.
pub(super) fn judge(sheet: &mut Sheet, faults: &mut Faults, has_fund_parts: bool) -> Vec<&'static str> {
    sheet.default_to("is_refunded", 0);
    sheet.default_to("is_newborn", 0);
    sheet.default_to("is_mid_stay", 0);
    sheet.default_to("is_valid", 1);
    sheet.default_from("updated_at", |moment| moment, "settled_at");
    area(sheet, faults);
    derive(sheet, faults);
    refunds(sheet, faults);
    let money = Amounts::of(sheet);
    let kinds = kinds(sheet, &money);
    let valid = sheet.numbers("is_valid");
    for (row, kind) in kinds.iter().enumerate() {
        // An update that voids a claim counts nothing: its amounts need not add up, or the wrong claim would stay.
        let is_void = valid.get(row).copied().flatten() == Some(0);
        if !is_void && faults.money_is_sound(row) {
            money.judge(row, kind, has_fund_parts, &mut |stage, column, code| {
                faults.note(row, stage, sheet.index(column), code);
            });
        }
    }
    kinds
}

/// The insured area names folders and files later on.
fn area(sheet: &Sheet, faults: &mut Faults) {
    let (areas, column) = (sheet.texts("insured_area"), sheet.index("insured_area"));
    for row in 0..sheet.rows {
        if text(areas, row).is_some_and(|area| CountyCode::parse(area).is_err()) {
            faults.note(row, Stage::Form, column, RejectCode::Malformed);
        }
    }
}

/// Fills what an interface leaves empty (2208 never fills `psn_part_amt`) from the identities that it stands in. The
/// one that gave the amount holds by itself then; the others are still asked.
fn derive(sheet: &mut Sheet, faults: &mut Faults) {
    let cell = |sheet: &Sheet, name: &str, row: usize| sheet.numbers(name).get(row).copied().flatten();
    for row in 0..sheet.rows {
        let [total, fund, personal] = ["total_amount", "fund_amount", "personal_amount"].map(|n| cell(sheet, n, row));
        if (fund.is_some() && personal.is_some()) || !faults.money_is_sound(row) {
            continue;
        }
        let hospital = cell(sheet, "hospital_amount", row).unwrap_or(0);
        let parts: Vec<i64> = FUND_PARTS.iter().filter_map(|name| cell(sheet, name, row)).collect();
        let rest = |part: Option<i64>| total.zip(part).map(|(total, part)| total - part - hospital);
        let of_parts = (!parts.is_empty()).then(|| parts.iter().sum());
        let fund = fund.or(of_parts).or_else(|| rest(personal));
        let personal = personal.or_else(|| rest(fund));
        for (name, amount) in [("fund_amount", fund), ("personal_amount", personal)] {
            if let Some(slot) = sheet.numbers_mut(name).get_mut(row) {
                *slot = amount;
            }
            if amount.is_none() {
                faults.note(row, Stage::Required, sheet.index(name), RejectCode::Missing);
            }
        }
    }
}

/// A row that is flagged as a refund and names another settlement as its original takes money back: added, it would
/// count twice. Without an original the flag only says that the row was cancelled (model P).
fn refunds(sheet: &Sheet, faults: &mut Faults) {
    let (claims, originals) = (sheet.texts("claim_id"), sheet.texts("original_claim_id"));
    let (flags, totals) = (sheet.numbers("is_refunded"), sheet.numbers("total_amount"));
    let column = sheet.index("total_amount");
    for row in 0..sheet.rows {
        let is_refund = flags.get(row).copied().flatten() == Some(1)
            && text(originals, row).is_some_and(|original| Some(original) != text(claims, row));
        if is_refund && at(totals, row) > 0 {
            faults.note(row, Stage::Signs, column, RejectCode::RefundPositive);
        }
    }
}

fn kinds(sheet: &Sheet, money: &Amounts) -> Vec<&'static str> {
    let (refunds, reasons) = (sheet.numbers("is_refunded"), sheet.texts("manual_reason"));
    let originals = sheet.texts("original_claim_id");
    let kind_of = |row: usize| {
        let total = at(money.total, row);
        let refunded = refunds.get(row).copied().flatten() == Some(1);
        if text(reasons, row).is_some_and(|reason| SUPPLEMENTS.contains(&reason)) {
            "supplement"
        } else if total < 0 || (refunded && total <= 0 && text(originals, row).is_some()) {
            "reversal"
        } else {
            "settlement"
        }
    };
    (0..sheet.rows).map(kind_of).collect()
}

/// The money columns of a page.
struct Amounts<'a> {
    all: Vec<(&'static str, &'a [Option<i64>])>,
    parts: Vec<&'a [Option<i64>]>,
    total: &'a [Option<i64>],
    outside: &'a [Option<i64>],
    over_limit: &'a [Option<i64>],
    first_share: &'a [Option<i64>],
    in_scope: &'a [Option<i64>],
    deductible: &'a [Option<i64>],
    fund: &'a [Option<i64>],
    hospital: &'a [Option<i64>],
    personal: &'a [Option<i64>],
    account: &'a [Option<i64>],
    family: &'a [Option<i64>],
    cash: &'a [Option<i64>],
}

/// An amount; an empty cell counts nothing.
fn at(column: &[Option<i64>], row: usize) -> i64 {
    column.get(row).copied().flatten().unwrap_or(0)
}

/// Whether two amounts are equal to the fen, give or take one.
fn agree(left: i64, right: i64) -> bool {
    (left - right).abs() <= 1
}

impl<'a> Amounts<'a> {
    fn of(sheet: &'a Sheet) -> Self {
        let money = sheet.contract.columns.iter().filter(|column| column.kind == Kind::Money);
        Self {
            all: money.map(|column| (column.name, sheet.numbers(column.name))).collect(),
            parts: FUND_PARTS.iter().map(|name| sheet.numbers(name)).collect(),
            total: sheet.numbers("total_amount"),
            outside: sheet.numbers("outside_catalogue_amount"),
            over_limit: sheet.numbers("over_limit_amount"),
            first_share: sheet.numbers("first_share_amount"),
            in_scope: sheet.numbers("in_scope_amount"),
            deductible: sheet.numbers("deductible_amount"),
            fund: sheet.numbers("fund_amount"),
            hospital: sheet.numbers("hospital_amount"),
            personal: sheet.numbers("personal_amount"),
            account: sheet.numbers("account_amount"),
            family: sheet.numbers("family_account_amount"),
            cash: sheet.numbers("cash_amount"),
        }
    }

    /// Notes the faults of a row; [`Faults`] keeps the first.
    fn judge(&self, row: usize, kind: &str, has_fund_parts: bool, note: &mut dyn FnMut(Stage, &str, RejectCode)) {
        let (fund, personal) = (at(self.fund, row), at(self.personal, row));
        let repeats_fees = kind == "supplement";
        if has_fund_parts {
            let parts: i64 = self.parts.iter().map(|part| at(part, row)).sum();
            if !agree(fund, parts) {
                note(Stage::Funds, "fund_amount", RejectCode::IdentityFunds);
            }
        }
        if repeats_fees {
            return;
        }
        self.signs(row, kind == "reversal", note);
        let total = at(self.total, row);
        let fees =
            at(self.outside, row) + at(self.over_limit, row) + at(self.first_share, row) + at(self.in_scope, row);
        if !agree(total, fees) {
            note(Stage::Total, "total_amount", RejectCode::IdentityTotal);
        }
        if !agree(personal, total - fund - at(self.hospital, row)) {
            note(Stage::Personal, "personal_amount", RejectCode::IdentityPersonal);
        }
        if self.cash.get(row).copied().flatten().is_some() {
            let paid = at(self.account, row) + at(self.cash, row);
            // The relative's account stands inside or beside the account, by province.
            if !agree(personal, paid) && !agree(personal, paid + at(self.family, row)) {
                note(Stage::Cash, "personal_amount", RejectCode::IdentityCash);
            }
        }
        if let Some(deductible) = self.deductible.get(row).copied().flatten() {
            let sign = if kind == "reversal" { -1 } else { 1 };
            if sign * deductible > sign * at(self.in_scope, row) + 1 || sign * deductible < 0 {
                note(Stage::Deductible, "deductible_amount", RejectCode::IdentityDeductible);
            }
        }
    }

    /// All amounts of a row have one sign: a reversal's are negative, all others' positive.
    fn signs(&self, row: usize, reversal: bool, note: &mut dyn FnMut(Stage, &str, RejectCode)) {
        let (mut wrong, mut right) = (None, false);
        for (name, column) in &self.all {
            let amount = if reversal { -at(column, row) } else { at(column, row) };
            if amount < 0 && wrong.is_none() {
                wrong = Some(*name);
            }
            right |= amount > 0;
        }
        if let Some(name) = wrong {
            let code = if right { RejectCode::IdentityDeductible } else { RejectCode::OutOfRange };
            note(Stage::Signs, name, code);
        }
    }
}

/// Milliseconds of a day number, for defaults of moments from dates.
pub(super) const fn first_moment(day: i64) -> i64 {
    day * DAY
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use super::*;
    use crate::gate::rules::sheet::Cells;
    use law::contracts::Feed;

    /// One row: named amounts in fen, named texts; returns kind and first fault.
    fn one(amounts: &[(&str, i64)], texts: &[(&str, &str)], has_parts: bool) -> (&'static str, Option<RejectCode>) {
        let contract = Feed::Claims.contract();
        let cells = contract.columns.iter().map(|column| match column.kind {
            Kind::Text | Kind::Code | Kind::Id => {
                let text = texts.iter().find(|(name, _)| *name == column.name).map(|(_, text)| *text);
                Cells::Text(StringArray::from(vec![text]))
            }
            _ => Cells::Numbers(vec![amounts.iter().find(|(name, _)| *name == column.name).map(|(_, fen)| *fen)]),
        });
        let mut sheet = Sheet::new(contract, cells.collect(), 1);
        let mut faults = Faults::new(1);
        let kinds = judge(&mut sheet, &mut faults, has_parts);
        (kinds[0], faults.of(0).map(|fault| fault.code))
    }

    const GOOD: [(&str, i64); 7] = [
        ("total_amount", 10_000),
        ("outside_catalogue_amount", 1_000),
        ("over_limit_amount", 500),
        ("first_share_amount", 500),
        ("in_scope_amount", 8_000),
        ("fund_amount", 6_000),
        ("personal_amount", 4_000),
    ];

    fn with(changes: &[(&'static str, i64)]) -> Vec<(&'static str, i64)> {
        let mut row: Vec<_> =
            GOOD.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)).collect();
        row.extend(changes);
        row
    }

    fn fault(changes: &[(&'static str, i64)]) -> Option<RejectCode> {
        one(&with(changes), &[], false).1
    }

    #[test]
    fn identities_hold_to_the_fen() {
        assert_eq!(one(&GOOD, &[], false), ("settlement", None));
        assert_eq!(fault(&[("total_amount", 10_001)]), None);
        assert_eq!(fault(&[("in_scope_amount", 8_002)]), Some(RejectCode::IdentityTotal));
        assert_eq!(fault(&[("fund_amount", 6_002)]), Some(RejectCode::IdentityPersonal));
        assert_eq!(fault(&[("hospital_amount", 100), ("personal_amount", 3_900)]), None);
    }

    #[test]
    fn funds_are_added_only_where_the_file_splits_them() {
        assert_eq!(one(&with(&[("pooled_fund_amount", 5_000)]), &[], true).1, Some(RejectCode::IdentityFunds));
        let split = with(&[("pooled_fund_amount", 5_000), ("medical_assistance_amount", 1_000)]);
        assert_eq!(one(&split, &[], true).1, None);
        assert_eq!(one(&GOOD, &[], true).1, Some(RejectCode::IdentityFunds));
    }

    #[test]
    fn cash_account_and_family_account() {
        assert_eq!(fault(&[("cash_amount", 4_000)]), None);
        assert_eq!(fault(&[("cash_amount", 3_000), ("account_amount", 1_000), ("family_account_amount", 500)]), None);
        assert_eq!(fault(&[("cash_amount", 3_000), ("account_amount", 500), ("family_account_amount", 500)]), None);
        assert_eq!(fault(&[("cash_amount", 3_000), ("account_amount", 500)]), Some(RejectCode::IdentityCash));
        assert_eq!(fault(&[("account_amount", 500)]), None);
    }

    #[test]
    fn the_deductible_lies_in_scope() {
        assert_eq!(fault(&[("deductible_amount", 8_000)]), None);
        assert_eq!(fault(&[("deductible_amount", 8_002)]), Some(RejectCode::IdentityDeductible));
    }

    #[test]
    fn a_voiding_update_needs_no_sums() {
        let wrong = with(&[("in_scope_amount", 8_002), ("is_valid", 0)]);
        assert_eq!(one(&wrong, &[], false), ("settlement", None));
    }

    #[test]
    fn signs_and_kinds() {
        let back: Vec<_> = GOOD.iter().map(|(name, fen)| (*name, -fen)).collect();
        assert_eq!(one(&back, &[], false), ("reversal", None));
        assert_eq!(fault(&[("cash_amount", -1)]), Some(RejectCode::IdentityDeductible));
        let zero: Vec<_> = GOOD.iter().map(|(name, _)| (*name, 0)).collect();
        let negative: Vec<_> = zero.iter().copied().chain([("account_amount", -5)]).collect();
        assert_eq!(one(&negative, &[], false), ("settlement", Some(RejectCode::OutOfRange)));
        let refund: Vec<_> = zero.iter().copied().chain([("is_refunded", 1)]).collect();
        assert_eq!(one(&refund, &[("original_claim_id", "A1")], false).0, "reversal");
        assert_eq!(one(&refund, &[], false).0, "settlement");
    }

    #[test]
    fn a_refund_is_never_added() {
        let refund = with(&[("is_refunded", 1)]);
        assert_eq!(
            one(&refund, &[("claim_id", "B"), ("original_claim_id", "A")], false).1,
            Some(RejectCode::RefundPositive)
        );
        assert_eq!(one(&refund, &[("claim_id", "A")], false), ("settlement", None));
        assert_eq!(one(&refund, &[("claim_id", "A"), ("original_claim_id", "A")], false), ("settlement", None));
        let back: Vec<_> =
            refund.iter().map(|(name, fen)| (*name, if *name == "is_refunded" { 1 } else { -fen })).collect();
        assert_eq!(one(&back, &[("claim_id", "B"), ("original_claim_id", "A")], false), ("reversal", None));
    }

    #[test]
    fn an_empty_amount_is_what_the_identities_leave() {
        let without = |names: &[&str], changes: &[(&'static str, i64)]| {
            let row: Vec<_> = with(changes).into_iter().filter(|(name, _)| !names.contains(name)).collect();
            one(&row, &[], !changes.is_empty()).1
        };
        assert_eq!(without(&["personal_amount"], &[]), None);
        assert_eq!(without(&["fund_amount"], &[]), None);
        assert_eq!(without(&["personal_amount", "fund_amount"], &[]), Some(RejectCode::Missing));
        assert_eq!(without(&["personal_amount", "fund_amount"], &[("pooled_fund_amount", 6_000)]), None);
        assert_eq!(
            without(&["personal_amount"], &[("pooled_fund_amount", 6_000), ("cash_amount", 3_000)]),
            Some(RejectCode::IdentityCash)
        );
    }

    #[test]
    fn supplements_repeat_fees() {
        let row = with(&[("fund_amount", 50)]);
        assert_eq!(one(&row, &[("manual_reason", "08")], false), ("supplement", None));
        assert_eq!(one(&row, &[("manual_reason", "08")], true), ("supplement", Some(RejectCode::IdentityFunds)));
        assert_eq!(one(&row, &[("manual_reason", "01")], false).1, Some(RejectCode::IdentityPersonal));
    }

    #[test]
    fn an_area_is_six_digits() {
        assert_eq!(one(&GOOD, &[("insured_area", "../99")], false).1, Some(RejectCode::Malformed));
        assert_eq!(one(&GOOD, &[("insured_area", "990199")], false).1, None);
    }
}
