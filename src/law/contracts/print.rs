//! Printing a contract for the people who must meet it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{CodeRow, Contract, Feed, Kind, RejectCode};
use crate::texts::{Table, text};

/// The language of a printed contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    fn of(self, table: Table, code: &'static str) -> &'static str {
        text(table, code).map_or(code, |text| if self == Self::Chinese { &text.zh } else { &text.en })
    }
}

/// The contract as JSON, for machines.
#[must_use]
pub fn to_json(contract: &Contract) -> serde_json::Value {
    serde_json::to_value(contract).unwrap_or_default()
}

/// All that a file must meet, for people: columns, what cells may say, codes by the bureau's table, identities, and what
/// each reject code means.
#[must_use]
pub fn to_text(contract: &Contract, codes: &[CodeRow], language: Language) -> String {
    let part = |code| language.of(Table::Contract, code);
    let mut text = format!("{} ({} {})\n", contract.feed, part("version"), contract.version);
    if language == Language::English {
        let _ = writeln!(text, "{}: {}", part("grain"), contract.grain);
    }
    let _ = writeln!(text, "\n{}:", part("formats"));
    for format in contract.formats {
        let _ = writeln!(text, "  {}", language.of(Table::Format, format.code()));
    }
    columns(&mut text, contract, language);
    let _ = writeln!(text, "\n{}: {}", part("unread"), contract.unread.join(", "));
    let _ = writeln!(text, "\n{}:", part("kinds"));
    let kinds: BTreeSet<&str> = contract.columns.iter().map(|column| column.kind.code()).collect();
    for kind in kinds {
        let told = Kind::ALL.into_iter().map(Kind::code).find(|code| *code == kind).unwrap_or_default();
        let _ = writeln!(text, "  {kind:<8} {}", language.of(Table::Kind, told));
    }
    code_tables(&mut text, contract, codes, part("codes"));
    if contract.feed == Feed::Claims {
        let _ = writeln!(text, "\n{}:", part("identities"));
        for code in ["total", "funds", "personal", "cash", "deductible", "signs"] {
            let _ = writeln!(text, "  {}", part(code));
        }
        let _ = writeln!(text, "\n{}", part("bits"));
    }
    if contract.columns.iter().any(|column| column.name == "updated_at") {
        let _ = writeln!(text, "  {}", part("tie"));
    }
    if contract.columns.iter().any(|column| column.name == "cert_type") {
        let _ = writeln!(text, "  {}", part("documents"));
    }
    let _ = writeln!(text, "\n{}:", part("rejects"));
    for code in RejectCode::ALL {
        let _ = writeln!(text, "  {:<20} {}", code.code(), language.of(Table::Reject, code.code()));
    }
    let _ = writeln!(text, "\n{}", part("profiles"));
    text
}

fn columns(text: &mut String, contract: &Contract, language: Language) {
    let part = |code| language.of(Table::Contract, code);
    let _ = writeln!(text, "\n{}:", part("columns"));
    for column in contract.columns {
        let presence = language.of(Table::Presence, column.presence.code());
        // The official Chinese name of a column is its first Chinese alias.
        let chinese = column.aliases.iter().find(|alias| !alias.is_ascii()).copied();
        let meaning = if language == Language::Chinese { chinese.unwrap_or_default() } else { column.meaning };
        let _ = writeln!(text, "{:<26} {:<7} {presence} {meaning}", column.name, column.kind.code());
        if !column.aliases.is_empty() {
            let _ = writeln!(text, "{:<26} {} {}", "", part("also"), column.aliases.join(", "));
        }
    }
}

fn code_tables(text: &mut String, contract: &Contract, codes: &[CodeRow], title: &str) {
    let own: Vec<&CodeRow> =
        codes.iter().filter(|row| contract.columns.iter().any(|column| column.name == row.column)).collect();
    if !own.is_empty() {
        let _ = writeln!(text, "\n{title}:");
    }
    let mut column = "";
    for row in own {
        if row.column != column {
            column = &row.column;
            let _ = writeln!(text, "  {column}");
        }
        let others = row.aliases.replace('|', ", ");
        let _ = writeln!(text, "    {:<6} {}{}{others}", row.code, row.name, if others.is_empty() { "" } else { ": " });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_contract_says_all_of_it_in_both_languages() {
        let [column, code, name, aliases] =
            ["insurance_type", "390", "城乡居民基本医疗保险", "居民|居民医保"].map(str::to_owned);
        let codes = [CodeRow { column, code, name, aliases }];
        let english = to_text(Feed::Claims.contract(), &codes, Language::English);
        let chinese = to_text(Feed::Claims.contract(), &codes, Language::Chinese);
        for column in Feed::Claims.contract().columns {
            assert!(english.contains(column.name) && chinese.contains(column.name), "{}", column.name);
        }
        for code in RejectCode::ALL {
            assert!(english.contains(code.code()) && chinese.contains(code.remedy()), "{code}");
        }
        for printed in [&english, &chinese] {
            assert!(printed.contains("I5 ") && printed.contains("居民, 居民医保"), "{printed}");
        }
        assert!(english.contains("thousands marks") && chinese.contains("千分位") && !chinese.contains("thousands"));
        let rosters = to_text(Feed::Rosters.contract(), &codes, Language::Chinese);
        assert!(rosters.contains("9999-12-31") && !rosters.contains("I1 ") && !rosters.contains("390 "), "{rosters}");
    }
}
