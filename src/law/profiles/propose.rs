//! A profile for a file that somebody looks at: what its name and its header say, and what could not be placed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::name::{month_in, office_in, words_in};
use crate::contracts::{Contract, Kind, Presence, TagAliases, comparable_header};

/// The first rows of a sheet, or of a text, with their numbers.
pub type Head = Vec<(u32, Vec<String>)>;

/// What a bureau's tables know.
pub struct Known<'a> {
    pub aliases: &'a TagAliases,
    /// Codes of counties by their names.
    pub counties: &'a BTreeMap<String, String>,
}

/// A profile to look over before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Entry of `pipelines/feeds/<feed>.toml`.
    pub toml: String,
    /// Columns of the file that mean nothing known.
    pub unplaced: Vec<String>,
    /// Columns of the contract that neither the file nor its name states.
    pub wanting: Vec<&'static str>,
}

/// Proposes a profile for a file of this name with these rows; `None` where no row names any column.
#[must_use]
pub fn propose(contract: &Contract, name: &str, head: &Head, known: &Known) -> Option<Proposal> {
    let (number, header) = header_of(contract, head)?;
    let headers: Vec<&String> = header.iter().filter(|header| !header.trim().is_empty()).collect();
    let (mut placed, mut columns, mut unplaced) = (Vec::new(), Vec::new(), Vec::new());
    for header in &headers {
        if let Some(column) = contract.column_called(header) {
            placed.push(column.name);
        }
    }
    for header in headers {
        if contract.column_called(header).is_some() || contract.tolerates(header) {
            continue;
        }
        match likely(contract, header).filter(|column| !placed.contains(column)) {
            Some(column) => {
                placed.push(column);
                columns.push((header.clone(), column));
            }
            None => unplaced.push(header.clone()),
        }
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stated = stated(contract, stem, &placed, known);
    let mut toml = format!("[[files]]\nmatch = {:?}\n", pattern(stem, known));
    for (key, _, value) in &stated {
        let _ = writeln!(toml, "{key} = \"from name\"  # {value}");
    }
    if number > 1 {
        let _ = writeln!(toml, "header_row = {number}");
    }
    if !unplaced.is_empty() {
        let names: Vec<String> = unplaced.iter().map(|name| format!("{name:?}")).collect();
        toml.push_str("# Not placed: give them a column below, or leave them here to be ignored.\n");
        let _ = writeln!(toml, "ignore_columns = [{}]", names.join(", "));
    }
    if !columns.is_empty() {
        toml.push_str("# By likeness: look whether each is right.\n[files.columns]\n");
        for (header, column) in &columns {
            let _ = writeln!(toml, "{header:?} = \"{column}\"");
        }
    }
    let is_wanting = |column: &&str| !placed.contains(column) && stated.iter().all(|(_, stated, _)| stated != column);
    let needed = contract.columns.iter().filter(|column| column.presence != Presence::Optional);
    Some(Proposal { toml, unplaced, wanting: needed.map(|column| column.name).filter(is_wanting).collect() })
}

/// The row that names the most columns.
fn header_of<'h>(contract: &Contract, head: &'h Head) -> Option<(u32, &'h Vec<String>)> {
    let told = |cells: &[String]| {
        let exact = cells.iter().filter(|cell| contract.column_called(cell).is_some()).count();
        let close = cells.iter().filter(|cell| !cell.trim().is_empty() && likely(contract, cell).is_some()).count();
        2 * exact + close
    };
    let best = head
        .iter()
        .map(|(number, cells)| (told(cells), *number, cells))
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    (best.0 > 0).then_some((best.1, best.2))
}

/// The column whose name a header holds, or that holds it; text with digits of a number is no header.
fn likely(contract: &Contract, header: &str) -> Option<&'static str> {
    let wanted = comparable_header(header);
    if wanted.chars().count() < 2 || wanted.chars().filter(char::is_ascii_digit).count() > 4 {
        return None;
    }
    let mut best: Option<(usize, &'static str)> = None;
    for column in contract.columns.iter().filter(|column| column.kind != Kind::Money) {
        for name in std::iter::once(&column.name).chain(column.aliases).map(|name| comparable_header(name)) {
            let shared = name.chars().count().min(wanted.chars().count());
            let is_close = shared >= 2 && (wanted.contains(&name) || (name.contains(&wanted) && shared >= 3));
            if is_close && best.is_none_or(|(before, _)| shared > before) {
                best = Some((shared, column.name));
            }
        }
    }
    best.map(|(_, name)| name)
}

/// Keys of a profile whose value the name states, the column that they fill, and the value.
fn stated(
    contract: &Contract,
    stem: &str,
    placed: &[&str],
    known: &Known,
) -> Vec<(&'static str, &'static str, String)> {
    let tags = words_in(stem, known.aliases.words());
    let counties = words_in(stem, known.counties.iter().map(|(name, code)| (name.as_str(), code.as_str())));
    let one = |values: Vec<String>| if values.len() == 1 { values.into_iter().next() } else { None };
    let found = [
        ("tag", "tag", one(tags.iter().map(|tag| tag.chinese().to_owned()).collect())),
        ("source_office", "source_office", office_in(stem)),
        ("county_code", "county_code", one(counties.into_iter().map(str::to_owned).collect())),
        ("month", "roster_month", month_in(stem).ok().flatten().map(|month| month.to_string())),
    ];
    let has = |column: &str| contract.columns.iter().any(|it| it.name == column);
    let keys = found.into_iter().filter(|(_, column, _)| has(column) && !placed.contains(column));
    keys.filter_map(|(key, column, value)| Some((key, column, value?))).collect()
}

/// The name with stars for what changes from file to file: digits, office and county.
fn pattern(stem: &str, known: &Known) -> String {
    let mut text = stem.to_owned();
    let changing = office_in(stem).into_iter().chain(known.counties.keys().cloned());
    for word in changing {
        text = text.replace(&word, "*");
    }
    let mut pattern = String::from("*");
    for letter in text.chars() {
        let is_fixed = letter.is_alphabetic() && !matches!(letter, '年' | '月' | '日' | '号' | '份');
        if is_fixed {
            pattern.push(letter);
        } else if !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    if !pattern.ends_with('*') {
        pattern.push('*');
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::Feed;
    use crate::profiles::parse_profiles;

    fn row(number: u32, cells: &str) -> (u32, Vec<String>) {
        (number, cells.split(',').map(str::to_owned).collect())
    }

    #[test]
    fn a_proposal_reads_the_file_that_it_was_made_from() {
        let aliases = TagAliases::new([("农村低保", "subsistence")]).unwrap();
        let counties = BTreeMap::from([("青屏县".to_owned(), "990103".to_owned())]);
        let known = Known { aliases: &aliases, counties: &counties };
        let head = vec![
            row(1, "青屏县农村低保备案表"),
            row(3, "序号,救助对象姓名全称,本人身份证号码,喂养牲畜,享受开始时间"),
            row(4, "1,甲,990103196203050018,3,202401"),
        ];
        let name = "青屏县民政局农村低保备案表（2025年9月）.xls";
        let found = propose(Feed::Rosters.contract(), name, &head, &known).unwrap();
        assert_eq!((found.unplaced, found.wanting), (vec!["喂养牲畜".to_owned()], vec![]));
        for part in [
            "match = \"*农村低保备案表*\"",
            "tag = \"from name\"  # 低保对象",
            "county_code = \"from name\"  # 990103",
            "month = \"from name\"  # 2025-09",
            "header_row = 3",
            "\"救助对象姓名全称\" = \"person_name\"",
            "\"本人身份证号码\" = \"id_number\"",
        ] {
            assert!(found.toml.contains(part), "{part}\n{}", found.toml);
        }
        let profiles = parse_profiles(Feed::Rosters, "f", &found.toml, &aliases).unwrap();
        assert_eq!(profiles.of(name).len(), 1);
        assert_eq!(propose(Feed::Rosters.contract(), "x.csv", &vec![row(1, "1,2,3")], &known), None);
        let bare = propose(Feed::Rosters.contract(), "x.csv", &vec![row(1, "姓名,证件号码")], &known).unwrap();
        assert_eq!(bare.wanting, ["tag", "source_office"]);
    }
}
