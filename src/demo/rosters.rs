//! The rosters of rural affairs and civil affairs: full ones for September and October, and the people monitored.

use std::fmt::Write as _;
use std::path::Path;

use law::domain::Tag;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::chance::Chance;
use super::people::{COUNTIES, Person, may_have_tags};
use super::stories::Story;
use super::{DemoError, DemoFile, DemoOptions, write_text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Office {
    /// 农业农村局: people lifted out of poverty, people monitored.
    RuralAffairs,
    /// 民政局: subsistence allowance and the like.
    CivilAffairs,
}

/// Header of every roster, with the tab that exports leave in it.
const HEADER: [&str; 8] = ["序号", "县区代码", "姓名", "证件号码\t", "人员类别", "识别时间", "名册月份", "来源单位"];

/// A tag of a person, and in which of the two months' rosters it stands.
fn tag_of(seed: u64, index: u64) -> Vec<(Tag, bool, bool)> {
    if !may_have_tags(index) {
        return Vec::new();
    }
    let draw = Chance::at(seed, 5, index, 0).below(1000);
    let lifted = (Tag::LiftedOut, true, true);
    match Story::of(index) {
        Story::ExactlyOnce => vec![lifted],
        Story::TwoRosters => vec![lifted, (Tag::Subsistence, true, true)],
        Story::DroppedFromRoster => vec![(Tag::LiftedOut, true, false)],
        Story::BetweenLines | Story::Near | Story::Died | Story::TwoNames if draw < 600 => vec![lifted],
        Story::OverTwice if draw < 250 => vec![lifted],
        _ => match draw {
            0..=69 => vec![lifted],
            70..=71 => vec![(Tag::LiftedOut, false, true)],
            72..=101 => vec![(Tag::Subsistence, true, true)],
            102..=104 => vec![(Tag::SpecialHardship, true, true)],
            105..=109 => vec![(Tag::MarginalSubsistence, true, true)],
            110..=114 => vec![(Tag::Vulnerable, true, true)],
            115..=117 => vec![(Tag::UnstableLiftedOut, true, true), lifted],
            118 => vec![(Tag::SuddenHardship, false, true)],
            _ => Vec::new(),
        },
    }
}

/// The office that keeps the tag.
const fn keeper(tag: Tag) -> Office {
    match tag {
        Tag::SpecialHardship | Tag::Subsistence | Tag::MarginalSubsistence | Tag::RigidExpenditure => {
            Office::CivilAffairs
        }
        _ => Office::RuralAffairs,
    }
}

impl Office {
    /// Writes the office's rosters of both months.
    pub(super) fn write(
        self,
        options: &DemoOptions,
        is_large: bool,
        landing: &Path,
    ) -> Result<Vec<DemoFile>, DemoError> {
        let (stem, kind) = match self {
            Self::RuralAffairs if !is_large => ("rural-affairs", "xlsx"),
            Self::RuralAffairs => ("rural-affairs", "csv"),
            Self::CivilAffairs => ("civil-affairs", "csv"),
        };
        let mut files = Vec::new();
        for month in [9_u32, 10] {
            let name = format!("rosters/{stem}-2026-{month:02}.{kind}");
            let path = landing.join(&name);
            let rows = self.rows(options, month);
            let count = if kind == "xlsx" {
                workbook(month, rows)
                    .and_then(|(mut book, count)| book.save(&path).map(|()| count))
                    .map_err(DemoError::at(&path))?
            } else {
                let (text, count) = table(rows);
                write_text(&path, &text)?;
                count
            };
            files.push(DemoFile { path: name, rows: count });
        }
        Ok(files)
    }

    /// The rows of a month's full roster.
    fn rows(self, options: &DemoOptions, month: u32) -> impl Iterator<Item = [String; 8]> + use<> {
        let office = match self {
            Self::RuralAffairs => "农业农村局",
            Self::CivilAffairs => "民政局",
        };
        let (seed, persons) = (options.seed, options.persons);
        let tagged = (0..persons).flat_map(move |index| {
            let there = tag_of(seed, index).into_iter().filter(move |(tag, september, october)| {
                keeper(*tag) == self && if month == 9 { *september } else { *october }
            });
            there.map(move |(tag, _, october_too)| (index, tag, october_too))
        });
        tagged.enumerate().map(move |(at, (index, tag, _))| {
            let person = Person::new(seed, index);
            let (county, name, _) = COUNTIES[person.county];
            let since = if index % 3 == 0 { "2021-03-01" } else { "" };
            let mut cells = [(at + 1).to_string().as_str(), county, &person.name, &person.id, tag.chinese(), since]
                .map(str::to_owned)
                .to_vec();
            cells.push(format!("2026{month:02}"));
            cells.push(format!("{name}{office}"));
            if index % 7 == 0 {
                cells[3].push('\t');
            }
            cells.try_into().unwrap_or_default()
        })
    }
}

/// A roster as CSV with a byte-order mark.
fn table(rows: impl Iterator<Item = [String; 8]>) -> (String, u64) {
    let mut text = format!("\u{feff}{}\r\n", HEADER.join(","));
    let mut count = 0;
    for row in rows {
        let _ = write!(text, "{}\r\n", row.join(","));
        count += 1;
    }
    (text, count)
}

/// A roster as a workbook: two title rows, the header, ids as text. Fixed times, so that its bytes are too.
fn workbook(month: u32, rows: impl Iterator<Item = [String; 8]>) -> Result<(Workbook, u64), XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 10, 8)?));
    let sheet = book.add_worksheet();
    sheet.write(0, 0, format!("2026年{month}月脱贫人口和监测对象名册"))?;
    sheet.write(1, 0, "填报单位:各县农业农村局(虚构)")?;
    for (column, name) in (0..).zip(HEADER) {
        sheet.write(2, column, name)?;
    }
    let mut count = 0;
    for (line, row) in (3..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write(line, column, cell)?;
        }
        count += 1;
    }
    Ok((book, count))
}
