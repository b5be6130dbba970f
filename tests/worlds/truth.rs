//! What is really so in a small invented prefecture, and whom the clause means, worked out the plain way.
//!
//! Taught from 闽医保〔2021〕93号 clause 11 and the product's promises, never from its code: sums of whole fen, one loop.

use std::collections::{BTreeMap, BTreeSet};

/// The sealed months. Months are counted from January 2025 = 0.
pub(super) const MONTHS: [&str; 4] = ["2025-11", "2025-12", "2026-01", "2026-02"];
/// The number of the first sealed month.
pub(super) const FIRST: usize = 10;
/// Tags of the first rule; only the first of them never ends by absence.
pub(super) const TAGS: [&str; 4] = ["lifted_out", "unstable_lifted_out", "vulnerable", "sudden_hardship"];

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) person_no: String,
    pub(super) name: String,
    /// The county by sealed month.
    pub(super) county: [usize; 4],
    pub(super) household: String,
    /// The tag with the first sealed month without it, where it ends.
    pub(super) tag: Option<&'static str>,
    pub(super) tag_until: Option<usize>,
    pub(super) is_rural: bool,
    /// The first sealed month of which the register says that the person is dead.
    pub(super) dead_from: Option<usize>,
    /// Nobody can tell the county: on the area's own list.
    pub(super) is_nowhere: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) number: String,
    pub(super) person: usize,
    pub(super) month: usize,
    pub(super) day: usize,
    /// In-catalogue self-pay, fen.
    pub(super) fen: i64,
    /// In which sealed month's files it comes; 0 for the past.
    pub(super) arrives: usize,
    pub(super) institution: usize,
    pub(super) care: &'static str,
}

/// What others paid later for a claim.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) number: String,
    pub(super) claim: usize,
    pub(super) fen: i64,
    pub(super) arrives: usize,
    pub(super) payer: &'static str,
}

/// Rural income per head of a year, known from a sealed month on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) year: usize,
    pub(super) fen: i64,
    pub(super) known_from: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) people: Vec<Person>,
    pub(super) claims: Vec<Claim>,
    pub(super) payments: Vec<Payment>,
    pub(super) figures: Vec<Figure>,
}

/// Why somebody is on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// `None`: nobody knows.
    pub(super) county: Option<usize>,
    pub(super) fen: i64,
}

impl Facts {
    /// Whom the clause means in a sealed month.
    pub(super) fn flagged(&self, at: usize) -> BTreeMap<usize, Hit> {
        let line = self.line(at);
        let spent = self.spent(at);
        let mut hits = BTreeMap::new();
        for (who, person) in self.people.iter().enumerate() {
            let fen = spent.get(&who).copied().unwrap_or_default();
            let has_tag = person.tag.is_some() && person.tag_until.is_none_or(|until| at < until);
            let is_over = (has_tag && fen > line) || (person.is_rural && fen > 2 * line);
            let is_alive = person.dead_from.is_none_or(|dead| at < dead);
            if is_over && is_alive {
                hits.insert(who, Hit { county: (!person.is_nowhere).then_some(person.county[at]), fen });
            }
        }
        hits
    }

    /// What each bore in the month's year, as far as the files of the month tell.
    pub(super) fn spent(&self, at: usize) -> BTreeMap<usize, i64> {
        let month = FIRST + at;
        let is_in = |claim: &Claim| claim.month / 12 == month / 12 && claim.month <= month && claim.arrives <= at;
        let mut spent: BTreeMap<usize, i64> = BTreeMap::new();
        for claim in self.claims.iter().filter(|claim| is_in(claim)) {
            *spent.entry(claim.person).or_default() += claim.fen;
        }
        for payment in self.payments.iter().filter(|payment| payment.arrives <= at) {
            let claim = &self.claims[payment.claim];
            if is_in(claim) {
                *spent.entry(claim.person).or_default() -= payment.fen;
            }
        }
        spent
    }

    /// Last year's figure; while it is not out, that of the year before.
    pub(super) fn line(&self, at: usize) -> i64 {
        let year = 2025 + (FIRST + at) / 12;
        let known = |year: usize| {
            let known = self.figures.iter().filter(|figure| figure.year == year && figure.known_from <= at);
            known.map(|figure| figure.fen).next_back()
        };
        known(year - 1).or_else(|| known(year - 2)).unwrap_or(i64::MAX / 4)
    }

    /// Whoever is flagged in the month, by county.
    pub(super) fn by_county(&self, at: usize, county: usize) -> BTreeSet<usize> {
        let hits = self.flagged(at).into_iter();
        hits.filter(|(_, hit)| hit.county == Some(county)).map(|(who, _)| who).collect()
    }
}

/// `2025-11` and the like of a month's number.
pub(super) fn month_text(month: usize) -> String {
    format!("{}-{:02}", 2025 + month / 12, month % 12 + 1)
}

/// The last day of the sealed month's own seal: the fifth of the next month, as a count of days from 2025-01-01.
pub(super) fn seal_day(at: usize) -> i64 {
    [339, 370, 401, 429][at]
}

/// The check character of GB 11643, by the recurrence of ISO 7064.
pub(super) fn with_check(seventeen: &str) -> String {
    let sum = seventeen.chars().filter_map(|c| c.to_digit(10)).fold(0, |sum, digit| ((sum + digit) * 2) % 11);
    let check = match (12 - sum) % 11 {
        10 => 'X',
        check => char::from_digit(check, 10).unwrap(),
    };
    format!("{seventeen}{check}")
}

#[test]
fn the_plain_law_says_what_the_clause_says() {
    let person = |tag, is_rural| Person {
        id: String::new(),
        person_no: String::new(),
        name: String::new(),
        county: [0; 4],
        household: String::new(),
        tag,
        tag_until: None,
        is_rural,
        dead_from: None,
        is_nowhere: false,
    };
    let claim = |person, month, fen| Claim {
        number: String::new(),
        person,
        month,
        day: 1,
        fen,
        arrives: 0,
        institution: 0,
        care: "21",
    };
    let facts = Facts {
        people: vec![person(Some("lifted_out"), true), person(None, true), person(None, false), person(None, true)],
        claims: vec![
            claim(0, 3, 2_000_001),
            claim(1, 3, 4_000_001),
            claim(2, 3, 9_000_000),
            claim(3, 3, 4_000_000),
            claim(0, 12, 1_999_999),
        ],
        payments: Vec::new(),
        figures: vec![Figure { year: 2024, fen: 2_000_000, known_from: 0 }],
    };
    // 超过 excludes the line; the other rule asks for twice as much; January starts anew.
    assert_eq!(facts.flagged(0).into_keys().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(facts.flagged(2).into_keys().collect::<Vec<_>>(), Vec::<usize>::new());
    assert_eq!(with_check("11010519491231002"), "11010519491231002X");
}
