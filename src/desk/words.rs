//! Officers' words about persons: who is kept off the lists that are sealed from now on.

use chrono::NaiveDate;
use engine::Declared;
use law::domain::PersonKey;
use law::questions::is_one_person;
use law::referrals::SuppressReason;
use store::ledger::NewSuppression;

use crate::actor::{Act, Room};
use crate::error::DeskError;

/// Who is kept off, and why.
#[derive(Debug, Clone, Copy)]
pub struct Suppress<'a> {
    pub person: PersonKey,
    /// Only for this rule; `None`: for all.
    pub rule: Option<&'a str>,
    /// `None` takes an earlier word back.
    pub reason: Option<SuppressReason>,
    /// Last day; `None`: to the end of the benefit year.
    pub until: Option<NaiveDate>,
}

/// Keeps a person off, or takes that back; returns the word's number and code. A word about a rule that the policy does
/// not have would keep nobody off, and is refused.
pub fn suppress(room: Room<'_>, act: Act<'_>, word: &Suppress<'_>) -> Result<(i64, &'static str), DeskError> {
    let Suppress { person, rule, reason, until } = *word;
    if reason.is_some_and(SuppressReason::needs_end) && until.is_none() {
        return Err(DeskError::usage("snoozed needs --until: the last day on which the person stays off"));
    }
    if let Some(rule) = rule {
        let workspace = room.workspace;
        let declared = Declared::read(&workspace.assets, &workspace.settings.policy).map_err(DeskError::Config)?;
        let mut known = declared.policy().rules.iter().map(|rule| rule.id.as_str());
        if !known.clone().any(|id| id == rule) {
            let near = law::config::nearest(rule, known.by_ref());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(DeskError::usage(format!("--rule: the policy has no rule {rule}{near}")));
        }
    }
    if !room.ledger.was_found(person)? {
        let why =
            "--person: nobody of that number was ever found near a line; check the number and the kind of document";
        return Err(DeskError::usage(why));
    }
    let code = reason.map_or("lifted", SuppressReason::code);
    let new = NewSuppression { person, rule: rule.unwrap_or_default(), reason: code, until, signer: act.by() };
    Ok((room.ledger.suppress(&new, act.now)?, code))
}

/// Agrees to a suppression as its second person, so that it may hold for longer than [`law::referrals::ALONE`] days;
/// returns whether that was news.
pub fn agree(room: Room<'_>, act: Act<'_>, suppression_id: i64) -> Result<bool, DeskError> {
    let first = room.ledger.suppressed_by(suppression_id)?;
    let first = first.ok_or_else(|| DeskError::usage(format!("there is no suppression {suppression_id}")))?;
    if is_one_person(&first, act.by()) {
        return Err(DeskError::usage("the second person must be another one than the first"));
    }
    Ok(room.ledger.second_suppression(suppression_id, act.by(), act.now)?)
}
