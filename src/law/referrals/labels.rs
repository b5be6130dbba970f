//! Labels of the codes that lists show to people. A code without a label is shown as it is.

use super::ended::ended_in_chinese;
use crate::texts::{Table, zh};

/// The Chinese label of a coded cell.
#[must_use]
pub fn label(table: Table, code: &str) -> String {
    match table {
        // several codes joined by `;`
        Table::Tag | Table::Insurance => {
            let codes = code.split(';').filter(|code| !code.is_empty());
            codes.map(|code| zh(table, code)).collect::<Vec<_>>().join("、")
        }
        Table::CertType if code.is_empty() => zh(table, "01").to_owned(),
        Table::DeltaReason => match code.split_once(':') {
            Some(("rules", rules)) => format!("{}{rules}", zh(table, "rules")),
            Some(("was", amount)) => format!("{}{amount} 元", zh(table, "was")),
            Some(("tag_ended", ended)) => ended_in_chinese(ended),
            Some(("open", reason)) => format!("{}{}）", zh(table, "open"), zh(Table::Reason, reason)),
            _ => zh(table, code).to_owned(),
        },
        _ => zh(table, code).to_owned(),
    }
}
