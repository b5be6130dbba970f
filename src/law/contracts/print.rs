//! Printing a contract for the people who must meet it.

use super::Contract;

/// The contract as JSON, for machines.
#[must_use]
pub fn to_json(contract: &Contract) -> serde_json::Value {
    serde_json::to_value(contract).unwrap_or_default()
}

/// The contract as a text table, for people.
#[must_use]
pub fn to_text(contract: &Contract) -> String {
    use std::fmt::Write as _;
    let mut text =
        format!("{} (contract version {})\nOne row: {}\n\n", contract.feed, contract.version, contract.grain);
    for column in contract.columns {
        let _ = writeln!(
            text,
            "{:<26} {:<7} {:<9} {}",
            column.name,
            format!("{:?}", column.kind).to_lowercase(),
            format!("{:?}", column.presence).to_lowercase(),
            column.meaning
        );
        if !column.aliases.is_empty() {
            let _ = writeln!(text, "{:<26} also called {}", "", column.aliases.join(", "));
        }
    }
    let _ = write!(text, "\nMay be there, is not read: {}\n", contract.unread.join(", "));
    text
}
