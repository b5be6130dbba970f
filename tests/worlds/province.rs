//! Random small prefectures from a seed: who lives there, what they bear, and the files that tell it.

use fastrand::Rng;

use super::sheets::{self, Sheet};
use super::truth::{Claim, FIRST, Facts, Figure, Payment, Person, TAGS, with_check};

/// The rural income of 2024; twice and once are the lines of 2025 and, till February, of January 2026.
const INCOME_2024: i64 = 2_000_000;
const INCOME_2025: i64 = 2_110_000;
const SURNAMES: [&str; 12] = ["陈", "林", "黄", "张", "李", "王", "吴", "刘", "蔡", "杨", "许", "郑"];
const GIVEN: [&str; 12] =
    ["建国", "秀英", "志强", "桂花", "春生", "丽华", "文彬", "玉兰", "金水", "美珍", "德福", "阿妹"];
pub(super) const COUNTY_NAMES: [&str; 5] = ["临江区", "望川区", "青屏县", "云麓县", "海角县"];
pub(super) const OUTPATIENT: &str = "11";
pub(super) const INPATIENT: &str = "21";

/// How the senders of a prefecture work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// One claims file for the whole area, or one per county.
    pub(super) claims_together: bool,
    pub(super) rosters_together: bool,
    /// Every county calls its office alike.
    pub(super) offices_share_a_name: bool,
    pub(super) has_update_times: bool,
    /// The sealed month from which 农业农村局 keeps what 乡村振兴局 kept.
    pub(super) merger: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) counties: usize,
    pub(super) style: Style,
    pub(super) facts: Facts,
    /// The files of each sealed month; the first also brings the past.
    pub(super) nights: [Vec<Sheet>; 4],
    /// The month before which the program is renewed.
    pub(super) upgrade: Option<usize>,
}

/// What a clean world may contain besides.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Events {
    /// A third more people flagged in a month.
    pub(super) surge: bool,
    /// A quarter of the monitored leave, each row with its last day.
    pub(super) exits: bool,
    /// Some move to another county; the register says so.
    pub(super) moves: bool,
    pub(super) late_claims: bool,
    pub(super) payments: bool,
    /// An office passes its rosters on to another.
    pub(super) merger: bool,
    /// A third of a county becomes a county of its own.
    pub(super) split: bool,
    pub(super) upgrade: bool,
    /// Five counties with as many people as a workspace of a larger prefecture has on its lists.
    pub(super) is_large: bool,
}

pub(super) fn code(county: usize) -> String {
    format!("99010{}", county + 1)
}

/// A prefecture that is the same for the same seed.
pub(super) fn world(seed: u64, events: Events) -> World {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let counties = if events.is_large { 5 } else { rng.usize(3..=4) };
    let style = Style {
        claims_together: rng.bool(),
        rosters_together: rng.bool(),
        offices_share_a_name: rng.u8(0..4) == 0,
        has_update_times: rng.u8(0..4) > 0,
        merger: events.merger.then(|| rng.usize(1..4)),
    };
    let count = if events.is_large { rng.usize(480..600) } else { rng.usize(200..340) };
    let count = crate::workspace::count_from_environment("WORLDS_PEOPLE", count);
    let mut facts = Facts {
        figures: vec![
            Figure { year: 2024, fen: INCOME_2024, known_from: 0 },
            Figure { year: 2025, fen: INCOME_2025, known_from: 3 },
        ],
        ..Facts::default()
    };
    for at in 0..count {
        let person = person(&mut rng, at, counties);
        facts.people.push(person);
        let from = facts.claims.len();
        claims_of(&mut rng, at, &mut facts, events);
        for (n, claim) in facts.claims[from..].iter_mut().enumerate() {
            claim.number = format!("S{}{at:04}{n:02}", code(facts.people[at].county[0]));
        }
    }
    happen(&mut rng, &mut facts, counties, events);
    let counties = counties + usize::from(events.split && !events.is_large);
    if events.split {
        split(&mut rng, &mut facts, counties - 1);
    }
    let nights = sheets::nights(&facts, counties, style);
    World { counties, style, facts, nights, upgrade: events.upgrade.then(|| rng.usize(1..4)) }
}

fn person(rng: &mut Rng, at: usize, counties: usize) -> Person {
    // Uneven counties: the first has most people.
    let county = if rng.u8(0..3) == 0 { 0 } else { rng.usize(0..counties) };
    let birth = format!("{}{:02}{:02}", rng.u32(1935..2005), rng.u32(1..13), rng.u32(1..29));
    let id = with_check(&format!("{}{birth}{:03}", code(county), at % 1000));
    let kind = rng.u8(0..20);
    let tag = match kind {
        0..=5 => Some(TAGS[0]),
        6 | 7 => Some(TAGS[1]),
        8 | 9 => Some(TAGS[2]),
        10 => Some(TAGS[3]),
        _ => None,
    };
    Person {
        id,
        person_no: format!("P{at:06}"),
        name: format!("{}{}", SURNAMES[rng.usize(0..12)], GIVEN[rng.usize(0..12)]),
        county: [county; 4],
        household: format!("H{:04}", at / 3),
        tag,
        tag_until: None,
        is_rural: kind < 17,
        dead_from: None,
        is_nowhere: false,
    }
}

/// A person's claims: small ones most months, and for some what brings them over a line in a month of their own.
fn claims_of(rng: &mut Rng, who: usize, facts: &mut Facts, events: Events) {
    let person = facts.people[who].clone();
    for month in 0..14 {
        let small = if month < FIRST - 3 { rng.u8(0..6) == 0 } else { rng.u8(0..10) < 6 };
        if small {
            let care = if rng.u8(0..5) == 0 { INPATIENT } else { OUTPATIENT };
            let fen = rng.i64(1_000..40_000);
            push(rng, facts, who, month, fen, care);
        }
    }
    let line = if person.tag.is_some() { INCOME_2025 } else { 2 * INCOME_2025 };
    for year in 0..2 {
        let share = if person.tag.is_some() { 3 } else { 4 };
        if !person.is_rural || rng.u8(0..share) > 0 {
            continue;
        }
        // When the last part comes; in 2025 half of them before the first sealed month.
        let crossing = match (year, rng.u8(0..4)) {
            (0, 0 | 1) => rng.usize(0..FIRST),
            (0, 2) => FIRST,
            (0, _) => FIRST + 1,
            (_, n) => 12 + usize::from(n % 2),
        };
        let crossing = if events.surge && rng.bool() { [FIRST + 1, 13][year] } else { crossing };
        let parts = rng.i64(1..4);
        // Now and then between the line that stands in and the one that is published.
        let over = if rng.u8(0..10) == 0 { line - 60_000 } else { line + rng.i64(1_000..line / 2) };
        for part in 0..parts {
            let first = if year == 0 { 0 } else { 12 };
            let month = if part == 0 { crossing } else { rng.usize(first..=crossing) };
            push(rng, facts, who, month, over / parts + 1, INPATIENT);
        }
    }
}

fn push(rng: &mut Rng, facts: &mut Facts, person: usize, month: usize, fen: i64, care: &'static str) {
    // The county's own hospital, or one of two that all counties share.
    let institution = if rng.u8(0..3) == 0 { rng.usize(90..92) } else { facts.people[person].county[0] };
    facts.claims.push(Claim {
        number: String::new(),
        person,
        month,
        day: rng.usize(1..29),
        fen,
        arrives: month.saturating_sub(FIRST),
        institution,
        care,
    });
}

/// What befalls a clean world.
fn happen(rng: &mut Rng, facts: &mut Facts, counties: usize, events: Events) {
    if events.exits {
        let at = rng.usize(1..4);
        for person in facts.people.iter_mut().filter(|person| person.tag.is_some()) {
            if rng.u8(0..4) == 0 {
                person.tag_until = Some(at);
            }
        }
    }
    if events.moves {
        let at = rng.usize(1..4);
        for person in &mut facts.people {
            if rng.u8(0..40) == 0 {
                let to = rng.usize(0..counties);
                person.county[at..].fill(to);
            }
        }
    }
    if events.late_claims {
        for claim in &mut facts.claims {
            if (FIRST..13).contains(&claim.month) && claim.fen < 100_000 && rng.u8(0..30) == 0 {
                claim.arrives += 1;
            }
        }
    }
    if events.payments {
        for claim in 0..facts.claims.len() {
            let arrives = facts.claims[claim].arrives;
            if facts.claims[claim].fen > 400_000 && rng.u8(0..12) == 0 {
                let number = format!("A{claim:06}");
                let fen = facts.claims[claim].fen / 50;
                facts
                    .payments
                    .push(Payment { number, claim, fen, arrives: (arrives + 1).min(3), payer: "二次报销" });
            }
        }
    }
}

/// From some month on a third of the first county's households live in the last one, which was empty or small.
fn split(rng: &mut Rng, facts: &mut Facts, to: usize) {
    let at = rng.usize(1..4);
    for (who, person) in facts.people.iter_mut().enumerate() {
        if person.county[at] == 0 && (who / 3) % 3 == 0 {
            person.county[at..].fill(to);
        }
    }
}
