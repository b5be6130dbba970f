//! Documents that may be one person's: what is found, what somebody said, and saying so. A word is carried out with the
//! next intake, and taken back by the opposite one.

use std::collections::{BTreeMap, BTreeSet};

use engine::Context;
use engine::compute::{linked_people, upper_amounts};
use law::domain::{Fen, IdNumber, PersonKey, Said, mask_id};
use law::links::Verdict;
use store::ledger::{NewIdentity, StoredIdentity};

use crate::actor::{Act, Room};
use crate::error::DeskError;

/// Documents under one person number, or that somebody linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// By which acts name it.
    pub mark: String,
    /// The number that they share, with its issuer; none where somebody linked them.
    pub number: Option<(String, String)>,
    pub documents: Vec<Document>,
    /// The latest word on each two of them.
    pub words: Vec<StoredIdentity>,
}

impl Link {
    /// Whether nobody has spoken of some two of them.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let count = self.documents.len();
        self.words.len() < count * count.saturating_sub(1) / 2
    }
}

/// One document of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub person: PersonKey,
    /// Masked; other documents have no number here.
    pub masked: Option<String>,
    /// What its claims of the newest period cost at most; none without claims.
    pub upper: Option<Fen>,
}

/// All links: those found by a shared number, and those that somebody made.
pub async fn links(context: &Context) -> Result<Vec<Link>, DeskError> {
    let version = context.warehouse.current().await.map_err(engine::PipelineError::from)?;
    let (linked, _) = linked_people(&context.warehouse, &version).map_err(engine::PipelineError::from)?;
    let words = context.ledger.identities()?;
    let mut groups: BTreeMap<i64, (Option<(String, String)>, BTreeSet<PersonKey>)> = BTreeMap::new();
    for row in linked {
        let group = groups.entry(row.number).or_default();
        group.0 = Some((row.issuer.unwrap_or_default(), row.person_no.unwrap_or_default()));
        group.1.insert(row.person);
    }
    for word in &words {
        let is_in = groups.values().any(|(_, people)| people.contains(&word.kept) && people.contains(&word.other));
        if !is_in {
            groups.insert(-word.identity_id, (None, BTreeSet::from([word.kept, word.other])));
        }
    }
    let people: BTreeSet<PersonKey> = groups.values().flat_map(|(_, people)| people.iter().copied()).collect();
    let upper = upper_amounts(context, &version, &people)?;
    let link = |(number, (shared, people)): (i64, (Option<(String, String)>, BTreeSet<PersonKey>))| Link {
        mark: mark(number),
        number: shared,
        words: words
            .iter()
            .filter(|word| people.contains(&word.kept) && people.contains(&word.other))
            .cloned()
            .collect(),
        documents: people.into_iter().map(|person| document(person, &upper)).collect(),
    };
    Ok(groups.into_iter().map(link).collect())
}

fn document(person: PersonKey, upper: &BTreeMap<PersonKey, Fen>) -> Document {
    let masked = IdNumber::from_key(person).map(|id| mask_id(id.as_str()));
    Document { person, masked, upper: upper.get(&person).copied() }
}

/// Eight characters by which an act names a link.
fn mark(number: i64) -> String {
    format!("{:08x}", number.cast_unsigned() >> 32 ^ number.cast_unsigned() & 0xffff_ffff)
}

/// Settles all documents of a link: one person's, kept under one of them, or different persons'. Returns how many words
/// that were.
pub async fn settle_link(
    context: &Context,
    act: Act<'_>,
    named: &str,
    kept: Option<PersonKey>,
    reason: &Said,
) -> Result<usize, DeskError> {
    let links = links(context).await?;
    let link = links.iter().find(|link| link.mark == named);
    let link = link.ok_or_else(|| DeskError::usage(format!("there is no link {named}; `identity show` lists them")))?;
    let people: Vec<PersonKey> = link.documents.iter().map(|document| document.person).collect();
    if kept.is_some_and(|kept| !people.contains(&kept)) {
        return Err(DeskError::usage("--keep: not one of the link's documents"));
    }
    let mut count = 0;
    for (at, one) in people.iter().enumerate() {
        for other in &people[at + 1..] {
            let pair = if kept == Some(*other) { (*other, *one) } else { (*one, *other) };
            say(context.into(), act, pair, verdict(kept), reason)?;
            count += 1;
        }
    }
    Ok(count)
}

const fn verdict(kept: Option<PersonKey>) -> Verdict {
    if kept.is_some() { Verdict::Same } else { Verdict::Separate }
}

/// Says of two documents that one person has both, kept under the first, or that two persons do.
pub fn say(
    room: Room<'_>,
    act: Act<'_>,
    (kept, other): (PersonKey, PersonKey),
    verdict: Verdict,
    reason: &Said,
) -> Result<i64, DeskError> {
    if kept == other {
        return Err(DeskError::usage("both numbers are one document already"));
    }
    let new = NewIdentity { kept, other, verdict, signer: act.by(), reason: reason.as_str() };
    Ok(room.ledger.say_identity(&new, act.now)?)
}
