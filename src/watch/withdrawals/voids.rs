//! Which institution's voids and refunds, of settlements of which month, take a listed person off.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use engine::rows::of_persons;
use engine::{Context, PersonKeys, PipelineError};
use law::contracts::Feed;
use law::domain::{Fen, Month, PersonKey, bucket_of};
use law::holds::InstitutionMonth;
use store::warehouse::Version;

use super::listed::Listed;

engine::row! {
    struct Claim {
        person: PersonKey = "person_key",
        number: String = "claim_id",
        original: Option<String> = "original_claim_id",
        kind: String = "claim_kind",
        institution: Option<String> = "institution_code",
        settled_at: Option<NaiveDateTime> = "settled_at",
        is_valid: Option<bool> = "is_valid",
        personal: Fen = "personal_amount",
    }
}

/// A settlement by its person and number.
type Number = (PersonKey, String);

/// What some people's settlements cost them, and what is taken back of each.
#[derive(Default)]
struct Paid {
    settled: BTreeMap<Number, (Option<InstitutionMonth>, Fen)>,
    voided: BTreeSet<Number>,
    /// Not above nothing.
    taken_back: BTreeMap<Number, Fen>,
}

impl Paid {
    fn of(context: &Context, version: &Version, persons: &PersonKeys) -> Result<Self, PipelineError> {
        let mut paid = Self::default();
        let has = |bucket: u16| persons.iter().any(|person| bucket_of(PersonKey(*person), version.buckets) == bucket);
        let table = Feed::Claims.name();
        for file in version.table(table).filter(|file| file.bucket.is_some_and(has)) {
            for claim in of_persons::<Claim>(&context.warehouse.path(file), table, persons)? {
                paid.add(claim);
            }
        }
        Ok(paid)
    }

    fn add(&mut self, claim: Claim) {
        let number = (claim.person, claim.number);
        match (claim.kind.as_str(), claim.is_valid.unwrap_or(true)) {
            ("settlement", false) => drop(self.voided.insert(number)),
            ("settlement", true) => {
                let month = claim.settled_at.map(|at| Month::of(at.date()));
                let of = claim.institution.zip(month);
                let of = of.map(|(institution, month)| InstitutionMonth { institution, month });
                self.settled.insert(number, (of, claim.personal));
            }
            ("reversal", true) => {
                if let Some(original) = claim.original {
                    let sum = self.taken_back.entry((claim.person, original)).or_default();
                    *sum = Fen(sum.0.saturating_add(claim.personal.0));
                }
            }
            _ => {}
        }
    }

    fn back(&self, number: &Number) -> i64 {
        self.taken_back.get(number).map_or(0, |sum| sum.0)
    }

    /// How much of what was paid then is voided or refunded now, by person and institution's month. A settlement that is
    /// corrected, or is not there any more, is neither.
    fn lost_since(&self, then: &Self) -> BTreeMap<(PersonKey, InstitutionMonth), i64> {
        let mut lost: BTreeMap<(PersonKey, InstitutionMonth), i64> = BTreeMap::new();
        for (number, (of, personal)) in &then.settled {
            let Some(of) = of else { continue };
            let left =
                if self.voided.contains(number) { 0 } else { personal.0.saturating_add(self.back(number)).max(0) };
            let difference = personal.0.saturating_add(then.back(number)).saturating_sub(left);
            if difference > 0 && (self.voided.contains(number) || self.settled.contains_key(number)) {
                let sum = lost.entry((number.0, of.clone())).or_default();
                *sum = sum.saturating_add(difference);
            }
        }
        lost
    }
}

/// Of people who leave by their claims, the institution's month of which most is voided or refunded since their list.
pub(super) async fn voided_by(
    context: &Context,
    version: &Version,
    leaving: &[&Listed],
) -> Result<BTreeMap<PersonKey, InstitutionMonth>, PipelineError> {
    let mut by_list: BTreeMap<u64, PersonKeys> = BTreeMap::new();
    for one in leaving {
        by_list.entry(one.made_from.0).or_default().insert(one.person.0);
    }
    let everybody: PersonKeys = leaving.iter().map(|one| one.person.0).collect();
    let mut most: BTreeMap<PersonKey, (i64, InstitutionMonth)> = BTreeMap::new();
    if leaving.is_empty() {
        return Ok(BTreeMap::new());
    }
    let now = Paid::of(context, version, &everybody)?;
    for (number, persons) in by_list {
        let before = context.warehouse.version(number).await?;
        context.warehouse.bring(&before).await?;
        let then = Paid::of(context, &before, &persons)?;
        for ((person, of), fen) in now.lost_since(&then) {
            if most.get(&person).is_none_or(|(known, _)| *known < fen) {
                most.insert(person, (fen, of));
            }
        }
    }
    Ok(most.into_iter().map(|(person, (_, of))| (person, of)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(number: &str, kind: &str, original: &str, is_valid: bool, fen: i64) -> Claim {
        Claim {
            person: PersonKey(1),
            number: number.to_owned(),
            original: Some(original.to_owned()).filter(|original| !original.is_empty()),
            kind: kind.to_owned(),
            institution: Some("H1".to_owned()),
            settled_at: NaiveDateTime::parse_from_str("2026-06-15 10:00:00", "%Y-%m-%d %H:%M:%S").ok(),
            is_valid: Some(is_valid),
            personal: Fen(fen),
        }
    }

    fn paid(claims: Vec<Claim>) -> Paid {
        let mut paid = Paid::default();
        claims.into_iter().for_each(|claim| paid.add(claim));
        paid
    }

    #[test]
    fn voids_and_refunds_count_and_corrections_do_not() {
        let then = || paid(vec![claim("a", "settlement", "", true, 500)]);
        let lost = |now: Vec<Claim>| paid(now).lost_since(&then()).into_values().sum::<i64>();
        let whole = || claim("a", "settlement", "", true, 500);
        assert_eq!(lost(vec![whole()]), 0);
        assert_eq!(lost(vec![claim("a", "settlement", "", false, 500)]), 500, "voided");
        assert_eq!(lost(vec![whole(), claim("r", "reversal", "a", true, -500)]), 500, "refunded");
        assert_eq!(lost(vec![whole(), claim("r", "reversal", "a", true, -200)]), 200, "in part");
        assert_eq!(lost(vec![whole(), claim("r", "reversal", "a", false, -200)]), 0, "the refund is void");
        assert_eq!(lost(vec![claim("a", "settlement", "", true, 100)]), 0, "corrected");
        assert_eq!(lost(Vec::new()), 0, "not there any more");
    }
}
