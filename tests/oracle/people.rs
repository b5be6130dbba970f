//! The invented people of a province: their documents in many spellings, the register, the rosters.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use law::domain::Month;

use super::generate::broken_document;
use super::identity::check_character;
use super::province::{Batch, Document, Resident, Roster};

/// Somebody, before any file spells it in its own way.
#[derive(Debug, Clone)]
pub(super) struct Person {
    kind: Kind,
    name: String,
    county: &'static str,
    /// Seen in two areas, or under two names.
    moves: bool,
    is_confused: bool,
    /// Insured somewhere else than under 390 and 310 too.
    is_mixed: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Resident(String),
    Foreigner(String),
    Newborn(String),
}

const COUNTIES: [&str; 4] = ["990101", "990102", "990103", "990104"];
const SURNAMES: [char; 8] = ['张', '王', '李', '赵', '陈', '林', '黄', '吴'];
const GIVEN: [char; 8] = ['伟', '芳', '娜', '敏', '静', '丽', '强', '磊'];

pub(super) fn people(rng: &mut Rng) -> Vec<Person> {
    (0..rng.usize(20..121))
        .map(|at| {
            let birth = NaiveDate::from_ymd_opt(1930, 1, 1).unwrap() + Days::new(rng.u64(0..33_000));
            let county = COUNTIES[rng.usize(0..COUNTIES.len())];
            let seventeen = format!("{county}{}{:03}", birth.format("%Y%m%d"), at + 1);
            let kind = match rng.u8(0..20) {
                0 | 1 if at == 0 => Kind::Resident(format!("{seventeen}{}", check_character(&seventeen))),
                0 => Kind::Foreigner(format!("E9{at:06}")),
                1 => Kind::Newborn(format!("N{at:06}")),
                _ => Kind::Resident(format!("{seventeen}{}", check_character(&seventeen))),
            };
            let name = format!(
                "{}{}{}",
                SURNAMES[rng.usize(0..8)],
                GIVEN[rng.usize(0..8)],
                ["", "一", "二", "三"][rng.usize(0..4)]
            );
            Person {
                kind,
                name,
                county,
                moves: rng.u8(0..8) == 0,
                is_confused: rng.u8(0..12) == 0,
                is_mixed: rng.u8(0..5) == 0,
            }
        })
        .collect()
}

impl Person {
    /// The document as one file or another spells it.
    pub(super) fn document(&self, rng: &mut Rng) -> Document {
        let plain =
            Document { cert_type: "01".to_owned(), number: String::new(), person_no: String::new(), is_newborn: false };
        match &self.kind {
            Kind::Foreigner(number) => Document {
                cert_type: "08".to_owned(),
                number: if rng.bool() { number.clone() } else { format!(" {} ", number.to_lowercase()) },
                ..plain
            },
            // The mother's number, which must not be used.
            Kind::Newborn(number) => Document {
                number: format!("99010119900101001{}", check_character("99010119900101001")),
                person_no: number.clone(),
                is_newborn: true,
                ..plain
            },
            Kind::Resident(id) => {
                let wide = |c: char| char::from_u32(c as u32 + 0xfee0).unwrap();
                let (cert_type, number) = match rng.u8(0..14) {
                    0 => ("01", id.to_lowercase()),
                    1 => ("90", format!("\t{id} ")),
                    2 => ("", id.chars().map(wide).collect()),
                    3 => ("01", format!("G{id}")),
                    4 => ("09", format!("{id}44")),
                    5 => ("01", format!("{} {} {}", &id[..6], &id[6..14], &id[14..])),
                    6 if &id[6..8] == "19" => ("01", format!("{}{}", &id[..6], &id[8..17])),
                    _ => ("01", id.clone()),
                };
                Document { cert_type: cert_type.to_owned(), number, ..plain }
            }
        }
    }

    /// The name, now and then with stray blanks, in traditional characters, or with a sign in place of one that could not
    /// be printed; two names for those who share an id.
    pub(super) fn spelt_name(&self, rng: &mut Rng) -> String {
        match rng.u8(0..6) {
            0 if self.is_confused => format!("{}错", self.name),
            1 => format!(" {}\t", self.name),
            2 => self.name.replace('张', "張").replace('陈', "陳").replace('黄', "黃").replace('吴', "吳"),
            3 if rng.u8(0..4) == 0 => {
                let mut characters: Vec<char> = self.name.chars().collect();
                let (at, sign) = (rng.usize(1..characters.len()), ['?', '？', '〓', '□'][rng.usize(0..4)]);
                characters[at] = sign;
                characters.into_iter().collect()
            }
            _ => self.name.clone(),
        }
    }

    /// Newborns have no document by which another office could know them.
    fn is_in_offices(&self) -> bool {
        !matches!(self.kind, Kind::Newborn(_))
    }

    pub(super) fn insurance(&self, rng: &mut Rng) -> &'static str {
        match rng.u8(0..6) {
            0 if self.is_mixed => "399",
            1 if self.is_mixed => "310",
            _ => "390",
        }
    }

    pub(super) fn area(&self, rng: &mut Rng) -> String {
        if self.moves && rng.bool() { "990105".to_owned() } else { self.county.to_owned() }
    }
}

/// Register rows, with updates, twins, name conflicts and broken ids.
pub(super) fn register(rng: &mut Rng, people: &[Person], batches: &mut [Batch]) {
    for person in people.iter().filter(|person| person.is_in_offices()) {
        if rng.u8(0..8) == 0 {
            continue;
        }
        let day = NaiveDate::from_ymd_opt(2025, 6, 1).unwrap() + Days::new(rng.u64(0..100));
        let updated_at = (rng.u8(0..6) > 0).then(|| day.and_hms_opt(9, 0, 0).unwrap());
        let row = resident(rng, person, updated_at);
        let first = rng.usize(0..batches.len());
        let again = rng.usize(0..batches.len());
        match rng.u8(0..12) {
            0 => batches[again].residents.push(row.clone()),
            1 | 2 => {
                let mut next = resident(rng, person, Some((day + Days::new(30)).and_hms_opt(9, 0, 0).unwrap()));
                next.name.clone_from(&row.name);
                batches[again].residents.push(next);
            }
            3 => {
                let twin = Resident { name: format!("{}某", row.name), ..row.clone() };
                batches[again].residents.push(twin);
                if rng.bool() {
                    let updated_at = Some((day + Days::new(60)).and_hms_opt(9, 0, 0).unwrap());
                    let settled = Resident { updated_at, ..row.clone() };
                    batches[rng.usize(0..batches.len())].residents.push(settled);
                }
            }
            _ => {}
        }
        batches[first].residents.push(row);
    }
    for _ in 0..rng.usize(0..4) {
        let mut row = resident(rng, &people[0], None);
        row.document = broken_document(rng);
        batches[0].residents.push(row);
    }
}

fn resident(rng: &mut Rng, person: &Person, updated_at: Option<chrono::NaiveDateTime>) -> Resident {
    Resident {
        document: person.document(rng),
        name: person.name.clone(),
        county: if rng.u8(0..10) == 0 { COUNTIES[rng.usize(0..4)].to_owned() } else { person.county.to_owned() },
        village_class: ["", "", "121", "220", "210"][rng.usize(0..5)],
        household_type: ["", "10", "20", "22", "50"][rng.usize(0..5)],
        is_rural: [None, None, Some(true), Some(true), Some(false)][rng.usize(0..5)],
        is_alive: [None, Some(true), Some(true), Some(true), Some(true), Some(false)][rng.usize(0..6)],
        updated_at,
    }
}

/// Rosters as changes (with first and last days) or as full monthly rosters whose absentees have left.
pub(super) fn rosters(rng: &mut Rng, people: &[Person], batches: &mut [Batch]) {
    let style = rng.u8(0..8);
    if style == 0 {
        return;
    }
    let tags: [(&'static str, &'static str); 4] = [
        ("lifted_out", "农业农村局"),
        ("vulnerable", "农业农村局"),
        ("subsistence", "民政局"),
        ("returned_to_poverty", "农业农村局"),
    ];
    let has_counties = rng.bool();
    for person in people.iter().filter(|person| person.is_in_offices()) {
        for (tag, office) in tags {
            let wanted = if tag == "lifted_out" { 3 } else { 8 };
            // Style 1 has rosters, but none of the tag that the first rule needs.
            if rng.u8(0..wanted) > 0 || (style == 1 && tag == "lifted_out") {
                continue;
            }
            let row = |rng: &mut Rng| Roster {
                document: person.document(rng),
                name: person.name.clone(),
                tag,
                from: None,
                to: None,
                office,
                county: if has_counties { person.county } else { "" },
                roster_month: None,
                is_whole: false,
            };
            let is_full = style > 4 || (style > 2 && rng.bool());
            if is_full {
                on_full_rosters(rng, batches, &row);
            } else {
                let from = NaiveDate::from_ymd_opt(2024, 3, 15).unwrap() + Days::new(rng.u64(0..1000));
                let to = (rng.u8(0..4) == 0).then(|| from + Days::new(rng.u64(0..500)));
                let change = Roster { from: Some(from), to, ..row(rng) };
                let at = rng.usize(0..batches.len());
                match rng.u8(0..8) {
                    0 => batches[at].rosters.push(change.clone()),
                    // Sent again, now with its last day, or with another one; the exit may be taken back after that.
                    1 | 2 => {
                        let ended = Roster { to: Some(from + Days::new(rng.u64(0..700))), ..change.clone() };
                        let then = rng.usize(at..batches.len());
                        batches[then].rosters.push(ended);
                        if rng.bool() && then > at {
                            batches[rng.usize(then..batches.len())].rosters.push(Roster { to: None, ..change.clone() });
                        }
                    }
                    _ => {}
                }
                batches[at].rosters.push(change);
            }
        }
    }
    for _ in 0..rng.usize(0..4) {
        let mut bad = Roster {
            document: broken_document(rng),
            name: String::new(),
            tag: "subsistence",
            from: NaiveDate::from_ymd_opt(2026, 1, 1),
            to: None,
            office: "民政局",
            county: "",
            roster_month: None,
            is_whole: false,
        };
        match rng.u8(0..3) {
            0 => {}
            1 => {
                bad.document = people[0].document(rng);
                bad.to = NaiveDate::from_ymd_opt(2025, 12, 31);
            }
            _ => {
                bad.document = people[0].document(rng);
                bad.tag = "富人";
            }
        }
        batches[0].rosters.push(bad);
    }
    some_are_whole(rng, batches);
}

/// Some files say of an office's tag and month that they are the whole roster; their other rows say nothing.
fn some_are_whole(rng: &mut Rng, batches: &mut [Batch]) {
    for batch in batches {
        let of_month = |row: &Roster| row.roster_month.map(|month| (row.office, row.county, row.tag, month));
        let identities: BTreeSet<_> = batch.rosters.iter().filter_map(of_month).collect();
        let whole: BTreeSet<_> = identities.into_iter().filter(|_| rng.u8(0..4) == 0).collect();
        for row in &mut batch.rosters {
            row.is_whole = of_month(row).is_some_and(|identity| whole.contains(&identity));
        }
    }
}

/// One row on each of some months' full rosters; where one is missing, the person had left.
fn on_full_rosters(rng: &mut Rng, batches: &mut [Batch], row: &impl Fn(&mut Rng) -> Roster) {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1);
    for (month, missing_out_of) in [("2026-01", 8), ("2026-05", 6), ("2026-08", 5), ("2026-10", 5), ("2027-01", 3)] {
        let month = Month::parse(month).unwrap();
        // A roster comes with the batch of its month or, for old ones, with any.
        let able: Vec<usize> = (0..batches.len()).filter(|at| batches[*at].month >= month).collect();
        if rng.u8(0..missing_out_of) == 0 || able.is_empty() {
            continue;
        }
        let at = able[rng.usize(0..able.len())];
        let mut listed = row(rng);
        listed.roster_month = Some(month);
        listed.from = if rng.bool() { first } else { None };
        batches[at].rosters.push(listed);
    }
}
