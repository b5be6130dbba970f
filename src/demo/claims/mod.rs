//! Which claims a person has and which rows of them stand in which month's file.

mod amounts;
mod files;

pub(super) use files::{ClaimFile, Face, Look};

use amounts::{Amounts, draw_care, is_inpatient};
use chrono::{Days, NaiveDate};

use super::chance::Chance;
use super::people::Person;
use super::stories::{Fate, Story};

/// Months of claims: 2025-11 to 2026-10.
pub(crate) const MONTHS: usize = 12;
/// The line that Fujian's first rule draws in 2026, in fen: the invented province's rural income of 2025.
pub(crate) const LINE: i64 = 2_813_400;
/// The money columns: the national table's names and the hospital interface's, in the order of [`Amounts::parts`].
pub(crate) const MONEY: [(&str, &str); 17] = [
    ("MEDFEE_SUMAMT", "medfee_sumamt"),
    ("FULAMT_OWNPAY_AMT", "fulamt_ownpay_amt"),
    ("OVERLMT_SELFPAY", "overlmt_selfpay"),
    ("PRESELFPAY_AMT", "preselfpay_amt"),
    ("INSCP_AMT", "inscp_scp_amt"),
    ("ACT_PAY_DEDC", "act_pay_dedc"),
    ("HIFP_PAY", "hifp_pay"),
    ("HIFMI_PAY", "hifmi_pay"),
    ("HIFOB_PAY", "hifob_pay"),
    ("MAF_PAY", "maf_pay"),
    ("OTHFUND_PAY", "oth_pay"),
    ("FUND_PAY_SUMAMT", "fund_pay_sumamt"),
    ("OWNPAY_HOSP_PART", "hosp_part_amt"),
    ("PSN_PAY", "psn_part_amt"),
    ("ACCT_PAY", "acct_pay"),
    ("ACCT_MULAID_PAY", "acct_mulaid_pay"),
    ("CASH_PAYAMT", "psn_cash_pay"),
];

/// First day of the month with that number.
pub(crate) fn first_day(month: usize) -> NaiveDate {
    // Days before each month, counted from 2025-11-01; reckoning months each time would cost too much.
    const BEFORE: [u64; MONTHS] = [0, 30, 61, 92, 120, 151, 181, 212, 242, 273, 304, 334];
    const START: NaiveDate = NaiveDate::from_ymd_opt(2025, 11, 1).expect("a day that exists");
    START + Days::new(BEFORE[month.min(MONTHS - 1)])
}

/// One row of a claims file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// What it is a row of.
    pub(crate) claim: Claim,
    /// C settlement, R reversal, S supplement: the claim id's first letter.
    pub(crate) kind: char,
    /// Money; a reversal's is shown negative.
    pub(crate) amounts: Amounts,
    pub(crate) settled: NaiveDate,
    pub(crate) updated: NaiveDate,
    pub(crate) is_refunded: bool,
    pub(crate) is_valid: bool,
    /// The trap that the row stands for.
    pub(crate) trap: &'static str,
}

/// A claim of one person, as far as its rows share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) month: usize,
    /// Number within the person's month.
    pub(crate) item: u64,
    pub(crate) care: &'static str,
    /// 310 or 390.
    pub(crate) insurance: &'static str,
    pub(crate) begin: NaiveDate,
    pub(crate) settled: NaiveDate,
    pub(crate) second: i64,
    /// Settled by the centre by hand.
    pub(crate) by_hand: bool,
}

/// The plan of one person's year.
pub(crate) struct Year {
    seed: u64,
    index: u64,
    story: Story,
    is_employee: bool,
    level: u64,
    planned: Vec<(usize, i64)>,
}

impl Year {
    /// The plan of the person with that number.
    pub(crate) fn of(seed: u64, index: u64) -> Self {
        let story = Story::of(index);
        let mut chance = Chance::at(seed, 2, index, 0);
        let planned = plan(story, &mut chance);
        let is_employee = chance.below(100) < 15 && planned.is_empty();
        // Claims per 1024 months: a third of the people hardly ever, a few every week.
        let level = match chance.below(100) {
            0..=34 => 200,
            35..=79 => 790,
            80..=94 => 1750,
            _ => 3850,
        };
        Self { seed, index, story, is_employee, level, planned }
    }

    /// Whether the person is insured as an employee.
    pub(crate) const fn is_employee(&self) -> bool {
        self.is_employee
    }

    /// Number of claims settled in a month.
    fn count(&self, month: usize) -> u64 {
        if !self.planned.is_empty() {
            let Some(at) = self.planned.iter().position(|(planned, _)| *planned == month) else { return 0 };
            return if self.story == Story::ExactlyOnce && at == 0 { 2 } else { 1 };
        }
        let stay = u64::from(self.story == Story::NewYearStay && month == 2);
        let draw = Chance::at(self.seed, 3, self.index, month as u64).below(1024);
        stay + self.level / 1024 + u64::from(draw < self.level % 1024)
    }

    /// A claim's fate and the months until it strikes; plain where that lies beyond the last file.
    fn fate(&self, month: usize, item: u64) -> (Fate, usize, Chance) {
        let mut chance = Chance::at(self.seed, 4, self.index, month as u64 * 64 + item);
        let bits = chance.bits();
        let (fate, later) = match self.story {
            Story::ExactlyOnce if item == 1 => (Fate::RefundMarked, 1),
            _ if !self.planned.is_empty() => (Fate::Plain, 0),
            _ => Fate::of(bits),
        };
        if month + later < MONTHS { (fate, later, chance) } else { (Fate::Plain, 0, chance) }
    }

    /// The rows of this person in the file of a month, in order.
    pub(crate) fn rows_in(&self, file: usize, mut take: impl FnMut(Row)) {
        for month in file.saturating_sub(3)..=file {
            for item in 0..self.count(month) {
                let (fate, later, chance) = self.fate(month, item);
                let strikes = month + later == file;
                let arrives = match fate {
                    Fate::Late | Fate::ReversalFirst => strikes,
                    _ => month == file,
                };
                if arrives || strikes || (fate == Fate::ReversalFirst && month == file) {
                    self.rows_of(file, (month, item), (fate, later), chance, &mut take);
                }
            }
        }
    }

    /// The rows of one claim in one file.
    fn rows_of(
        &self,
        file: usize,
        (month, item): (usize, u64),
        (fate, later): (Fate, usize),
        mut chance: Chance,
        take: &mut impl FnMut(Row),
    ) {
        let (claim, amounts) = self.settle(month, item, fate, &mut chance);
        let event = first_day(month + later) + Days::new(20);
        let first = Row {
            claim,
            kind: 'C',
            amounts,
            settled: claim.settled,
            updated: claim.settled,
            is_refunded: false,
            is_valid: true,
            trap: fate.name(),
        };
        let (now, strikes) = (month == file, month + later == file);
        let reversal = |amounts| Row { kind: 'R', amounts, settled: event, updated: event, is_refunded: true, ..first };
        match fate {
            Fate::TwiceInFile => {
                take(first);
                take(first);
            }
            Fate::ReversalFirst if now => {
                let early = claim.settled + Days::new(1);
                take(Row { settled: early, updated: early, ..reversal(amounts) });
            }
            Fate::Plain | Fate::ByHand | Fate::Adjusted | Fate::Late | Fate::TwiceAcross | Fate::ReversalFirst => {
                take(first);
            }
            _ if now => take(first),
            Fate::RefundMarked if strikes => {
                take(Row { updated: event, is_refunded: true, ..first });
                take(reversal(amounts));
            }
            Fate::RefundAlone => take(reversal(amounts)),
            Fate::RefundHalf => take(reversal(amounts.half())),
            Fate::Updated => take(Row { amounts: amounts.half(), updated: event, ..first }),
            Fate::Voided => take(Row { is_valid: false, updated: event, ..first }),
            Fate::Supplemented => {
                take(Row { kind: 'S', amounts: amounts.supplement(), settled: event, updated: event, ..first });
            }
            Fate::RefundMarked => {}
        }
    }

    /// The claim and its money.
    fn settle(&self, month: usize, item: u64, fate: Fate, chance: &mut Chance) -> (Claim, Amounts) {
        let planned = self.planned.iter().find(|(planned, _)| *planned == month && item == 0);
        let is_stay = self.story == Story::NewYearStay && month == 2 && item == 0;
        let (care, self_pay) = match planned {
            Some((_, amount)) => ("21", *amount),
            None if is_stay => ("21", chance.skewed(600_000)),
            None => draw_care(chance),
        };
        let is_employee = self.is_employee ^ (self.story == Story::BothInsurances && item % 2 == 1);
        let day = if is_stay { 4 } else { chance.below(28) };
        let settled = first_day(month) + Days::new(day);
        let nights = if is_stay {
            15
        } else if is_inpatient(care) {
            2 + chance.below(12)
        } else {
            0
        };
        let claim = Claim {
            month,
            item,
            care,
            insurance: if is_employee { "310" } else { "390" },
            begin: settled - Days::new(nights),
            settled,
            second: 28_800 + chance.up_to(32_400),
            by_hand: fate == Fate::ByHand,
        };
        (claim, Amounts::of_self_pay(self_pay, care, is_employee, chance))
    }
}

/// Months and amounts that end at the story's sum, all within 2026; empty for people whose costs just happen.
fn plan(story: Story, chance: &mut Chance) -> Vec<(usize, i64)> {
    let sum = match story {
        Story::OverTwice => 2 * LINE + chance.skewed(1_500_000).max(1),
        Story::BetweenLines => LINE + 1 + chance.up_to(LINE - 1),
        Story::Near => LINE * (81 + chance.up_to(18)) / 100 * if chance.below(2) == 0 { 1 } else { 2 },
        Story::ExactlyOnce => LINE,
        Story::ExactlyTwice => 2 * LINE,
        Story::Died | Story::TwoNames | Story::TwoRosters | Story::DroppedFromRoster => {
            LINE + 1 + chance.up_to(2 * LINE)
        }
        Story::Moved | Story::RuralUnknown if chance.below(3) == 0 => LINE + 1 + chance.up_to(2 * LINE),
        _ => return Vec::new(),
    };
    let (count, start) = (3 + chance.up_to(3), chance.below(9));
    let half = sum / 2;
    let rest = (sum - half) / (count - 1);
    (0..count)
        .map(|at| {
            let month = 2 + usize::try_from((start + 2 * at.unsigned_abs()) % 10).unwrap_or(0);
            let amount = match at {
                0 => half,
                at if at == count - 1 => sum - half - rest * (count - 2),
                _ => rest,
            };
            (month, amount)
        })
        .collect()
}

impl Row {
    /// Appends the claim id that a row of that kind has: kind, month, person, number within the month.
    pub(crate) fn push_claim_id(&self, person: &Person, kind: char, text: &mut String) {
        const MONTH_NAMES: [&str; MONTHS] = [
            "202511", "202512", "202601", "202602", "202603", "202604", "202605", "202606", "202607", "202608",
            "202609", "202610",
        ];
        text.push(kind);
        text.push_str(MONTH_NAMES[self.claim.month]);
        // By hand: formatting was a third of the whole work.
        for (number, width) in [(person.index, 10), (self.claim.item, 2)] {
            let mut unit = 10_u64.pow(width - 1);
            while unit > 0 {
                text.push(char::from(b'0' + (number / unit % 10).to_le_bytes()[0]));
                unit /= 10;
            }
        }
    }

    /// The claim id that a row of that kind has.
    pub(crate) fn claim_id(&self, person: &Person, kind: char) -> String {
        let mut text = String::with_capacity(20);
        self.push_claim_id(person, kind, &mut text);
        text
    }

    /// Money as the file shows it, with the person's faults in it.
    pub(crate) fn money(&self, person: &Person) -> [i64; 17] {
        let mut parts = self.amounts.parts();
        if self.is_faulty(person) {
            match person.story {
                Story::WrongTotal => parts[0] += 1000,
                Story::WrongPersonal => {
                    parts[13] += 700;
                    parts[16] += 700;
                }
                Story::WrongFunds => parts[6] += 300,
                _ => {}
            }
        }
        if self.kind == 'R' { parts.map(|part| -part) } else { parts }
    }

    /// Whether the row carries the person's fault of amounts: the first claim of a month, as first delivered.
    pub(crate) fn is_faulty(&self, person: &Person) -> bool {
        let has_fault =
            matches!(person.story, Story::WrongTotal | Story::WrongPersonal | Story::WrongFunds | Story::ThreeDecimals);
        has_fault && self.claim.item == 0 && self.kind == 'C'
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What the year's rows of a person come to, each claim by its last delivery.
    fn sum(index: u64) -> i64 {
        let mut last = BTreeMap::new();
        for file in 0..MONTHS {
            Year::of(5, index).rows_in(file, |row| {
                let self_pay = row.amounts.personal - row.amounts.outside - row.amounts.over_limit;
                last.insert(
                    (row.kind, row.claim.month, row.claim.item),
                    if row.kind == 'R' { -self_pay } else { self_pay },
                );
            });
        }
        last.values().sum()
    }

    #[test]
    fn planned_sums_come_out_to_the_fen() {
        let mut seen = 0;
        for index in 0..6000 {
            let holds = match Story::of(index) {
                Story::ExactlyOnce => sum(index) == LINE,
                Story::ExactlyTwice => sum(index) == 2 * LINE,
                Story::OverTwice => sum(index) > 2 * LINE,
                Story::BetweenLines => (LINE + 1..2 * LINE).contains(&sum(index)),
                _ => continue,
            };
            assert!(holds, "person {index}: {}", sum(index));
            seen += 1;
        }
        assert!(seen > 200);
    }
}
