//! When an office must have replied, who is reminded and who is informed after that. Days come in as arguments.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::domain::Workdays;

/// Working days until the office is reminded that it has not confirmed the list.
const REMIND: u32 = 2;
/// Working days until its supervisor is informed.
const ESCALATE: u32 = 5;

/// What an office has answered about a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// Day on which the list was handed over.
    pub sent: Option<NaiveDate>,
    /// Whether it confirmed rows and control total.
    pub is_confirmed: bool,
    /// Persons whose answer is still owed.
    pub open: u64,
    /// Whether somebody is named who sees to it.
    pub has_owner: bool,
}

/// How late an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overdue {
    Done,
    /// Its period is closed: nobody is reminded any more.
    Closed,
    NotSent,
    Waiting,
    /// The office is to be reminded.
    Remind,
    /// Its supervisor is to be informed.
    Escalate,
}

/// The days on which a list that was handed over becomes late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// Last day to confirm the list before the office is reminded.
    pub confirm: NaiveDate,
    /// Last day to confirm it before the supervisor is informed.
    pub confirm_at_last: NaiveDate,
    /// Last day to answer about each person.
    pub answer: NaiveDate,
    /// Last day to answer about each person before the supervisor is informed.
    pub answer_at_last: NaiveDate,
}

impl Deadlines {
    /// The deadlines of a list that was handed over on `sent`; persons are answered within `feedback_days` days, and a
    /// deadline on a day off is the next working day.
    #[must_use]
    pub fn of(sent: NaiveDate, feedback_days: u32, calendar: &Workdays) -> Self {
        let last = sent.checked_add_days(Days::new(u64::from(feedback_days))).unwrap_or(sent);
        let answer = last.pred_opt().map_or(last, |before| calendar.after(before, 1));
        Self {
            confirm: calendar.after(sent, REMIND),
            confirm_at_last: calendar.after(sent, ESCALATE),
            answer,
            answer_at_last: calendar.after(answer, ESCALATE),
        }
    }
}

impl Answered {
    /// How late it is on a day.
    #[must_use]
    pub fn on(&self, today: NaiveDate, feedback_days: u32, calendar: &Workdays) -> Overdue {
        if self.is_confirmed && self.open == 0 {
            return Overdue::Done;
        }
        let Some(sent) = self.sent else { return Overdue::NotSent };
        let days = Deadlines::of(sent, feedback_days, calendar);
        let late = |is_open: bool, by: NaiveDate, at_last: NaiveDate| match today {
            _ if !is_open => Overdue::Waiting,
            today if today > at_last => Overdue::Escalate,
            today if today > by => Overdue::Remind,
            _ => Overdue::Waiting,
        };
        late(!self.is_confirmed, days.confirm, days.confirm_at_last).max(late(
            self.open > 0,
            days.answer,
            days.answer_at_last,
        ))
    }

    /// Whether the list no longer keeps its period open: all answered, or late with a named owner.
    #[must_use]
    pub const fn may_close(&self, overdue: Overdue) -> bool {
        match overdue {
            Overdue::Done | Overdue::Closed => true,
            Overdue::Remind | Overdue::Escalate => self.has_owner,
            Overdue::NotSent | Overdue::Waiting => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        crate::domain::parse_date(text).unwrap()
    }

    #[test]
    fn who_is_late_on_which_day() {
        let off = (1..=7).map(|n| (day(&format!("2026-10-{n:02}")), false));
        let calendar = Workdays::new(off.chain([(day("2026-10-10"), true)]));
        // Handed over on Wednesday, the day before the holidays.
        let answered =
            |is_confirmed, open| Answered { sent: Some(day("2026-09-30")), is_confirmed, open, ..Answered::default() };
        let cases = [
            (answered(false, 3), "2026-10-09", Overdue::Waiting),
            (answered(false, 3), "2026-10-10", Overdue::Remind),
            (answered(false, 3), "2026-10-13", Overdue::Remind),
            (answered(false, 3), "2026-10-14", Overdue::Escalate),
            (answered(true, 3), "2026-10-14", Overdue::Remind),
            (answered(true, 3), "2026-10-10", Overdue::Waiting),
            (answered(true, 3), "2026-10-16", Overdue::Remind),
            (answered(true, 3), "2026-10-20", Overdue::Escalate),
            (answered(true, 0), "2030-01-01", Overdue::Done),
            (answered(false, 0), "2026-10-14", Overdue::Escalate),
            (Answered { sent: None, ..answered(false, 1) }, "2026-10-14", Overdue::NotSent),
        ];
        for (answered, today, expected) in cases {
            assert_eq!(answered.on(day(today), 10, &calendar), expected, "{answered:?} on {today}");
        }
        let owned = Answered { has_owner: true, ..answered(false, 3) };
        let closes = [
            (answered(false, 3), Overdue::Escalate, false),
            (owned, Overdue::Escalate, true),
            (owned, Overdue::Waiting, false),
            (owned, Overdue::NotSent, false),
            (answered(true, 0), Overdue::Done, true),
        ];
        for (answered, overdue, may_close) in closes {
            assert_eq!(answered.may_close(overdue), may_close);
        }
        println!("overdue: {} cases", cases.len() + closes.len());
    }
}
