//! A file beside the earlier ones of its sender: what is out of the usual.

use rust_decimal::Decimal;

use super::{Amounts, Bounds, Cadence, FileKind, FileProfile, share_of};
use crate::domain::Fen;
use crate::questions::{Bound, Surprise};

/// An earlier file of the feed that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFile {
    pub kind: FileKind,
    /// Rows below its header.
    pub rows: u64,
    /// Empty for files of an earlier program.
    pub profile: FileProfile,
}

/// Whom a register file newly calls deceased, of whom who were living. All counts are of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deaths {
    pub newly_dead: u64,
    pub living: u64,
}

/// What is surprising about a file, the gravest first. `past` are the taken files of its feed.
#[must_use]
pub fn surprises(
    bounds: &Bounds,
    (kind, profile): (&FileKind, &FileProfile),
    past: &[PastFile],
    deaths: Deaths,
) -> Vec<Surprise> {
    let past: Vec<&PastFile> = past.iter().filter(|past| is_of_like_area(profile, &past.profile)).collect();
    let past = past.as_slice();
    let mut found: Vec<Surprise> = amounts(bounds, (kind, profile), past).into_iter().collect();
    found.extend(rows(bounds, (kind, profile), past));
    let rows = profile.rows;
    if bounds.ids.is_passed(profile.damaged_ids, rows) {
        let count = profile.damaged_ids;
        let figures = [("rows", rows.to_string()), ("found", count.to_string()), ("share", share_of(count, rows))];
        found.push(Surprise::new(Bound::IdsDamaged, figures));
    }
    let Deaths { newly_dead, living } = deaths;
    if bounds.newly_dead.is_passed(newly_dead, living) {
        let figures = [
            ("found", newly_dead.to_string()),
            ("before", living.to_string()),
            ("share", share_of(newly_dead, living)),
        ];
        found.push(Surprise::new(Bound::NewlyDead, figures));
    }
    found.extend(useless(bounds, (kind, profile), past));
    found.extend(voided(bounds, profile));
    found
}

/// Whether what is usual in one file can tell of another: a county's own file says nothing about another county's.
fn is_of_like_area(profile: &FileProfile, past: &FileProfile) -> bool {
    let only = |profile: &FileProfile| match profile.counties.keys().collect::<Vec<_>>().as_slice() {
        [county] => Some((*county).clone()),
        _ => None,
    };
    only(profile).zip(only(past)).is_none_or(|(own, other)| own == other)
}

fn rows(bounds: &Bounds, (kind, profile): (&FileKind, &FileProfile), past: &[&PastFile]) -> Option<Surprise> {
    let rows = profile.rows;
    if bounds.rows.limits.contains(&rows) {
        return Some(Surprise::new(Bound::RowsLimit, [("found", rows.to_string())]));
    }
    if kind.is_supplement() || kind.cadence() != Cadence::Monthly {
        return None;
    }
    let mut earlier: Vec<u64> = past.iter().filter(|past| past.kind == *kind).map(|past| past.rows).collect();
    if earlier.len() < bounds.least_files {
        return None;
    }
    let usual = median(&mut earlier)?;
    let (found, usual_rows) = (Decimal::from(rows), Decimal::from(usual));
    let is_usual = found >= bounds.rows.low * usual_rows && found <= bounds.rows.high * usual_rows;
    let figures = [("found", rows.to_string()), ("usual", usual.to_string())];
    (!is_usual).then(|| Surprise::new(Bound::RowsCount, figures))
}

/// The lower median.
fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// Groups whose amounts are of another order; the one with the most rows speaks for the others.
fn amounts(bounds: &Bounds, (kind, profile): (&FileKind, &FileProfile), past: &[&PastFile]) -> Option<Surprise> {
    let groups =
        profile.amounts.iter().flat_map(|(care, own)| own.iter().map(move |(code, amounts)| (care, code, amounts)));
    let mut groups: Vec<Group<'_>> =
        groups.filter_map(|(care, code, own)| group(bounds, kind, past, care, code, own)).collect();
    // Of all institutions together first, then of each; those with most rows first.
    groups.sort_by_key(|group| {
        (!group.institution.is_empty(), std::cmp::Reverse(group.rows), group.care, group.institution)
    });
    let of_many = groups.iter().find(|group| group.is_of_many && group.is_shifted());
    // A wrong unit shifts whatever a file has, alike; a handful of dear claims shifts nothing else.
    let is_all = |is: fn(&Group<'_>) -> bool| groups.iter().all(|group| group.is_shifted() && is(group));
    let of_few = groups
        .first()
        .filter(|_| is_all(|group| group.ratio > Decimal::ONE) || is_all(|group| group.ratio < Decimal::ONE));
    let Group { care, institution, rows, found, usual, ratio, .. } = of_many.or(of_few)?;
    Some(Surprise::new(
        Bound::AmountsShifted,
        [
            ("institution", if institution.is_empty() { String::new() } else { format!("{institution} ") }),
            ("care", (*care).to_owned()),
            ("rows", rows.to_string()),
            ("found", found.to_string()),
            ("usual", usual.to_string()),
            ("ratio", ratio.round_dp(if *ratio < Decimal::ONE { 3 } else { 0 }).normalize().to_string()),
        ],
    ))
}

/// The amounts of a care type and institution (empty: of all) beside what is usual.
struct Group<'a> {
    care: &'a str,
    institution: &'a str,
    rows: u64,
    found: Fen,
    usual: Fen,
    ratio: Decimal,
    /// So many times the usual, or that part of it, is another order.
    times: Decimal,
    /// Whether there are rows enough to tell by themselves.
    is_of_many: bool,
}

impl Group<'_> {
    fn is_shifted(&self) -> bool {
        self.ratio >= self.times || self.ratio * self.times <= Decimal::ONE
    }
}

/// A group of a file, where there is something to compare it with.
fn group<'a>(
    bounds: &Bounds,
    kind: &FileKind,
    past: &[&PastFile],
    care: &'a str,
    institution: &'a str,
    amounts: &Amounts,
) -> Option<Group<'a>> {
    let (found, rows) = (amounts.median()?, amounts.count());
    let is_of_many = rows >= bounds.amounts.least_rows;
    if !is_of_many && (rows < bounds.amounts.small_least_rows || !institution.is_empty()) {
        return None;
    }
    let earlier = |past: &&PastFile| past.profile.of(care, institution).cloned();
    let same = past.iter().filter(|past| is_of_many && past.kind == *kind).filter_map(earlier);
    let mut medians: Vec<u64> =
        same.filter_map(|amounts| amounts.median()).map(|median| median.0.unsigned_abs()).collect();
    let (usual, times) = if medians.len() >= bounds.least_files {
        (median(&mut medians), bounds.amounts.times)
    } else {
        (all_together(past.iter().filter_map(earlier), bounds), bounds.amounts.small_times)
    };
    let usual = usual.filter(|usual| *usual > 0)?;
    let ratio = Decimal::from(found.0) / Decimal::from(usual);
    let usual = Fen(i64::try_from(usual).unwrap_or(i64::MAX));
    Some(Group { care, institution, rows, found, usual, ratio, times, is_of_many })
}

/// The median of all earlier amounts of a group, whatever file they came in, where they are enough to tell.
fn all_together(earlier: impl Iterator<Item = Amounts>, bounds: &Bounds) -> Option<u64> {
    let mut all = Amounts::default();
    earlier.for_each(|amounts| all.merge(&amounts));
    let is_enough = all.count() >= bounds.amounts.small_least_rows;
    all.median().filter(|_| is_enough).map(|median| median.0.unsigned_abs())
}

/// Why a row cannot be used that is never usual.
const COUNTY_UNKNOWN: &str = "county_unknown";

/// Rows that no rule can use, beyond the share of them that the sender's files usually have: a bureau may well be sent
/// more than its policy counts. While nothing is usual, only rows of unknown counties tell.
fn useless(bounds: &Bounds, (kind, profile): (&FileKind, &FileProfile), past: &[&PastFile]) -> Option<Surprise> {
    let all = |profile: &FileProfile| profile.useless.values().sum::<u64>();
    let same = past.iter().filter(|past| past.kind == *kind && past.profile.rows > 0);
    let mut shares: Vec<u64> = same.map(|past| all(&past.profile) * 1000 / past.profile.rows).collect();
    let rows = profile.rows;
    let found = if shares.len() >= bounds.least_files {
        all(profile).saturating_sub(median(&mut shares)? * rows / 1000)
    } else {
        profile.useless.get(COUNTY_UNKNOWN).copied().unwrap_or_default()
    };
    let why: Vec<String> = profile.useless.iter().map(|(why, count)| format!("{why} {count}")).collect();
    let figures = [
        ("rows", rows.to_string()),
        ("found", found.to_string()),
        ("share", share_of(found, rows)),
        ("why", why.join(", ")),
    ];
    bounds.rows_useless.is_passed(found, rows).then(|| Surprise::new(Bound::RowsUseless, figures))
}

fn voided(bounds: &Bounds, profile: &FileProfile) -> Vec<Surprise> {
    let mut found = Vec::new();
    for (institution, months) in &profile.settled {
        for (month, (all, voided)) in months {
            if bounds.institution_voided.is_passed(*voided, *all) {
                let figures = [
                    ("institution", institution.clone()),
                    ("month", month.clone()),
                    ("before", all.to_string()),
                    ("found", voided.to_string()),
                    ("share", share_of(*voided, *all)),
                ];
                found.push(Surprise::new(Bound::InstitutionVoided, figures));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(rows: u64, yuan: i64) -> FileProfile {
        let mut amounts = Amounts::default();
        (0..rows).for_each(|_| amounts.add(Fen(yuan * 100)));
        let by_care = [("21".to_owned(), [(String::new(), amounts)].into())].into();
        FileProfile { rows, amounts: by_care, ..FileProfile::default() }
    }

    fn past(name: &str, rows: u64, yuan: i64) -> PastFile {
        PastFile { kind: FileKind::of(name), rows, profile: profile(rows, yuan) }
    }

    fn bounds_of(name: &str, profile: &FileProfile, past: &[PastFile]) -> Vec<Bound> {
        let found = surprises(&Bounds::default(), (&FileKind::of(name), profile), past, Deaths::default());
        found.into_iter().map(|surprise| surprise.bound).collect()
    }

    #[test]
    fn amounts_of_another_order_are_held() {
        let three = [1, 2, 3].map(|n| past(&format!("claims-2026-0{n}.csv"), 300, 600));
        for (yuan, held) in [(600, false), (11_800, false), (12_300, true), (31, false), (29, true), (60_000, true)] {
            let found = bounds_of("claims-2026-04.csv", &profile(300, yuan), &three);
            assert_eq!(found == [Bound::AmountsShifted], held, "{yuan}: {found:?}");
        }
        // Few rows, or few files before them: only the fixed factor of a wrong unit.
        for (rows, yuan, held) in [(5, 60_000, true), (4, 60_000, false), (5, 20_000, false), (6, 6, true)] {
            let found = bounds_of("f.csv", &profile(rows, yuan), &[past("ok.csv", 6, 620)]);
            assert_eq!(found == [Bound::AmountsShifted], held, "{rows} rows of {yuan}: {found:?}");
        }
        assert_eq!(bounds_of("f.csv", &profile(6, 62_000), &[]), [], "nothing is usual yet");
        // One care type of few rows that is dear beside another that is as usual: no wrong unit.
        let both = |one: i64, other: i64| {
            let mut both = profile(10, one);
            both.amounts.extend([("11".to_owned(), profile(40, other).amounts.remove("21").unwrap())]);
            both
        };
        let before = PastFile { profile: both(620, 90), ..past("a.csv", 50, 620) };
        for (one, other, held) in [(62_000, 90, false), (62_000, 9_000, true), (62_000, 1, false), (6, 1, true)] {
            let found = bounds_of("f.csv", &both(one, other), std::slice::from_ref(&before));
            assert_eq!(found == [Bound::AmountsShifted], held, "{one} and {other}: {found:?}");
        }
    }

    #[test]
    fn a_county_s_own_file_is_measured_by_its_own() {
        let of =
            |county: &str, rows| FileProfile { counties: [(county.to_owned(), rows)].into(), ..profile(rows, 600) };
        let file = |month, county: &str, rows| PastFile {
            profile: of(county, rows),
            ..past(&format!("结算20260{month}.csv"), rows, 600)
        };
        let large = [1, 2, 3].map(|month| file(month, "990101", 1000));
        assert_eq!(bounds_of("结算202604.csv", &of("990102", 100), &large), []);
        assert_eq!(bounds_of("结算202604.csv", &of("990101", 100), &large), [Bound::RowsCount]);
    }

    #[test]
    fn rows_of_a_monthly_file_and_the_limits_of_spreadsheets() {
        let three = [(1, 900), (2, 1000), (3, 1500)].map(|(n, rows)| past(&format!("结算20260{n}.csv"), rows, 600));
        for (rows, held) in [(500, false), (499, true), (2000, false), (2001, true)] {
            assert_eq!(bounds_of("结算202604.csv", &profile(rows, 600), &three).len(), usize::from(held), "{rows}");
        }
        for name in ["结算202604补报.csv", "结算20260401.csv", "结算.csv"] {
            assert_eq!(bounds_of(name, &profile(10, 600), &three), [], "{name}");
        }
        assert_eq!(bounds_of("结算202604.csv", &profile(10, 600), &three[..2]), [], "two files are not usual");
        let full = FileProfile { rows: 65_536, ..FileProfile::default() };
        assert_eq!(bounds_of("any.csv", &full, &[]), [Bound::RowsLimit]);
        assert_eq!(bounds_of("any.csv", &FileProfile { rows: 65_535, ..full }, &[]), []);
    }

    #[test]
    fn ids_deaths_useless_rows_and_voids() {
        let counted = |damaged_ids, useless, voided| FileProfile {
            rows: 1000,
            damaged_ids,
            useless: [(COUNTY_UNKNOWN.to_owned(), useless)].into(),
            settled: [("H1".to_owned(), [("2026-09".to_owned(), (150, voided))].into())].into(),
            ..FileProfile::default()
        };
        assert_eq!(bounds_of("a.csv", &counted(20, 20, 30), &[]), []);
        let all = [Bound::IdsDamaged, Bound::RowsUseless, Bound::InstitutionVoided];
        assert_eq!(bounds_of("a.csv", &counted(21, 21, 31), &[]), all);
        // What the sender's files usually have is no surprise, and beyond it is.
        let of_other_insurance = |useless| {
            let useless = [("insurance_not_counted".to_owned(), useless)].into();
            FileProfile { rows: 1000, useless, ..FileProfile::default() }
        };
        let kind = FileKind::of("a.csv");
        let usual = [1; 3].map(|_| PastFile { kind: kind.clone(), rows: 1000, profile: of_other_insurance(300) });
        assert_eq!(bounds_of("a.csv", &of_other_insurance(900), &[]), []);
        assert_eq!(bounds_of("a.csv", &of_other_insurance(320), &usual), []);
        assert_eq!(bounds_of("a.csv", &of_other_insurance(321), &usual), [Bound::RowsUseless]);
        let few = FileProfile { rows: 10, damaged_ids: 4, ..FileProfile::default() };
        assert_eq!(bounds_of("a.csv", &few, &[]), []);
        assert_eq!(bounds_of("a.csv", &FileProfile { damaged_ids: 5, ..few }, &[]), [Bound::IdsDamaged]);
        let nothing = FileProfile::default();
        let dead = |newly_dead| {
            let deaths = Deaths { newly_dead, living: 10_000 };
            surprises(&Bounds::default(), (&FileKind::of("r.csv"), &nothing), &[], deaths).len()
        };
        assert_eq!((dead(50), dead(51)), (0, 1));
    }
}
