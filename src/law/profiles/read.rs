//! Reading the profiles of a feed, with everything that is wrong about them.

use super::profile::{FROM_NAME, FROM_SHEET, FROM_VILLAGE, IGNORED, Profile, Profiles};
use crate::config::{Problem, nearest};
use crate::contracts::{Contract, Feed, TagAliases};
use crate::domain::{CountyCode, Month};

/// Words of `coverage`.
const COVERAGE: [&str; 2] = ["整份", "补报"];

/// Reads `pipelines/feeds/<feed>.toml`; `file` is its name as problems show it.
pub fn parse_profiles(feed: Feed, file: &str, text: &str, aliases: &TagAliases) -> Result<Profiles, Vec<Problem>> {
    let profiles: Profiles = toml::from_str(text).map_err(|error| vec![Problem::in_toml(file, text, &error)])?;
    let mut problems = Vec::new();
    for profile in &profiles.files {
        let name = profile.names.all().first().cloned().unwrap_or_default();
        let line = text.lines().position(|line| line.contains(&format!("{name:?}"))).map_or(0, |at| at + 1);
        for (message, hint) in faults(feed.contract(), profile, aliases) {
            problems.push(Problem::new(file, line, message, hint));
        }
    }
    if problems.is_empty() { Ok(profiles) } else { Err(problems) }
}

type Wrong = (String, String);

fn faults(contract: &Contract, profile: &Profile, aliases: &TagAliases) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut say = |message: String, hint: &str| wrong.push((message, hint.to_owned()));
    if profile.names.all().is_empty() || profile.names.all().iter().any(String::is_empty) {
        say("`match` names no files".to_owned(), "e.g. match = \"*低保备案表*\"");
    }
    let stated = [
        ("tag", &profile.tag, "tag"),
        ("source_office", &profile.source_office, "source_office"),
        ("county_code", &profile.county_code, "county_code"),
        ("month", &profile.month, "roster_month"),
    ];
    for (key, _, column) in stated.iter().filter(|(_, value, _)| value.is_some()) {
        if contract.columns.iter().all(|it| it.name != *column) {
            say(format!("`{key}`: {} have no column {column}", contract.feed), "leave the key out");
        }
    }
    if let Some(tag) = profile.tag.as_deref().filter(|tag| !matches!(*tag, FROM_NAME | FROM_SHEET))
        && aliases.find(tag).is_none()
    {
        say(
            format!("no tag is called `{tag}`"),
            "a word of pipelines/tables/tag_aliases.csv, `from name` or `from sheet`",
        );
    }
    let county = profile.county_code.as_deref().filter(|code| !matches!(*code, FROM_NAME | FROM_VILLAGE));
    if let Some(Err(error)) = county.map(CountyCode::parse) {
        say(format!("county_code: {error}"), "six digits, `from name` or `from village_code`");
    }
    let month = profile.month.as_deref().filter(|month| *month != FROM_NAME);
    if let Some(Err(error)) = month.map(Month::parse) {
        say(format!("month: {error}"), "e.g. 2025-09, or `from name`");
    }
    if let Some(word) = profile.coverage.as_deref().filter(|word| !COVERAGE.contains(word)) {
        say(format!("coverage cannot be `{word}`"), "整份 or 补报; without the key the name says it");
    }
    let (rows, columns, sheets) = (&profile.hidden_rows, &profile.hidden_columns, &profile.hidden_sheets);
    for (key, word) in [("hidden_rows", rows), ("hidden_columns", columns), ("hidden_sheets", sheets)] {
        if let Some(word) = word.as_deref().filter(|word| !matches!(*word, "read" | "leave out")) {
            say(format!("{key} cannot be `{word}`"), "read or leave out; without the key nobody knows what they are");
        }
    }
    if profile.header_row == Some(0) {
        say("rows are counted from 1".to_owned(), "the number that the sheet shows beside the row");
    }
    let names = || contract.columns.iter().map(|column| column.name);
    for (header, column) in profile.columns.iter().filter(|(_, column)| *column != IGNORED) {
        if names().all(|name| name != column) {
            let hint = nearest(column, names()).map_or_else(
                || format!("`poverty-watch contract {}` prints them", contract.feed),
                |close| format!("did you mean `{close}`?"),
            );
            say(format!("`{header}` cannot be `{column}`: {} have no such column", contract.feed), &hint);
        }
    }
    if !profile.tags.is_empty() && names().all(|name| name != "tag") {
        say(format!("{} have no tags", contract.feed), "leave `tags` out");
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Profiles, String> {
        let aliases = TagAliases::new([("低保", "subsistence")]).unwrap();
        parse_profiles(Feed::Rosters, "rosters.toml", text, &aliases)
            .map_err(|problems| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_profile_as_a_bureau_writes_it() {
        let profiles = read(
            "[[files]]\nmatch = \"*低保备案表*\"\ntag = \"低保\"\nsource_office = \"青屏县民政局\"\ncounty_code = \"990103\"\n\
             month = \"from name\"\nignore_columns = [\"银行账号\"]\n[files.columns]\n\"户主姓名\" = \"ignore\"\n",
        )
        .unwrap();
        let (profile, pattern) = profiles.of("农村低保备案表202509.xls")[0];
        assert_eq!((pattern, profile.month.as_deref()), ("*低保备案表*", Some("from name")));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let reason = read(
            "[[files]]\nmatch = \"*a*\"\n\n[[files]]\nmatch = \"*b*\"\ntag = \"富人\"\ncounty_code = \"99\"\nmonth = \"九月\"\n\
             coverage = \"全\"\nhidden_rows = \"ja\"\nhidden_columns = \"x\"\nheader_row = 0\n[files.columns]\n\"户主\" = \"person_nam\"\n",
        )
        .unwrap_err();
        for part in [
            "rosters.toml:5:",
            "富人",
            "county_code",
            "month",
            "coverage",
            "hidden_columns cannot be",
            "counted from 1",
            "person_name",
        ] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        assert!(read("[[files]]\nmatch = []\n").unwrap_err().contains("names no files"));
        assert!(read("[[files]]\nmach = \"a\"\n").unwrap_err().contains("match"));
        let claims =
            parse_profiles(Feed::Claims, "f", "[[files]]\nmatch=\"*\"\ntag=\"低保\"\n", &TagAliases::default());
        assert!(claims.unwrap_err()[0].to_string().contains("no column tag"));
    }
}
