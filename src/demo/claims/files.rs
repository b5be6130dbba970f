//! Writing claims as offices send them: Parquet with the national table's names, CSV in GB18030, CSV with the interface's names.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal64Array, RecordBatch, StringBuilder, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use chrono::{Datelike, NaiveDate};
use law::domain::Fen;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{MONEY, Row};
use crate::DemoError;
use crate::people::{COUNTIES, Person};
use crate::stories::Story;

/// The text columns: the national table's names and the interface's.
const TEXTS: [(&str, &str); 19] = [
    ("SETL_ID", "setl_id"),
    ("MDTRT_ID", "mdtrt_id"),
    ("INIT_SETL_ID", "init_setl_id"),
    ("PSN_NO", "psn_no"),
    ("PSN_CERT_TYPE", "psn_cert_type"),
    ("CERTNO", "certno"),
    ("PSN_NAME", "psn_name"),
    ("PSN_TYPE", "psn_type"),
    ("NWB_FLAG", "nwb_flag"),
    ("INSUTYPE", "insutype"),
    ("MED_TYPE", "med_type"),
    ("SETL_TYPE", "setl_type"),
    ("PAY_LOC", "pay_loc"),
    ("INSU_ADMDVS", "insuplc_admdvs"),
    ("EMP_NO", "emp_no"),
    ("YEAR", "year"),
    ("REFD_SETL_FLAG", "refd_setl_flag"),
    ("VALI_FLAG", "vali_flag"),
    ("MANL_REIM_REA", "manl_reim_rea"),
];
const TIMES: [(&str, &str); 4] =
    [("BEGNDATE", "begndate"), ("ENDDATE", "enddate"), ("SETL_TIME", "setl_time"), ("UPDT_TIME", "updt_time")];
/// Columns in which almost every value is another one: a dictionary would only cost time.
const DISTINCT: [&str; 15] = [
    "SETL_ID",
    "MDTRT_ID",
    "PSN_NO",
    "CERTNO",
    "MEDFEE_SUMAMT",
    "INSCP_AMT",
    "PSN_PAY",
    "CASH_PAYAMT",
    "SETL_TIME",
    "UPDT_TIME",
    "INIT_SETL_ID",
    "FUND_PAY_SUMAMT",
    "HIFP_PAY",
    "FULAMT_OWNPAY_AMT",
    "ACCT_PAY",
];
/// Rows per batch and per row group.
const BATCH: usize = 8192;
const ROW_GROUP: usize = 131_072;

/// A person as claims show them.
pub(crate) struct Face {
    pub(crate) person: Person,
    id: String,
}

impl Face {
    pub(crate) fn of(person: Person) -> Self {
        let id = person.id_as_sent();
        Self { person, id }
    }

    /// Whether the id is written with a small x.
    pub(crate) fn has_lower_x(&self) -> bool {
        self.id.ends_with('x')
    }
}

/// A claims file being written.
pub(crate) enum ClaimFile {
    Parquet(Box<ParquetClaims>),
    Csv(Box<CsvClaims>),
}

/// How a claims file looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Parquet,
    Gb18030,
    Interface,
}

impl ClaimFile {
    pub(crate) fn create(path: &Path, look: Look) -> Result<Self, DemoError> {
        let file = File::create(path).map_err(DemoError::at(path))?;
        Ok(match look {
            Look::Parquet => Self::Parquet(Box::new(ParquetClaims::new(file, path)?)),
            Look::Gb18030 | Look::Interface => Self::Csv(Box::new(CsvClaims::new(file, path, look)?)),
        })
    }

    pub(crate) fn write(&mut self, face: &Face, row: &Row) -> Result<(), DemoError> {
        match self {
            Self::Parquet(file) => file.write(face, row),
            Self::Csv(file) => file.write(face, row),
        }
    }

    pub(crate) fn finish(self) -> Result<(), DemoError> {
        match self {
            Self::Parquet(file) => file.finish(),
            Self::Csv(mut file) => file.out.flush().map_err(DemoError::at(&file.path)),
        }
    }
}

/// Shows each text cell of a row in order.
#[inline]
fn each_text(face: &Face, row: &Row, mut show: impl FnMut(usize, &str)) {
    let Face { person, id } = face;
    let claim_id = row.claim_id(person, row.kind);
    let original = if row.kind == 'R' { row.claim_id(person, 'C') } else { String::new() };
    let is_newborn = person.story == Story::Newborn;
    let is_missing = person.story == Story::MissingId && row.claim.item != 0;
    let person_type = match row.claim.insurance {
        _ if is_newborn => "1401",
        "310" => "11",
        _ => "15",
    };
    let by_hand = row.claim.by_hand;
    let year = if row.claim.settled.year() == 2025 { "2025" } else { "2026" };
    let cells: [&str; 19] = [
        &claim_id,
        &claim_id[1..],
        &original,
        &person.number,
        person.cert_type,
        if is_missing { &person.id } else { id },
        &person.name,
        person_type,
        if is_newborn { "1" } else { "0" },
        row.claim.insurance,
        row.claim.care,
        if row.kind == 'S' || by_hand { "1" } else { "2" },
        if by_hand { "1" } else { "2" },
        COUNTIES[person.county].0,
        &person.village_code,
        year,
        if row.is_refunded { "1" } else { "0" },
        if row.is_valid { "1" } else { "0" },
        if row.kind == 'S' { "08" } else { "" },
    ];
    cells.iter().enumerate().for_each(|(at, cell)| show(at, cell));
}

fn text_column() -> StringBuilder {
    StringBuilder::with_capacity(BATCH, BATCH * 20)
}

fn epoch_day(day: NaiveDate) -> i32 {
    day.to_epoch_days()
}

/// A Parquet file of claims.
pub(crate) struct ParquetClaims {
    writer: ArrowWriter<File>,
    path: std::path::PathBuf,
    schema: Arc<Schema>,
    texts: Vec<StringBuilder>,
    days: [Vec<i32>; 2],
    moments: [Vec<i64>; 2],
    money: Vec<Vec<i64>>,
}

impl ParquetClaims {
    fn new(file: File, path: &Path) -> Result<Self, DemoError> {
        let text = TEXTS.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true));
        let times = TIMES.iter().enumerate().map(|(at, (name, _))| {
            let kind = if at < 2 { DataType::Date32 } else { DataType::Timestamp(TimeUnit::Millisecond, None) };
            Field::new(*name, kind, true)
        });
        let money = MONEY.iter().map(|(name, _)| Field::new(*name, DataType::Decimal64(16, 2), true));
        let schema = Arc::new(Schema::new(text.chain(times).chain(money).collect::<Vec<_>>()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(Some(ROW_GROUP));
        for name in DISTINCT {
            properties = properties.set_column_dictionary_enabled(name.into(), false);
        }
        // Without Arrow's own schema the file looks as any other tool's: DECIMAL(16,2) and nothing more.
        let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options).map_err(DemoError::at(path))?;
        Ok(Self {
            writer,
            path: path.to_owned(),
            schema,
            texts: TEXTS.iter().map(|_| text_column()).collect(),
            days: [Vec::new(), Vec::new()],
            moments: [Vec::new(), Vec::new()],
            money: MONEY.iter().map(|_| Vec::with_capacity(BATCH)).collect(),
        })
    }

    fn write(&mut self, face: &Face, row: &Row) -> Result<(), DemoError> {
        let texts = &mut self.texts;
        each_text(
            face,
            row,
            |at, cell| if cell.is_empty() { texts[at].append_null() } else { texts[at].append_value(cell) },
        );
        self.days[0].push(epoch_day(row.claim.begin));
        self.days[1].push(epoch_day(row.claim.settled));
        for (column, day) in self.moments.iter_mut().zip([row.settled, row.updated]) {
            column.push((i64::from(epoch_day(day)) * 86_400 + row.claim.second) * 1000);
        }
        for (column, fen) in self.money.iter_mut().zip(row.money(&face.person)) {
            column.push(fen);
        }
        if self.days[0].len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DemoError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(TEXTS.len() + TIMES.len() + MONEY.len());
        columns.extend(
            self.texts.iter_mut().map(|column| Arc::new(std::mem::replace(column, text_column()).finish()) as ArrayRef),
        );
        columns.extend(self.days.iter_mut().map(|c| Arc::new(Date32Array::from(std::mem::take(c))) as ArrayRef));
        let moment = |c: &mut Vec<i64>| Arc::new(TimestampMillisecondArray::from(std::mem::take(c))) as ArrayRef;
        columns.extend(self.moments.iter_mut().map(moment));
        for column in &mut self.money {
            let fen = std::mem::replace(column, Vec::with_capacity(BATCH));
            let array = Decimal64Array::from(fen).with_precision_and_scale(16, 2);
            columns.push(Arc::new(array.map_err(DemoError::at(&self.path))?));
        }
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(DemoError::at(&self.path))?;
        self.writer.write(&batch).map_err(DemoError::at(&self.path))
    }

    fn finish(mut self: Box<Self>) -> Result<(), DemoError> {
        self.flush()?;
        self.writer.close().map(|_| ()).map_err(DemoError::at(&self.path))
    }
}

/// A CSV file of claims.
pub(crate) struct CsvClaims {
    out: BufWriter<File>,
    path: std::path::PathBuf,
    look: Look,
    line: String,
}

impl CsvClaims {
    fn new(file: File, path: &Path, look: Look) -> Result<Self, DemoError> {
        let mut csv = Self { out: BufWriter::new(file), path: path.to_owned(), look, line: String::new() };
        let names = TEXTS.iter().chain(&TIMES).chain(&MONEY);
        let names: Vec<&str> = names.map(|(table, api)| if look == Look::Gb18030 { *table } else { *api }).collect();
        if look == Look::Interface {
            csv.line.push('\u{feff}');
        }
        csv.line.push_str(&names.join(","));
        csv.end_line()?;
        Ok(csv)
    }

    fn end_line(&mut self) -> Result<(), DemoError> {
        self.line.push_str("\r\n");
        let written = if self.look == Look::Gb18030 {
            self.out.write_all(&encoding_rs::GB18030.encode(&self.line).0)
        } else {
            self.out.write_all(self.line.as_bytes())
        };
        self.line.clear();
        written.map_err(DemoError::at(&self.path))
    }

    fn write(&mut self, face: &Face, row: &Row) -> Result<(), DemoError> {
        use std::fmt::Write as _;
        let line = &mut self.line;
        each_text(face, row, |_, cell| {
            line.push_str(cell);
            line.push(',');
        });
        let (hour, minute, second) = (row.claim.second / 3600, row.claim.second / 60 % 60, row.claim.second % 60);
        let _ = write!(line, "{},{}", row.claim.begin, row.claim.settled);
        for day in [row.settled, row.updated] {
            let _ = write!(line, ",{day} {hour:02}:{minute:02}:{second:02}");
        }
        let finer = face.person.story == Story::ThreeDecimals && row.is_faulty(&face.person);
        for (at, fen) in row.money(&face.person).into_iter().enumerate() {
            let _ = write!(line, ",{}{}", Fen(fen), if finer && at == 13 { "5" } else { "" });
        }
        self.end_line()
    }
}
