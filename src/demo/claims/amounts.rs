//! One settlement's money, in fen: built from what the person pays within the catalogue, so that planned sums come
//! out exactly and the identities I1 to I5 hold.

use crate::chance::Chance;

/// Care types with their share of a thousand, the median of what the person pays (fen) and the funds' share of it (%).
const CARE: [(&str, u64, i64, i64); 9] = [
    ("41", 280, 4_200, 20),
    ("11", 400, 5_600, 80),
    ("14", 140, 11_000, 140),
    ("13", 30, 9_800, 70),
    ("9901", 60, 3_500, 110),
    ("21", 60, 128_000, 150),
    ("22", 8, 171_000, 110),
    ("25", 10, 264_000, 90),
    ("28", 12, 92_000, 140),
];

/// A settlement's money in fen, all positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amounts {
    pub(crate) total: i64,
    pub(crate) outside: i64,
    pub(crate) over_limit: i64,
    pub(crate) first_share: i64,
    pub(crate) in_scope: i64,
    pub(crate) deductible: i64,
    pub(crate) pooled: i64,
    pub(crate) major_illness: i64,
    pub(crate) large_cost: i64,
    pub(crate) assistance: i64,
    pub(crate) other: i64,
    pub(crate) fund: i64,
    pub(crate) hospital: i64,
    pub(crate) personal: i64,
    pub(crate) account: i64,
    pub(crate) family: i64,
    pub(crate) cash: i64,
}

/// A care type and what the person pays within the catalogue for it.
pub(crate) fn draw_care(chance: &mut Chance) -> (&'static str, i64) {
    let mut left = chance.below(1000);
    for (code, share, median, _) in CARE {
        if left < share {
            return (code, chance.skewed(median).max(100));
        }
        left -= share;
    }
    ("11", 5_600)
}

/// Whether a care type is a stay in hospital.
pub(crate) fn is_inpatient(care: &str) -> bool {
    matches!(care, "21" | "22" | "25" | "28")
}

impl Amounts {
    /// The settlement in which the person pays `self_pay` within the catalogue.
    pub(crate) fn of_self_pay(self_pay: i64, care: &str, is_employee: bool, chance: &mut Chance) -> Self {
        let bits = chance.bits();
        // Ten random bits each, as a share of 1024.
        let share = |part: u32| i64::try_from((bits >> (10 * part)) & 0x3ff).unwrap_or(0);
        let funded = CARE.iter().find(|row| row.0 == care).map_or(80, |row| row.3);
        let outside = self_pay * share(0) / 6000;
        let over_limit = if share(1) < 300 { self_pay * share(1) / 10_000 } else { 0 };
        let first_share = if share(2) < 500 { self_pay * share(2) / 4000 } else { 0 };
        let fund = self_pay * funded * (512 + share(3)) / 102_400;
        let hospital = if bits >> 56 == 0 { self_pay / 100 } else { 0 };
        let deductible = if is_inpatient(care) { (self_pay - first_share).min(60_000) } else { 0 };
        let extra = if fund > 1_000_000 { fund / 5 } else { 0 };
        let (major_illness, large_cost) = if is_employee { (0, extra) } else { (extra, 0) };
        let assistance = if share(4) < 60 { fund / 10 } else { 0 };
        let other = if share(4) > 1015 { fund / 50 } else { 0 };
        let personal = outside + over_limit + self_pay;
        let account = if is_employee { personal * share(5) / 1400 } else { 0 };
        // A relative's account stands inside the account's sum at some offices, beside it at others.
        let family = if share(4) > 1000 { account / 4 } else { 0 };
        let beside = if share(4) > 1012 { family } else { 0 };
        Self {
            total: personal + fund + hospital,
            outside,
            over_limit,
            first_share,
            in_scope: self_pay - first_share + fund + hospital,
            deductible,
            pooled: fund - extra - assistance - other,
            major_illness,
            large_cost,
            assistance,
            other,
            fund,
            hospital,
            personal,
            account,
            family,
            cash: personal - account - beside,
        }
    }

    /// Half of every part, with the sums made anew so that the identities hold.
    pub(crate) fn half(self) -> Self {
        let [outside, over_limit, first_share, in_scope] =
            [self.outside, self.over_limit, self.first_share, self.in_scope].map(|part| part / 2);
        let [pooled, major_illness, large_cost, assistance, other, hospital] =
            [self.pooled, self.major_illness, self.large_cost, self.assistance, self.other, self.hospital]
                .map(|part| part / 2);
        let total = outside + over_limit + first_share + in_scope;
        let fund = pooled + major_illness + large_cost + assistance + other;
        let personal = total - fund - hospital;
        let account = (self.account / 2).min(personal);
        Self {
            total,
            outside,
            over_limit,
            first_share,
            in_scope,
            deductible: (self.deductible / 2).min(in_scope),
            pooled,
            major_illness,
            large_cost,
            assistance,
            other,
            fund,
            hospital,
            personal,
            account,
            family: 0,
            cash: personal - account,
        }
    }

    /// The fees again, with new fund money alone: a payment by hand on fees that were settled before.
    pub(crate) fn supplement(self) -> Self {
        let paid = self.personal / 3;
        Self { pooled: paid, fund: paid, major_illness: 0, large_cost: 0, assistance: 0, other: 0, ..self }
    }

    /// All parts in the order of [`super::MONEY`].
    pub(crate) const fn parts(&self) -> [i64; 17] {
        [
            self.total,
            self.outside,
            self.over_limit,
            self.first_share,
            self.in_scope,
            self.deductible,
            self.pooled,
            self.major_illness,
            self.large_cost,
            self.assistance,
            self.other,
            self.fund,
            self.hospital,
            self.personal,
            self.account,
            self.family,
            self.cash,
        ]
    }
}
