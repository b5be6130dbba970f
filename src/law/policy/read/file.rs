//! A policy file as it is written; what its values mean is in `read`, how files lie upon each other in `layers`.

use serde::Deserialize;
use toml::Spanned;

use crate::policy::rule::Clause;
use crate::policy::{Operator, line_rule};

/// A text with its place in the file.
pub(in crate::policy) type Word = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    pub(super) extends: Option<Word>,
    #[serde(default)]
    pub(super) drops: Vec<Word>,
    #[serde(default)]
    pub(super) defaults: Defaults,
    #[serde(default)]
    pub(super) rules: Vec<RuleFile>,
}

/// What the law leaves open, and holds where a rule does not say otherwise.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Defaults {
    pub(super) insurance: Option<Vec<Word>>,
    pub(super) tags_on: Option<Word>,
    pub(super) rural: Option<Word>,
    pub(super) rural_by: Option<Vec<Word>>,
    pub(super) rural_conflict: Option<Word>,
    pub(super) window: Option<Word>,
    pub(super) date: Option<Word>,
    pub(super) care: Option<Vec<Word>>,
    pub(super) payment_place: Option<Vec<Word>>,
    pub(super) adjustments: Option<Word>,
    pub(super) payers: Option<Vec<Word>>,
    pub(super) medical_assistance: Option<Word>,
    pub(super) before_publication: Option<Word>,
    pub(super) on_publication: Option<Word>,
    pub(super) warn_at: Option<Word>,
    pub(super) cadence: Option<Word>,
    pub(super) recipients: Option<Vec<Word>>,
    pub(super) hold_change: Option<Word>,
    pub(super) doubtful_change: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) id: Word,
    pub(super) name: Word,
    pub(super) version: Option<String>,
    pub(super) overrides: Option<Word>,
    pub(super) shape: Word,
    pub(super) who: Spanned<WhoFile>,
    pub(super) cost: Spanned<CostFile>,
    pub(super) line: Spanned<LineFile>,
    #[serde(default)]
    pub(super) means: Vec<Spanned<MeansFile>>,
    pub(super) warn_at: Option<Word>,
    pub(super) recipients: Option<Vec<Word>>,
    pub(super) cadence: Option<Word>,
    pub(super) valid: ValidFile,
    pub(super) clause: Spanned<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhoFile {
    #[serde(default)]
    pub(super) tags: Vec<Word>,
    #[serde(default)]
    pub(super) without_tags: Vec<Word>,
    pub(super) tags_on: Option<Word>,
    pub(super) insurance: Option<Vec<Word>>,
    pub(super) rural: Option<Word>,
    pub(super) rural_by: Option<Vec<Word>>,
    pub(super) rural_conflict: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostFile {
    pub(super) basis: Word,
    pub(super) window: Option<Word>,
    pub(super) months: Option<Spanned<u8>>,
    pub(super) date: Option<Word>,
    pub(super) care: Option<Vec<Word>>,
    pub(super) payment_place: Option<Vec<Word>>,
    pub(super) adjustments: Option<Word>,
    pub(super) medical_assistance: Option<Word>,
    pub(super) unit: Option<Word>,
    pub(super) declared_spending: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineFile {
    pub(super) series: Option<Word>,
    pub(super) series_by_residence: Option<ByResidenceFile>,
    pub(super) geography: Option<Word>,
    pub(super) year_offset: Option<Spanned<i32>>,
    pub(super) multiple: Option<Word>,
    pub(super) fixed: Option<Word>,
    pub(super) bands: Option<Vec<Spanned<BandFile>>>,
    pub(super) share_of_household_income: Option<Word>,
    pub(super) operator: Option<Operator>,
    pub(super) before_publication: Option<Word>,
    pub(super) on_publication: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByResidenceFile {
    pub(super) rural: String,
    pub(super) urban: String,
}

impl From<ByResidenceFile> for line_rule::SeriesOf {
    fn from(file: ByResidenceFile) -> Self {
        Self::ByResidence { rural: file.rural, urban: file.urban }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BandFile {
    pub(super) name: Word,
    pub(super) outcome: Option<Word>,
    pub(super) from: Option<Word>,
    pub(super) above: Option<Word>,
    pub(super) below: Option<Word>,
    pub(super) to: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeansFile {
    pub(super) of: Word,
    pub(super) series: Option<Word>,
    pub(super) geography: Option<Word>,
    pub(super) year_offset: Option<Spanned<i32>>,
    pub(super) multiple: Option<Word>,
    pub(super) fixed: Option<Word>,
    pub(super) operator: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidFile {
    pub(super) from: Word,
    pub(super) to: Option<Word>,
}

impl Defaults {
    /// These, and `below` where they are silent.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            insurance: self.insurance.or(below.insurance),
            tags_on: self.tags_on.or(below.tags_on),
            rural: self.rural.or(below.rural),
            rural_by: self.rural_by.or(below.rural_by),
            rural_conflict: self.rural_conflict.or(below.rural_conflict),
            window: self.window.or(below.window),
            date: self.date.or(below.date),
            care: self.care.or(below.care),
            payment_place: self.payment_place.or(below.payment_place),
            adjustments: self.adjustments.or(below.adjustments),
            payers: self.payers.or(below.payers),
            medical_assistance: self.medical_assistance.or(below.medical_assistance),
            before_publication: self.before_publication.or(below.before_publication),
            on_publication: self.on_publication.or(below.on_publication),
            warn_at: self.warn_at.or(below.warn_at),
            cadence: self.cadence.or(below.cadence),
            recipients: self.recipients.or(below.recipients),
            hold_change: self.hold_change.or(below.hold_change),
            doubtful_change: self.doubtful_change.or(below.doubtful_change),
        }
    }
}
