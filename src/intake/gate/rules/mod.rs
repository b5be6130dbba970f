//! The row rules: cells of a page to typed values, the first fault of each row, the candidates' columns.

mod bounds;
mod cells;
mod claims;
mod codes;
mod faults;
mod other_feeds;
mod output;
mod person;
mod profile;
mod sheet;

pub(crate) use cells::{day_in, fen_in};
pub(super) use faults::Fault;
pub(super) use output::{Judged, table_of};
pub(crate) use person::own_key;

use std::collections::BTreeMap;

use faults::{Faults, Stage};
use law::contracts::{CodeTables, Counted, Feed, TagAliases};
use sheet::Sheet;

use super::decode::{Layout, Page};
use super::job::{GateJob, Refusal};

/// Everything that judging a page needs besides the page.
pub(super) struct Rules {
    feed: Feed,
    buckets: u16,
    source_file: String,
    source_name: String,
    aliases: TagAliases,
    codes: CodeTables,
    counted: Counted,
    kept: BTreeMap<i64, i64>,
    /// I2 applies only where the file has at least one part of the funds.
    has_fund_parts: bool,
}

impl Rules {
    /// Reads what the job and the file's columns say.
    pub(super) fn new(job: &GateJob, layout: &Layout) -> Result<Self, Refusal> {
        let aliases = job
            .aliases()
            .map_err(|(row, error)| Refusal::new(format!("pipelines/tables/tag_aliases.csv, row {row}: {error}")))?;
        let codes = CodeTables::new(&job.codes)
            .map_err(|(row, error)| Refusal::new(format!("pipelines/tables/codes.csv, row {row}: {error}")))?;
        let columns = job.feed.contract().columns;
        let has = |name: &str| columns.iter().zip(&layout.places).any(|(c, place)| c.name == name && place.is_some());
        Ok(Self {
            feed: job.feed,
            buckets: job.buckets,
            source_file: job.source_file.clone(),
            source_name: job.input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            aliases,
            codes,
            counted: job.counted.clone(),
            kept: job.kept.iter().copied().collect(),
            has_fund_parts: claims::FUND_PARTS.iter().any(|part| has(part)),
        })
    }

    /// Judges a page: cells, then the feed's own rules, then keys, defaults and columns.
    pub(super) fn judge(&self, page: Page) -> Result<Judged, Refusal> {
        let contract = self.feed.contract();
        let mut faults = Faults::new(page.rows.len());
        for (row, column, code) in &page.faults {
            let stage = if column.is_none() { Stage::Shape } else { Stage::Person };
            faults.note(*row, stage, *column, *code);
        }
        let mut cells = Vec::with_capacity(contract.columns.len());
        for (at, (column, array)) in contract.columns.iter().zip(&page.columns).enumerate() {
            cells.push(cells::read(at, column, array.as_ref(), page.rows.len(), &mut faults)?);
        }
        let mut sheet = Sheet::new(contract, cells, page.rows.len());
        let mut unlisted = codes::apply(&mut sheet, &mut faults, self.feed, &self.codes);
        codes::counties(&mut sheet, &self.counted, &mut unlisted);
        let control = contract.control.as_deref().map(|name| sheet.numbers(name).to_vec());
        let kinds = match self.feed {
            Feed::Claims => Some(claims::judge(&mut sheet, &mut faults, self.has_fund_parts)),
            Feed::Residents => other_feeds::residents(&mut sheet, &mut faults),
            Feed::Applications => other_feeds::applications(&mut sheet, &mut faults),
            Feed::Rosters => other_feeds::rosters(&mut sheet, &mut faults, &self.aliases),
            Feed::Income => other_feeds::income(&mut sheet, &mut faults),
            Feed::Adjustments => {
                other_feeds::adjustments(&mut sheet, &mut faults, self.codes.of(other_feeds::PAYER_KIND))
            }
            Feed::Aided => other_feeds::aided(&mut sheet, &mut faults),
            // What an answer means is decided where answers are known.
            Feed::Receipts => None,
        };
        let keys = self.feed.has_persons().then(|| person::keys(&mut sheet, &mut faults, &self.kept));
        if self.feed == Feed::Residents {
            other_feeds::birth_dates(&mut sheet, keys.as_deref().unwrap_or_default());
        }
        let (feed, buckets) = (self.feed, self.buckets);
        let (source_file, source_name) = (self.source_file.as_str(), self.source_name.as_str());
        bounds::days(&sheet, &mut faults, feed, self.counted.until, keys.as_deref());
        let weights = bounds::weights(&sheet);
        let unusable = codes::unusable(&sheet, feed, &self.counted);
        let derived = output::Derived {
            feed,
            buckets,
            source_file,
            source_name,
            control,
            kinds,
            keys,
            weights,
            unlisted,
            unusable,
        };
        let profile = profile::of_page(feed, (&sheet, &faults), derived.control.as_deref(), derived.kinds.as_deref());
        let mut judged = output::judged(page, &sheet, faults, derived)?;
        judged.profile = profile;
        Ok(judged)
    }
}

#[cfg(test)]
pub(super) use tests::test_job;

#[cfg(test)]
mod tests {
    use crate::gate::job::{GateJob, GateLimits};
    use law::contracts::{Counted, Feed};
    use law::profiles::Profiles;

    /// A job for tests that need one and open no file.
    pub(in crate::gate) fn test_job(feed: Feed) -> GateJob {
        GateJob {
            feed,
            input: "input".into(),
            output: "output".into(),
            buckets: 4,
            source_file: "0123456789abcdef".to_owned(),
            ignore_columns: Vec::new(),
            profiles: Profiles::default(),
            tag_aliases: Vec::new(),
            codes: Vec::new(),
            counted: Counted::default(),
            look: false,
            kept: Vec::new(),
            limits: GateLimits { memory_mib: 1024, cpu_seconds: 60, file_mib: 64 },
            batch_rows: 8192,
            threads: 1,
        }
    }
}
