//! The small tables that a bureau keeps beside its rules: counties, offices, spellings of tags.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use law::arrivals::{SENDERS_FILE, Sender};
use law::config::{Problem, Settings};
use law::contracts::{CodeRow, CodeTables, Feed, TagAliases};
use law::domain::{CountyCode, Tag, Workdays, parse_date};
use law::profiles::{Profiles, parse_profiles};
use law::questions::{AnswerWord, People, Topic};
use law::referrals::{Offices, ROUTES_FILE};
use law::rosters::{Answer, Ends, RosterRules};
use store::ledger::{Ledger, LedgerError};
use store::workspace::{
    Assets, SETTINGS_FILE, office_table, people_table, route_rows, sender_table, table_rows, workday_table,
};

/// Where file profiles stand.
const PROFILES: &str = "pipelines/feeds/";

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
    /// From `pipelines/feeds/`.
    pub profiles: BTreeMap<Feed, Profiles>,
    /// From `workdays.csv`.
    pub workdays: Workdays,
    /// From `people.csv`.
    pub people: People,
    /// From `county_codes.csv`: old code to the new one and its first day.
    pub replaced_counties: BTreeMap<String, (String, NaiveDate)>,
    /// From `tags.csv`.
    pub tag_ends: BTreeMap<String, Ends>,
    /// From `senders.csv`.
    pub senders: Vec<Sender>,
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
    let pairs = aliases.iter().map(|(_, ([alias, tag], []))| (alias.as_str(), tag.as_str()));
    tables.profiles = feed_profiles(assets, &TagAliases::new(pairs).unwrap_or_default(), problems);
    tables.workdays = workday_table(assets, problems);
    tables.people = people_table(assets, problems);
    tables.senders = sender_table(assets, problems);
    for sender in &tables.senders {
        let unknown =
            sender.counties.iter().flatten().find(|code| tables.counties.iter().all(|one| one.code != **code));
        if let Some(code) = unknown {
            let message = format!("{}: there is no county `{code}`", sender.name);
            problems.push(Problem::new(SENDERS_FILE, 0, message, "counties stand in pipelines/tables/counties.csv"));
        }
    }
    tables.tag_aliases = aliases.into_iter().map(|(_, ([alias, tag], []))| (alias, tag)).collect();
    tables.tag_ends = tag_table(assets, problems);
    tables.replaced_counties = county_code_table(assets, problems);
    tables
}

/// The profiles of files, by feed.
fn feed_profiles(assets: &Assets, aliases: &TagAliases, problems: &mut Vec<Problem>) -> BTreeMap<Feed, Profiles> {
    let mut profiles = BTreeMap::new();
    for path in assets.list(PROFILES) {
        let name = path.strip_prefix(PROFILES).and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
        let Some(feed) = Feed::parse(name) else {
            let feeds = Feed::ALL.map(Feed::name).join(", ");
            problems.push(Problem::new(&path, 0, "a feed's profiles stand in <feed>.toml", format!("feeds: {feeds}")));
            continue;
        };
        match assets.read(&path).map(|asset| parse_profiles(feed, &path, &asset.text, aliases)) {
            Ok(Ok(found)) => _ = profiles.insert(feed, found),
            Ok(Err(mut found)) => problems.append(&mut found),
            Err(error) => problems.push(Problem::new(&path, 0, error.to_string(), "")),
        }
    }
    profiles
}

/// The rows of `codes.csv`: column, code, its official name, other spellings.
pub fn code_rows(assets: &Assets, problems: &mut Vec<Problem>) -> Vec<CodeRow> {
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

/// County codes that were replaced.
fn county_code_table(assets: &Assets, problems: &mut Vec<Problem>) -> BTreeMap<String, (String, NaiveDate)> {
    let file = "pipelines/tables/county_codes.csv";
    let mut codes: BTreeMap<String, (String, NaiveDate)> = BTreeMap::new();
    for (line, ([old, new, from], [])) in table_rows(assets, file, ["old_code", "new_code", "valid_from"], [], problems)
    {
        let mut told = |message: String, hint: &str| problems.push(Problem::new(file, line, message, hint));
        match (CountyCode::parse(&old), CountyCode::parse(&new), parse_date(&from)) {
            (Ok(_), Ok(_), Ok(from)) => {
                if codes.insert(old.clone(), (new, from)).is_some() {
                    told(
                        format!("county code {old} is replaced twice"),
                        "a split county has no row: its people are assigned",
                    );
                }
            }
            (Err(error), ..) | (_, Err(error), _) => told(error.to_string(), "e.g. 990103,990120,2026-10-01"),
            (.., Err(error)) => told(error.to_string(), "e.g. 990103,990120,2026-10-01"),
        }
    }
    codes
}

/// How each tag ends.
fn tag_table(assets: &Assets, problems: &mut Vec<Problem>) -> BTreeMap<String, Ends> {
    let file = "pipelines/tables/tags.csv";
    let mut tags = BTreeMap::new();
    for (line, ([tag, ends], [])) in table_rows(assets, file, ["tag", "ends"], [], problems) {
        match (Tag::parse(&tag), Ends::parse(&ends)) {
            (Ok(tag), Some(ends)) => drop(tags.insert(tag.code().to_owned(), ends)),
            (Ok(_), None) => {
                problems.push(Problem::new(file, line, format!("a tag cannot end by `{ends}`"), "stated or absence"));
            }
            (Err(error), _) => problems.push(Problem::new(file, line, error.to_string(), "e.g. lifted_out,stated")),
        }
    }
    tags
}

/// What two people have answered about second files of a month, by the source that rows carry and the tag.
pub(crate) fn roster_answers(ledger: &Ledger) -> Result<BTreeMap<(String, String), Answer>, LedgerError> {
    let mut answers = BTreeMap::new();
    // the newest first: what was said last about a file holds
    for question in ledger.questions()?.into_iter().filter(|question| question.topic == Topic::RosterSecond) {
        let answer = match question.answer {
            Some(AnswerWord::Append) => Answer::Additions,
            Some(AnswerWord::Replace) => Answer::Whole,
            Some(AnswerWord::Reject) => Answer::Returned,
            Some(AnswerWord::Accept) | None => continue,
        };
        for file in &question.files {
            let source = file.file_id.chars().take(16).collect();
            answers.entry((source, question.series.clone())).or_insert(answer);
        }
    }
    Ok(answers)
}

/// What two people have answered about holders whom a complete roster lacks, by the source of its file and the tag.
pub(crate) fn roster_absences(ledger: &Ledger) -> Result<BTreeMap<(String, String), bool>, LedgerError> {
    let mut absences = BTreeMap::new();
    // the newest first: what was said last about a file holds
    for question in ledger.questions()?.into_iter().filter(|question| question.topic == Topic::RosterAbsent) {
        let Some(answer) = question.answer else { continue };
        for file in &question.files {
            let source = file.file_id.chars().take(16).collect();
            absences.entry((source, question.series.clone())).or_insert(answer == AnswerWord::Accept);
        }
    }
    Ok(absences)
}

/// What rosters are judged by: the tables and what the settings say.
pub(crate) fn roster_rules(
    ends: BTreeMap<String, Ends>,
    offices: &Offices,
    settings: &Settings,
) -> Result<RosterRules, Vec<Problem>> {
    let own = settings.feeds.get(Feed::Rosters.name()).cloned().unwrap_or_default();
    let successions = offices.successions().collect();
    let mut rules = RosterRules { ends, successions, ..RosterRules::default() };
    rules.max_age_months = own.max_age_months.unwrap_or(rules.max_age_months);
    rules.refuse_after_months = own.refuse_after_months.unwrap_or(rules.refuse_after_months);
    for file in own.files {
        let Some(answer) = Answer::parse(&file.take) else {
            let why = format!("[[feeds.rosters.files]]: a file cannot be taken as `{}`", file.take);
            return Err(vec![Problem::new(SETTINGS_FILE, 0, why, "whole, additions or returned")]);
        };
        rules.by_name.push((file.pattern, answer));
    }
    Ok(rules)
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
