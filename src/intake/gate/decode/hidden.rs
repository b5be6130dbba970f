//! What of a workbook's sheet nobody sees, rows and columns that are hidden or filtered out: the reader of cells does not
//! tell them from others. Those of an `.xls` are found by `records`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use zip::ZipArchive;

use crate::gate::job::Refusal;

/// Parts of a workbook that name its sheets; a workbook has a few of them.
const LARGEST_INDEX: u64 = 4 << 20;
/// Hidden rows in one piece that are told one by one.
const HIDDEN: usize = 100_000;

/// What of a sheet nobody sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    /// Numbers of rows as the sheet shows them.
    pub(super) rows: Vec<i64>,
    /// First and last of columns, counted from 0.
    pub(super) columns: Vec<(usize, usize)>,
}

impl Hidden {
    pub(super) fn has_column(&self, at: usize) -> bool {
        self.columns.iter().any(|(first, last)| (*first..=*last).contains(&at))
    }
}

/// The letters that a sheet shows above a column.
pub(super) fn letters(at: usize) -> String {
    let (mut at, mut letters) = (at, Vec::new());
    loop {
        letters.push(char::from(b'A' + u8::try_from(at % 26).unwrap_or(0)));
        match at / 26 {
            0 => break,
            rest => at = rest - 1,
        }
    }
    letters.iter().rev().collect()
}

/// Those of an `.xlsx`; `at` is the sheet's place among the workbook's sheets. A height or a width of 0 hides too.
pub(super) fn hidden_in_xlsx(file: &File, at: usize) -> Result<Hidden, Refusal> {
    let damaged = |error: &dyn std::fmt::Display| Refusal::new(format!("damaged .xlsx: {error}"));
    let file = file.try_clone().map_err(|error| damaged(&error))?;
    let mut book = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let Some(path) = path_of(&mut book, at) else { return Ok(Hidden::default()) };
    let sheet = book.by_name(&path).map_err(|error| damaged(&error))?;
    let (mut hidden, mut number) = (Hidden::default(), 0);
    let is_hidden = |tag: &str, size: &str| {
        attribute(tag, "hidden").is_some_and(|hidden| matches!(hidden, "1" | "true"))
            || attribute(tag, size).is_some_and(|size| size.parse() == Ok(0.0))
    };
    each_tag(BufReader::new(sheet), |tag| {
        if is_named(tag, "row") {
            number = attribute(tag, "r").and_then(|r| r.parse().ok()).unwrap_or(number + 1);
            if is_hidden(tag, "ht") {
                hidden.rows.push(number);
            }
        } else if is_named(tag, "col") && is_hidden(tag, "width") {
            let place = |name: &str| attribute(tag, name)?.parse::<usize>().ok()?.checked_sub(1);
            hidden.columns.extend(place("min").zip(place("max")));
        }
    })
    .map_err(|error| damaged(&error))?;
    Ok(hidden)
}

/// Those of an OpenDocument sheet: its columns and rows stand one after the other, each with how often it is repeated.
pub(super) fn hidden_in_ods(file: &File, at: usize) -> Result<Hidden, Refusal> {
    let damaged = |error: &dyn std::fmt::Display| Refusal::new(format!("damaged .ods: {error}"));
    let file = file.try_clone().map_err(|error| damaged(&error))?;
    let mut book = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let content = book.by_name("content.xml").map_err(|error| damaged(&error))?;
    let (mut hidden, mut table, mut number, mut column) = (Hidden::default(), 0, 0_i64, 0_usize);
    let is_hidden =
        |tag: &str| attribute(tag, "table:visibility").is_some_and(|seen| matches!(seen, "collapse" | "filter"));
    each_tag(BufReader::new(content), |tag| {
        if is_named(tag, "table") {
            (table, number, column) = (table + 1, 0, 0);
        } else if table == at + 1 && is_named(tag, "table-row") {
            let count = attribute(tag, "table:number-rows-repeated").and_then(|count| count.parse().ok()).unwrap_or(1);
            if is_hidden(tag) {
                hidden.rows.extend((number..).take(usize::try_from(count).unwrap_or(0).min(HIDDEN)).map(|row| row + 1));
            }
            number = number.saturating_add(count);
        } else if table == at + 1 && is_named(tag, "table-column") {
            let count = attribute(tag, "table:number-columns-repeated").and_then(|count| count.parse().ok());
            let next = column.saturating_add(count.unwrap_or(1));
            if is_hidden(tag) && next > column {
                hidden.columns.push((column, next - 1));
            }
            column = next;
        }
    })
    .map_err(|error| damaged(&error))?;
    Ok(hidden)
}

/// Where a sheet lies in the archive.
fn path_of(book: &mut ZipArchive<BufReader<File>>, at: usize) -> Option<String> {
    let mut sheets = Vec::new();
    let index = book.by_name("xl/workbook.xml").ok()?.take(LARGEST_INDEX);
    each_tag(BufReader::new(index), |tag| {
        if is_named(tag, "sheet") {
            sheets.push(attribute(tag, "r:id").or_else(|| attribute(tag, "id")).map(str::to_owned));
        }
    })
    .ok()?;
    let wanted = sheets.into_iter().nth(at)??;
    let mut target = None;
    let links = book.by_name("xl/_rels/workbook.xml.rels").ok()?.take(LARGEST_INDEX);
    each_tag(BufReader::new(links), |tag| {
        if is_named(tag, "Relationship") && attribute(tag, "Id") == Some(wanted.as_str()) {
            target = attribute(tag, "Target").map(str::to_owned);
        }
    })
    .ok()?;
    let target = target?;
    Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
}

/// Calls `each` with what stands between `<` and `>`, again and again.
fn each_tag(mut text: impl BufRead, mut each: impl FnMut(&str)) -> std::io::Result<()> {
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if text.read_until(b'>', &mut piece)? == 0 {
            return Ok(());
        }
        if let Some((_, tag)) = String::from_utf8_lossy(&piece).rsplit_once('<') {
            each(tag);
        }
    }
}

/// Whether a tag has this name, whatever its namespace.
fn is_named(tag: &str, name: &str) -> bool {
    let own = tag.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default();
    own.rsplit(':').next() == Some(name)
}

/// An attribute's value; a line may end before it.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once(name)?;
        rest = after;
        let Some(value) = after.strip_prefix('=').filter(|_| before.ends_with(char::is_whitespace)) else { continue };
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        return value.strip_prefix(quote)?.split(quote).next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_their_attributes() {
        let mut found = Vec::new();
        let text = "<x:row dr=\"4\"\n\tr=\"3\" hidden='1'><c r=\"A3\"><v>1 &gt; 0</v></c></x:row><rows/><row/>";
        each_tag(text.as_bytes(), |tag| {
            if is_named(tag, "row") {
                found.push((attribute(tag, "r").map(str::to_owned), attribute(tag, "hidden").map(str::to_owned)));
            }
        })
        .unwrap();
        assert_eq!(found, [(Some("3".to_owned()), Some("1".to_owned())), (None, None)]);
    }

    #[test]
    fn columns_have_the_letters_of_a_sheet() {
        assert_eq!([0, 4, 25, 26, 701, 702].map(letters), ["A", "E", "Z", "AA", "ZZ", "AAA"]);
    }
}
