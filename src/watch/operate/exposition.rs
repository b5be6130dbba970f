//! Prometheus' text format, as node_exporter's textfile collector reads it: no timestamps, no OpenMetrics.
//!
//! Written here and not with metrics-exporter-prometheus: that crate renders what a process-wide recorder has counted,
//! and its registry would have to be filled from the ledger just to be printed once; it also asks for other features of
//! crates that lie below the engine. Our figures are read from the ledger at one moment, and the format of a gauge is
//! three lines. `promtool check metrics` reads the result in the tests.

use std::fmt::{Display, Write as _};

use chrono::{DateTime, Utc};

/// Whether a figure may fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gauge,
    Counter,
}

/// The text of all families so far.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

/// Label names and values, and the figure as text.
pub(super) type Sample = (Vec<(&'static str, String)>, String);

impl Exposition {
    /// Adds a family; one without samples is left out.
    pub(super) fn family(&mut self, kind: Kind, name: &str, help: &str, samples: impl IntoIterator<Item = Sample>) {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_none() {
            return;
        }
        let word = if kind == Kind::Gauge { "gauge" } else { "counter" };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP poverty_watch_{name} {help}\n# TYPE poverty_watch_{name} {word}");
        for (labels, figure) in samples {
            let _ = write!(self.0, "poverty_watch_{name}");
            for (at, (label, value)) in labels.iter().enumerate() {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(self.0, "{}{label}=\"{value}\"", if at == 0 { '{' } else { ',' });
            }
            let _ = writeln!(self.0, "{} {figure}", if labels.is_empty() { "" } else { "}" });
        }
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = Sample>) {
        self.family(Kind::Gauge, name, help, samples);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A figure with its labels.
pub(super) fn sample<const N: usize>(labels: [(&'static str, &str); N], figure: impl Display) -> Sample {
    (labels.map(|(label, value)| (label, value.to_owned())).into(), figure.to_string())
}

/// Milliseconds as seconds, exactly.
pub(super) fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// A moment as seconds since 1970.
pub(super) fn epoch(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_has_them() {
        let mut text = Exposition::default();
        text.gauge("nothing", "None.", []);
        text.gauge("age_seconds", "A \\ b\nc.", [sample([], seconds(1_005))]);
        let odd = sample([("feed", "a\"b\\c\nd"), ("state", "x")], 3);
        text.family(Kind::Counter, "runs_total", "Runs.", [odd]);
        assert_eq!(
            text.finish(),
            "# HELP poverty_watch_age_seconds A \\\\ b\\nc.\n# TYPE poverty_watch_age_seconds gauge\n\
             poverty_watch_age_seconds 1.005\n# HELP poverty_watch_runs_total Runs.\n\
             # TYPE poverty_watch_runs_total counter\n\
             poverty_watch_runs_total{feed=\"a\\\"b\\\\c\\nd\",state=\"x\"} 3\n"
        );
    }
}
