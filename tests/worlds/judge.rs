//! What came out of a world against what is really so: who is lost, late, wrongly flagged, or asked about for nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::Planted;
use super::province::{COUNTY_NAMES, World, code};
use super::run::{Listed, Sealed};
use super::truth::{Hit, MONTHS, seal_day};

/// A world's faults of the product, by what they do to people; each text says month and why, never a person.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged {
    /// Truly flagged, and on no list of any kind.
    pub(super) silent: Vec<String>,
    /// Flagged by every reading, and not on the list sealed that day.
    pub(super) delayed: Vec<String>,
    /// On a list though not flagged, and nothing says that something is open.
    pub(super) unmarked: Vec<String>,
    /// A county that the fault does not touch differs from the true world.
    pub(super) untouched: Vec<String>,
    /// Data are missing, and list and alerts do not say so.
    pub(super) untold: Vec<String>,
    /// A question without an owner or a due day.
    pub(super) ownerless: Vec<String>,
    /// Wrongly flagged where the fault is below every bound of the page.
    pub(super) below_floor: usize,
    /// Held for a while: undecided or staying, as it should be.
    pub(super) open: usize,
    /// Days by which people came later than in the true world, where their data came later.
    pub(super) days: i64,
    pub(super) late_people: usize,
    /// County-months with a question or mark that nothing asked for.
    pub(super) needless: usize,
    pub(super) county_months: usize,
}

impl Judged {
    /// Everything that must not be.
    pub(super) fn faults(&self) -> Vec<&String> {
        let all = [&self.silent, &self.delayed, &self.unmarked, &self.untouched, &self.untold, &self.ownerless];
        all.into_iter().flatten().collect()
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.silent.extend(other.silent.iter().cloned());
        self.delayed.extend(other.delayed.iter().cloned());
        self.unmarked.extend(other.unmarked.iter().cloned());
        self.untouched.extend(other.untouched.iter().cloned());
        self.untold.extend(other.untold.iter().cloned());
        self.ownerless.extend(other.ownerless.iter().cloned());
        self.below_floor += other.below_floor;
        self.open += other.open;
        self.days += other.days;
        self.late_people += other.late_people;
        self.needless += other.needless;
        self.county_months += other.county_months;
    }
}

/// Who stands where: a person may have a second id.
struct People<'a> {
    world: &'a World,
    planted: &'a Planted,
    by_id: BTreeMap<&'a str, usize>,
}

impl<'a> People<'a> {
    fn new(world: &'a World, planted: &'a Planted) -> Self {
        let first = world.facts.people.iter().enumerate().map(|(who, person)| (person.id.as_str(), who));
        let others = planted.other_ids.iter().map(|(who, id)| (id.as_str(), *who));
        Self { world, planted, by_id: first.chain(others).collect() }
    }

    fn ids(&self, who: usize) -> impl Iterator<Item = &str> {
        let own = self.world.facts.people[who].id.as_str();
        std::iter::once(own).chain(self.planted.other_ids.get(&who).map(String::as_str))
    }

    fn find<'s>(&self, who: usize, of: impl Fn(&str) -> Option<&'s Listed>) -> Option<&'s Listed> {
        self.ids(who).find_map(of)
    }
}

/// Judges all months of a world.
pub(super) fn judge(world: &World, planted: &Planted, sealed: &[Sealed]) -> Judged {
    let people = People::new(world, planted);
    let mut judged = Judged::default();
    for (at, month) in sealed.iter().enumerate() {
        judge_people(&people, at, sealed, &mut judged);
        judge_listed(&people, at, month, &mut judged);
        judge_counties(&people, at, month, &mut judged);
        for question in &month.questions {
            let is_said = |name: &str| question[name].as_str().is_some_and(|text| !text.is_empty());
            if !is_said("owner") || !is_said("due") {
                judged.ownerless.push(format!("{}: a question without owner or due day", MONTHS[at]));
            }
        }
    }
    judged
}

/// Whether every reading, some reading, flags somebody.
fn certainty(readings: &[BTreeMap<usize, Hit>], who: usize) -> (bool, bool) {
    let flags = |reading: &BTreeMap<usize, Hit>| reading.contains_key(&who);
    (readings.iter().all(flags), readings.iter().any(flags))
}

/// Everybody who is truly flagged.
fn judge_people(people: &People<'_>, at: usize, sealed: &[Sealed], judged: &mut Judged) {
    let (world, planted, month) = (people.world, people.planted, &sealed[at]);
    let readings: Vec<_> = planted.readings_in(at, &world.facts).into_iter().map(|facts| facts.flagged(at)).collect();
    for (who, hit) in world.facts.flagged(at) {
        let (is_certain, is_known) = certainty(&readings, who);
        let referred = people.find(who, |id| month.referred(id));
        let open = people.find(who, |id| month.open(id)).filter(|row| !row.cell("reason").is_empty());
        let is_there = referred.is_some_and(|row| hit.county.is_none_or(|county| row.county == code(county)));
        let text = |what: &str| format!("{}: {what}, county {:?}, {}", MONTHS[at], hit.county, planted.note);
        if is_certain {
            match (is_there, referred, open) {
                (true, ..) => {}
                (false, Some(_), _) => judged.delayed.push(text("certain, on another county's list")),
                (false, None, Some(row)) => {
                    judged.delayed.push(text(&format!("certain, only 待核实 {}", row.cell("reason"))));
                }
                (false, None, None) => judged.silent.push(text(&format!("certain, {}", why(people, who, month)))),
            }
        } else if referred.is_some()
            || open.is_some()
            || (planted.stated == Some(at) && says_so(people, who, month, at, sealed))
        {
            judged.open += 1;
        } else if is_known || !planted.blind.contains(&at) {
            judged.silent.push(text(&format!("not certain, {}", why(people, who, month))));
        } else {
            follow(people, who, at, sealed, judged);
        }
    }
}

/// Whether somebody who was listed leaves with a word; who was not has nothing to be told, and January starts anew.
fn says_so(people: &People<'_>, who: usize, month: &Sealed, at: usize, sealed: &[Sealed]) -> bool {
    let is_same_year = at > 0 && MONTHS[at][..4] == MONTHS[at - 1][..4];
    let was_listed = is_same_year && people.find(who, |id| sealed[at - 1].referred(id)).is_some();
    !was_listed || people.find(who, |id| month.withdrawn(id)).is_some()
}

/// How somebody left.
fn why(people: &People<'_>, who: usize, month: &Sealed) -> String {
    if month.codes[1] != Some(0) && month.lists.is_empty() {
        let error = month.told.lines().rfind(|line| line.starts_with("error")).unwrap_or_default();
        return format!("no list was sealed (exit {:?}: {error})", month.codes[1]);
    }
    people
        .find(who, |id| month.withdrawn(id))
        .map_or_else(|| "on no list".to_owned(), |row| format!("withdrawn as {}", row.cell("delta_reason")))
}

/// Whose data came later: the first seal that has them, within the window that the month belongs to.
fn follow(people: &People<'_>, who: usize, at: usize, sealed: &[Sealed], judged: &mut Judged) {
    let year = &MONTHS[at][..4];
    let is_over = |then: &usize| people.world.facts.flagged(*then).contains_key(&who);
    let rest: Vec<usize> = (at + 1..sealed.len()).filter(|then| MONTHS[*then].starts_with(year)).collect();
    if !rest.is_empty() && !rest.iter().any(is_over) {
        // By the time the data came the published line lay above the amount.
        return;
    }
    let later = sealed.iter().enumerate().skip(at + 1);
    let found = later.filter_map(|(then, month)| {
        let row = month.rows.iter().find(|row| {
            let is_theirs = people.ids(who).any(|id| id == row.cell("id_number"));
            is_theirs && !row.is_withdrawn() && row.period.starts_with(year) && row.office != "YBN"
        });
        row.map(|_| then)
    });
    let first = found.min();
    // In the last month nobody can be listed later; the fault may be mended only then.
    match first {
        Some(then) => judged.days += seal_day(then) - seal_day(at),
        None if at + 1 < sealed.len() => {
            judged
                .silent
                .push(format!("{}: never listed, though the data came later, {}", MONTHS[at], people.planted.note));
        }
        None => {}
    }
    judged.late_people += 1;
}

/// Everybody who is on a list and is not flagged.
fn judge_listed(people: &People<'_>, at: usize, month: &Sealed, judged: &mut Judged) {
    let truth = people.world.facts.flagged(at);
    for row in month.rows.iter().filter(|row| row.office == "MZ" && !row.is_withdrawn() && row.period == MONTHS[at]) {
        let who = people.by_id.get(row.cell("id_number"));
        if who.is_some_and(|who| truth.contains_key(who)) || row.is_marked() || is_asked(month, &row.county) {
            continue;
        }
        if people.planted.below_floor {
            judged.below_floor += 1;
        } else {
            judged.unmarked.push(format!("{}: on the list of {}, {}", MONTHS[at], row.county, people.planted.note));
        }
    }
}

/// Whether an open question names the county.
fn is_asked(month: &Sealed, county: &str) -> bool {
    month.questions.iter().any(|question| question.to_string().contains(county))
}

/// Untouched counties equal the true world; touched ones whose data are missing say so.
fn judge_counties(people: &People<'_>, at: usize, month: &Sealed, judged: &mut Judged) {
    let (world, planted) = (people.world, people.planted);
    for county in 0..world.counties {
        judged.county_months += 1;
        let listed = month.of_county(county, MONTHS[at]);
        if planted.touched.contains(&county) {
            if planted.blind.contains(&at) && !planted.unseen && !says_gap(month, county) {
                judged.untold.push(format!("{}: county {} lacks data, {}", MONTHS[at], county + 1, planted.note));
            }
            continue;
        }
        let truth = world.facts.by_county(at, county);
        let have: BTreeSet<usize> = listed.keys().filter_map(|id| people.by_id.get(id).copied()).collect();
        let (gone, new) = (truth.difference(&have).count(), have.difference(&truth).count());
        if gone + new > 0 {
            let text =
                format!("{}: county {}: {gone} missing, {new} too many, {}", MONTHS[at], county + 1, planted.note);
            judged.untouched.push(text);
        }
        let code = code(county);
        let asked = month.rows.iter().any(|row| {
            row.county == code
                && (row.office == "YBU" || (row.office == "MZ" && row.cell("delta_reason").starts_with("open:")))
        });
        judged.needless += usize::from(asked || is_asked(month, &code));
    }
}

/// Whether something tells that a county's data are missing, and its lists are not NIL.
fn says_gap(month: &Sealed, county: usize) -> bool {
    let code = code(county);
    let lists: Vec<_> = month.lists.values().filter(|list| list["county"] == *code).collect();
    let is_nil = lists.iter().any(|list| list["kind"] == "NIL" && !list["office"].as_str().unwrap().starts_with("YB"));
    let says = |list: &&serde_json::Value| ["gaps", "gap", "incomplete"].iter().any(|name| !list[*name].is_null());
    let alerts =
        month.alerts.contains(&code) || month.alerts.contains(COUNTY_NAMES[county]) || month.alerts.contains("claims/");
    !is_nil && (lists.iter().any(says) || alerts)
}
