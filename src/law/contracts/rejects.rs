//! The stable names of everything that can be wrong with a row, and how its sender mends it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a row does not count. Codes are part of the contract with senders and are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// A required cell is empty.
    Missing,
    /// The cell is longer than its kind allows.
    TooLong,
    /// The cell cannot be read as its kind (a number, a date, a flag).
    Malformed,
    /// Money finer than a fen, NaN or infinite.
    NotMoney,
    /// Money beyond ten billion yuan, or negative where no reversal is meant.
    OutOfRange,
    /// No document number where one is needed.
    IdMissing,
    /// The document number lost digits in a spreadsheet.
    IdLostDigits,
    /// The id is not 18 characters of the right kind, or its birth date does not exist.
    IdMalformed,
    /// The id's check character is wrong.
    IdCheckDigit,
    /// I1: total = outside catalogue + over limit + first share + in scope does not hold.
    IdentityTotal,
    /// I2: the funds do not add up to the fund total.
    IdentityFunds,
    /// I3: personal = total - funds - hospital does not hold.
    IdentityPersonal,
    /// I4: personal = account + cash does not hold.
    IdentityCash,
    /// I5: deductible outside 0 to in-scope, or signs that differ within a row.
    IdentityDeductible,
    /// A code that its table does not have (a tag, an insurance type).
    UnknownCode,
    /// A period that ends before it begins.
    PeriodReversed,
}

impl RejectCode {
    pub const ALL: [Self; 16] = [
        Self::Missing,
        Self::TooLong,
        Self::Malformed,
        Self::NotMoney,
        Self::OutOfRange,
        Self::IdMissing,
        Self::IdLostDigits,
        Self::IdMalformed,
        Self::IdCheckDigit,
        Self::IdentityTotal,
        Self::IdentityFunds,
        Self::IdentityPersonal,
        Self::IdentityCash,
        Self::IdentityDeductible,
        Self::UnknownCode,
        Self::PeriodReversed,
    ];

    /// The code as files show it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::NotMoney => "not_money",
            Self::OutOfRange => "out_of_range",
            Self::IdMissing => "id_missing",
            Self::IdLostDigits => "id_lost_digits",
            Self::IdMalformed => "id_malformed",
            Self::IdCheckDigit => "id_check_digit",
            Self::IdentityTotal => "identity_total",
            Self::IdentityFunds => "identity_funds",
            Self::IdentityPersonal => "identity_personal",
            Self::IdentityCash => "identity_cash",
            Self::IdentityDeductible => "identity_deductible",
            Self::UnknownCode => "unknown_code",
            Self::PeriodReversed => "period_reversed",
        }
    }

    /// What the sender does about it, in the sender's language.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Missing => "必填项为空,请补填后重报",
            Self::TooLong => "内容过长,请核对是否错列",
            Self::Malformed => "格式不符,请按接口规范改正(日期如2026-10-31)",
            Self::NotMoney => "金额应为元,最多两位小数,请改正",
            Self::OutOfRange => "金额超出合理范围或符号有误,请核对单位(元)和正负号",
            Self::IdMissing => "缺少证件号码,请补填",
            Self::IdLostDigits => "证件号码被电子表格转成数值而丢失末位,请将该列设为文本后重新导出",
            Self::IdMalformed => "身份证号码位数或出生日期有误,请核对",
            Self::IdCheckDigit => "身份证号码校验位不符,至少有一位填错,请核对",
            Self::IdentityTotal => "医疗费总额≠全自费+超限价自费+先行自付+符合范围,请核对",
            Self::IdentityFunds => "各项基金之和≠基金支付总额,请核对",
            Self::IdentityPersonal => "个人负担≠总额-基金-医院负担,请核对",
            Self::IdentityCash => "个人负担≠个人账户+现金,请核对",
            Self::IdentityDeductible => "起付线超出符合范围金额,或同一行正负号不一致,请核对",
            Self::UnknownCode => "代码不在代码表内,请核对",
            Self::PeriodReversed => "终止日期早于起始日期,请核对",
        }
    }
}

impl fmt::Display for RejectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
