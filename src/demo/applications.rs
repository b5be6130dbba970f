//! Applications for medical assistance: households of the demo's people, what they declare, and what goes wrong
//! with applications. Two files: a table of January to September, and October's, with corrections of earlier ones.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{Days, NaiveDate};
use law::domain::Fen;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::chance::Chance;
use super::people::{COUNTIES, Person};
use super::stories::Story;
use super::{DemoError, DemoFile, DemoOptions, write_text};

const HEADER: [&str; 11] = [
    "申请编号",
    "申请日期",
    "姓名",
    "身份证号码",
    "证件类型",
    "是否申请人",
    "家庭年可支配收入",
    "家庭财产",
    "其他刚性支出",
    "县区代码",
    "更新时间",
];

/// So many neighbours (people of one county with numbers next to each other) can make a household.
const NEIGHBOURS: u64 = 5;
/// People among whom households apply, at most.
const APPLYING_PEOPLE: u64 = 200_000;
/// Assets up to which a household may be helped, where a rule asks for 50,000 yuan.
const ASSETS_LIMIT: i64 = 5_000_000;

/// What is special about an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Plain,
    /// The income is left open.
    IncomeUnknown,
    NoIncome,
    /// The assets are left open.
    AssetsUnknown,
    /// Assets of exactly the limit.
    AssetsAtLimit,
    /// One fen more.
    AssetsOverLimit,
    /// School fees on top of the medical costs.
    SchoolFees,
    /// The amounts stand on every member's row.
    Repeated,
    /// Made in December of the year before.
    LastYear,
    /// Made again in October, with less income: the latest counts.
    Again,
    /// Two members say that they apply; corrected in October.
    TwoApplicants,
    /// Nobody says so: it waits.
    NoApplicant,
    /// An income below nothing: that row is rejected.
    NegativeIncome,
    /// The applicant's row comes without the application's number.
    NoNumber,
    /// Corrected in October: another income.
    Corrected,
    /// Sent again in October as it was.
    SentTwice,
}

impl Case {
    const SPECIAL: [Self; 15] = [
        Self::IncomeUnknown,
        Self::NoIncome,
        Self::AssetsUnknown,
        Self::AssetsAtLimit,
        Self::AssetsOverLimit,
        Self::SchoolFees,
        Self::Repeated,
        Self::LastYear,
        Self::Again,
        Self::TwoApplicants,
        Self::NoApplicant,
        Self::NegativeIncome,
        Self::NoNumber,
        Self::Corrected,
        Self::SentTwice,
    ];

    /// Whether October's file has something to say about an earlier application.
    const fn comes_back(self) -> bool {
        matches!(self, Self::Again | Self::TwoApplicants | Self::Corrected | Self::SentTwice)
    }
}

/// One applying household; the first of its people applies.
struct Household {
    number: u64,
    people: Vec<Person>,
    made: NaiveDate,
    case: Case,
    income: Fen,
    assets: Fen,
    school_fees: Fen,
}

impl Household {
    /// The household with that number, if its people apply.
    fn of(seed: u64, number: u64) -> Option<Self> {
        let mut chance = Chance::at(seed, 9, number, 0);
        let first = number / 12 * 12 * NEIGHBOURS + number % 12;
        let mut members: Vec<u64> = (0..NEIGHBOURS).map(|neighbour| first + 12 * neighbour).collect();
        // Who bears much applies; the others hardly ever.
        let burdened = members.iter().position(|index| Story::of(*index) == Story::OverTwice);
        if chance.below(20) >= if burdened.is_some() { 10 } else { 1 } {
            return None;
        }
        members.swap(0, burdened.unwrap_or(0));
        members.truncate(usize::try_from(1 + chance.below(NEIGHBOURS)).unwrap_or(1));
        let people = members.into_iter().map(|index| Person::new(seed, index));
        let people: Vec<Person> = people.filter(|person| !person.id.is_empty()).collect();
        let draw = usize::try_from(chance.below(45)).unwrap_or(0);
        let case = Case::SPECIAL.get(draw).copied().unwrap_or(Case::Plain);
        let made = match case {
            Case::LastYear => NaiveDate::from_ymd_opt(2025, 12, 19),
            // What October's file corrects was made before.
            case if case.comes_back() => first_of_year().checked_add_days(Days::new(31 + chance.below(200))),
            _ => first_of_year().checked_add_days(Days::new(31 + chance.below(273))),
        };
        Some(Self {
            number,
            made: made.unwrap_or_default(),
            case,
            income: Fen(chance.skewed(4_200_000) / 100 * 100),
            assets: match case {
                Case::AssetsAtLimit => Fen(ASSETS_LIMIT),
                Case::AssetsOverLimit => Fen(ASSETS_LIMIT + 1),
                _ => Fen(chance.skewed(2_000_000) / 100 * 100),
            },
            school_fees: Fen(if case == Case::SchoolFees { 1_200_000 } else { 0 }),
            people,
        })
        .filter(|household| !household.people.is_empty())
    }

    /// Its rows as they stood when it was made.
    fn rows(&self) -> Vec<[String; 11]> {
        let row = |at: usize, person: &Person| {
            let applies = match self.case {
                Case::NoApplicant => false,
                Case::TwoApplicants => at < 2,
                _ => at == 0,
            };
            let states = at == 0 || self.case == Case::Repeated;
            let amount =
                |amount: Fen, is_known: bool| if states && is_known { amount.to_string() } else { String::new() };
            let income = match self.case {
                Case::NoIncome => Fen(0),
                Case::NegativeIncome => Fen(-self.income.0),
                _ => self.income,
            };
            [
                if self.case == Case::NoNumber && at == 0 { String::new() } else { self.id('1') },
                self.made.to_string(),
                person.name.clone(),
                person.id.clone(),
                person.cert_type.to_owned(),
                if applies { "是" } else { "否" }.to_owned(),
                amount(income, self.case != Case::IncomeUnknown),
                amount(self.assets, self.case != Case::AssetsUnknown),
                amount(self.school_fees, true),
                COUNTIES[person.county].0.to_owned(),
                format!("{} 09:30:00", self.made),
            ]
        };
        self.people.iter().enumerate().map(|(at, person)| row(at, person)).collect()
    }

    /// What October's file says about it.
    fn rows_of_october(&self) -> Vec<[String; 11]> {
        const CORRECTED: &str = "2026-10-14 16:00:00";
        let mut rows = self.rows();
        match self.case {
            Case::SentTwice => {}
            Case::Corrected => {
                rows.truncate(1);
                rows.iter_mut().for_each(|row| {
                    row[6] = Fen(self.income.0 / 2).to_string();
                    CORRECTED.clone_into(&mut row[10]);
                });
            }
            Case::TwoApplicants => {
                rows.drain(..1);
                rows.truncate(1);
                rows.iter_mut().for_each(|row| {
                    "否".clone_into(&mut row[5]);
                    CORRECTED.clone_into(&mut row[10]);
                });
            }
            Case::Again => rows.iter_mut().enumerate().for_each(|(at, row)| {
                row[0] = self.id('2');
                "2026-10-20".clone_into(&mut row[1]);
                if at == 0 {
                    row[6] = Fen(self.income.0 / 3).to_string();
                }
                "2026-10-20 10:00:00".clone_into(&mut row[10]);
            }),
            _ => rows.clear(),
        }
        rows
    }

    fn id(&self, which: char) -> String {
        format!("SQ2026{:08}{which}", self.number)
    }
}

fn first_of_year() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

pub(super) fn write(options: &DemoOptions, is_large: bool, landing: &Path) -> Result<Vec<DemoFile>, DemoError> {
    let october = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap_or_default();
    let households = options.persons.min(APPLYING_PEOPLE) / NEIGHBOURS;
    // Whole blocks of neighbours only, so that all people of a household are there.
    let households = (0..households / 12 * 12).filter_map(|number| Household::of(options.seed, number));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for household in households {
        if household.made < october {
            before.extend(household.rows());
            after.extend(household.rows_of_october());
        } else {
            after.extend(household.rows());
        }
    }
    let name = "applications/applications-2026-09.csv".to_owned();
    write_text(&landing.join(&name), &table(&before))?;
    let mut files = vec![DemoFile { path: name, rows: before.len() as u64 }];
    let kind = if is_large { "csv" } else { "xlsx" };
    let name = format!("applications/applications-2026-10.{kind}");
    let path = landing.join(&name);
    if is_large {
        write_text(&path, &table(&after))?;
    } else {
        let book = workbook(&after).and_then(|mut book| book.save(&path));
        book.map_err(DemoError::at(&path))?;
    }
    files.push(DemoFile { path: name, rows: after.len() as u64 });
    Ok(files)
}

fn table(rows: &[[String; 11]]) -> String {
    let mut text = format!("\u{feff}{}\r\n", HEADER.join(","));
    for row in rows {
        let _ = write!(text, "{}\r\n", row.join(","));
    }
    text
}

/// As an office types it: a title, the header, everything as text. Fixed times, so that its bytes are too.
fn workbook(rows: &[[String; 11]]) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 11, 2)?));
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "依申请医疗救助申请表(2026年10月,虚构)")?;
    for (column, name) in (0..).zip(HEADER) {
        sheet.write(1, column, name)?;
    }
    for (line, row) in (2..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write(line, column, cell)?;
        }
    }
    Ok(book)
}
