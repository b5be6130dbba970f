//! Random small provinces with every kind of dirt, from a seed.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use fastrand::Rng;
use law::domain::Month;

use super::identity::check_character;
use super::people::{Person, people, register, rosters};
use super::province::{Adjustment, Batch, Claim, Document, Income, Money, Province, Shape, Spoiled};

/// The province's rural income per head, fen; odd on purpose, so that 0.8 of it is no whole fen.
pub(super) const INCOME_2025: i64 = 1_234_567;

/// A province that is the same for the same seed.
pub(crate) fn province(seed: u64) -> Province {
    let mut rng = Rng::with_seed(seed);
    let shape = Shape { fund_parts: rng.bool(), cash: rng.bool(), hospital: rng.bool() };
    let months: Vec<Month> = match rng.u8(0..4) {
        0 => ["2026-10"].as_slice(),
        1 => &["2026-12", "2027-01"],
        2 => &["2026-08", "2026-09", "2026-10"],
        _ => &["2026-09", "2026-10"],
    }
    .iter()
    .map(|month| Month::parse(month).unwrap())
    .collect();
    let mut batches: Vec<Batch> = months
        .into_iter()
        .map(|month| Batch {
            month,
            claims: Vec::new(),
            residents: Vec::new(),
            rosters: Vec::new(),
            income: Vec::new(),
            adjustments: Vec::new(),
        })
        .collect();
    income(&mut rng, &mut batches);
    let people = people(&mut rng);
    register(&mut rng, &people, &mut batches);
    rosters(&mut rng, &people, &mut batches);
    for (at, person) in people.iter().enumerate() {
        claims_of(&mut rng, at, person, &mut batches);
    }
    broken_claims(&mut rng, &people, &mut batches);
    in_time(&mut batches);
    Province { batches, shape, lifted_out_ends: seed.is_multiple_of(2) }
}

/// Nothing lands before it has happened (the gate rejects such rows): a row moves to the first batch that may have it,
/// and what happens after the last batch is never sent.
fn in_time(batches: &mut [Batch]) {
    let ends: Vec<NaiveDate> = batches.iter().map(|batch| batch.month.last_day()).collect();
    let place = |at: usize, day: NaiveDate| (at..ends.len()).find(|at| ends[*at] >= day);
    for at in 0..batches.len() {
        for claim in std::mem::take(&mut batches[at].claims) {
            if let Some(to) = place(at, claim.settled_at.max(claim.updated_at).date()) {
                batches[to].claims.push(claim);
            }
        }
        for row in std::mem::take(&mut batches[at].residents) {
            if let Some(to) = place(at, row.updated_at.map_or(ends[at], |moment| moment.date())) {
                batches[to].residents.push(row);
            }
        }
        for row in std::mem::take(&mut batches[at].adjustments) {
            if let Some(to) = place(at, row.paid.max(row.updated_at.date())) {
                batches[to].adjustments.push(row);
            }
        }
    }
}

fn income(rng: &mut Rng, batches: &mut [Batch]) {
    let row = |year, fen, release, published: Option<&str>| Income {
        geography: "990000",
        year,
        fen,
        release,
        published: published.map(|day| day.parse().unwrap()),
    };
    // One province in ten has no figure at all when its first list is due.
    if rng.u8(0..10) == 0 {
        batches.last_mut().unwrap().income.push(row(2024, 1_100_001, 1, None));
        return;
    }
    let first = &mut batches[0].income;
    first.push(row(2024, 1_100_001, 1, Some("2025-01-20")));
    first.push(row(2025, if rng.bool() { INCOME_2025 } else { INCOME_2025 + 1000 }, 1, Some("2026-01-19")));
    first.push(row(2026, INCOME_2025 + 50_000, 1, Some("2027-01-18")));
    if rng.bool() {
        first.push(row(2025, INCOME_2025, 2, Some("2026-03-01")));
    } else {
        first.push(row(2025, INCOME_2025 * 3, 2, Some("2027-06-01")));
    }
    if rng.bool() {
        let again = first[1].clone();
        first.push(again);
    }
    // A second place, so that the province's figure must be told from it.
    first.push(Income { geography: "990100", ..row(2025, 77, 9, None) });
}

/// A moment of the last months, of the year's first ones, or of December before. Few months, because each costs the
/// engine a statement per bucket.
fn moment(rng: &mut Rng, batches: &[Batch]) -> NaiveDateTime {
    let day = |year, month| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
    let last = batches.last().unwrap().month.last_day();
    let (first, last) = match rng.u8(0..12) {
        0 => (day(2025, 12), day(2025, 12) + Days::new(30)),
        1 | 2 => (day(2026, 1), day(2026, 2) + Days::new(27)),
        _ => (last - Days::new(110), last),
    };
    let days = u64::try_from((last - first).num_days()).unwrap();
    let day = first + Days::new(rng.u64(0..=days));
    day.and_time(NaiveTime::from_hms_opt(rng.u32(0..24), rng.u32(0..60), rng.u32(0..60)).unwrap())
}

/// Amounts that satisfy all identities; all even, so that halves do too.
fn money(rng: &mut Rng, about: i64) -> Money {
    let mut part = |most: i64| 2 * rng.i64(0..=(most.max(2) / 2));
    let (outside, over, first, scope) =
        (part(about / 4), part(about / 10), part(about / 5), 2 * (about / 2) + part(about));
    let (pooled, major, assistance) = (part(scope / 2), part(scope / 8), part(scope / 8));
    let hospital = if part(6) == 0 { part(scope / 16) } else { 0 };
    let total = outside + over + first + scope;
    let fund = pooled + major + assistance;
    let personal = total - fund - hospital;
    let account = part(personal);
    let account = account.min(personal);
    let deductible = part(scope / 4);
    let cash = personal - account;
    Money {
        total,
        outside,
        over,
        first,
        scope,
        deductible,
        pooled,
        major,
        assistance,
        fund,
        hospital,
        personal,
        account,
        cash,
    }
}

/// Amounts whose in-catalogue self-pay is exactly `measured`.
fn exact_money(measured: i64) -> Money {
    Money {
        total: measured + 600,
        outside: 400,
        over: 200,
        scope: measured,
        personal: measured + 600,
        cash: measured + 600,
        ..Money::default()
    }
}

/// Everything that happens to one person.
fn claims_of(rng: &mut Rng, at: usize, person: &Person, batches: &mut [Batch]) {
    let is_exact = rng.u8(0..5) == 0;
    let count = match rng.u8(0..6) {
        0 => 0,
        1 | 2 if is_exact => 0,
        1 => 1,
        _ => rng.usize(1..6),
    };
    let about = [3_000, 60_000, 400_000, 900_000, 1_600_000][rng.usize(0..5)];
    for n in 0..count {
        let mut claim = plain(rng, &format!("S{at:03}{n}"), person, batches);
        claim.money = money(rng, about);
        if rng.u8(0..4) == 0 {
            claim.money = Money { hospital: 0, ..claim.money };
            claim.money.personal = claim.money.total - claim.money.fund;
            claim.money.cash = claim.money.personal - claim.money.account;
        }
        let life = rng.u8(0..20);
        follow_ups(rng, life, claim, batches);
    }
    if is_exact {
        // On the line, a fen above it, on and above the warning line of both rules.
        let line = INCOME_2025 * rng.i64(1..3);
        let targets = [line, line + 1, line - 1, line * 8 / 10, line * 8 / 10 + 1];
        let mut claim = plain(rng, &format!("X{at:03}"), person, batches);
        claim.money = exact_money(targets[rng.usize(0..targets.len())]);
        let first_months = NaiveDate::from_ymd_opt(2026, rng.u32(1..3), 3).unwrap();
        claim.settled_at = first_months.and_hms_opt(8, 0, 0).unwrap();
        claim.updated_at = claim.settled_at;
        land(rng, claim, batches);
    }
}

fn plain(rng: &mut Rng, claim_id: &str, person: &Person, batches: &[Batch]) -> Claim {
    let settled_at = moment(rng, batches);
    Claim {
        claim_id: claim_id.to_owned(),
        original: String::new(),
        document: person.document(rng),
        name: person.spelt_name(rng),
        insurance_type: person.insurance(rng),
        care_type: ["11", "21", "41", "14", "2101"][rng.usize(0..5)],
        insured_area: person.area(rng),
        settled_at,
        updated_at: settled_at,
        money: Money::default(),
        is_refunded: false,
        is_valid: true,
        manual_reason: "",
        spoiled: None,
    }
}

/// What happens to a claim after it was settled; lands it and its successors.
fn follow_ups(rng: &mut Rng, life: u8, claim: Claim, batches: &mut [Batch]) {
    let later = |rng: &mut Rng, claim: &Claim| claim.updated_at + Days::new(rng.u64(1..90));
    match life {
        // Sent twice.
        0 | 1 => land(rng, claim.clone(), batches),
        // Corrected: other money, another month or another person.
        2..=4 => {
            let mut next = Claim { updated_at: later(rng, &claim), ..claim.clone() };
            match rng.u8(0..4) {
                0 if !claim.document.is_newborn => next.document.number = other_person(&claim.document, batches),
                1 => next.settled_at = moment(rng, batches),
                _ => next.money = money(rng, 700_000),
            }
            next.updated_at = next.updated_at.max(claim.updated_at + Days::new(1));
            land(rng, next, batches);
        }
        // Voided, sometimes called back.
        5 => {
            let void = Claim { updated_at: later(rng, &claim), is_valid: false, ..claim.clone() };
            if rng.bool() {
                let updated_at = later(rng, &void);
                land(rng, Claim { updated_at, is_valid: true, ..void.clone() }, batches);
            }
            if rng.bool() {
                land_reversal(rng, &claim, "R", 1, batches);
            }
            land(rng, void, batches);
        }
        // Taken back: whole, half, twice half, more than there was, without the original.
        6 => land_reversal(rng, &claim, "R", 1, batches),
        7 => land_reversal(rng, &claim, "R", 2, batches),
        8 => {
            land_reversal(rng, &claim, "R", 2, batches);
            land_reversal(rng, &claim, "Q", 2, batches);
        }
        9 => {
            land_reversal(rng, &claim, "R", 1, batches);
            land_reversal(rng, &claim, "Q", 2, batches);
        }
        10 => {
            land_reversal(rng, &claim, "R", 1, batches);
            return;
        }
        // Funds paid later: by a supplement, by an adjustment with and without its claim.
        11 | 12 => {
            let fund = claim.money.personal / 4;
            let mut supplement = Claim {
                claim_id: format!("{}M", claim.claim_id),
                manual_reason: ["06", "08", "09", "10"][rng.usize(0..4)],
                settled_at: later(rng, &claim),
                ..claim.clone()
            };
            supplement.updated_at = supplement.settled_at;
            supplement.money = Money { fund, pooled: 0, major: 0, assistance: fund, ..claim.money };
            land(rng, supplement, batches);
        }
        13 | 14 => {
            for n in 0..rng.u8(1..3) {
                land_adjustment(rng, &claim, n, batches);
            }
            if rng.u8(0..4) == 0 {
                return;
            }
        }
        _ => {}
    }
    land(rng, claim, batches);
}

/// The document number of somebody else who has landed already.
fn other_person(document: &Document, batches: &[Batch]) -> String {
    let others = batches.iter().flat_map(|batch| &batch.claims).map(|claim| &claim.document);
    let same_kind = |other: &&Document| other.cert_type == document.cert_type && !other.is_newborn;
    others.filter(same_kind).map(|other| other.number.clone()).next().unwrap_or_else(|| document.number.clone())
}

/// Lands a reversal of one `part`-th of the claim; refund model P marks the original too, model Q does not.
fn land_reversal(rng: &mut Rng, claim: &Claim, prefix: &str, part: i64, batches: &mut [Batch]) {
    let settled_at = claim.settled_at + Days::new(rng.u64(0..120));
    let mut reversal = Claim {
        claim_id: format!("{prefix}{}", claim.claim_id),
        original: claim.claim_id.clone(),
        settled_at,
        updated_at: settled_at,
        is_refunded: rng.u8(0..5) > 0,
        money: claim.money.map(|amount| -amount / part),
        ..claim.clone()
    };
    if rng.u8(0..12) == 0 {
        "S-nowhere".clone_into(&mut reversal.original);
    }
    if rng.bool() {
        // Model P: the original is sent again with its mark.
        let marked = Claim { is_refunded: true, updated_at: claim.updated_at + TimeDelta::hours(1), ..claim.clone() };
        land(rng, marked, batches);
    }
    land(rng, reversal, batches);
}

fn land_adjustment(rng: &mut Rng, claim: &Claim, n: u8, batches: &mut [Batch]) {
    let paid = claim.settled_at.date() + Days::new(rng.u64(1..200));
    let row = Adjustment {
        adjustment_id: format!("A{}{n}", claim.claim_id),
        claim_id: claim.claim_id.clone(),
        // The feed cannot say that somebody is a newborn, so such a row names the mother and must wait.
        document: Document { is_newborn: false, ..claim.document.clone() },
        fen: claim.money.personal / rng.i64(2..6),
        paid,
        updated_at: paid.and_hms_opt(0, 0, 0).unwrap(),
    };
    let at = rng.usize(0..batches.len());
    match rng.u8(0..6) {
        0 => batches[at].adjustments.push(row.clone()),
        1 => {
            let later = Adjustment { updated_at: row.updated_at + Days::new(2), fen: row.fen / 2, ..row.clone() };
            let at = rng.usize(0..batches.len());
            batches[at].adjustments.push(later);
        }
        _ => {}
    }
    batches[at].adjustments.push(row);
}

/// Lands a claim in one of the batches; claims settled long ago may come late.
fn land(rng: &mut Rng, claim: Claim, batches: &mut [Batch]) {
    let at = rng.usize(0..batches.len());
    batches[at].claims.push(claim);
}

/// Rows that break one rule each, or break it by one fen only and count.
fn broken_claims(rng: &mut Rng, people: &[Person], batches: &mut [Batch]) {
    for n in 0..rng.usize(3..20) {
        let person = &people[rng.usize(0..people.len())];
        let mut claim = plain(rng, &format!("B{n:03}"), person, batches);
        claim.money = money(rng, 300_000);
        match rng.u8(0..10) {
            0..=2 => claim.spoiled = spoilt_cell(rng),
            3 => claim.money.total += [1, -1, 2, 500][rng.usize(0..4)],
            4 => claim.money.fund += [1, 2, 300][rng.usize(0..3)],
            5 => claim.money.personal += [1, -1, 2, 700][rng.usize(0..4)],
            6 => claim.money.cash += [1, -1, 2, 90][rng.usize(0..4)],
            7 => claim.money.deductible = claim.money.scope + [1, 2, 5_000][rng.usize(0..3)],
            _ => claim.document = broken_document(rng),
        }
        land(rng, claim, batches);
    }
}

fn spoilt_cell(rng: &mut Rng) -> Spoiled {
    let long = "长".repeat(401);
    let cells = [
        ("claim_id", ""),
        ("settled_at", ""),
        ("settled_at", "2026-13-45"),
        ("insurance_type", ""),
        ("total_amount", ""),
        ("personal_amount", "12.345"),
        ("personal_amount", "NaN"),
        ("fund_amount", "20000000000.00"),
        ("is_refunded", "perhaps"),
        ("person_name", &long),
    ];
    let (column, text) = cells[rng.usize(0..cells.len())];
    Some((column, text.to_owned()))
}

pub(super) fn broken_document(rng: &mut Rng) -> Document {
    let seventeen = "99010119700101999";
    let right = check_character(seventeen);
    let wrong = if right == '5' { '6' } else { '5' };
    let number = match rng.u8(0..7) {
        0 => String::new(),
        1 => "无".to_owned(),
        2 => "9.90101E+17".to_owned(),
        3 => seventeen.to_owned(),
        4 => format!("99010119701301999{right}"),
        5 => format!("9901011970010199A{right}"),
        _ => format!("{seventeen}{wrong}"),
    };
    Document { cert_type: "01".to_owned(), number, person_no: String::new(), is_newborn: false }
}
