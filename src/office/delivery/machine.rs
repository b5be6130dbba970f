//! A letter's states: which event may follow, and what comes of it. Pure; the loop that uses it is in `dispatch`.
//!
//! ```text
//! QUEUED, DEFERRED --taken--> SENDING --answer--> ACCEPTED | DEFERRED | REJECTED | UNKNOWN
//!                                     --killed--> UNKNOWN
//! UNKNOWN --found--> ACCEPTED, --absent--> QUEUED; else it waits for an operator
//! ACCEPTED, UNKNOWN --returned--> BOUNCED
//! QUEUED, DEFERRED --list taken back--> WITHDRAWN
//! ```

use chrono::{DateTime, Duration, Utc};
use store::ledger::{MailState, Standing};

/// After so many days without success a letter is given up and a person must look.
pub const GIVE_UP_DAYS: i64 = 5;

/// The first wait after a failed attempt, minutes; it doubles with each attempt.
const FIRST_WAIT: i64 = 15;

/// The longest wait between two attempts, minutes.
const LONGEST_WAIT: i64 = 240;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Accepted,
    /// Not now (4xx, no connection, TLS failed): provably not taken.
    Deferred,
    /// Never (5xx): provably not taken.
    Rejected,
    /// The connection was lost when it might already have been taken.
    Unclear,
}

/// What happens to a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A run takes it in hand; committed before anything is sent.
    Taken,
    Answered(Outcome),
    /// No attempt was made: no server could be reached.
    Unreachable,
    /// The run that had it in hand is gone.
    Interrupted,
    /// An unclear letter was found where it had been sent to.
    Found,
    /// An unclear letter is provably not where it had been sent to.
    Absent,
    Bounced,
    /// It may not go to this address.
    Misrouted,
    /// An operator takes it out.
    TakenOut,
    /// A list that it announces was taken back.
    Withdrawn,
}

impl Event {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Answered(Outcome::Accepted) => "accepted",
            Self::Answered(Outcome::Deferred) => "deferred",
            Self::Answered(Outcome::Rejected) => "rejected",
            Self::Answered(Outcome::Unclear) => "unclear",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Found => "found",
            Self::Absent => "absent",
            Self::Bounced => "bounced",
            Self::Misrouted => "misrouted",
            Self::TakenOut => "taken_out",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Where a letter stands after an event at `now`, due for the first time at `due`; `None`: the event may not happen.
#[must_use]
pub fn next(standing: &Standing, event: Event, due: DateTime<Utc>, now: DateTime<Utc>) -> Option<Standing> {
    use MailState::{Accepted, Bounced, Deferred, Queued, Rejected, Sending, Unknown, Withdrawn};
    let waits = matches!(standing.state, Queued | Deferred);
    let to = |state| Some(Standing { state, next_at: now, ..*standing });
    match (standing.state, event) {
        (_, Event::Taken) if waits && standing.next_at <= now => {
            Some(Standing { state: Sending, attempts: standing.attempts + 1, next_at: now })
        }
        (_, Event::Unreachable) if waits => {
            Some(later(&Standing { attempts: standing.attempts + 1, ..*standing }, due, now))
        }
        (_, Event::Misrouted) if waits => to(Rejected),
        (_, Event::Withdrawn) if waits => to(Withdrawn),
        (_, Event::TakenOut) if waits || standing.state == Unknown => to(Rejected),
        (Sending, Event::Answered(Outcome::Accepted)) => to(Accepted),
        (Sending, Event::Answered(Outcome::Rejected)) => to(Rejected),
        (Sending, Event::Answered(Outcome::Unclear) | Event::Interrupted) => to(Unknown),
        (Sending, Event::Answered(Outcome::Deferred)) => Some(later(standing, due, now)),
        (Unknown, Event::Found) => to(Accepted),
        (Unknown, Event::Absent) => to(Queued),
        (Accepted | Unknown, Event::Bounced) => to(Bounced),
        _ => None,
    }
}

/// The next attempt, or the end after [`GIVE_UP_DAYS`].
fn later(standing: &Standing, due: DateTime<Utc>, now: DateTime<Utc>) -> Standing {
    if now - due >= Duration::days(GIVE_UP_DAYS) {
        return Standing { state: MailState::Rejected, next_at: now, ..*standing };
    }
    let doublings = standing.attempts.saturating_sub(1).min(10);
    let wait = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    Standing { state: MailState::Deferred, next_at: now + Duration::minutes(wait), ..*standing }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 13] = [
        Event::Taken,
        Event::Answered(Outcome::Accepted),
        Event::Answered(Outcome::Deferred),
        Event::Answered(Outcome::Rejected),
        Event::Answered(Outcome::Unclear),
        Event::Unreachable,
        Event::Interrupted,
        Event::Found,
        Event::Absent,
        Event::Bounced,
        Event::Misrouted,
        Event::TakenOut,
        Event::Withdrawn,
    ];

    #[test]
    fn only_the_drawn_ways_lead_anywhere() {
        let now = DateTime::UNIX_EPOCH;
        let mut ways = Vec::new();
        for state in MailState::ALL {
            for event in EVENTS {
                let standing = Standing { state, attempts: 1, next_at: now };
                if let Some(to) = next(&standing, event, now, now) {
                    ways.push(format!("{} {} {}", state.code(), event.code(), to.state.code()));
                }
            }
        }
        let drawn = "queued taken sending, queued unreachable deferred, queued misrouted rejected, \
            queued taken_out rejected, queued withdrawn withdrawn, sending accepted accepted, sending deferred deferred, \
            sending rejected rejected, sending unclear unknown, sending interrupted unknown, \
            accepted bounced bounced, deferred taken sending, deferred unreachable deferred, \
            deferred misrouted rejected, deferred taken_out rejected, deferred withdrawn withdrawn, unknown found accepted, unknown absent queued, \
            unknown bounced bounced, unknown taken_out rejected";
        assert_eq!(ways.join(", "), drawn);
        println!("letter states: {} cases", MailState::ALL.len() * EVENTS.len());
    }

    #[test]
    fn waits_grow_and_end_after_five_days() {
        let due = DateTime::UNIX_EPOCH;
        let (mut now, mut waits) = (due, Vec::new());
        let mut standing = Standing { state: MailState::Queued, attempts: 0, next_at: due };
        loop {
            let sending = next(&standing, Event::Taken, due, now).unwrap();
            assert_eq!(next(&standing, Event::Taken, due, standing.next_at - Duration::seconds(1)), None, "too early");
            standing = next(&sending, Event::Answered(Outcome::Deferred), due, now).unwrap();
            if standing.state == MailState::Rejected {
                break;
            }
            waits.push((standing.next_at - now).num_minutes());
            now = standing.next_at;
        }
        assert_eq!(waits[..6], [15, 30, 60, 120, 240, 240]);
        assert!(now - due >= Duration::days(GIVE_UP_DAYS) && now - due < Duration::days(GIVE_UP_DAYS + 1));
    }
}
