//! The first fault of each row, by the order of the rules and then of the columns.

use law::contracts::RejectCode;

/// The order in which rules are applied; an earlier rule's fault stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Too few or too many cells.
    Shape,
    Required,
    Length,
    /// Dates, flags, counts, area codes.
    Form,
    Money,
    Person,
    /// I5, signs; codes and periods of the other feeds.
    Signs,
    /// I1.
    Total,
    /// I2.
    Funds,
    /// I3.
    Personal,
    /// I4.
    Cash,
    /// I5, deductible.
    Deductible,
}

/// Why a row does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gate) struct Fault {
    stage: Stage,
    /// The contract column; `None` for the whole row.
    pub(in crate::gate) column: Option<usize>,
    pub(in crate::gate) code: RejectCode,
}

/// One entry per row of a page.
#[derive(Debug)]
pub(super) struct Faults(Vec<Option<Fault>>);

impl Faults {
    pub(super) fn new(rows: usize) -> Self {
        Self(vec![None; rows])
    }

    /// Keeps the fault unless an earlier rule, or the same rule in an earlier column, found one.
    pub(super) fn note(&mut self, row: usize, stage: Stage, column: Option<usize>, code: RejectCode) {
        if let Some(slot) = self.0.get_mut(row)
            && slot.is_none_or(|before| stage < before.stage)
        {
            *slot = Some(Fault { stage, column, code });
        }
    }

    pub(super) fn of(&self, row: usize) -> Option<&Fault> {
        self.0.get(row).and_then(Option::as_ref)
    }

    /// Whether nothing up to and including the money rules is wrong, so that sums are safe.
    pub(super) fn money_is_sound(&self, row: usize) -> bool {
        self.of(row).is_none_or(|fault| fault.stage > Stage::Money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_rule_wins_then_the_first_column() {
        let mut faults = Faults::new(1);
        faults.note(0, Stage::Money, Some(5), RejectCode::NotMoney);
        faults.note(0, Stage::Money, Some(6), RejectCode::OutOfRange);
        assert_eq!(faults.of(0).unwrap().column, Some(5));
        assert!(!faults.money_is_sound(0));
        faults.note(0, Stage::Required, Some(9), RejectCode::Missing);
        faults.note(0, Stage::Person, Some(1), RejectCode::IdMissing);
        assert_eq!(faults.of(0).unwrap().code, RejectCode::Missing);
    }
}
