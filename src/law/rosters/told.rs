//! What must be told of rosters although no row is wrong: old ones, categories that stay away, files that count for less.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::ages::{Age, ages, left_out};
use super::files::RosterFile;
use super::rules::RosterRules;
use super::snapshot::Snapshot;
use super::stand::stand;
use crate::domain::{Month, Tag};

/// One thing to tell, for whoever rings the sender. Holds no person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    /// `too_old`, `left_out`, `no_rows`, `filtered` or `illegible`.
    pub kind: &'static str,
    pub chinese: String,
    pub english: String,
}

/// All notices on a day.
#[must_use]
pub fn notices(files: &[RosterFile], rules: &RosterRules, day: NaiveDate) -> Vec<Notice> {
    let month = Month::of(day);
    let snapshots = monthly(files, day);
    let standings = stand(&snapshots, files, rules, day);
    let too_old = ages(&standings, month).into_iter().filter(|age| age.months > rules.max_age_months);
    let mut found: Vec<Notice> = too_old.map(|age| old(&age)).collect();
    found.extend(left_out(&standings, month).iter().map(missing));
    found.extend(files.iter().filter_map(of_file));
    found.sort();
    found.dedup();
    found
}

/// The monthly rosters that files state up to a day. How many people each has is not known here.
#[must_use]
pub fn monthly(files: &[RosterFile], day: NaiveDate) -> BTreeMap<Snapshot, i64> {
    let stated = files.iter().filter(|file| !file.tag.is_empty());
    let stated = stated.filter_map(|file| file.month.filter(|month| *month <= day).map(|month| (file, month)));
    stated
        .map(|(file, month)| {
            let RosterFile { office, county, tag, file, .. } = file.clone();
            (Snapshot { office, county, tag, month, is_full: true, file }, 0)
        })
        .collect()
}

fn old(age: &Age) -> Notice {
    let place = place(&age.office, &age.county);
    Notice {
        kind: "too_old",
        chinese: format!(
            "{place}{}名册最近一期为{}，已{}个月未更新。",
            chinese(&age.tag),
            month_name(age.last_month),
            age.months
        ),
        english: format!(
            "{place}: the last roster of {} is that of {}, {} months old",
            age.tag, age.last_month, age.months
        ),
    }
}

fn missing(age: &Age) -> Notice {
    let place = place(&age.office, &age.county);
    Notice {
        kind: "left_out",
        chinese: format!(
            "{place}最近一期名册中没有{}，{}仍有；是否已无此类人员，请确认。",
            chinese(&age.tag),
            month_name(age.last_month)
        ),
        english: format!(
            "{place}: the newest roster has nobody under {}, that of {} had; nothing ends by it",
            age.tag, age.last_month
        ),
    }
}

/// A file that counts for less than its sender may think.
fn of_file(file: &RosterFile) -> Option<Notice> {
    let name = &file.name;
    let (kind, chinese, english) = if file.rows == 0 {
        let chinese = format!("名册“{name}”只有表头，没有人员；不据此终止任何人的身份。");
        ("no_rows", chinese, format!("{name} has a header and no rows: nothing ends by it"))
    } else if file.is_filtered {
        let chinese = format!("名册“{name}”有隐藏或筛选的行、列或工作表，不能视为整份；不据此终止任何人的身份。");
        ("filtered", chinese, format!("{name} has hidden rows, columns or sheets: it is not taken as whole"))
    } else if !file.is_legible() {
        let count = file.unmatched;
        let chinese =
            format!("名册“{name}”有{count}行无法识别是何人，超过百分之一，不能视为整份；不据此终止任何人的身份。");
        (
            "illegible",
            chinese,
            format!("{name}: {count} rejected rows name nobody who is known: it is not taken as whole"),
        )
    } else {
        return None;
    };
    Some(Notice { kind, chinese, english })
}

fn place(office: &str, county: &str) -> String {
    if county.is_empty() { office.to_owned() } else { format!("{office}（{county}）") }
}

fn chinese(tag: &str) -> &str {
    Tag::parse(tag).map_or(tag, |tag| tag.chinese())
}

fn month_name(month: Month) -> String {
    format!("{}年{}月", month.year(), month.number())
}
