//! The stable names of everything that can be wrong with a row, and how its sender mends it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::texts::{Table, zh};

crate::codes! {
    /// Why a row does not count. Codes are part of the contract with senders and are never renamed.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum RejectCode {
        /// A required cell is empty.
        Missing = "missing",
        /// The cell is longer than its kind allows.
        TooLong = "too_long",
        /// The cell cannot be read as its kind (a number, a date, a flag).
        Malformed = "malformed",
        /// Money finer than a fen, NaN or infinite.
        NotMoney = "not_money",
        /// Money beyond ten billion yuan, or negative where no reversal is meant.
        OutOfRange = "out_of_range",
        /// No document number where one is needed.
        IdMissing = "id_missing",
        /// The document number lost digits in a spreadsheet.
        IdLostDigits = "id_lost_digits",
        /// The id is not 18 characters of the right kind, or its birth date does not exist.
        IdMalformed = "id_malformed",
        /// The id's check character is wrong.
        IdCheckDigit = "id_check_digit",
        /// I1: total = outside catalogue + over limit + first share + in scope does not hold.
        IdentityTotal = "identity_total",
        /// I2: the funds do not add up to the fund total.
        IdentityFunds = "identity_funds",
        /// I3: personal = total - funds - hospital does not hold.
        IdentityPersonal = "identity_personal",
        /// I4: personal = account + cash does not hold.
        IdentityCash = "identity_cash",
        /// I5: deductible outside 0 to in-scope, or signs that differ within a row.
        IdentityDeductible = "identity_deductible",
        /// A code that its table does not have (a tag, an insurance type).
        UnknownCode = "unknown_code",
        /// Something that has happened after the day of the run.
        InFuture = "in_future",
        /// Something that happened before 1990 or before the person was born.
        TooEarly = "too_early",
        /// A refund, by its flag and the number of its original, whose amounts are not negative.
        RefundPositive = "refund_positive",
        /// A day that a spreadsheet turned into the number of days since 1900.
        DateSerial = "date_serial",
        /// An error value of a spreadsheet (#N/A, #REF!), or a formula whose result the file does not hold.
        ErrorValue = "error_value",
        /// A period that ends before it begins.
        PeriodReversed = "period_reversed",
    }
}

impl RejectCode {
    /// What the sender does about it, in the sender's language.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        zh(Table::Reject, self.code())
    }
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
