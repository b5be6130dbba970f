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
    /// Whether each of its files comes with a manifest that states its SHA-256: a flipped bit can pass as another value
    /// where nothing else shows it.
    pub requires_manifest: bool,
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
    pub require_manifest: String,
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
        let requires_manifest = match row.require_manifest.to_lowercase().as_str() {
            "" | "no" | "否" => false,
            "yes" | "是" => true,
            word => return Err((format!("require_manifest cannot be `{word}`"), "yes or no; empty: no")),
        };
        let (name, contact) = (row.sender.clone(), row.contact.clone());
        Ok(Self { feed, name, counties, cadence, due, tags, contact, requires_manifest })
    }

    /// The senders of whom a file may be: those whose name stands in its name, else those for whose counties' codes that
    /// holds, else all of its feed.
    pub fn of_file<'a>(senders: &'a [Self], feed: Feed, file: &str) -> Vec<&'a Self> {
        let of_feed = || senders.iter().filter(|sender| sender.feed == feed);
        let named: Vec<&Self> = of_feed().filter(|sender| file.contains(&sender.name)).collect();
        if !named.is_empty() {
            return named;
        }
        let codes: Vec<CountyCode> =
            file.split(|c: char| !c.is_ascii_digit()).filter_map(|run| CountyCode::parse(run).ok()).collect();
        let covers = |sender: &&Self| sender.counties.iter().flatten().any(|county| codes.contains(county));
        let covering: Vec<&Self> = of_feed().filter(covers).collect();
        if covering.is_empty() { of_feed().collect() } else { covering }
    }

    /// The sender that a file must come with a manifest of: every sender of whom it may be asks for one.
    #[must_use]
    pub fn requiring_manifest<'a>(senders: &'a [Self], feed: Feed, file: &str) -> Option<&'a Self> {
        let possible = Self::of_file(senders, feed, file);
        possible.iter().all(|sender| sender.requires_manifest).then(|| possible.first().copied())?
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(name: &str, counties: &str, require_manifest: &str) -> Sender {
        let [feed, cadence] = ["claims", "monthly"].map(str::to_owned);
        let [sender, counties, require_manifest] = [name, counties, require_manifest].map(str::to_owned);
        Sender::read(&SenderRow { feed, sender, counties, cadence, require_manifest, ..SenderRow::default() }).unwrap()
    }

    #[test]
    fn a_file_is_of_whom_its_name_says_and_else_of_anybody() {
        let senders = [sender("青屏县医保局", "990103", "yes"), sender("云麓县医保局", "990104", "否")];
        let asks = |file: &str| Sender::requiring_manifest(&senders, Feed::Claims, file).map(|one| one.name.as_str());
        assert_eq!(asks("青屏县医保局202610.csv"), Some("青屏县医保局"));
        assert_eq!(asks("claims-990103-2026-10.csv"), Some("青屏县医保局"));
        assert_eq!(asks("云麓县医保局990103.csv"), None);
        assert_eq!(asks("claims.csv"), None, "it may be of the one that gives none");
        assert!(Sender::requiring_manifest(&senders[..1], Feed::Claims, "claims.csv").is_some());
        assert!(Sender::requiring_manifest(&senders, Feed::Rosters, "青屏县医保局.csv").is_none());
        let row = SenderRow { require_manifest: "vielleicht".to_owned(), ..SenderRow::default() };
        let row = SenderRow { feed: "claims".to_owned(), sender: "甲".to_owned(), cadence: "daily".to_owned(), ..row };
        assert!(Sender::read(&row).unwrap_err().0.contains("require_manifest cannot be"));
    }
}
