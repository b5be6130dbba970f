//! What stands of the lists that are out: the last month's list of each county and office, and what changed it.

use std::collections::BTreeMap;

use law::domain::{Period, PersonKey};
use law::referrals::{ListKind, Reroutes, standing};
use rusqlite::{OptionalExtension as _, params};

use super::LedgerError;
use super::lists::{COLUMNS, ENDS, SealedList, SealedPerson, end_of};
use super::store::Ledger;

const DOING: &str = "reading what stands of sealed lists";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The period that is asked about; only lists of its year count.
    pub period: Period,
    /// Whether the period's own lists count, or only those of periods before it.
    pub is_within: bool,
    /// Only lists with a lower place in the order of sealing; `None`: all.
    before: Option<i64>,
}

impl Moment {
    /// All lists of periods before one.
    #[must_use]
    pub const fn before(period: Period) -> Self {
        Self { period, is_within: false, before: None }
    }

    /// All lists up to a period, its own included.
    #[must_use]
    pub const fn within(period: Period) -> Self {
        Self { period, is_within: true, before: None }
    }

    /// What was noted while the last list had a lower place than this was known.
    pub(super) fn lists_before(self) -> i64 {
        self.before.unwrap_or(i64::MAX)
    }
}

/// One person on what stands, with the list that last showed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPerson {
    /// As the list had them.
    pub person: SealedPerson,
    pub list_id: String,
    pub period: Period,
}

/// What stands of one county's and office's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingList {
    /// The last list that says so.
    pub last: SealedList,
    /// Who is on it, withdrawn persons left out.
    pub persons: Vec<StandingPerson>,
}

impl Ledger {
    /// What stands, by county and office code.
    pub fn standing(&self, moment: Moment) -> Result<BTreeMap<(String, String), StandingList>, LedgerError> {
        let relation = if moment.is_within { "<=" } else { "<" };
        let sql = format!(
            "select {COLUMNS} from lists where year = ?1 and {ENDS} {relation} ?2 and rowid < ?3 \
             order by {ENDS}, rowid"
        );
        let before = moment.lists_before();
        let lists = self.select_lists(&sql, &[&moment.period.year(), &end_of(moment.period), &before])?;
        let mut places: BTreeMap<(String, String), Vec<SealedList>> = BTreeMap::new();
        for list in lists {
            places.entry((list.county.clone(), list.office.clone())).or_default().push(list);
        }
        let mut found = BTreeMap::new();
        for (place, lists) in places {
            if let Some(standing) = self.standing_of(&lists)? {
                found.insert(place, standing);
            }
        }
        Ok(found)
    }

    /// What stands of one place's lists: those of the last period that was not taken back.
    fn standing_of(&self, lists: &[SealedList]) -> Result<Option<StandingList>, LedgerError> {
        let mut rest = lists;
        while let Some(last) = rest.last() {
            let first = rest.iter().position(|list| list.period == last.period).unwrap_or(0);
            let (earlier, own) = rest.split_at(first);
            let mut parts = Vec::with_capacity(own.len());
            for list in own {
                let kind = ListKind::parse(&list.kind)
                    .ok_or_else(|| LedgerError::Damaged { what: "lists.kind", why: list.kind.clone() })?;
                parts.push((kind, self.shown_on(list, kind)?));
            }
            if let Some(persons) = standing(parts) {
                return Ok(Some(StandingList { last: last.clone(), persons: persons.into_values().collect() }));
            }
            rest = earlier;
        }
        Ok(None)
    }

    fn shown_on(&self, list: &SealedList, kind: ListKind) -> Result<Vec<(i64, StandingPerson)>, LedgerError> {
        let persons = self.list_persons(&list.list_id)?;
        let counts = |person: &SealedPerson| kind == ListKind::Withdrawal || person.delta != "withdrawn";
        let shown = persons.into_iter().filter(counts).map(|person| {
            let key = person.person.0;
            (key, StandingPerson { person, list_id: list.list_id.clone(), period: list.period })
        });
        Ok(shown.collect())
    }

    /// The moment at which a sealed list was made: the lists that it was made after.
    pub fn moment_of(&self, list: &SealedList) -> Result<Moment, LedgerError> {
        let is_within = !list.is_first_whole();
        // Lists are sealed together: none of them follows another of the same act.
        let before: Option<i64> = self
            .read()
            .query_row(
                "select min(o.rowid) from lists o inner join lists l on o.period = l.period \
                 and o.sealed_at = l.sealed_at and o.version = l.version \
                 and (o.kind in ('FULL', 'NIL', 'SUM') and o.list_id like '%-v1') = ?2 \
                 where l.list_id = ?1",
                params![list.list_id, !is_within],
                |row| row.get(0),
            )
            .optional()
            .map_err(LedgerError::doing(DOING))?
            .flatten();
        Ok(Moment { period: list.period, is_within, before })
    }

    /// Who was given back by an office and to whom they went, as known at a moment; the latest answer counts.
    pub fn reroutes(&self, moment: Moment) -> Result<Reroutes, LedgerError> {
        let doing = || LedgerError::doing(DOING);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached(
                "select person_key, from_office, to_office from reroutes where year = ?1 and lists_before < ?2 \
                 order by reroute_id",
            )
            .map_err(doing())?;
        let rows = statement
            .query_map(params![moment.period.year(), moment.lists_before()], |row| {
                Ok(((PersonKey(row.get(0)?), row.get(1)?), row.get(2)?))
            })
            .map_err(doing())?;
        rows.collect::<Result<_, _>>().map_err(doing())
    }
}
