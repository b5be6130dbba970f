//! A rule after its file was checked.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Basis, LineRule, Means};
use crate::domain::Tag;

/// The rules of one place, in the order in which the strictest leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// File name without `.toml`.
    pub name: String,
    /// Its rules, inherited ones last.
    pub rules: Vec<Rule>,
    /// What it changes of the file that it extends.
    pub changes: Vec<LayerChange>,
    /// Ids of the rules that it takes over as they stand in that file.
    pub inherited: Vec<String>,
    /// Share of the flagged people by which a changed rule may move their number before the official run is held.
    pub hold_change: Decimal,
    /// Share by which an income figure may differ from the year before; beyond it the figure is doubtful.
    pub doubtful_change: Decimal,
}

impl Policy {
    /// The rules in force on a day, strictest first as the file orders them.
    pub fn in_force(&self, on: NaiveDate) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.from <= on && rule.to.is_none_or(|to| on <= to))
    }
}

/// An inherited rule that does not hold as it stands in the national file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LayerChange {
    pub inherited: String,
    /// The rule that takes its place; `None`: it is dropped.
    pub by: Option<String>,
}

/// Who, which cost, which line, by which clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id; safe in file names (`a-z`, `0-9`, `-`).
    pub id: String,
    /// The name that lists print, e.g. 因病返贫监测.
    pub name: String,
    /// Version of the rule's text.
    pub version: String,
    /// What is measured, and how the statement is called.
    pub shape: Shape,
    /// The inherited rule whose place it takes.
    pub overrides: Option<String>,
    pub who: Who,
    pub cost: Cost,
    pub line: LineRule,
    /// What an applicant's household may have at most; all must hold.
    pub means: Vec<Means>,
    /// Share of the line from which a person is *near* (关注); `None`: nobody is.
    pub warn_at: Option<Decimal>,
    /// Offices that receive the list (ids of `pipelines/tables/offices.csv`); none: it is for the bureau's own eyes.
    pub recipients: Vec<String>,
    /// How often its list is sealed.
    pub cadence: Cadence,
    /// First day on which the rule holds.
    pub from: NaiveDate,
    /// Last day; `None` while it is in force.
    pub to: Option<NaiveDate>,
    /// The clause that it carries out.
    pub clause: Clause,
}

words! {
    /// What a rule measures: one SQL model below `sql/rules/` each.
    Shape {
        /// A person's sum over a window.
        PersonWindow = "person_window_over_line",
        /// A person's dearest inpatient stay.
        Stay = "stay_over_line",
        /// An application's sum over the months before it.
        Application = "application_over_line",
    }
}

impl Shape {
    /// The SQL model that carries it out.
    #[must_use]
    pub fn model(self) -> String {
        format!("rule_{}", self.word())
    }
}

/// The population that a rule watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Any of these tags; empty: no tag needed.
    pub tags: Vec<Tag>,
    /// None of these tags.
    pub without_tags: Vec<Tag>,
    /// When the tags must be valid.
    pub tags_on: TagsOn,
    /// Insurance types whose claims count (`INSUTYPE`); empty: all.
    pub insurance: Vec<String>,
    /// Whether only rural residents are meant.
    pub rural: Rural,
    /// What tells that somebody is rural, the first that says anything leads.
    pub rural_by: Vec<RuralBy>,
    pub rural_conflict: RuralConflict,
}

words! {
    /// A source of rural status.
    RuralBy {
        /// The register's own flag (参保登记).
        Register = "register",
        /// A roster of rural affairs (名册).
        Roster = "roster",
        /// The village's class (村居城乡分类代码).
        VillageClass = "village_class",
        /// Household type (户口性质).
        HouseholdType = "household_type",
    }
}

words! {
    /// What holds where village class and household type contradict each other and nothing before them says more.
    RuralConflict {
        /// Rural, and marked on the list.
        Listed = "listed",
        Undecided = "undecided",
        /// The one that `rural_by` names first decides.
        First = "first",
    }
}

words! {
    /// When a tag must be valid to count.
    TagsOn {
        /// On the period's last day.
        PeriodEnd = "period_end",
        /// On any day of the window: whoever lost the tag during it still counts.
        AnyDayOfWindow = "any_day_of_window",
    }
}

words! {
    /// Whether a rule asks for rural residents.
    Rural {
        Any = "any",
        /// Rural residents (农村居民) only; an unknown status is undecided.
        Required = "required",
    }
}

/// The cost that a rule measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    pub basis: Basis,
    /// The months that count.
    pub window: Window,
    /// The date by which a claim falls into the window.
    pub date: DateBasis,
    /// Care types (`MED_TYPE`) that count; empty: all.
    pub care: Vec<String>,
    /// Places of payment (`PAY_LOC`) that count; empty: all.
    pub payment_place: Vec<String>,
    /// Later reimbursements and other payers (二次报销、商业保险、慈善).
    pub adjustments: Netting,
    /// The kinds of payer (`payer_kind` of the codes' table) whose later payments lower the cost; the others only show.
    /// Empty: all. One policy has one answer.
    pub payers: Vec<String>,
    /// Medical assistance (医疗救助); ignoring it measures the cost before it.
    pub medical_assistance: Netting,
    /// Whose cost an application counts.
    pub unit: Unit,
    /// Whether the application's declared other necessary spending (education) is added.
    pub declared_spending: bool,
}

/// The months that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// From January to the period.
    CalendarYear,
    /// So many months, the period's the last.
    RollingMonths(u8),
}

words! {
    /// The date by which a claim falls into a window.
    DateBasis {
        /// Settlement (`SETL_TIME`).
        Settled = "settled",
        /// Discharge (`ENDDATE`), else settlement.
        Discharged = "discharged",
        /// Benefit year (`YEAR`), else the settlement's.
        BenefitYear = "benefit_year",
    }
}

words! {
    /// What a payment by others does to the measured cost.
    Netting {
        Subtract = "subtract",
        Ignore = "ignore",
    }
}

words! {
    /// Whose cost an application counts.
    Unit {
        Applicant = "applicant",
        /// All members' of the household together.
        Household = "household",
    }
}

words! {
    /// How often a rule's list is sealed.
    Cadence {
        /// For each month.
        Monthly = "monthly",
        /// For each third of a month (旬).
        TenDays = "ten_days",
        /// With the month's lists; decided when somebody applies.
        OnApplication = "on_application",
    }
}

/// Where a rule stands in the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Document number, e.g. 闽医保〔2021〕93号.
    pub document: String,
    pub article: String,
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.article.bytes().all(|byte| byte.is_ascii_digit()) {
            write!(f, "{}第{}条", self.document, self.article)
        } else {
            write!(f, "{}{}", self.document, self.article)
        }
    }
}
