//! Residents: one row per person, the latest; two names at the same moment are a conflict.

use law::domain::same_name;

use super::{Fate, elect};

/// The few cells of a register row that decide its fate.
#[derive(Debug, Clone)]
pub(crate) struct ResidentRow {
    pub person: i64,
    /// Milliseconds since 1970; rows without one count as oldest (0).
    pub updated_at: i64,
    /// Hash of all that the sender stated but the update time.
    pub content_hash: i64,
    /// The comparable name.
    pub name: Box<str>,
    /// Whether the row was found in conflict before.
    pub has_name_conflict: bool,
}

/// What becomes of a register row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResidentFate {
    pub fate: Fate,
    /// For the accepted row: whether another row of the same moment had another name.
    pub has_name_conflict: bool,
}

/// Every row's fate; old rows first, the incoming in the order of their arrival.
#[must_use]
pub(crate) fn resolve_residents(rows: &[ResidentRow]) -> Vec<ResidentFate> {
    let election = elect(rows, |a, b| a.person.cmp(&b.person), |row| (row.updated_at, row.content_hash));
    let mut fates: Vec<ResidentFate> = election
        .losers
        .iter()
        .map(|fate| ResidentFate { fate: fate.unwrap_or(Fate::Accepted(None)), has_name_conflict: false })
        .collect();
    for winner in &election.winners {
        fates[*winner as usize].has_name_conflict = rows[*winner as usize].has_name_conflict;
    }
    for row in rows {
        let winner = election.winners.binary_search_by(|winner| rows[*winner as usize].person.cmp(&row.person));
        let Some(winner) = winner.ok().map(|at| election.winners[at] as usize) else { continue };
        // Only rows of the winner's moment can tie with it; a later update settles an old conflict.
        if row.updated_at == rows[winner].updated_at {
            fates[winner].has_name_conflict |= !same_name(&row.name, &rows[winner].name) || row.has_name_conflict;
        }
    }
    fates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(batches: &[&[ResidentRow]]) -> Vec<(i64, i64, i64, bool)> {
        let mut kept: Vec<ResidentRow> = Vec::new();
        for batch in batches {
            kept.extend_from_slice(batch);
            let fates = resolve_residents(&kept);
            kept = kept
                .into_iter()
                .zip(fates)
                .filter(|(_, fate)| matches!(fate.fate, Fate::Accepted(_)))
                .map(|(row, fate)| ResidentRow { has_name_conflict: fate.has_name_conflict, ..row })
                .collect();
        }
        let mut kept: Vec<_> =
            kept.iter().map(|row| (row.person, row.updated_at, row.content_hash, row.has_name_conflict)).collect();
        kept.sort_unstable();
        kept
    }

    #[test]
    fn order_and_split_change_nothing() {
        let mut random = fastrand::Rng::with_seed(5);
        for case in 0..2000 {
            let mut rows: Vec<ResidentRow> = (0..random.usize(1..12))
                .map(|_| {
                    let name = random.i64(1..3);
                    ResidentRow {
                        person: random.i64(0..3),
                        updated_at: random.i64(0..3),
                        content_hash: name * 10 + random.i64(0..2),
                        name: name.to_string().into(),
                        has_name_conflict: false,
                    }
                })
                .collect();
            let once = take(&[&rows]);
            random.shuffle(&mut rows);
            let cut = random.usize(0..=rows.len());
            assert_eq!(once, take(&[&rows[..cut], &rows[cut..]]), "case {case}: {rows:?}");
        }
    }
}
