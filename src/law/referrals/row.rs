//! One row of the mart, and one person on a list.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Delta, ListError, column_called};
use crate::cases::FindingStatus;
use crate::domain::{CountyCode, Fen, PersonKey};

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Money(Fen),
    Date(NaiveDate),
    Count(i64),
}

impl Cell {
    /// The text of a text cell.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// Value of the column `line_status` where the line is drawn from a figure that only stands in.
pub(super) const PROVISIONAL: &str = "provisional";

/// Values by column; only columns of the table [`super::COLUMNS`], absent where the mart has null.
pub type Cells = BTreeMap<&'static str, Cell>;

/// One row of the mart: a person, a rule, and what is known about both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    pub person: PersonKey,
    pub rule: String,
    pub status: FindingStatus,
    /// County; `None` while it is unclear.
    pub county: Option<CountyCode>,
    /// The measured amount; zero where nothing could be measured.
    pub measured: Fen,
    /// All values that lists show.
    pub cells: Cells,
}

impl ListRow {
    /// Whether the person lies above the provisional line that held before the published one, and not above that.
    #[must_use]
    pub fn is_over_provisional(&self) -> bool {
        self.status == FindingStatus::Near
            && self.cells.get("reason").and_then(Cell::as_text) == Some("over_provisional")
    }

    /// Reads a row from the mart's columns; columns that no list shows are passed over.
    pub fn from_cells<'a>(
        person: PersonKey,
        columns: impl IntoIterator<Item = (&'a str, Cell)>,
    ) -> Result<Self, ListError> {
        let mut cells = Cells::new();
        let (mut rule, mut status) = (None, None);
        for (name, cell) in columns {
            match (name, &cell) {
                ("rule_id", Cell::Text(text)) => rule = Some(text.clone()),
                ("status", Cell::Text(text)) => status = FindingStatus::parse(text),
                _ => {}
            }
            if let Some(column) = column_called(name) {
                cells.insert(column.name, cell);
            }
        }
        let county = cells.get("county_code").and_then(Cell::as_text).and_then(|code| CountyCode::parse(code).ok());
        let measured = match cells.get("measured_amount") {
            Some(Cell::Money(fen)) => *fen,
            None => Fen::ZERO,
            Some(_) => return Err(ListError::Row { column: "measured_amount" }),
        };
        Ok(Self {
            person,
            rule: rule.ok_or(ListError::Row { column: "rule_id" })?,
            status: status.ok_or(ListError::Row { column: "status" })?,
            county,
            measured,
            cells,
        })
    }
}

/// One person on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    pub person: PersonKey,
    /// What changed since the list before.
    pub delta: Delta,
    /// The rule that leads: the first of the policy that hit.
    pub leading_rule: String,
    /// All rules that hit, in the policy's order.
    pub rules: Vec<String>,
    /// Amount measured by the leading rule; for withdrawn persons the last one listed.
    pub measured: Fen,
    pub cells: Cells,
}
