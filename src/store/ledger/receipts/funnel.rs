//! Each person's way through the offices, one row per list and person: what a funnel counts.

use chrono::NaiveDate;
use law::cases::Verdict;
use law::domain::{Fen, Period, PersonKey};
use rusqlite::params;

use super::parse_day;
use crate::ledger::LedgerError;
use crate::ledger::store::Ledger;

/// One person on one list that was not taken back, with the days of what followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelRow {
    pub list_id: String,
    pub period: Period,
    pub county: String,
    pub office: String,
    pub person: PersonKey,
    /// Whether the row is new to the office, so that an answer is owed.
    pub is_owed: bool,
    pub sealed: NaiveDate,
    /// Day on which the list was handed over.
    pub sent: Option<NaiveDate>,
    /// Day on which the office confirmed the list or first answered about the person.
    pub acknowledged: Option<NaiveDate>,
    /// Day of the answer that stands, where it is final.
    pub verified: Option<NaiveDate>,
    pub verdict: Option<Verdict>,
    /// Whether it tells of help.
    pub is_aided: bool,
    pub amount: Option<Fen>,
}

/// `answers` that stand, one per list and person.
const STANDING: &str = "select list_id, person_key, verdict, measure, amount_fen, day, \
    row_number() over (partition by list_id, person_key order by answer_id desc) as place, \
    min(day) over (partition by list_id, person_key) as first_day from answers where effect <> 'conflict'";

impl Ledger {
    /// The rows of a period's lists, or of all lists of a year, by list and person. Lists of the bureau itself are
    /// among them; lists that were taken back are not.
    pub fn funnel_rows(&self, year: i32, period: Option<Period>) -> Result<Vec<FunnelRow>, LedgerError> {
        let doing = || LedgerError::doing("reading the way of persons through the offices");
        let connection = self.read();
        let sql = format!(
            "with standing as ({STANDING}), \
             event_days as (select list_id, kind, min(day) as day from list_events group by list_id, kind) \
             select l.list_id, l.period, l.county, l.office, p.person_key, p.delta in ('new', 'escalated'), \
             substr(l.sealed_at, 1, 10), sent.day, \
             case when confirmed.day is null then s.first_day when s.first_day is null then confirmed.day \
             else min(confirmed.day, s.first_day) end, s.day, s.verdict, s.measure, s.amount_fen \
             from lists l inner join list_persons p using (list_id) \
             left join standing s on s.list_id = l.list_id and s.person_key = p.person_key and s.place = 1 \
             left join event_days sent on sent.list_id = l.list_id and sent.kind = 'published' \
             left join event_days confirmed on confirmed.list_id = l.list_id and confirmed.kind = 'confirmed' \
             left join event_days retracted on retracted.list_id = l.list_id and retracted.kind = 'retracted' \
             where l.year = ?1 and (?2 is null or l.period = ?2) and retracted.day is null \
             and p.delta <> 'withdrawn' order by l.list_id, p.person_key"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(doing())?;
        let mut rows = statement.query(params![year, period.map(|period| period.to_string())]).map_err(doing())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(doing())? {
            let day = |at: usize| -> Result<Option<NaiveDate>, LedgerError> {
                let text: Option<String> = row.get(at).map_err(doing())?;
                text.map(|text| parse_day("answers.day", &text)).transpose()
            };
            let period: String = row.get(1).map_err(doing())?;
            let sealed: String = row.get(6).map_err(doing())?;
            let verdict: Option<String> = row.get(10).map_err(doing())?;
            let verdict = verdict.as_deref().and_then(Verdict::parse);
            let measure: Option<String> = row.get(11).map_err(doing())?;
            let amount = row.get::<_, Option<i64>>(12).map_err(doing())?.map(Fen);
            let is_measure = measure.is_some_and(|measure| !measure.is_empty() && measure != "无");
            found.push(FunnelRow {
                list_id: row.get(0).map_err(doing())?,
                period: Period::parse(&period).map_err(LedgerError::damaged("lists.period"))?,
                county: row.get(2).map_err(doing())?,
                office: row.get(3).map_err(doing())?,
                person: PersonKey(row.get(4).map_err(doing())?),
                is_owed: row.get(5).map_err(doing())?,
                sealed: parse_day("lists.sealed_at", &sealed)?,
                sent: day(7)?,
                acknowledged: day(8)?,
                verified: if verdict.is_some_and(Verdict::is_final) { day(9)? } else { None },
                verdict,
                is_aided: is_measure || amount.is_some_and(|amount| amount.0 > 0),
                amount,
            });
        }
        Ok(found)
    }
}
