//! The invented people: names, ids on area codes that were never given out, homes, and the story of each.

use chrono::{Datelike, Days, NaiveDate};

use super::chance::Chance;
use super::stories::Story;

/// The invented prefecture's counties: code, name, whether an urban district. Same as `pipelines/tables/counties.csv`.
pub(super) const COUNTIES: [(&str, &str, bool); 12] = [
    ("990101", "临江区", true),
    ("990102", "望川区", true),
    ("990103", "青屏县", false),
    ("990104", "云麓县", false),
    ("990105", "石桥县", false),
    ("990106", "双溪县", false),
    ("990107", "白杨县", false),
    ("990108", "松岭县", false),
    ("990109", "沙河市", false),
    ("990110", "金滩县", false),
    ("990111", "雾岭自治县", false),
    ("990112", "远山县", false),
];

const SURNAMES: [&str; 48] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "韩", "冯", "曹", "彭", "曾", "萧", "田", "董", "潘", "袁", "蔡",
    "蒋", "余", "于", "杜", "叶", "程", "魏", "欧阳", "上官", "司马",
];
const GIVEN: [&str; 48] = [
    "伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超",
    "秀兰", "霞", "平", "刚", "桂英", "建国", "建华", "志强", "玉兰", "春梅", "海燕", "小红", "文斌", "国庆", "永福",
    "德明", "晓东", "雪梅", "子涵", "梓轩", "雨桐", "浩然", "一诺", "欣怡", "水生", "根发", "金凤", "银花", "长贵",
    "满仓",
];
const MINORITY: [&str; 6] =
    ["阿依古丽·买买提", "古丽娜尔·艾山", "扎西·多吉", "木拉提·哈力克", "卓玛·央金", "巴特尔•那仁"];
const RARE: [&str; 6] = ["王𬭎", "李㛃", "陈𬱖", "张䶮", "刘喆", "赵堃"];
const TOWNS: [&str; 10] =
    ["城关镇", "河口镇", "东坪乡", "南塘镇", "西岭乡", "北湾镇", "大洋镇", "小溪乡", "金鸡乡", "石门镇"];
const VILLAGES: [&str; 12] = [
    "前进村",
    "上林村",
    "下林村",
    "石坝村",
    "桥头村",
    "红星村",
    "竹园村",
    "水口村",
    "山口村",
    "新民村",
    "龙潭村",
    "凤凰社区",
];

/// Birth dates lie in so many days from 1931-01-01 on.
const BIRTH_DAYS: u64 = 29_200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Number from 0.
    pub(super) index: u64,
    /// What is special about this one.
    pub(super) story: Story,
    /// Place in [`COUNTIES`].
    pub(super) county: usize,
    /// Document type; 01 for almost all.
    pub(super) cert_type: &'static str,
    /// The true document number; empty for a newborn.
    pub(super) id: String,
    pub(super) name: String,
    /// 1 or 2.
    pub(super) sex: &'static str,
    pub(super) born: NaiveDate,
    pub(super) number: String,
    /// Township's place in the table.
    pub(super) town: &'static str,
    pub(super) village: &'static str,
    /// Its 12-digit code.
    pub(super) village_code: String,
}

/// The county in which a person lives; cheap, and needed before the rest.
pub(super) fn county_of(index: u64) -> usize {
    usize::try_from(index % 12).unwrap_or(0)
}

impl Person {
    /// Makes the person with that number.
    pub(super) fn new(seed: u64, index: u64) -> Self {
        let story = Story::of(index);
        let county = county_of(index);
        let mut chance = Chance::at(seed, 1, index, 0);
        // A bijection of the person's number within the county: no two people share an id.
        let slots = BIRTH_DAYS * 999;
        let slot = (index / 12).wrapping_mul(7_368_787).wrapping_add(seed % slots) % slots;
        let born = NaiveDate::from_ymd_opt(1931, 1, 1).unwrap_or_default() + Days::new(slot % BIRTH_DAYS);
        let serial = slot / BIRTH_DAYS + 1;
        let code = COUNTIES[county].0;
        // Every twentieth was born where the county has been abolished since: 9904xx.
        let area = if chance.below(20) == 0 { format!("9904{}", &code[4..]) } else { code.to_owned() };
        let (cert_type, id) = document(story, index, &area, born, serial);
        let town = chance.below(10);
        let village = chance.below(12);
        let name = match chance.below(400) {
            0..=7 => chance.pick(&MINORITY).to_owned(),
            8..=11 => chance.pick(&RARE).to_owned(),
            _ => format!("{}{}", chance.pick(&SURNAMES), chance.pick(&GIVEN)),
        };
        Self {
            index,
            story,
            county,
            cert_type,
            id,
            name,
            sex: if serial % 2 == 1 { "1" } else { "2" },
            born,
            number: format!("99{index:012}"),
            town: TOWNS[usize::try_from(town).unwrap_or(0)],
            village: VILLAGES[usize::try_from(village).unwrap_or(0)],
            village_code: format!("{code}{:03}{:03}", 100 + town, 201 + village),
        }
    }

    /// Whether the county is an urban district.
    pub(super) fn is_urban(&self) -> bool {
        COUNTIES[self.county].2
    }

    /// The number as the sender of claims writes it, which is where the dirt is.
    pub(super) fn id_as_sent(&self) -> String {
        let id = self.id.as_str();
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c);
        match self.story {
            Story::BrokenCheck => {
                let last = if id.ends_with('1') { '2' } else { '1' };
                format!("{}{last}", &id[..17])
            }
            Story::ShortId => id[..17].to_owned(),
            Story::SpreadsheetId => format!("{}.{}E+17", &id[..1], &id[1..6]),
            Story::MissingId => String::new(),
            Story::FullWidthId => id.chars().map(wide).collect(),
            Story::SpacedId => format!(" {} {} {}", &id[..6], &id[6..14], &id[14..]),
            Story::TabbedId => format!("{id}\t"),
            Story::FifteenDigits if self.born.year() < 2000 => format!("{}{}", &id[..6], &id[8..17]),
            Story::LeadingG | Story::FifteenDigits => format!("G{id}"),
            _ if id.ends_with('X') && self.index % 20 < 4 => id.to_lowercase(),
            _ => id.to_owned(),
        }
    }
}

/// The document that the person holds.
fn document(story: Story, index: u64, area: &str, born: NaiveDate, serial: u64) -> (&'static str, String) {
    match story {
        Story::HongKong => ("04", format!("H{index:08}")),
        Story::Passport => ("08", format!("E{index:08}")),
        Story::ResidencePermit => ("17", with_check(&format!("830000{:08}{serial:03}", day_number(born)))),
        Story::Newborn => ("99", String::new()),
        _ => ("01", with_check(&format!("{area}{:08}{serial:03}", day_number(born)))),
    }
}

/// A day as the number that its eight digits make.
fn day_number(day: NaiveDate) -> u32 {
    day.year().unsigned_abs() * 10_000 + day.month() * 100 + day.day()
}

/// Adds the check character of GB 11643.
fn with_check(digits: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    format!("{digits}{}", char::from(check))
}

/// Whether a tag can be someone's: the register knows the person and does not leave the question open.
pub(super) fn may_have_tags(index: u64) -> bool {
    !matches!(Story::of(index), Story::Newborn | Story::RuralUnknown) && !COUNTIES[county_of(index)].2
}
