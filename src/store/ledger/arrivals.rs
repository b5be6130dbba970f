//! What came and what lies in landing, and which gaps were known when lists were sealed.

use chrono::{DateTime, Utc};
use law::arrivals::{ArrivalState, Gap, Gaps, Lying, Part};
use law::contracts::{Feed, Spread, Tally};
use law::domain::{CountyCode, Fen, Month, Period, official_day, parse_date};
use rusqlite::{Row, params};

use super::aside::{Aside, keep_sealed, sealed_with};
use super::landed::keep_spread;
use super::store::{Ledger, moment, parse_moment};
use super::{LedgerError, Moment};

const DOING: &str = "keeping what came";

/// A landed file that a run of intake did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LyingFile {
    pub feed: Feed,
    pub name: String,
    pub state: ArrivalState,
    pub why: String,
    /// Whether it is no table at all.
    pub is_stray: bool,
    /// The moment at which a run first saw it so.
    pub since: DateTime<Utc>,
}

impl LyingFile {
    /// The same as lists judge it.
    #[must_use]
    pub fn judged(&self) -> Lying {
        let Self { feed, name, state, why, is_stray, since } = self.clone();
        Lying { feed, name, state, why, since: official_day(since), is_stray }
    }
}

/// What lists were told when they were sealed besides their persons: of gaps, and of withdrawals that are set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedGaps {
    pub gaps: Gaps,
    /// The first month that was looked at; `None`: there were no claims at all.
    pub first_month: Option<Month>,
    /// Listed people who stay, since a question about their withdrawal is open.
    pub aside: Aside,
}

impl Ledger {
    /// Notes all files of some feeds that lie in landing and are not taken; what lay so before keeps its moment.
    pub fn note_lying(&self, feeds: &[Feed], files: &[LyingFile], at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            let known = lying(transaction)?;
            for feed in feeds {
                transaction
                    .execute("delete from lying where feed = ?1", [feed.name()])
                    .map_err(LedgerError::doing(DOING))?;
            }
            for file in files {
                let before =
                    known.iter().find(|one| (one.feed, &one.name, one.state) == (file.feed, &file.name, file.state));
                let since = before.map_or(at, |one| one.since);
                transaction
                    .execute(
                        "insert or replace into lying values (?1, ?2, ?3, ?4, ?5, ?6)",
                        params![file.feed.name(), file.name, file.state.code(), file.why, file.is_stray, moment(since)],
                    )
                    .map_err(LedgerError::doing(DOING))?;
            }
            Ok(())
        })
    }

    /// The files that lay in landing, not taken, when intake last ran, by feed and name.
    pub fn lying(&self) -> Result<Vec<LyingFile>, LedgerError> {
        lying(&self.read())
    }

    /// The rows that came, by file, county and month.
    pub fn arrived(&self) -> Result<Vec<Part>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select a.feed, f.name, f.decided_at, a.county, a.month, a.good_rows, a.good_fen, a.lost_rows, \
                 a.lost_fen, a.named_rows, a.named_fen from arrived a inner join landed_files f \
                 on a.feed = f.feed and a.file_id = f.file_id where f.state = 'taken' \
                 order by f.decided_at, f.name, a.county, a.month",
            )
            .map_err(doing())?;
        let mut rows = statement.query([]).map_err(doing())?;
        let mut parts = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            parts.push(read_part(row)?);
        }
        Ok(parts)
    }

    /// Files that were taken with rows and never counted: by a program that did not count yet.
    pub fn uncounted(&self, feed: Feed) -> Result<Vec<String>, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select file_id from landed_files f where f.feed = ?1 and f.state = 'taken' and not exists \
                 (select 1 from arrived a where a.feed = f.feed and a.file_id = f.file_id) \
                 and json_extract(f.outcome, '$.read.rows') > 0 order by file_id",
            )
            .map_err(doing())?;
        let rows = statement.query_map([feed.name()], |row| row.get(0)).map_err(doing())?;
        rows.collect::<Result<_, _>>().map_err(doing())
    }

    /// Notes the counts of files that were taken before.
    pub fn note_counted(&self, feed: Feed, files: &[(String, Vec<Spread>)]) -> Result<(), LedgerError> {
        self.write(DOING, |transaction| {
            files.iter().try_for_each(|(file_id, spread)| keep_spread(transaction, feed, file_id, spread))
        })
    }

    /// Notes what is known of gaps at this place in the order of sealing, in place of what was noted there before.
    pub fn keep_gaps(&self, period: Period, series: &str, sealed: &SealedGaps) -> Result<(), LedgerError> {
        let doing = || LedgerError::doing(DOING);
        self.write(DOING, |transaction| {
            let before: i64 = transaction
                .query_row("select coalesce(max(rowid), 0) from lists", [], |row| row.get(0))
                .map_err(doing())?;
            let period = period.to_string();
            for table in ["sealed_gaps", "sealed_gap_checks", "sealed_aside"] {
                let sql = format!("delete from {table} where period = ?1 and series = ?2 and lists_before = ?3");
                transaction.execute(&sql, params![period, series, before]).map_err(doing())?;
            }
            let first = sealed.first_month.map_or_else(String::new, |month| month.to_string());
            transaction
                .execute(
                    "insert into sealed_gap_checks values (?1, ?2, ?3, ?4)",
                    params![period, series, before, first],
                )
                .map_err(doing())?;
            keep_sealed(transaction, (&period, series, before), &sealed.aside)?;
            for (county, gap) in sealed.gaps.iter().flat_map(|(county, gaps)| gaps.iter().map(move |gap| (county, gap)))
            {
                transaction
                    .execute(
                        "insert into sealed_gaps values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        params![
                            period,
                            series,
                            before,
                            county.as_str(),
                            gap.feed.name(),
                            gap.month.to_string(),
                            gap.state.code(),
                            gap.file,
                            gap.since.map_or_else(String::new, |day| day.to_string()),
                        ],
                    )
                    .map_err(doing())?;
            }
            Ok(())
        })
    }

    /// The gaps that were known when lists of a period were sealed last, as of a moment. Lists of older programs knew none.
    pub fn gaps_known(&self, moment: Moment, series: &str) -> Result<SealedGaps, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let period = moment.period.to_string();
        let known: Option<(i64, String)> = connection
            .prepare_cached(
                "select lists_before, first_month from sealed_gap_checks where period = ?1 and series = ?2 \
                 and lists_before < ?3 order by lists_before desc limit 1",
            )
            .and_then(|mut statement| {
                let mut rows = statement.query(params![period, series, moment.lists_before()])?;
                rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
            })
            .map_err(doing())?;
        let Some((before, first)) = known else { return Ok(SealedGaps::default()) };
        let mut statement = connection
            .prepare_cached(
                "select county, feed, month, state, file, since from sealed_gaps where period = ?1 and series = ?2 \
                 and lists_before = ?3 order by county, feed, month",
            )
            .map_err(doing())?;
        let mut rows = statement.query(params![period, series, before]).map_err(doing())?;
        let mut gaps = Gaps::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let text = |at: usize| row.get::<_, String>(at).map_err(doing());
            let county = CountyCode::parse(&text(0)?).map_err(LedgerError::damaged("sealed_gaps.county"))?;
            let gap = Gap {
                feed: Feed::parse(&text(1)?).ok_or_else(|| damaged("sealed_gaps.feed"))?,
                month: Month::parse(&text(2)?).map_err(LedgerError::damaged("sealed_gaps.month"))?,
                state: ArrivalState::parse(&text(3)?).ok_or_else(|| damaged("sealed_gaps.state"))?,
                file: text(4)?,
                since: parse_date(&text(5)?).ok(),
            };
            gaps.entry(county).or_default().push(gap);
        }
        gaps.values_mut().for_each(|gaps| gaps.sort());
        let aside = sealed_with(&connection, (&period, series, before))?;
        Ok(SealedGaps { gaps, first_month: Month::parse(&first).ok(), aside })
    }
}

fn damaged(what: &'static str) -> LedgerError {
    LedgerError::Damaged { what, why: "an unknown word".to_owned() }
}

fn lying(connection: &rusqlite::Connection) -> Result<Vec<LyingFile>, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let mut statement = connection
        .prepare_cached("select feed, name, state, why, is_stray, since_at from lying order by feed, name")
        .map_err(doing())?;
    let mut rows = statement.query([]).map_err(doing())?;
    let mut files = Vec::new();
    while let Some(row) = rows.next().map_err(doing())? {
        let text = |at: usize| row.get::<_, String>(at).map_err(doing());
        files.push(LyingFile {
            feed: Feed::parse(&text(0)?).ok_or_else(|| damaged("lying.feed"))?,
            name: text(1)?,
            state: ArrivalState::parse(&text(2)?).ok_or_else(|| damaged("lying.state"))?,
            why: text(3)?,
            is_stray: row.get(4).map_err(doing())?,
            since: parse_moment("lying.since_at", &text(5)?)?,
        });
    }
    Ok(files)
}

fn read_part(row: &Row<'_>) -> Result<Part, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let text = |at: usize| row.get::<_, String>(at).map_err(doing());
    let tally = |at: usize| -> Result<Tally, LedgerError> {
        let rows =
            u64::try_from(row.get::<_, i64>(at).map_err(doing())?).map_err(LedgerError::damaged("arrived.rows"))?;
        Ok(Tally { rows, fen: Fen(row.get(at + 1).map_err(doing())?).unscaled() })
    };
    Ok(Part {
        feed: Feed::parse(&text(0)?).ok_or_else(|| damaged("arrived.feed"))?,
        file: text(1)?,
        day: official_day(parse_moment("landed_files.decided_at", &text(2)?)?),
        county: CountyCode::parse(&text(3)?).ok(),
        month: Month::parse(&text(4)?).ok(),
        good: tally(5)?,
        lost: tally(7)?,
        named: tally(9)?,
    })
}
