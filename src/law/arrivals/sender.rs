//! The table of senders: who delivers what, for which counties, how often and until when.

use chrono::NaiveDate;

use crate::contracts::Feed;
use crate::domain::{CountyCode, Month, Tag, Workdays};

pub const SENDERS_FILE: &str = "pipelines/tables/senders.csv";

crate::codes! {
    /// How often a sender delivers.
    pub enum Cadence {
        Daily = "daily",
        Weekly = "weekly",
        Monthly = "monthly",
        Yearly = "yearly",
        /// When there is something to send: nothing is expected of it.
        Irregular = "irregular",
    }
}

impl Cadence {
    /// Whether each month is expected.
    #[must_use]
    pub const fn has_every_month(self) -> bool {
        matches!(self, Self::Daily | Self::Weekly | Self::Monthly)
    }
}

/// An office or platform that delivers a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub feed: Feed,
    pub name: String,
    /// The counties that its files cover; `None`: the whole area.
    pub counties: Option<Vec<CountyCode>>,
    pub cadence: Cadence,
    /// The working day of the month after by which a month's data are due.
    pub due: Option<u32>,
    /// Tags that its roster states; none: not said.
    pub tags: Vec<Tag>,
    /// Whom to ring.
    pub contact: String,
}

/// One row of the table as the file has it.
#[derive(Debug, Clone, Default)]
pub struct SenderRow {
    pub feed: String,
    pub sender: String,
    pub counties: String,
    pub cadence: String,
    pub due: String,
    pub tags: String,
    pub contact: String,
}

impl Sender {
    /// Reads a row; the error says what is wrong and how to mend it.
    pub fn read(row: &SenderRow) -> Result<Self, (String, &'static str)> {
        let feed = Feed::parse(&row.feed)
            .ok_or_else(|| (format!("`{}` is no feed", row.feed), "claims, rosters, residents, adjustments, ..."))?;
        if row.sender.is_empty() {
            return Err(("the sender has no name".to_owned(), "the office or platform, e.g. 望川区医疗保障局"));
        }
        let cadence = Cadence::parse(&row.cadence).ok_or_else(|| {
            (format!("`{}` is no cadence", row.cadence), "daily, weekly, monthly, yearly or irregular")
        })?;
        let parts = |text: &str| -> Vec<String> {
            text.split([';', '；', '、']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let counties = match row.counties.as_str() {
            "" | "all" => None,
            codes => {
                let codes = parts(codes).iter().map(|code| CountyCode::parse(code)).collect::<Result<Vec<_>, _>>();
                Some(codes.map_err(|error| (error.to_string(), "codes of counties.csv joined by `;`, or all"))?)
            }
        };
        let due = match row.due.as_str() {
            "" => None,
            day => Some(day.parse::<u32>().ok().filter(|day| (1..=23).contains(day)).ok_or_else(|| {
                (format!("`{day}` is no working day of a month"), "1 to 23, counted in the month after")
            })?),
        };
        let tags = parts(&row.tags).into_iter().map(|tag| {
            Tag::parse(&tag).map_err(|_| (format!("`{tag}` is not a valid tag"), "lifted_out;subsistence;..."))
        });
        let tags = tags.collect::<Result<Vec<_>, _>>()?;
        let (name, contact) = (row.sender.clone(), row.contact.clone());
        Ok(Self { feed, name, counties, cadence, due, tags, contact })
    }

    /// Whether its files cover a county.
    #[must_use]
    pub fn covers(&self, county: &CountyCode) -> bool {
        self.counties.as_ref().is_none_or(|counties| counties.contains(county))
    }

    /// The last day on which a month's data are in time; `None`: nobody has said.
    #[must_use]
    pub fn due_day(&self, month: Month, workdays: &Workdays) -> Option<NaiveDate> {
        self.due.map(|count| workdays.after(month.last_day(), count))
    }
}
