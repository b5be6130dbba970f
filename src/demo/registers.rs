//! All feeds but claims: the person register, the two offices' rosters, the income figures, later payments.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, TimestampMillisecondArray};
use chrono::Days;
use law::domain::Fen;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::chance::Chance;
use super::claims::{MONTHS, Year};
use super::people::{COUNTIES, Person};
use super::rosters::Office;
use super::stories::{Fate, Story};
use super::{DemoError, DemoFile, DemoOptions, DemoSummary, applications, write_text};

/// One of the other feeds' senders.
pub(super) enum Register {
    Residents,
    Roster(Office),
    Income,
    Adjustments,
    Applications,
}

/// The rows of the income file: indicator, place, year, yuan, release, published, source.
const INCOME: &str = "指标,区划代码,年份,数值,版次,发布日期,来源\r\n\
    rural_disposable_income,990000,2024,26722.00,1,2025-02-11,演示省2024年国民经济和社会发展统计公报(虚构)\r\n\
    rural_disposable_income,990000,2025,28100.00,1,2026-01-28,演示省2025年居民收入快报(虚构)\r\n\
    rural_disposable_income,990000,2025,28134.00,2,2026-03-05,演示省2025年居民收入更正公告(虚构)\r\n\
    disposable_income,990000,2025,47860.00,1,2026-01-28,演示省2025年居民收入快报(虚构)\r\n";

/// People whose claims get later payments, at most.
const ADJUSTED_PEOPLE: u64 = 200_000;

impl Register {
    pub(super) const ALL: [Self; 6] = [
        Self::Residents,
        Self::Roster(Office::RuralAffairs),
        Self::Roster(Office::CivilAffairs),
        Self::Income,
        Self::Adjustments,
        Self::Applications,
    ];

    pub(super) fn write(
        &self,
        options: &DemoOptions,
        is_large: bool,
        landing: &Path,
    ) -> Result<DemoSummary, DemoError> {
        let files = match self {
            Self::Residents => vec![residents(options, landing)?],
            Self::Roster(office) => office.write(options, is_large, landing)?,
            Self::Income => {
                let name = "income/income-2026.csv".to_owned();
                write_text(&landing.join(&name), INCOME)?;
                vec![DemoFile { path: name, rows: 4 }]
            }
            Self::Adjustments => vec![adjustments(options, landing)?],
            Self::Applications => applications::write(options, is_large, landing)?,
        };
        Ok(DemoSummary { files, ..DemoSummary::default() })
    }
}

const RESIDENT_TEXTS: [&str; 15] = [
    "certno",
    "psn_cert_type",
    "psn_no",
    "psn_name",
    "gend",
    "tel",
    "county",
    "town",
    "village",
    "emp_no",
    "城乡分类代码",
    "resd_natu",
    "is_rural",
    "surv_stas",
    "insutype",
];

/// The register: one row per person, two for some.
fn residents(options: &DemoOptions, landing: &Path) -> Result<DemoFile, DemoError> {
    let name = "residents/residents-2026-10.parquet".to_owned();
    let path = landing.join(&name);
    let failed = DemoError::at(&path);
    let mut writer: Option<ArrowWriter<File>> = None;
    let mut rows = 0;
    let mut from = 0;
    while from < options.persons {
        let to = (from + 8192).min(options.persons);
        let mut texts: Vec<Vec<Option<String>>> = vec![Vec::new(); RESIDENT_TEXTS.len()];
        let (mut born, mut updated) = (Vec::new(), Vec::new());
        for person in (from..to).map(|index| Person::new(options.seed, index)) {
            for (cells, moment) in resident_rows(options.seed, &person) {
                for (column, cell) in texts.iter_mut().zip(cells) {
                    column.push(Some(cell).filter(|cell| !cell.is_empty()));
                }
                born.push(person.born.to_epoch_days());
                updated.push(moment);
                rows += 1;
            }
        }
        from = to;
        let text = |column: Vec<Option<String>>| Arc::new(StringArray::from(column)) as ArrayRef;
        let mut columns: Vec<(&str, ArrayRef)> =
            RESIDENT_TEXTS.iter().copied().zip(texts.into_iter().map(text)).collect();
        columns.push(("brdy", Arc::new(Date32Array::from(born))));
        columns.push(("updt_time", Arc::new(TimestampMillisecondArray::from(updated))));
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).map_err(DemoError::at(&path))?;
        let open = if let Some(open) = writer.take() {
            open
        } else {
            let file = File::create(&path).map_err(DemoError::at(&path))?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_max_row_group_row_count(Some(131_072))
                .build();
            ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(&failed)?
        };
        writer.insert(open).write(&batch).map_err(&failed)?;
    }
    if let Some(writer) = writer {
        writer.close().map_err(&failed)?;
    }
    Ok(DemoFile { path: name, rows })
}

/// A person's rows in the register: cells and update time in milliseconds.
fn resident_rows(seed: u64, person: &Person) -> Vec<([String; 15], i64)> {
    const UPDATED: i64 = 1_791_158_400_000;
    if person.story == Story::Newborn {
        return Vec::new();
    }
    let (class, household, is_rural) = rural_cells(seed, person);
    let county = if person.story == Story::Moved { (person.county + 5) % 12 } else { person.county };
    let employee = Year::of(seed, person.index).is_employee();
    let cells = |name: &str, phone: u64| {
        let cells: [&str; 15] = [
            &person.id,
            person.cert_type,
            &person.number,
            name,
            person.sex,
            &format!("199{:08}", phone % 100_000_000),
            COUNTIES[county].0,
            person.town,
            person.village,
            &person.village_code,
            class,
            household,
            is_rural,
            if person.story == Story::Died { "2" } else { "1" },
            if employee { "310" } else { "390" },
        ];
        cells.map(str::to_owned)
    };
    let mut rows = vec![(cells(&person.name, person.index), UPDATED)];
    if person.story == Story::TwoNames {
        rows.push((cells("周吴郑王", person.index), UPDATED));
    } else if person.index % 100 == 1 {
        rows.push((cells(&person.name, person.index + 7), UPDATED - 31_536_000_000));
    }
    rows
}

/// Class of the village, household type and the register's own word on whether the person is rural.
fn rural_cells(seed: u64, person: &Person) -> (&'static str, &'static str, &'static str) {
    match (person.story, person.is_urban()) {
        (Story::RuralUnknown, _) => ("", "50", ""),
        (Story::ExactlyTwice, _) => ("220", "50", "1"),
        (_, true) => ("111", "10", ""),
        (_, false) => match Chance::at(seed, 6, person.index, 0).below(10) {
            0..=3 => ("", "50", "1"),
            4..=6 => ("220", "50", ""),
            7 | 8 => ("", "20", ""),
            _ => ("121", "50", ""),
        },
    }
}

/// Later payments: one per adjusted claim, and one for a claim that does not exist.
fn adjustments(options: &DemoOptions, landing: &Path) -> Result<DemoFile, DemoError> {
    use std::fmt::Write as _;
    let name = "adjustments/adjustments-2026-10.csv".to_owned();
    let mut text = "报销编号,结算ID,身份证号,证件类型,金额,支付方,支付日期\r\n".to_owned();
    text.push_str("A0,C2026010000000000999,,01,10.00,商业保险,2026-09-01\r\n");
    let mut rows = 1;
    for index in 0..options.persons.min(ADJUSTED_PEOPLE) {
        let (year, mut person) = (Year::of(options.seed, index), None);
        for month in 0..MONTHS {
            year.rows_in(month, |row| {
                if row.trap != Fate::Adjusted.name() {
                    return;
                }
                let person = person.get_or_insert_with(|| Person::new(options.seed, index));
                let payer = ["二次报销", "医疗救助", "临时救助"][usize::try_from(index % 3).unwrap_or(0)];
                let (claim, id, kind) = (row.claim_id(person, 'C'), &person.id, person.cert_type);
                let (amount, paid) = (Fen(row.amounts.personal / 5), row.settled + Days::new(3));
                let _ = write!(text, "A{rows},{claim},{id},{kind},{amount},{payer},{paid}\r\n");
                rows += 1;
            });
        }
    }
    write_text(&landing.join(&name), &text)?;
    Ok(DemoFile { path: name, rows })
}
