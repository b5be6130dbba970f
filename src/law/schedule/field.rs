//! The five fields of a cron expression: what may stand in them, and how systemd writes the same days and times.

use std::fmt::Write as _;

use crate::config::nearest;

/// What is wrong with an expression or a zone, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub hint: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// What a field may hold.
struct Kind {
    name: &'static str,
    low: u8,
    high: u8,
    /// Names of the values, from `low` on.
    names: &'static [&'static str],
}

const KINDS: [Kind; 5] = [
    Kind { name: "minute", low: 0, high: 59, names: &[] },
    Kind { name: "hour", low: 0, high: 23, names: &[] },
    Kind { name: "day", low: 1, high: 31, names: &[] },
    Kind {
        name: "month",
        low: 1,
        high: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Kind { name: "weekday", low: 0, high: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
];

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// `from-to/step`; a single value runs from itself to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    from: u8,
    to: u8,
    step: u8,
}

/// One field's list; empty when it is `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field(Vec<Item>);

/// The five fields, understood by every target alike: no seconds, no years, no `L`, `W` or `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields([Field; 5]);

impl Fields {
    /// Reads the text that cron daemons, Kubernetes, Airflow and systemd can all be given.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Ok(words) = <[&str; 5]>::try_from(words) else {
            let count = text.split_whitespace().count();
            return Err(Fault::new(
                format!("a cron expression has five fields, minute hour day month weekday; here are {count}"),
                "every night at half past one is `30 1 * * *`",
            ));
        };
        let mut fields = [const { Field(Vec::new()) }; 5];
        for ((field, kind), word) in fields.iter_mut().zip(&KINDS).zip(words) {
            *field = Field::parse(kind, word)?;
        }
        let [_, _, day, _, weekday] = &fields;
        if !day.0.is_empty() && !weekday.0.is_empty() {
            return Err(Fault::new(
                "day and weekday are both given: cron runs on either, systemd only on both",
                "put `*` in one of them",
            ));
        }
        Ok(Self(fields))
    }

    /// systemd's `OnCalendar` expression for the same moments, without the zone.
    pub(super) fn on_calendar(&self) -> String {
        let [minute, hour, day, month, weekday] = &self.0;
        let days = weekday.weekdays();
        let prefix = if days.is_empty() { String::new() } else { format!("{} ", days.join(",")) };
        format!("{prefix}*-{}-{} {}:{}:00", month.systemd(), day.systemd(), hour.systemd(), minute.systemd())
    }
}

impl Field {
    fn parse(kind: &Kind, word: &str) -> Result<Self, Fault> {
        if word == "*" {
            return Ok(Self(Vec::new()));
        }
        word.split(',').map(|item| Item::parse(kind, item)).collect::<Result<_, _>>().map(Self)
    }

    /// `*`, `05`, `01..05`, `00..59/15`, joined by commas.
    fn systemd(&self) -> String {
        if self.0.is_empty() {
            return "*".to_owned();
        }
        let mut text = String::new();
        for item in &self.0 {
            let comma = if text.is_empty() { "" } else { "," };
            let _ = match item {
                Item { from, to, step: 1 } if from == to => write!(text, "{comma}{from:02}"),
                Item { from, to, step: 1 } => write!(text, "{comma}{from:02}..{to:02}"),
                Item { from, to, step } => write!(text, "{comma}{from:02}..{to:02}/{step}"),
            };
        }
        text
    }

    /// The weekdays' names in the week's order; empty for every day.
    fn weekdays(&self) -> Vec<&'static str> {
        let falls = |day: u8| self.0.iter().any(|item| item.has(day) || (day == 0 && item.has(7)));
        if self.0.is_empty() {
            return Vec::new();
        }
        (1..=7).filter(|day| falls(day % 7)).map(|day| WEEKDAYS[usize::from(day % 7)]).collect()
    }
}

impl Item {
    fn parse(kind: &Kind, text: &str) -> Result<Self, Fault> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, parse_step(kind, step)?),
            None => (text, 1),
        };
        let last = if kind.high == 7 { 6 } else { kind.high };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (kind.low, last),
            Some((from, to)) => (value(kind, from)?, value(kind, to)?),
            None if step > 1 => {
                let hint = format!("write `{range}-{last}/{step}`");
                return Err(Fault::new(format!("`{text}`: a step needs `*` or a range before it"), hint));
            }
            None => (value(kind, range)?, value(kind, range)?),
        };
        if from > to {
            return Err(Fault::new(format!("`{text}` runs backwards"), format!("did you mean `{to}-{from}`?")));
        }
        Ok(Self { from, to, step })
    }

    const fn has(self, value: u8) -> bool {
        value >= self.from && value <= self.to && (value - self.from).is_multiple_of(self.step)
    }
}

fn parse_step(kind: &Kind, text: &str) -> Result<u8, Fault> {
    let step = text.parse().ok().filter(|step| (1..=kind.high).contains(step));
    step.ok_or_else(|| {
        let message = format!("`{text}` is not a valid step for the {}", kind.name);
        Fault::new(message, format!("a number from 1 to {}", kind.high))
    })
}

/// A number in range, or a name.
fn value(kind: &Kind, text: &str) -> Result<u8, Fault> {
    let upper = text.to_ascii_uppercase();
    if let Some(at) = kind.names.iter().position(|name| *name == upper) {
        return Ok(kind.low + u8::try_from(at).unwrap_or(0));
    }
    let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let Kind { name, low, high, .. } = kind;
    let message = format!("`{text}` is not a valid {name} ({low} to {high})");
    match number {
        Some(number) if (u32::from(*low)..=u32::from(*high)).contains(&number) => Ok(u8::try_from(number).unwrap_or(0)),
        Some(number) => {
            let close = if number < u32::from(*low) { low } else { high };
            Err(Fault::new(message, format!("did you mean `{close}`?")))
        }
        None => {
            let close = nearest(&upper, kind.names.iter().copied());
            let hint = close.map_or_else(
                || "numbers, lists `1,15`, ranges `1-5`, steps `*/15`".to_owned(),
                |close| format!("did you mean `{close}`?"),
            );
            Err(Fault::new(message, hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_nearest_valid_value() {
        for (text, message, hint) in [
            ("30 25 * * *", "`25` is not a valid hour (0 to 23)", "did you mean `23`?"),
            ("30 1 0 * *", "`0` is not a valid day (1 to 31)", "did you mean `1`?"),
            ("30 1 * NOW *", "`NOW` is not a valid month (1 to 12)", "did you mean `NOV`?"),
            ("30 1 * * MOM", "`MOM` is not a valid weekday (0 to 7)", "did you mean `MON`?"),
            ("30 1 20-10 * *", "`20-10` runs backwards", "did you mean `10-20`?"),
            ("*/0 1 * * *", "`0` is not a valid step for the minute", "a number from 1 to 59"),
            ("5/10 1 * * *", "`5/10`: a step needs `*` or a range before it", "write `5-59/10`"),
            ("30 1 5 * 1", "day and weekday are both given", "put `*` in one of them"),
            ("@daily", "five fields", "`30 1 * * *`"),
            ("0 30 1 * * *", "here are 6", "`30 1 * * *`"),
            ("30 1 L * *", "`L` is not a valid day", "numbers"),
        ] {
            let fault = Fields::parse(text).unwrap_err();
            assert!(fault.message.contains(message) && fault.hint.contains(hint), "{text}: {fault:?}");
        }
    }

    #[test]
    fn systemd_gets_the_same_days_and_times() {
        for (cron, calendar) in [
            ("30 1 * * *", "*-*-* 01:30:00"),
            ("0 4 5 * *", "*-*-05 04:00:00"),
            ("0 3 1,11,21 * *", "*-*-01,11,21 03:00:00"),
            ("*/15 8-18 * * 1-5", "Mon,Tue,Wed,Thu,Fri *-*-* 08..18:00..59/15:00"),
            ("0 0 29 FEB *", "*-02-29 00:00:00"),
            ("0 12 * * 0,7", "Sun *-*-* 12:00:00"),
            ("10-50/20 */6 */10 */3 *", "*-01..12/3-01..31/10 00..23/6:10..50/20:00"),
        ] {
            assert_eq!(Fields::parse(cron).unwrap().on_calendar(), calendar, "{cron}");
        }
    }
}
