//! The small tables that a bureau keeps beside its rules: counties, offices, spellings of tags.

use law::config::Problem;
use law::contracts::{CodeRow, CodeTables, TagAliases};
use law::domain::{CountyCode, Workdays};
use law::questions::People;
use law::referrals::{Offices, ROUTES_FILE};
use store::workspace::{Assets, office_table, people_table, route_rows, table_rows, workday_table};

/// A county that the workspace serves; each gets its lists, with nobody on it a NIL list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    pub code: CountyCode,
    /// Name as lists print it.
    pub name: String,
}

/// All tables of a workspace.
#[derive(Debug, Default)]
pub struct Tables {
    /// From `counties.csv`.
    pub counties: Vec<County>,
    /// From `offices.csv`.
    pub offices: Offices,
    /// From `tag_aliases.csv`.
    pub tag_aliases: Vec<(String, String)>,
    /// From `codes.csv`.
    pub codes: Vec<CodeRow>,
    /// From `workdays.csv`.
    pub workdays: Workdays,
    /// From `people.csv`.
    pub people: People,
}

/// Reads all tables; what is wrong goes to `problems`.
pub fn parse_tables(assets: &Assets, problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::default();
    let file = "pipelines/tables/counties.csv";
    for (line, ([code, name], [])) in table_rows(assets, file, ["code", "name"], [], problems) {
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
    tables.offices = office_table(assets, problems);
    let file = "pipelines/tables/tag_aliases.csv";
    let aliases = table_rows(assets, file, ["alias", "tag"], [], problems);
    let pairs = aliases.iter().map(|(_, ([alias, tag], []))| (alias.as_str(), tag.as_str()));
    if let Err((at, error)) = TagAliases::new(pairs) {
        let line = aliases.get(at - 1).map_or(0, |(line, _)| *line);
        problems.push(Problem::new(file, line, error.to_string(), "tag codes: lifted_out, subsistence, ..."));
    }
    tables.codes = code_rows(assets, problems);
    tables.workdays = workday_table(assets, problems);
    tables.people = people_table(assets, problems);
    tables.tag_aliases = aliases.into_iter().map(|(_, ([alias, tag], []))| (alias, tag)).collect();
    tables
}

fn code_rows(assets: &Assets, problems: &mut Vec<Problem>) -> Vec<CodeRow> {
    let file = "pipelines/tables/codes.csv";
    let rows = table_rows(assets, file, ["column", "code"], ["name", "aliases"], problems);
    let lines: Vec<usize> = rows.iter().map(|(line, _)| *line).collect();
    let rows = rows.into_iter().map(|(_, cells)| cells);
    let codes: Vec<CodeRow> =
        rows.map(|([column, code], [name, aliases])| CodeRow { column, code, name, aliases }).collect();
    if let Err((at, error)) = CodeTables::new(&codes) {
        let line = lines.get(at - 1).copied().unwrap_or_default();
        problems.push(Problem::new(
            file,
            line,
            error.to_string(),
            "e.g. insurance_type,390,城乡居民基本医疗保险,居民医保",
        ));
    }
    codes
}

/// Routes may only name counties and offices that there are; all else about them is checked where they are read.
pub fn check_routes(assets: &Assets, counties: &[County], offices: &Offices, problems: &mut Vec<Problem>) {
    for row in route_rows(assets, problems) {
        if counties.iter().all(|county| county.code.as_str() != row.county) {
            let message = format!("there is no county `{}`", row.county);
            problems.push(Problem::new(
                ROUTES_FILE,
                row.line,
                message,
                "counties stand in pipelines/tables/counties.csv",
            ));
        }
        if !offices.has_code(&row.office) {
            let message = format!("there is no office `{}` that lists go to", row.office);
            problems.push(Problem::new(ROUTES_FILE, row.line, message, "use a code of pipelines/tables/offices.csv"));
        }
    }
}
