//! An empty workbook for a feed: the columns that its files need, text where spreadsheets would make numbers, and lists
//! to choose from where a column has codes.

use law::contracts::{CodeRow, Contract, Kind, Presence};
use law::domain::Tag;
use rust_xlsxwriter::{DataValidation, Format, Formula, Workbook, Worksheet, XlsxError};

/// Rows that offer a choice.
const ROWS: u32 = 5000;

/// The workbook of a contract's columns; `codes` are the bureau's table.
pub fn template(contract: &Contract, codes: &[CodeRow]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (text, head) = (Format::new().set_num_format("@"), Format::new().set_bold());
    let mut lists = Worksheet::new();
    lists.set_name("代码表")?;
    let table = book.add_worksheet().set_name("数据")?;
    table.set_freeze_panes(1, 0)?;
    for (at, column) in (0_u16..).zip(contract.columns) {
        let name = column.aliases.iter().find(|alias| !alias.is_ascii()).unwrap_or(&column.name);
        let needed = if column.presence == Presence::Optional { "" } else { "*" };
        table.write_string_with_format(0, at, format!("{needed}{name}"), &head)?;
        table.set_column_width(at, if column.kind == Kind::Id { 24 } else { 16 })?;
        // A number loses digits and leading zeros; a day becomes what the machine's country makes of it.
        if !matches!(column.kind, Kind::Money | Kind::Count) {
            table.set_column_format(at, &text)?;
        }
        let choices = choices(column.name, codes);
        if !choices.is_empty() {
            lists.write_string_with_format(0, at, *name, &head)?;
            for (row, choice) in (1_u32..).zip(&choices) {
                lists.write_string(row, at, choice)?;
            }
            let last = choices.len() + 1;
            let letters = letters(at);
            let range = Formula::new(format!("=代码表!${letters}$2:${letters}${last}"));
            table.add_data_validation(1, at, ROWS, at, &DataValidation::new().allow_list_formula(range))?;
        }
    }
    book.push_worksheet(lists);
    book.save_to_buffer()
}

/// What a column may say, by official name.
fn choices(column: &str, codes: &[CodeRow]) -> Vec<String> {
    if column == "tag" {
        return Tag::ALL.map(|tag| tag.chinese().to_owned()).into();
    }
    codes.iter().filter(|row| row.column == column).map(|row| row.name.clone()).collect()
}

/// A column's letters: A, Z, AA.
fn letters(column: u16) -> String {
    let letter = |at: u16| char::from(b'A' + u8::try_from(at % 26).unwrap_or_default());
    let first = (column / 26).checked_sub(1).map(letter);
    first.into_iter().chain([letter(column)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_as_sheets_letter_them() {
        assert_eq!([0, 25, 26, 51, 52].map(letters), ["A", "Z", "AA", "AZ", "BA"]);
    }
}
