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
    /// The name without its ending, each digit as `#`.
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
        let shape = stem.chars().map(|letter| if letter.is_numeric() { '#' } else { letter }).collect();
        Self { shape, is_supplement }
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
    }
}
