//! Kinds of fault: what a sender does wrong, and how the landed bytes can be read.

mod amounts;
mod claims;
mod codes;
mod people;
mod rosters;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use fastrand::Rng;

use super::province::World;
use super::sheets::Sheet;
use super::truth::{Facts, MONTHS};

/// What was planted.
#[derive(Debug, Default)]
pub(super) struct Planted {
    /// Counties whose files the fault is in.
    pub(super) touched: BTreeSet<usize>,
    /// What else the landed bytes may mean, by month; where `blind` has the month, the truth is not among the readings.
    pub(super) readings: Vec<(Range<usize>, Facts)>,
    /// Months whose truth is in no landed file.
    pub(super) blind: Range<usize>,
    /// Nobody can see that something is missing: whole files, and what belongs to them comes in a later one.
    pub(super) unseen: bool,
    /// The month in which the sender's own rows end a tag: a statement, to be told as such.
    pub(super) stated: Option<usize>,
    /// Smaller than every bound that the page sets: who is flagged by it cannot be told from others.
    pub(super) below_floor: bool,
    /// Second ids under which a person may stand.
    pub(super) other_ids: BTreeMap<usize, String>,
    /// What was done, for people.
    pub(super) note: String,
}

impl Planted {
    pub(super) fn of(touched: impl IntoIterator<Item = usize>, note: String) -> Self {
        Self { touched: touched.into_iter().collect(), note, ..Self::default() }
    }

    pub(super) fn or(mut self, months: Range<usize>, facts: Facts) -> Self {
        self.readings.push((months, facts));
        self
    }

    /// The truth of these months has not landed; what has is `facts`.
    pub(super) fn blind(mut self, months: Range<usize>, facts: Facts) -> Self {
        self.blind = months.clone();
        self.or(months, facts)
    }

    pub(super) fn readings_in<'a>(&'a self, at: usize, truth: &'a Facts) -> Vec<&'a Facts> {
        let others = self.readings.iter().filter(|(months, _)| months.contains(&at)).map(|(_, facts)| facts);
        let truth = (!self.blind.contains(&at)).then_some(truth);
        others.chain(truth).collect()
    }
}

/// One kind of fault.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// In which months it may be planted.
    pub(super) months: Range<usize>,
    pub(super) plant: fn(&mut World, &mut Rng, usize) -> Planted,
}

const fn kind(name: &'static str, plant: fn(&mut World, &mut Rng, usize) -> Planted) -> Kind {
    Kind { name, months: 1..4, plant }
}

pub(super) const KINDS: [Kind; 44] = [
    kind("roster truncated", rosters::truncated),
    kind("county missing from roster", rosters::county_missing),
    kind("category left out of roster", rosters::category_left_out),
    kind("roster with a header only", rosters::header_only),
    kind("roster corrected in its month", rosters::corrected_same_month),
    kind("two offices of one name", rosters::offices_of_one_name),
    Kind { months: 1..3, ..kind("exit taken back", rosters::exit_taken_back) },
    kind("roster rows rejected", rosters::rows_rejected),
    kind("rosters stop", rosters::stop),
    kind("roster says last year", rosters::last_years_month),
    kind("claims refused", claims::refused),
    kind("claims wait for a manifest", claims::waiting),
    kind("county missing from claims", claims::county_missing),
    kind("all claims rejected", claims::all_rejected),
    kind("claim rows rejected", claims::rows_rejected),
    kind("claim rows lost", claims::rows_lost),
    kind("claims sent void", claims::all_void),
    kind("institution void", claims::institution_void),
    kind("voided and sent again", claims::voided_and_sent_again),
    kind("number of two counties", claims::number_of_two_counties),
    kind("number of another person", claims::number_of_another_person),
    kind("no update times", claims::no_update_times),
    Kind { months: 2..3, ..kind("late over December's line", claims::late_over_december) },
    kind("amounts in fen", amounts::in_fen),
    kind("decimal comma", amounts::decimal_comma),
    kind("positive refunds", amounts::positive_refunds),
    kind("refund without original", amounts::refund_without_original),
    kind("payment number reused", amounts::payment_number_reused),
    Kind { months: 3..4, ..kind("income in 10,000 yuan", amounts::income_in_wan) },
    Kind { months: 1..4, ..kind("income corrected in 10,000 yuan", amounts::income_corrected_in_wan) },
    Kind { months: 3..4, ..kind("income missing", amounts::income_missing) },
    kind("settled in the future", codes::settled_in_future),
    kind("unknown insurance", codes::unknown_insurance),
    kind("insurance in words", codes::insurance_in_words),
    kind("ids end in 000", codes::ids_rounded),
    kind("everybody dead", people::dead),
    kind("register without update time", people::register_without_time),
    kind("name with a question mark", people::name_unprintable),
    kind("id changed", people::id_changed),
    kind("passport and id", people::passport_and_id),
    kind("newborn's own id", people::newborns_own_id),
    kind("wrong county code", people::wrong_county_code),
    kind("payments too large", amounts::payments_in_fen),
    kind("claims file cut", claims::cut),
];

/// Which of some rows: one, a few, a tenth, half or all. Often those of people who are flagged, so that it matters.
pub(super) fn some(rng: &mut Rng, mut rows: Vec<(usize, usize)>, flagged: &BTreeSet<usize>) -> Vec<usize> {
    rng.shuffle(&mut rows);
    if rng.u8(0..10) < 7 {
        rows.sort_by_key(|(_, who)| !flagged.contains(who));
    }
    let all = rows.len();
    let count = match rng.u8(0..6) {
        0 => 1,
        1 => rng.usize(2..6),
        2 => all / 10,
        3 => all / 2,
        4 => all.saturating_sub(2),
        _ => all,
    };
    rows.into_iter().take(count.clamp(1, all.max(1))).map(|(row, _)| row).collect()
}

/// People flagged in the month, of a county or of all.
pub(super) fn flagged(world: &World, at: usize) -> BTreeSet<usize> {
    world.facts.flagged(at).into_keys().collect()
}

/// Where the file of a feed, a sealed month and a county lies in its night.
pub(super) fn sheet_of(world: &World, feed: &str, at: usize, county: usize) -> Option<usize> {
    world.nights[at].iter().position(|sheet| {
        sheet.feed == feed && sheet.name.contains(MONTHS[at]) && sheet.county.is_none_or(|of| of == county)
    })
}

/// Rows of a county's people in a file, with the person.
pub(super) fn rows_of(world: &World, sheet: &Sheet, at: usize, county: usize) -> Vec<(usize, usize)> {
    let rows = sheet.rows.iter().enumerate().map(|(row, cells)| (row, cells.who));
    rows.filter(|(_, who)| world.facts.people[*who].county[at] == county).collect()
}

/// Counties that a file covers.
pub(super) fn covers(world: &World, sheet: &Sheet) -> Vec<usize> {
    sheet.county.map_or_else(|| (0..world.counties).collect(), |county| vec![county])
}

/// A county with people on rosters and claims in the month.
pub(super) fn county(world: &World, rng: &mut Rng, at: usize) -> usize {
    let mut counties: Vec<usize> = (0..world.counties).collect();
    rng.shuffle(&mut counties);
    let lists = |county: &usize| world.facts.by_county(at, *county).len();
    counties.into_iter().max_by_key(|county| lists(county).min(4)).unwrap()
}

/// The facts without some claims in the landed files of a month.
pub(super) fn without(facts: &Facts, claims: &BTreeSet<usize>) -> Facts {
    let mut facts = facts.clone();
    for claim in claims {
        facts.claims[*claim].fen = 0;
    }
    facts
}

/// The facts with some claims at other amounts.
pub(super) fn times(facts: &Facts, claims: &BTreeSet<usize>, factor: i64) -> Facts {
    let mut facts = facts.clone();
    for claim in claims {
        facts.claims[*claim].fen *= factor;
    }
    facts
}

/// The facts with some people without their tag, where absence may end it at all.
pub(super) fn untagged(facts: &Facts, people: &BTreeSet<usize>) -> Facts {
    let mut facts = facts.clone();
    for who in people {
        let tag = &mut facts.people[*who].tag;
        if super::sheets::is_monitored(*tag) {
            *tag = None;
        }
    }
    facts
}

/// Whether a monthly file is held for its number of rows, with three and more earlier ones of its county.
pub(super) fn is_held_by_rows(world: &World, at: usize, sheet: &Sheet) -> bool {
    let earlier =
        world.nights[..at].iter().flatten().filter(|other| other.feed == sheet.feed && other.county == sheet.county);
    let mut rows: Vec<usize> = earlier.map(|other| other.rows.len()).collect();
    rows.sort_unstable();
    let usual = rows.get(rows.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    rows.len() >= 3 && (sheet.rows.len() > 2 * usual || 2 * sheet.rows.len() < usual)
}

/// The mended file comes a month later under a new name.
pub(super) fn send_again(world: &mut World, at: usize, mut sheet: Sheet) {
    if at + 1 < MONTHS.len() {
        sheet.name = sheet.name.replace(".csv", "-again.csv");
        sheet.manifest = None;
        sheet.raw = None;
        world.nights[at + 1].push(sheet);
    }
}
