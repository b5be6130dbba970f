//! `manifest.json`: what a sealed list is, what it was made from, and the hash of every file; `manifest.sig`: who
//! sealed it.

use std::path::Path;

use engine::sha256_of;
use law::domain::hex;
use law::referrals::{LIST_FORMAT, ListId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use store::durable::At as _;

use super::Reading;
use crate::seal::{REHEARSAL, SealContext, SealError};

pub(super) const MANIFEST: &str = "manifest.json";
/// The file of the signature over the manifest's bytes.
pub(super) const SIGNATURE: &str = "manifest.sig";

/// One file of a sealed list.
#[derive(Debug, Clone, Serialize)]
struct FileLine {
    name: String,
    bytes: u64,
    sha256: String,
}

#[derive(Debug, Clone, Serialize)]
struct RuleLine<'a> {
    id: &'a str,
    version: &'a str,
    sha256: &'a str,
}

#[derive(Debug, Clone, Serialize)]
struct PreviousLine<'a> {
    list_id: &'a str,
    manifest_sha256: &'a str,
}

#[derive(Debug, Clone, Serialize)]
struct PolicyLine<'a> {
    name: &'a str,
    sha256: &'a str,
}

/// Counts as read back from the sealed files.
#[derive(Debug, Clone, Copy, Serialize)]
struct CountLine {
    rows: usize,
    persons: usize,
    new: usize,
    continuing: usize,
    escalated: usize,
    withdrawn: usize,
}

#[derive(Debug, Clone, Serialize)]
struct Manifest<'a> {
    format: u32,
    list_id: String,
    seq: u64,
    period: String,
    county: &'a str,
    county_name: &'a str,
    office: &'a str,
    office_name: &'a str,
    kind: &'a str,
    warehouse_version: u64,
    policy: PolicyLine<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    recipe: &'a str,
    rules: Vec<RuleLine<'a>>,
    previous: Option<PreviousLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    took_over: Vec<PreviousLine<'a>>,
    /// Data that had not come whole, by county.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    gaps: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsal: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<CountLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_fen: Option<i128>,
    files: Vec<FileLine>,
}

/// What a manifest says besides what is read back.
pub(in crate::seal) struct Subject<'a> {
    pub(in crate::seal) id: &'a ListId,
    pub(in crate::seal) seq: u64,
    pub(in crate::seal) county_name: &'a str,
    pub(in crate::seal) office_name: &'a str,
    pub(in crate::seal) previous: Option<(&'a str, &'a str)>,
    pub(in crate::seal) took_over: &'a [(String, String)],
    /// Data that had not come whole, as people read it.
    pub(in crate::seal) gaps: &'a [String],
}

/// Writes the manifest of the files `names` in `folder` and returns its own SHA-256, hex. `reading` is `None` for the
/// roll-up, whose total may be hidden.
pub(in crate::seal) fn write_manifest(
    folder: &Path,
    subject: &Subject<'_>,
    reading: Option<&Reading>,
    names: &[String],
    context: &SealContext<'_>,
) -> Result<String, SealError> {
    let mut files = Vec::new();
    for name in names {
        let (sha256, bytes) = sha256_of(&folder.join(name))?;
        files.push(FileLine { name: name.clone(), bytes, sha256 });
    }
    let id = subject.id;
    let manifest = Manifest {
        format: LIST_FORMAT,
        list_id: id.to_string(),
        seq: subject.seq,
        period: id.period.to_string(),
        county: id.county.as_str(),
        county_name: subject.county_name,
        office: &id.office,
        office_name: subject.office_name,
        kind: id.kind.code(),
        warehouse_version: context.version,
        policy: PolicyLine { name: context.policy, sha256: context.policy_sha256 },
        recipe: context.recipe,
        rules: context
            .rules
            .iter()
            .map(|rule| RuleLine { id: &rule.id, version: &rule.version, sha256: &rule.sha256 })
            .collect(),
        previous: subject.previous.map(|(list_id, manifest_sha256)| PreviousLine { list_id, manifest_sha256 }),
        took_over: subject
            .took_over
            .iter()
            .map(|(list_id, manifest_sha256)| PreviousLine { list_id, manifest_sha256 })
            .collect(),
        gaps: subject.gaps,
        rehearsal: context.is_rehearsal.then_some(REHEARSAL),
        counts: reading.map(|reading| CountLine {
            rows: reading.counts.persons() + reading.counts.withdrawn,
            persons: reading.counts.persons(),
            new: reading.counts.new,
            continuing: reading.counts.continuing,
            escalated: reading.counts.escalated,
            withdrawn: reading.counts.withdrawn,
        }),
        control_fen: reading.map(|reading| reading.control_fen),
        files,
    };
    let path = folder.join(MANIFEST);
    let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(SealError::write(&path))?;
    bytes.push(b'\n');
    std::fs::write(&path, &bytes).at(&path)?;
    let path = folder.join(SIGNATURE);
    let mut signature =
        serde_json::to_vec_pretty(&context.keys.signer.sign(&bytes)).map_err(SealError::write(&path))?;
    signature.push(b'\n');
    std::fs::write(&path, signature).at(&path)?;
    Ok(hex(&Sha256::digest(&bytes)))
}
