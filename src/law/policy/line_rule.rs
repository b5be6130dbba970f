//! Where a rule draws its line: a published series, fixed yuan, bands, or a share of a household's income.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::words::words;
use crate::domain::{CountyCode, Fen};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRule {
    /// What it is drawn from.
    pub measure: LineMeasure,
    /// 超过 or 以上.
    pub operator: Operator,
    /// What holds while last year's figure is not out.
    pub before_publication: BeforePublication,
    /// What becomes of people who were listed by a provisional line when the figure is out.
    pub on_publication: OnPublication,
}

impl LineRule {
    /// Whether it cannot be drawn without a published figure.
    #[must_use]
    pub const fn needs_figure(&self) -> bool {
        matches!(self.measure, LineMeasure::Series(_))
    }
}

/// What a line is drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineMeasure {
    /// A multiple of a published figure.
    Series(SeriesLine),
    /// Yuan that the document states.
    Fixed(Fen),
    /// Bands of amounts, from the lowest up.
    Bands(Vec<Band>),
    /// A share of the income that the applicant's household declares.
    ShareOfHouseholdIncome(Decimal),
}

/// A multiple of a published figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesLine {
    pub series: SeriesOf,
    pub geography: Geography,
    /// Year of the figure relative to the period's year; -1 is 上年.
    pub year_offset: i32,
    pub multiple: Decimal,
}

/// Indicators of the income feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesOf {
    One(String),
    /// By where the person lives; an unknown status is undecided.
    ByResidence {
        rural: String,
        urban: String,
    },
}

impl SeriesOf {
    /// The indicators with the residence that each is for: `any`, `rural` or `urban`.
    #[must_use]
    pub fn by_residence(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::One(series) => vec![("any", series)],
            Self::ByResidence { rural, urban } => vec![("rural", rural), ("urban", urban)],
        }
    }
}

/// One band of amounts (分级).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Its name, e.g. 黄色.
    pub name: String,
    /// Whether it only warns (关注); else it flags.
    pub is_near: bool,
    /// The lowest amount that lies in it.
    pub from: Fen,
}

/// What a household may have at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Means {
    pub of: MeansOf,
    /// How it is compared with the limit.
    pub operator: MeansOperator,
    pub limit: MeansLimit,
}

/// The limit of a means test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeansLimit {
    /// A multiple of a published figure; never by residence.
    Series(SeriesLine),
    Fixed(Fen),
}

words! {
    /// What a means test looks at, from the application.
    MeansOf {
        /// 家庭人均年收入: declared income of the household by its members, yuan a year.
        IncomePerHead = "income_per_head",
        /// 家庭年收入, yuan a year.
        HouseholdIncome = "household_income",
        /// 家庭财产, yuan.
        Assets = "assets",
    }
}

words! {
    /// How a means test compares.
    MeansOperator {
        /// 低于.
        Under = "<",
        /// 不超过.
        UpTo = "<=",
        /// 超过.
        Over = ">",
        /// 达到.
        From = ">=",
    }
}

words! {
    /// What holds while the figure that a line needs is not out.
    BeforePublication {
        /// The figure of the year before it, marked provisional.
        Previous = "previous",
        Wait = "wait",
    }
}

words! {
    /// What becomes of people whom only a provisional line put on a list.
    OnPublication {
        /// They stay for the year.
        Keep = "keep",
        Withdraw = "withdraw",
    }
}

words! {
    /// The level of place whose figure draws the line.
    Geography {
        /// The whole country, code 000000.
        Nation = "nation",
        /// The province of the person's county.
        Province = "province",
        /// The prefecture of the person's county.
        Prefecture = "prefecture",
        County = "county",
    }
}

impl Geography {
    /// The code under which the income feed states the figure for a county.
    #[must_use]
    pub fn code_for(self, county: &CountyCode) -> String {
        match self {
            Self::Nation => "000000".to_owned(),
            Self::Province => county.province(),
            Self::Prefecture => county.prefecture(),
            Self::County => county.to_string(),
        }
    }
}

/// How the measured cost is compared with the line (民法典 art. 1259).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// 超过: the line itself does not count.
    #[serde(rename = ">")]
    Over,
    /// 以上: the line itself counts.
    #[serde(rename = ">=")]
    From,
}
