//! Cells of a case book as people write them: amounts, words, yes or no, and lists that may be one entry only.

use std::fmt;
use std::marker::PhantomData;

use chrono::NaiveDate;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use crate::domain::{CountyCode, Fen, Month, Period, parse_date};

/// A scalar that is read from its text; a number without decimals is taken as its digits, a float is refused.
pub(super) trait Cell: Sized {
    /// What it looks like, for whoever must correct it.
    const EXPECTED: &'static str;
    fn read(text: &str) -> Option<Self>;
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Amount(pub(super) Fen);

impl Cell for Amount {
    const EXPECTED: &'static str = "an amount in yuan: whole yuan (12000), or text in quotes (\"12000.50\")";
    fn read(text: &str) -> Option<Self> {
        Fen::parse(text).ok().map(Self)
    }
}

/// A word or a code.
#[derive(Debug, Clone)]
pub(super) struct Word(pub(super) String);

impl Cell for Word {
    const EXPECTED: &'static str = "a word or a code";
    fn read(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self(text.trim().to_owned()))
    }
}

/// 是 or 否.
#[derive(Debug, Clone, Copy)]
pub(super) struct YesNo(pub(super) bool);

impl Cell for YesNo {
    const EXPECTED: &'static str = "是 or 否";
    fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "是" => Some(Self(true)),
            "否" => Some(Self(false)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Day(pub(super) NaiveDate);

impl Cell for Day {
    const EXPECTED: &'static str = "a date such as 2026-10-31";
    fn read(text: &str) -> Option<Self> {
        parse_date(text).ok().map(Self)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct PeriodCell(pub(super) Period);

impl Cell for PeriodCell {
    const EXPECTED: &'static str = "a month such as 2026-10, or a third of it such as 2026-10-10";
    fn read(text: &str) -> Option<Self> {
        Period::parse(text).ok().map(Self)
    }
}

/// A month.
#[derive(Debug, Clone, Copy)]
pub(super) struct MonthCell(pub(super) Month);

impl Cell for MonthCell {
    const EXPECTED: &'static str = "a month such as 2026-10";
    fn read(text: &str) -> Option<Self> {
        Month::parse(text).ok().map(Self)
    }
}

#[derive(Debug, Clone)]
pub(super) struct CountyCell(pub(super) CountyCode);

impl Cell for CountyCell {
    const EXPECTED: &'static str = "a county code of six digits";
    fn read(text: &str) -> Option<Self> {
        CountyCode::parse(text).ok().map(Self)
    }
}

/// A year or another small whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) i32);

impl Cell for Number {
    const EXPECTED: &'static str = "a whole number";
    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Self)
    }
}

struct CellVisitor<T>(PhantomData<T>);

impl<T: Cell> Visitor<'_> for CellVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::read(text).ok_or_else(|| E::custom(format!("`{text}` is not what stands here: {}", T::EXPECTED)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! cells {
    ($($cell:ty),*) => {
        $(impl<'de> Deserialize<'de> for $cell {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_any(CellVisitor(PhantomData))
            }
        })*
    };
}

cells!(Amount, Word, YesNo, Day, MonthCell, PeriodCell, CountyCell, Number);

/// A list; a list of one entry may be written without the list.
#[derive(Debug, Clone)]
pub(super) struct Many<T>(pub(super) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

struct ManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ManyVisitor<T> {
    type Value = Many<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one entry or a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Many<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Many(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|entry| Many(vec![entry]))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Many<T>, E> {
        T::deserialize(text.into_deserializer()).map(|entry| Many(vec![entry]))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Many<T>, E> {
        self.visit_str(&number.to_string())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ManyVisitor(PhantomData))
    }
}

/// An entry that may be a bare word instead of a table: `结果: 列入` for `结果: {结论: 列入}`.
pub(super) struct WordOrTable<T> {
    entry: PhantomData<T>,
    expected: &'static str,
}

impl<T> WordOrTable<T> {
    pub(super) const fn new(expected: &'static str) -> Self {
        Self { entry: PhantomData, expected }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for WordOrTable<T> {
    type Value = Result<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Ok(text.trim().to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Err)
    }
}
