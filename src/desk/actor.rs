//! Who acts, when, and on what.

use chrono::{DateTime, NaiveDate, Utc};
use engine::Context;
use law::domain::{ParseError, Said, official_day};
use store::ledger::Ledger;
use store::workspace::Workspace;

/// Where the audit chain's name of an account begins; what follows is the account's number and name.
const ACCOUNT: &str = "account:";

/// Who acts. The audit chain keeps [`Actor::name`]: a name given on the command line is kept as it is and can never
/// begin like an account's, so nobody who types a name looks like somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A name that somebody gave on the command line; the system's own accounts say who may.
    Console { name: Said },
}

impl Actor {
    pub fn console(name: Said) -> Result<Self, ParseError> {
        let looks_signed_in = name.as_str().to_lowercase().starts_with(ACCOUNT);
        if looks_signed_in {
            return Err(ParseError::new("a name that does not begin as that of an account does"));
        }
        Ok(Self::Console { name })
    }

    /// As signatures and the audit chain name them.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Console { name } => name.as_str(),
        }
    }
}

/// Who acts, and when.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a Actor,
    pub now: DateTime<Utc>,
}

impl Act<'_> {
    pub(crate) fn by(&self) -> &str {
        self.actor.name()
    }

    /// The day, on the clock of the offices.
    pub(crate) fn day(&self) -> NaiveDate {
        official_day(self.now)
    }
}

/// What acts on paper need: no engine, and no SQL that somebody may have broken.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    pub workspace: &'a Workspace,
    pub ledger: &'a Ledger,
}

impl<'a> From<&'a Context> for Room<'a> {
    fn from(context: &'a Context) -> Self {
        Self { workspace: &context.workspace, ledger: &context.ledger }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_name_never_looks_like_an_account() {
        let typed = |name: &str| Actor::console(Said::parse(name).unwrap());
        assert_eq!(typed(" 张科长 ").unwrap().name(), "张科长");
        for name in ["account:7 张科长", " Account:7 张科长", "ACCOUNT:7"] {
            assert!(typed(name).is_err(), "{name}");
        }
    }
}
