//! How one file is written: the profile that its name fits, and what its name states by that profile.

use std::collections::{BTreeMap, BTreeSet};

use law::contracts::{Contract, comparable_header};
use law::domain::Month;
use law::profiles::{
    FROM_NAME, FROM_SHEET, FROM_VILLAGE, IGNORED, Profile, TagColumn, TwoMonths, month_in, office_in, words_in,
};

use crate::gate::job::{GateJob, Refusal};

/// The form of one file, or of one sheet.
#[derive(Debug, Clone, Default)]
pub(in crate::gate) struct Form {
    pub(super) profile: Profile,
    /// Texts that the file's name or the profile states, by place of the contract's column.
    pub(super) stated: BTreeMap<usize, String>,
    /// Comparable names of columns that the contract lacks and the profile reads.
    pub(super) extras: Vec<String>,
    /// The sender's names of columns, comparable; `None`: nobody reads it.
    columns: BTreeMap<String, Option<usize>>,
    /// Comparable names of columns that the settings ignore, unless the contract reads them.
    ignored: BTreeSet<String>,
    /// The sheet's name, where a workbook has several.
    pub(super) sheet: Option<String>,
    notes: Vec<String>,
    /// The name should state a month and does not.
    pub(super) lacks_month: bool,
}

/// What a header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Place of the contract's column.
    Column(usize),
    /// Place among the extras.
    Extra(usize),
    Unread,
    Unknown,
}

impl Form {
    /// The forms that a job's file may have by its name, the likeliest first; the last is that of the contract.
    pub(super) fn candidates(job: &GateJob) -> Vec<Result<Self, Refusal>> {
        let name = job.input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ignored = job.ignore_columns.iter().map(|name| comparable_header(name)).collect();
        let plain = Self { ignored, ..Self::default() };
        // The ending is no part of what people say by a name.
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let fitting = job.profiles.of(&name).into_iter();
        let mut forms: Vec<_> = fitting.map(|fit| plain.clone().by_profile(job, fit, stem)).collect();
        forms.push(Ok(plain));
        forms
    }

    fn by_profile(mut self, job: &GateJob, (profile, pattern): (&Profile, &str), stem: &str) -> Result<Self, Refusal> {
        let contract = job.feed.contract();
        self.profile = profile.clone();
        self.columns.extend(profile.ignore_columns.iter().map(|name| (comparable_header(name), None)));
        for (name, column) in &profile.columns {
            let place = (column != IGNORED).then(|| place(contract, column)).flatten();
            self.columns.insert(comparable_header(name), place);
        }
        for column in profile.tags.iter().flat_map(TagColumn::columns).map(comparable_header) {
            if !self.extras.contains(&column) {
                self.extras.push(column);
            }
        }
        self.state(job, stem)?;
        let said = self.says(contract);
        self.notes.insert(0, format!("read by the profile {pattern:?} of pipelines/feeds/{}.toml{said}", job.feed));
        Ok(self)
    }

    /// The same for one of several sheets.
    pub(super) fn of_sheet(&self, name: &str, job: &GateJob) -> Result<Self, Refusal> {
        let mut form = Self { sheet: Some(name.to_owned()), notes: Vec::new(), ..self.clone() };
        if self.profile.tag.as_deref() == Some(FROM_SHEET) {
            form.put(job.feed.contract(), "tag", tag_in(job, name, "the sheet's name")?);
        }
        Ok(form)
    }

    /// Reads what the profile and the name state.
    fn state(&mut self, job: &GateJob, name: &str) -> Result<(), Refusal> {
        let (contract, profile) = (job.feed.contract(), self.profile.clone());
        let from_name = |value: &Option<String>| value.as_deref() == Some(FROM_NAME);
        let own = |value: Option<String>| {
            value.filter(|value| !matches!(value.as_str(), FROM_NAME | FROM_SHEET | FROM_VILLAGE))
        };
        let tag = if from_name(&profile.tag) { tag_in(job, name, "the file's name")? } else { own(profile.tag) };
        self.put(contract, "tag", tag);
        let office = if from_name(&profile.source_office) { office_in(name) } else { own(profile.source_office) };
        self.put(contract, "source_office", office.or(profile.default_office));
        let county = if from_name(&profile.county_code) { county_in(job, name)? } else { own(profile.county_code) };
        self.put(contract, "county_code", county);
        self.put(contract, "coverage", profile.coverage);
        let month = if from_name(&profile.month) {
            let month = month_in(name).map_err(|TwoMonths(first, second)| {
                Refusal::new(format!("its name states two months, {first} and {second}; name it after one"))
            })?;
            self.lacks_month = month.is_none();
            month.as_ref().map(Month::to_string)
        } else {
            own(profile.month)
        };
        self.put(contract, "roster_month", month);
        Ok(())
    }

    fn put(&mut self, contract: &Contract, column: &str, text: Option<String>) {
        if let (Some(place), Some(text)) = (place(contract, column), text) {
            self.stated.insert(place, text);
        }
    }

    fn says(&self, contract: &Contract) -> String {
        let said =
            self.stated.iter().filter_map(|(at, text)| Some(format!("{} {text}", contract.columns.get(*at)?.name)));
        let said: Vec<String> = said.collect();
        if said.is_empty() { String::new() } else { format!(", which states {}", said.join(", ")) }
    }

    /// Whether a column's cells need not come from the file.
    pub(super) fn states(&self, contract: &Contract, column: usize) -> bool {
        let by_others = match contract.columns.get(column).map(|column| column.name) {
            // Each of several sheets states its own.
            Some("tag") => !self.profile.tags.is_empty() || self.profile.tag.as_deref() == Some(FROM_SHEET),
            Some("county_code") => self.profile.county_code.as_deref() == Some(FROM_VILLAGE),
            _ => false,
        };
        by_others || self.stated.contains_key(&column)
    }

    /// What a header of the file is.
    pub(super) fn named(&self, contract: &Contract, header: &str) -> Named {
        let name = comparable_header(header);
        if let Some(at) = self.extras.iter().position(|extra| *extra == name) {
            return Named::Extra(at);
        }
        match self.columns.get(&name) {
            Some(Some(column)) => return Named::Column(*column),
            Some(None) => return Named::Unread,
            None => {}
        }
        match contract.column_called(header).and_then(|column| place(contract, column.name)) {
            Some(at) => Named::Column(at),
            None if contract.tolerates(header) || self.ignored.contains(&name) => Named::Unread,
            None => Named::Unknown,
        }
    }

    /// How many of these headers are read.
    pub(super) fn recognised(&self, contract: &Contract, headers: &[String]) -> usize {
        let is_read = |header: &&String| matches!(self.named(contract, header), Named::Column(_) | Named::Extra(_));
        headers.iter().filter(is_read).count()
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Place of a column in its contract.
pub(super) fn place(contract: &Contract, name: &str) -> Option<usize> {
    contract.columns.iter().position(|column| column.name == name)
}

fn tag_in(job: &GateJob, name: &str, what: &str) -> Result<Option<String>, Refusal> {
    let aliases = job
        .aliases()
        .map_err(|(row, error)| Refusal::new(format!("pipelines/tables/tag_aliases.csv, row {row}: {error}")))?;
    let tags = words_in(name, aliases.words());
    match tags.as_slice() {
        [] => Ok(None),
        [tag] => Ok(Some(tag.chinese().to_owned())),
        [first, second, ..] => Err(Refusal::new(format!(
            "{what} states two categories, {} and {}; state one, or name the category of each row",
            first.chinese(),
            second.chinese()
        ))),
    }
}

fn county_in(job: &GateJob, name: &str) -> Result<Option<String>, Refusal> {
    let counties = job.counted.county_names.iter().map(|(name, code)| (name.as_str(), code.as_str()));
    match words_in(name, counties).as_slice() {
        [] => Ok(None),
        [code] => Ok(Some((*code).to_owned())),
        [first, second, ..] => {
            Err(Refusal::new(format!("its name states two counties, {first} and {second}; send a file for each")))
        }
    }
}
