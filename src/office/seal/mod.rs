//! Sealing: a month's lists become numbered folders of XLSX, CSV, Parquet and a manifest, once and for good.
//!
//! What stands on a list is decided in `referrals`; here it is only written, read back, and published. The same lists
//! from the same version give the same bytes, so a killed run is finished by the next. The clock is not read.
//! `evidence` counts what the files say, signs it, and checks it at the receiver's.

mod error;
mod evidence;
mod publish;
mod rows;
mod sheet;
mod summary;
mod tables;

pub use error::SealError;
pub use evidence::{Checked, Content, Finding, verify};
pub use publish::{
    Renewed, SealSummary, SealedFolder, rebuild, rebuild_corrections, rebuild_rollup, seal, seal_corrections,
};
pub use rows::{list_rows, previous_lists};
pub(crate) use sheet::cell_text;

use chrono::{DateTime, Utc};
use law::domain::Month;
use law::referrals::{ListId, ListedRule};
use store::keys::Keys;
use store::ledger::Texts;

/// What stands on every page and in every file of a rehearsal.
pub(crate) const REHEARSAL: &str = "演练，不得外发";

/// What lists say besides their persons.
#[derive(Debug, Clone, Copy)]
pub struct SealContext<'a> {
    /// Warehouse version that the lists were made from.
    pub version: u64,
    /// The mark of the series.
    pub series: &'a str,
    /// The texts of rules and models that they were made from.
    pub texts: &'a Texts,
    pub policy: &'a str,
    /// SHA-256 of the policy file, hex.
    pub policy_sha256: &'a str,
    /// SHA-256 of the recipe: all that people had written then, hex; empty where none is kept.
    pub recipe: &'a str,
    /// The policy's rules, in its order.
    pub rules: &'a [ListedRule],
    /// The secrets: the manifest is signed.
    pub keys: &'a Keys,
    /// The bureau that sends, e.g. 某市医疗保障局.
    pub sender: &'a str,
    pub area_name: &'a str,
    /// Days that a recipient has to check and answer.
    pub feedback_days: u32,
    /// The first month of the workspace's data, where it lies in what the lists are about.
    pub first_month: Option<Month>,
    /// Whether nothing is sealed: every file is marked then.
    pub is_rehearsal: bool,
    /// Lists that are written at once; they change nothing but the time it takes.
    pub workers: usize,
    /// Now; only the ledger gets to know it, no file.
    pub at: DateTime<Utc>,
}

impl SealContext<'_> {
    /// The name of a list's folder and files.
    fn file_name(&self, id: &ListId) -> String {
        if self.is_rehearsal { format!("REHEARSAL-{id}") } else { id.to_string() }
    }

    /// A title, marked where it is a rehearsal's.
    fn title(&self, title: &str) -> String {
        if self.is_rehearsal { format!("【{REHEARSAL}】{title}") } else { title.to_owned() }
    }
}
