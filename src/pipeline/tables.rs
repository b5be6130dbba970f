//! The small tables that a bureau keeps beside its rules: counties, offices, spellings of tags.

use crate::config::Problem;
use crate::contracts::TagAliases;
use crate::domain::CountyCode;
use crate::workspace::Assets;

/// A county that the workspace serves; each gets its lists, with nobody on it a NIL list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    /// Six-digit code.
    pub code: CountyCode,
    /// Name as lists print it.
    pub name: String,
}

/// An office that lists go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Id that rules name, e.g. `civil_affairs`.
    pub id: String,
    /// Name as lists print it.
    pub name: String,
}

/// All tables of a workspace.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// From `counties.csv`.
    pub(super) counties: Vec<County>,
    /// From `offices.csv`.
    pub(super) offices: Vec<Office>,
    /// From `tag_aliases.csv`.
    pub(super) tag_aliases: Vec<(String, String)>,
}

/// Reads all tables; what is wrong goes to `problems`.
pub(super) fn parse_tables(assets: &Assets, problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::default();
    let file = "pipelines/tables/counties.csv";
    for (line, row) in rows(assets, file, ["code", "name"], problems) {
        let [code, name] = row;
        match CountyCode::parse(&code) {
            Ok(code) => tables.counties.push(County { code, name }),
            Err(error) => problems.push(Problem::new(file, line, error.to_string(), "e.g. 350102,鼓楼区")),
        }
    }
    tables.counties.sort_by(|a, b| a.code.cmp(&b.code));
    let doubled = tables.counties.windows(2).find(|pair| matches!(pair, [a, b] if a.code == b.code));
    if let Some([county, _]) = doubled {
        let message = format!("county {} stands twice", county.code);
        problems.push(Problem::new(file, 0, message, "keep one of the two lines"));
    }
    let file = "pipelines/tables/offices.csv";
    for (_, [id, name]) in rows(assets, file, ["recipient", "name"], problems) {
        tables.offices.push(Office { id, name });
    }
    let file = "pipelines/tables/tag_aliases.csv";
    let aliases = rows(assets, file, ["alias", "tag"], problems);
    let pairs = aliases.iter().map(|(_, [alias, tag])| (alias.as_str(), tag.as_str()));
    if let Err((at, error)) = TagAliases::new(pairs) {
        let line = aliases.get(at - 1).map_or(0, |(line, _)| *line);
        problems.push(Problem::new(file, line, error.to_string(), "tag codes: lifted_out, subsistence, ..."));
    }
    tables.tag_aliases = aliases.into_iter().map(|(_, [alias, tag])| (alias, tag)).collect();
    tables
}

/// The rows of a CSV asset with their line numbers, in the order of the wanted columns.
fn rows<const N: usize>(
    assets: &Assets,
    file: &str,
    wanted: [&str; N],
    problems: &mut Vec<Problem>,
) -> Vec<(usize, [String; N])> {
    let text = match assets.read(file) {
        Ok(asset) => asset.text,
        Err(error) => {
            problems.push(Problem::new(file, 0, error.to_string(), ""));
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let places = wanted.map(|name| headers.iter().position(|header| header == name));
    if let Some(missing) = places.iter().position(Option::is_none) {
        let message = format!("column `{}` is missing", wanted[missing]);
        problems.push(Problem::new(file, 1, message, format!("the header is {}", wanted.join(","))));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
                let cell = |place: Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
                rows.push((line, places.map(cell)));
            }
            Err(error) => {
                problems.push(Problem::new(file, 0, error.to_string(), "each row has as many cells as the header"));
            }
        }
    }
    rows
}
