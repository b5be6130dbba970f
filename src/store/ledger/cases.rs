//! Applying a night's findings to the cases: one transaction, history appended.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use law::cases::{Case, CaseEvent, CaseState, EventKind, FindingState, next, year_end};
use law::domain::{Fen, Period, PersonKey};
use rusqlite::{CachedStatement, Row, Transaction, params};
use serde::Serialize;

use super::store::{Ledger, moment};
use super::{LedgerError, audit};

/// Tonight's finding about one person by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFinding {
    pub person: PersonKey,
    pub rule: String,
    /// County code, or empty while it is unclear.
    pub county: String,
    pub state: FindingState,
}

/// How many cases a night moved, and how many stand in which state afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CaseCounts {
    pub opened: u64,
    pub continued: u64,
    pub escalated: u64,
    /// Now only near the line.
    pub eased: u64,
    pub unsettled: u64,
    pub withdrawn: u64,
    pub reopened: u64,
    /// Their year is over.
    pub closed: u64,
}

impl CaseCounts {
    fn count(&mut self, kind: EventKind) {
        *match kind {
            EventKind::Opened => &mut self.opened,
            EventKind::Continued => &mut self.continued,
            EventKind::Escalated => &mut self.escalated,
            EventKind::Eased => &mut self.eased,
            EventKind::Unsettled => &mut self.unsettled,
            EventKind::Withdrawn => &mut self.withdrawn,
            EventKind::Reopened => &mut self.reopened,
            EventKind::Closed => &mut self.closed,
            // Nights do not answer.
            EventKind::Answered => return,
        } += 1;
    }
}

const DOING: &str = "applying findings to cases";

/// A stored case with its number and its county.
struct Stored {
    case_id: i64,
    county: String,
    case: Case,
}

impl Ledger {
    /// Applies all findings of a night for `period`: cases of that year without a finding are withdrawn, open cases
    /// of earlier years are closed. Again with the same findings it changes nothing.
    pub fn apply_cases(
        &self,
        period: Period,
        findings: &[CaseFinding],
        at: DateTime<Utc>,
    ) -> Result<CaseCounts, LedgerError> {
        self.write(DOING, |transaction| {
            let mut counts = CaseCounts::default();
            let mut known = stored_cases(transaction, period.year())?;
            let mut writer = CaseWriter::new(transaction, period, moment(at))?;
            let mut sorted: Vec<&CaseFinding> = findings.iter().collect();
            sorted.sort_by(|a, b| (a.person, &a.rule).cmp(&(b.person, &b.rule)));
            for finding in sorted {
                let stored = known.remove(&(finding.person, finding.rule.clone()));
                let event = next(stored.as_ref().map(|stored| &stored.case), Some(&finding.state), period);
                if let Some(event) = event {
                    counts.count(event.kind);
                    writer.write_finding(finding, stored.as_ref(), &event)?;
                }
            }
            let mut left: Vec<_> = known.into_iter().collect();
            left.sort_by(|a, b| a.0.cmp(&b.0));
            for (_, stored) in left {
                if let Some(event) = next(Some(&stored.case), None, period) {
                    counts.count(event.kind);
                    writer.write_end(&stored, &event)?;
                }
            }
            for (year, stored) in earlier_cases(transaction, period.year())? {
                if let Some(event) = year_end(&stored.case, year, period) {
                    counts.count(event.kind);
                    writer.write_end(&stored, &event)?;
                }
            }
            if counts != CaseCounts::default() {
                let detail = serde_json::to_string(&counts).map_err(LedgerError::damaged("case counts"))?;
                audit::append(transaction, at, "nightly", "cases", &format!("period {period}"), &detail)?;
            }
            Ok(counts)
        })
    }

    /// How many cases stand in which state, by year, rule and state code.
    pub fn case_totals(&self) -> Result<Vec<(i32, String, String, u64)>, LedgerError> {
        let doing = || LedgerError::doing("counting cases");
        let connection = self.read();
        let mut statement = connection
            .prepare("select year, rule_id, state, count(*) from cases group by 1, 2, 3 order by 1, 2, 3")
            .map_err(doing())?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?.unsigned_abs())))
            .map_err(doing())?;
        rows.collect::<Result<_, _>>().map_err(doing())
    }

    /// One person's history: rule, year, period, event, state after, amount, reason; oldest first.
    pub fn case_history(&self, person: PersonKey) -> Result<Vec<(String, i32, Period, CaseEvent)>, LedgerError> {
        let doing = || LedgerError::doing("reading a case's history");
        let connection = self.read();
        let mut statement = connection
            .prepare(
                "select rule_id, year, period, kind, from_state, to_state, e.measured_fen, e.reason \
                 from cases c inner join case_events e using (case_id) where person_key = ?1 order by event_id",
            )
            .map_err(doing())?;
        let mut rows = statement.query([person.0]).map_err(doing())?;
        let mut history = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let period: String = row.get(2).map_err(doing())?;
            let period = Period::parse(&period).map_err(LedgerError::damaged("case_events.period"))?;
            let event = read_event(row).map_err(doing())?;
            history.push((row.get(0).map_err(doing())?, row.get(1).map_err(doing())?, period, event));
        }
        Ok(history)
    }
}

/// The statements of one night, prepared once.
struct CaseWriter<'a> {
    transaction: &'a Transaction<'a>,
    period: String,
    at: String,
    insert: CachedStatement<'a>,
    update: CachedStatement<'a>,
    append: CachedStatement<'a>,
}

impl<'a> CaseWriter<'a> {
    fn new(transaction: &'a Transaction<'a>, period: Period, at: String) -> Result<Self, LedgerError> {
        let prepare = |sql| transaction.prepare_cached(sql).map_err(LedgerError::doing(DOING));
        Ok(Self {
            transaction,
            period: period.to_string(),
            at,
            insert: prepare(
                "insert into cases (person_key, rule_id, year, county, state, measured_fen, reason, last_period) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            update: prepare(
                "update cases set county = ?2, state = ?3, measured_fen = ?4, reason = ?5, last_period = ?6 \
                 where case_id = ?1",
            )?,
            append: prepare(
                "insert into case_events (case_id, period, at, kind, from_state, to_state, measured_fen, reason) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
        })
    }

    fn write_finding(
        &mut self,
        finding: &CaseFinding,
        stored: Option<&Stored>,
        event: &CaseEvent,
    ) -> Result<(), LedgerError> {
        let case_id = if let Some(stored) = stored {
            self.update(stored.case_id, &finding.county, event)?;
            stored.case_id
        } else {
            let year = self.period.get(..4).and_then(|year| year.parse::<i32>().ok()).unwrap_or_default();
            self.insert
                .execute(params![
                    finding.person.0,
                    finding.rule,
                    year,
                    finding.county,
                    event.to.code(),
                    event.measured.0,
                    event.reason,
                    self.period
                ])
                .map_err(LedgerError::doing(DOING))?;
            self.transaction.last_insert_rowid()
        };
        self.append(case_id, event)
    }

    fn write_end(&mut self, stored: &Stored, event: &CaseEvent) -> Result<(), LedgerError> {
        self.update(stored.case_id, &stored.county, event)?;
        self.append(stored.case_id, event)
    }

    fn update(&mut self, case_id: i64, county: &str, event: &CaseEvent) -> Result<(), LedgerError> {
        self.update
            .execute(params![case_id, county, event.to.code(), event.measured.0, event.reason, self.period])
            .map_err(LedgerError::doing(DOING))?;
        Ok(())
    }

    fn append(&mut self, case_id: i64, event: &CaseEvent) -> Result<(), LedgerError> {
        self.append
            .execute(params![
                case_id,
                self.period,
                self.at,
                event.kind.code(),
                event.from.map(CaseState::code),
                event.to.code(),
                event.measured.0,
                event.reason
            ])
            .map_err(LedgerError::doing(DOING))?;
        Ok(())
    }
}

const CASE_COLUMNS: &str = "case_id, county, state, measured_fen, reason, last_period, person_key, rule_id, year";

fn stored_cases(transaction: &Transaction<'_>, year: i32) -> Result<HashMap<(PersonKey, String), Stored>, LedgerError> {
    let mut statement = transaction
        .prepare_cached(&format!("select {CASE_COLUMNS} from cases where year = ?1"))
        .map_err(LedgerError::doing(DOING))?;
    let mut rows = statement.query([year]).map_err(LedgerError::doing(DOING))?;
    let mut known = HashMap::new();
    while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
        let key =
            (PersonKey(row.get(6).map_err(LedgerError::doing(DOING))?), row.get(7).map_err(LedgerError::doing(DOING))?);
        known.insert(key, read_case(row)?);
    }
    Ok(known)
}

fn earlier_cases(transaction: &Transaction<'_>, year: i32) -> Result<Vec<(i32, Stored)>, LedgerError> {
    let mut statement = transaction
        .prepare_cached(&format!(
            "select {CASE_COLUMNS} from cases where year < ?1 and state in ('watching', 'flagged', 'undecided') \
             order by case_id"
        ))
        .map_err(LedgerError::doing(DOING))?;
    let mut rows = statement.query([year]).map_err(LedgerError::doing(DOING))?;
    let mut cases = Vec::new();
    while let Some(row) = rows.next().map_err(LedgerError::doing(DOING))? {
        cases.push((row.get(8).map_err(LedgerError::doing(DOING))?, read_case(row)?));
    }
    Ok(cases)
}

fn read_case(row: &Row<'_>) -> Result<Stored, LedgerError> {
    let doing = || LedgerError::doing(DOING);
    let state: String = row.get(2).map_err(doing())?;
    let period: String = row.get(5).map_err(doing())?;
    Ok(Stored {
        case_id: row.get(0).map_err(doing())?,
        county: row.get(1).map_err(doing())?,
        case: Case {
            state: CaseState::parse(&state)
                .ok_or_else(|| LedgerError::Damaged { what: "cases.state", why: state.clone() })?,
            measured: Fen(row.get(3).map_err(doing())?),
            reason: row.get(4).map_err(doing())?,
            last_period: Period::parse(&period).map_err(LedgerError::damaged("cases.last_period"))?,
        },
    })
}

fn read_event(row: &Row<'_>) -> rusqlite::Result<CaseEvent> {
    let kind: String = row.get(3)?;
    let from: Option<String> = row.get(4)?;
    let to: String = row.get(5)?;
    Ok(CaseEvent {
        kind: EventKind::parse(&kind).unwrap_or(EventKind::Continued),
        from: from.as_deref().and_then(CaseState::parse),
        to: CaseState::parse(&to).unwrap_or(CaseState::Undecided),
        measured: Fen(row.get(6)?),
        reason: row.get(7)?,
    })
}
