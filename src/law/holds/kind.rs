//! Which landed files are of one kind: the same sender's, by the same rhythm. Names tell it: `claims-2026-10.csv` and
//! `claims-2026-11.csv` are one kind, `claims-2026-11-03.csv` is another.

/// By which rhythm files of a kind come, as their names say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    Monthly,
    Daily,
    /// The name has no date.
    Unknown,
}

/// The kind of a landed file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileKind {
    /// The name without its ending, each digit of a date as `#`: other numbers are the sender's own.
    shape: String,
    is_supplement: bool,
}

/// Words by which a file says that it only adds to another.
const SUPPLEMENT: [&str; 6] = ["补报", "补充", "补录", "追加", "更正", "supplement"];

impl FileKind {
    #[must_use]
    pub fn of(name: &str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
        let is_supplement = SUPPLEMENT.iter().any(|word| stem.contains(word));
        Self { shape: shape_of(&stem), is_supplement }
    }

    /// Whether the file only adds to another: its rows say nothing about what is usual.
    #[must_use]
    pub const fn is_supplement(&self) -> bool {
        self.is_supplement
    }

    /// The rhythm that the name tells: a year with a month, or with a month and a day.
    #[must_use]
    pub fn cadence(&self) -> Cadence {
        let runs: Vec<usize> =
            self.shape.split(|letter| letter != '#').map(str::len).filter(|length| *length > 0).collect();
        let year = runs.iter().position(|length| *length == 4);
        match (runs.as_slice(), year) {
            (runs, _) if runs.contains(&8) => Cadence::Daily,
            (runs, _) if runs.contains(&6) => Cadence::Monthly,
            (runs, Some(at)) => match &runs[at + 1..] {
                [1 | 2] => Cadence::Monthly,
                [1 | 2, 1 | 2, ..] => Cadence::Daily,
                _ => Cadence::Unknown,
            },
            _ => Cadence::Unknown,
        }
    }
}

/// A name with `#` in place of the digits of its date; of a code such as a county's the digits stay.
fn shape_of(stem: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit();
    let (mut shape, mut rest, mut after_year) = (String::new(), stem, 0_u8);
    while let Some(first) = rest.chars().next() {
        let is_run = is_number(first);
        let end = rest.find(|c: char| is_number(c) != is_run).unwrap_or(rest.len());
        let (run, next) = rest.split_at(end);
        let is_date = is_run && is_date(run) || is_run && after_year > 0 && run.len() <= 2;
        after_year = match (is_run, run.len()) {
            (true, 4) if is_date => 2,
            (true, _) => after_year.saturating_sub(1),
            // a month stands right behind its year: 2026-10, 2026年10月
            (false, _) if run.chars().count() > 1 => 0,
            (false, _) => after_year,
        };
        if is_date {
            shape.extend(run.chars().map(|_| '#'));
        } else {
            shape.push_str(run);
        }
        rest = next;
    }
    shape
}

/// Whether a run of digits is a year, a year with its month, or a whole date.
fn is_date(run: &str) -> bool {
    let is_year = run.starts_with("19") || run.starts_with("20");
    let month = run.get(4..6).and_then(|month| month.parse().ok());
    let is_month = month.is_some_and(|month: u8| (1..=12).contains(&month));
    is_year && (run.len() == 4 || is_month && (run.len() == 6 || run.len() == 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kind_and_rhythm() {
        for (name, cadence) in [
            ("claims-2026-10.csv", Cadence::Monthly),
            ("结算202610.parquet", Cadence::Monthly),
            ("甲县2026年9月结算.csv", Cadence::Monthly),
            ("claims-2026-10-03.csv", Cadence::Daily),
            ("setl_20261003.csv", Cadence::Daily),
            ("claims.csv", Cadence::Unknown),
            ("claims-1.csv", Cadence::Unknown),
        ] {
            assert_eq!(FileKind::of(name).cadence(), cadence, "{name}");
        }
        assert_eq!(FileKind::of("Claims-2026-10.csv"), FileKind::of("claims-2026-11.CSV"));
        assert_ne!(FileKind::of("claims-2026-10.csv"), FileKind::of("claims-2026-10-01.csv"));
        assert!(FileKind::of("甲县2026年9月补报.csv").is_supplement());
        // Numbers that are no date are the sender's: two counties are two kinds.
        let of = FileKind::of;
        assert_ne!(of("claims-990101-2026-10.csv"), of("claims-990102-2026-10.csv"));
        assert_eq!(of("claims-990101-2026-10.csv"), of("claims-990101-2025-01.csv"));
        assert_eq!(of("350102结算202610.csv"), of("350102结算202611.csv"));
        assert_ne!(of("350102结算202610.csv"), of("350103结算202610.csv"));
        assert_eq!(of("claims-990101-2026-10.csv").cadence(), Cadence::Monthly);
    }
}
