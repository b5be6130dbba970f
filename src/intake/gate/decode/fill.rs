//! Pages by a profile: what the file's name states fills what its rows leave empty, and a line that states several
//! categories is as many rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringArray, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;
use law::contracts::Contract;
use law::domain::{Month, clean_text};
use law::profiles::{FROM_VILLAGE, TagColumn, month_in};

use super::form::{Form, place};
use super::{Layout, Page, Source};
use crate::gate::job::Refusal;

/// Words by which a column of a category says that there is none.
const NONE: [&str; 7] = ["否", "无", "—", "-", "/", "0", "非监测对象"];

/// Words by which a category is said to have ended.
const ENDED: [&str; 6] = ["是", "已消除", "已退出", "1", "y", "true"];

/// A file, or a sheet, that is read by a profile.
pub(super) struct Formed {
    source: Box<dyn Source>,
    form: Form,
    lines: u64,
    rows: u64,
}

impl Formed {
    pub(super) fn new(source: Box<dyn Source>, form: Form) -> Self {
        Self { source, form, lines: 0, rows: 0 }
    }
}

impl Source for Formed {
    fn layout(&self) -> &Layout {
        self.source.layout()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.form.notes().to_vec();
        let layout = self.source.layout();
        let month = place(layout.contract(), "roster_month");
        if self.form.lacks_month && month.and_then(|at| layout.places.get(at)).is_some_and(Option::is_none) {
            notes.push("its name states no month: its rows are additions, and nobody's tag ends by them".to_owned());
        }
        if self.rows > self.lines {
            notes.push(format!("{} lines state more than one category: {} rows are counted", self.lines, self.rows));
        }
        notes.extend(self.source.notes());
        notes
    }

    fn is_filtered(&self) -> bool {
        self.source.is_filtered()
    }

    fn next_page(&mut self) -> Result<Option<Page>, Refusal> {
        let Some(mut page) = self.source.next_page()? else { return Ok(None) };
        self.lines += page.rows.len() as u64;
        let contract = self.source.layout().contract();
        if !self.form.profile.tags.is_empty() {
            page = by_category(page, &self.form, contract)?;
        }
        page.columns.truncate(contract.columns.len());
        fill(&mut page, &self.form);
        if self.form.profile.county_code.as_deref() == Some(FROM_VILLAGE) {
            counties_of_villages(&mut page, contract);
        }
        page.sheet.clone_from(&self.form.sheet);
        self.rows += page.rows.len() as u64;
        Ok(Some(page))
    }
}

/// Puts what is stated into the columns that the file lacks, and into their empty cells.
fn fill(page: &mut Page, form: &Form) {
    let rows = page.rows.len();
    for (at, text) in &form.stated {
        let Some(column) = page.columns.get_mut(*at) else { continue };
        let filled: StringArray = match column.as_ref().map(|cells| (cells, cells.as_string_opt::<i32>())) {
            None => StringArray::from_iter_values(std::iter::repeat_n(text, rows)),
            Some((_, Some(cells))) => {
                let own = |cell: Option<&str>| cell.filter(|cell| !clean_text(cell).is_empty()).map(str::to_owned);
                cells.iter().map(|cell| own(cell).or_else(|| Some(text.clone()))).collect()
            }
            // A typed column has its own cells.
            Some((cells, None)) if *cells.data_type() != DataType::Null => continue,
            Some(_) => StringArray::from_iter_values(std::iter::repeat_n(text, rows)),
        };
        *column = Some(Arc::new(filled));
    }
}

/// The county of a row without one is that of its village, whose code begins with the county's.
fn counties_of_villages(page: &mut Page, contract: &Contract) {
    let texts = |page: &Page, name: &str| {
        let cells = place(contract, name).and_then(|at| page.columns.get(at)?.clone());
        cells.and_then(|cells| cast(&cells, &DataType::Utf8).ok()).map(|cells| cells.as_string::<i32>().clone())
    };
    let (Some(villages), counties) = (texts(page, "village_code"), texts(page, "county_code")) else { return };
    let code = |row: usize| {
        let village = clean_text(if villages.is_valid(row) { villages.value(row) } else { "" });
        let is_code = village.len() == 12 && village.bytes().all(|byte| byte.is_ascii_digit());
        let own = counties.as_ref().filter(|own| own.is_valid(row)).map(|own| own.value(row).to_owned());
        own.or_else(|| village.get(..6).filter(|_| is_code).map(str::to_owned))
    };
    let codes: StringArray = (0..page.rows.len()).map(code).collect();
    if let Some(column) = place(contract, "county_code").and_then(|at| page.columns.get_mut(at)) {
        *column = Some(Arc::new(codes));
    }
}

/// One row per line and category that it states; a line that states none stays one row.
fn by_category(mut page: Page, form: &Form, contract: &Contract) -> Result<Page, Refusal> {
    let unreadable = |error: arrow::error::ArrowError| Refusal::new(format!("a column cannot be read: {error}"));
    let base = contract.columns.len();
    let mut texts: BTreeMap<&str, StringArray> = BTreeMap::new();
    for (name, array) in form.extras.iter().zip(page.columns.iter().skip(base)) {
        if let Some(array) = array {
            let array = cast(array, &DataType::Utf8).map_err(unreadable)?;
            texts.insert(name, array.as_string::<i32>().clone());
        }
    }
    let cells = Cells { texts, month: Months::of(&page, form, contract) };
    let mut stated = Stated::default();
    for row in 0..page.rows.len() {
        let before = stated.lines.len();
        for tag in &form.profile.tags {
            let word = cells.text(&tag.column, row);
            if word.is_empty() || NONE.contains(&word) || tag.none.iter().any(|none| none == word) {
                continue;
            }
            let from = tag.from.as_deref().map_or("", |name| cells.text(name, row));
            stated.add(row, (word, from, &cells.last_day(tag, row)), tag.additions);
        }
        if stated.lines.len() == before {
            stated.add(row, ("", "", ""), false);
        }
    }
    fill(&mut page, form);
    stated.page(page, contract).map_err(unreadable)
}

/// The cells of the columns that state categories.
struct Cells<'a> {
    texts: BTreeMap<&'a str, StringArray>,
    month: Months,
}

impl Cells<'_> {
    fn text(&self, name: &str, row: usize) -> &str {
        let texts = self.texts.get(law::contracts::comparable_header(name).as_str());
        clean_text(texts.filter(|texts| texts.is_valid(row)).map_or("", |texts| texts.value(row)))
    }

    /// The last day of a category, as text. What has ended on no stated day ended with the month before the roster's;
    /// where nobody knows that either, the word that says so is no day and rejects the row.
    fn last_day(&self, tag: &TagColumn, row: usize) -> String {
        let day = tag.to.as_deref().map_or("", |name| self.text(name, row));
        let Some(ended) = tag.ended.as_deref().map(|name| self.text(name, row)) else { return day.to_owned() };
        if !ENDED.contains(&ended.to_lowercase().as_str()) {
            return String::new();
        }
        match self.month.of_row(row) {
            _ if !day.is_empty() => day.to_owned(),
            Some(month) => month.previous().last_day().to_string(),
            None => ended.to_owned(),
        }
    }
}

/// The roster's month, by row or for all.
struct Months {
    all: Option<Month>,
    cells: Option<StringArray>,
}

impl Months {
    fn of(page: &Page, form: &Form, contract: &Contract) -> Self {
        let at = place(contract, "roster_month");
        let cells = at.and_then(|at| page.columns.get(at)?.as_ref()?.as_string_opt::<i32>().cloned());
        let all = at.and_then(|at| form.stated.get(&at)).and_then(|text| Month::parse(text).ok());
        Self { all, cells }
    }

    fn of_row(&self, row: usize) -> Option<Month> {
        let own = self.cells.as_ref().filter(|cells| cells.is_valid(row)).map(|cells| cells.value(row));
        own.and_then(|text| month_in(text).ok().flatten()).or(self.all)
    }
}

/// The rows that lines state.
#[derive(Default)]
struct Stated {
    lines: Vec<u32>,
    tags: Vec<String>,
    from: Vec<String>,
    to: Vec<String>,
    /// Whether the file names only some of those who have it.
    additions: Vec<bool>,
}

impl Stated {
    fn add(&mut self, line: usize, (tag, from, to): (&str, &str, &str), additions: bool) {
        self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        self.tags.push(tag.to_owned());
        self.from.push(from.to_owned());
        self.to.push(to.to_owned());
        self.additions.push(additions);
    }

    fn page(self, page: Page, contract: &Contract) -> Result<Page, arrow::error::ArrowError> {
        let lines = UInt32Array::from(self.lines.clone());
        let of_line = |column: Option<ArrayRef>| column.map(|cells| take(&cells, &lines, None)).transpose();
        let mut columns = page.columns.into_iter().map(of_line).collect::<Result<Vec<_>, _>>()?;
        for (name, texts) in [("tag", self.tags), ("from_date", self.from), ("to_date", self.to)] {
            if let Some(column) = place(contract, name).and_then(|at| columns.get_mut(at)) {
                *column = Some(Arc::new(StringArray::from(texts)));
            }
        }
        if self.additions.contains(&true) {
            set_additions(&mut columns, &self.additions, contract);
        }
        let line_of = |line: &u32| usize::try_from(*line).unwrap_or(usize::MAX);
        let rows = self.lines.iter().map(|line| page.rows.get(line_of(line)).copied().unwrap_or(0)).collect();
        let mut faults = Vec::new();
        for (row, line) in self.lines.iter().enumerate() {
            let of_row = page.faults.iter().filter(|(at, ..)| *at == line_of(line));
            faults.extend(of_row.map(|(_, column, code)| (row, *column, *code)));
        }
        Ok(Page { columns, rows, faults, sheet: page.sheet })
    }
}

/// Says of the rows of a part that they are one: a month makes a roster of them otherwise.
fn set_additions(columns: &mut [Option<ArrayRef>], additions: &[bool], contract: &Contract) {
    let (name, text) =
        if place(contract, "coverage").is_some() { ("coverage", "补报") } else { ("roster_month", "") };
    let Some(column) = place(contract, name).and_then(|at| columns.get_mut(at)) else { return };
    let own = column.as_ref().and_then(|cells| cells.as_string_opt::<i32>());
    let cell = |row: usize| own.filter(|cells| cells.is_valid(row)).map(|cells| cells.value(row));
    let cells = additions.iter().enumerate().map(|(row, is_part)| if *is_part { Some(text) } else { cell(row) });
    *column = Some(Arc::new(cells.collect::<StringArray>()));
}
