//! What only a whole file shows: sums that no engine can add, ids that a spreadsheet has rounded.

use std::collections::HashMap;

use law::contracts::RejectCode;
use law::domain::{Fen, IdNumber, PersonKey};

use super::job::Refusal;

/// Rows below a million yuan are not added by person: a file cannot hold enough of them.
const COUNTED: i64 = 100_000_000;

/// The running sums of one file.
#[derive(Debug, Default)]
pub(super) struct Sums {
    people: HashMap<i64, i128>,
    all: i128,
}

impl Sums {
    /// Adds a good row: its person, and the largest of its amounts.
    pub(super) fn add(&mut self, line: i64, person: Option<i64>, weight: i64) -> Result<(), Refusal> {
        self.all += i128::from(weight);
        if self.all > Fen::FILE_LIMIT.unscaled() {
            return Err(beyond(line, "all rows", Fen::FILE_LIMIT));
        }
        let Some(person) = person.filter(|_| weight >= COUNTED) else { return Ok(()) };
        let sum = self.people.entry(person).or_default();
        *sum += i128::from(weight);
        if *sum > Fen::PERSON_LIMIT.unscaled() {
            return Err(beyond(line, "one person's rows", Fen::PERSON_LIMIT));
        }
        Ok(())
    }
}

/// Ids that a spreadsheet has rounded: their last three digits are zeros, or they came as 1.1E+17.
#[derive(Debug, Default)]
pub(super) struct RoundedIds {
    ids: u64,
    rounded: u64,
}

impl RoundedIds {
    /// Counts a row: its person, or why it has none.
    pub(super) fn add(&mut self, person: Option<i64>, fault: Option<RejectCode>) {
        let is_rounded = match (fault, person) {
            (Some(RejectCode::IdLostDigits), _) => true,
            (Some(RejectCode::IdMalformed | RejectCode::IdCheckDigit), _) => false,
            // Of the 17 digits of a key the last two are zeros; the check character must be one too.
            (_, Some(key)) if key > 0 => {
                key % 100 == 0 && IdNumber::from_key(PersonKey(key)).is_some_and(|id| id.ends_rounded())
            }
            _ => return,
        };
        self.ids += 1;
        self.rounded += u64::from(is_rounded);
    }

    /// Refuses the file once a fifth of its ids, and three at least, are rounded: by chance one in a thousand is, and
    /// those among them that pass the check would be other people.
    pub(super) fn verdict(&self) -> Result<(), Refusal> {
        if self.rounded < 3 || self.rounded * 5 < self.ids {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "id_lost_digits: {} of {} id numbers end in 000 or stand as 1.1E+17, because a spreadsheet took them for \
             numbers; make the column text in the source and export again",
            self.rounded, self.ids
        )))
    }
}

fn beyond(line: i64, what: &str, limit: Fen) -> Refusal {
    Refusal::new(format!(
        "with line {line} the amounts of {what} add up to more than {limit} yuan, which no sum can hold; check the \
         unit of the amounts (yuan) and whether rows repeat"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_end_before_the_engines_do() {
        let five_billion = 500_000_000_000;
        let mut sums = Sums::default();
        assert_eq!(sums.add(2, Some(1), five_billion), Ok(()));
        assert_eq!(sums.add(3, Some(2), five_billion), Ok(()));
        assert_eq!(sums.add(4, Some(1), five_billion), Ok(()));
        assert!(sums.add(5, Some(1), five_billion).unwrap_err().0.contains("line 5"));
        let mut sums = Sums::default();
        let last = (1..=2001).find(|person| sums.add(*person, Some(*person), five_billion).is_err());
        assert_eq!(last, Some(2001));
    }
}
