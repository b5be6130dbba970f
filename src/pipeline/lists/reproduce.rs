//! Making a sealed list once more, from the warehouse version that it names, and comparing every byte.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{Material, Sealing, Told};
use crate::domain::CountyCode;
use crate::ledger::SealedList;
use crate::pipeline::compute::lines_of;
use crate::pipeline::official::is_of;
use crate::pipeline::seal::{SealContext, rebuild, rebuild_corrections};
use crate::pipeline::{Context, PipelineError, Rhythm};
use crate::referrals::{ListKind, split_corrections};

/// A list made once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reproduced {
    /// The list.
    pub list_id: String,
    /// Files that are equal.
    pub files: usize,
    /// The first difference; `None`: every byte is equal.
    pub difference: Option<Difference>,
}

/// Where a list made once more differs from the sealed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It cannot be made: why, and what would help.
    Unmade(String),
    /// A sealed file is not there.
    Missing {
        /// The file.
        file: String,
    },
    /// A byte differs.
    Byte {
        /// The file.
        file: String,
        /// Its place from the file's start, counted from 0.
        at: usize,
    },
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmade(why) => write!(f, "cannot be made again: {why}"),
            Self::Missing { file } => write!(f, "{file} is missing; restore it from the backup"),
            Self::Byte { file, at } => write!(f, "{file} differs at byte {at}"),
        }
    }
}

/// Makes a sealed list once more from its version and compares it with the sealed files.
///
/// # Errors
/// When warehouse, ledger or disk fail; that a list differs is an answer.
pub async fn reproduce(context: &Context, list: &SealedList) -> Result<Reproduced, PipelineError> {
    let mut reproduced = Reproduced { list_id: list.list_id.clone(), files: 0, difference: None };
    let sealed = context.workspace.layout.lists(list.period).join(&list.list_id);
    if list.kind == ListKind::Retraction.code() {
        // A notice is made of no data: what stands is what was written.
        return Ok(reproduced);
    }
    if let Some(why) = other_policy(context, &sealed) {
        reproduced.difference = Some(Difference::Unmade(why));
        return Ok(reproduced);
    }
    let version = match context.warehouse.version(list.version).await {
        Ok(version) => version,
        Err(error) => {
            reproduced.difference = Some(Difference::Unmade(error.to_string()));
            return Ok(reproduced);
        }
    };
    let rhythm = [Rhythm::Monthly, Rhythm::TenDays].into_iter().find(|rhythm| is_of(*rhythm, &list.office));
    let sealing = Sealing { period: list.period, rhythm: rhythm.unwrap_or_default(), is_rehearsal: false };
    let lines = lines_of(context, &version, list.period)?;
    let material = Material::of(context, &version, sealing, &lines)?;
    let moment = context.ledger.moment_of(list)?;
    let told = Told::at(context, sealing, moment)?;
    let aside = tempfile::Builder::new().prefix("reproduce-").tempdir_in(context.workspace.layout.scratch());
    let aside =
        aside.map_err(|error| PipelineError::Io(context.workspace.layout.scratch().display().to_string(), error))?;
    let seal_context = material.seal_context(context, &told.keys, false);
    let made = made_again(&told, &material, list, moment.is_within, (aside.path(), &seal_context))?;
    match made {
        None => reproduced.difference = Some(Difference::Unmade("its version now makes another list".to_owned())),
        Some(folder) => compare(&sealed, &folder, &mut reproduced)?,
    }
    Ok(reproduced)
}

fn made_again(
    told: &Told,
    material: &Material<'_>,
    list: &SealedList,
    is_correction: bool,
    (aside, seal_context): (&Path, &SealContext<'_>),
) -> Result<Option<std::path::PathBuf>, PipelineError> {
    let lists = told.lists(list.period, material)?;
    if !is_correction {
        return Ok(rebuild(aside, list.seq, &lists, &list.list_id, seal_context)?);
    }
    let request = told.request(list.period, &material.rules);
    let version = list.list_id.rsplit_once("-v").and_then(|(_, version)| version.parse().ok()).unwrap_or(1);
    let county = CountyCode::parse(&list.county).ok();
    let now = lists.lists.iter().find(|now| Some(&now.id.county) == county.as_ref() && now.id.office == list.office);
    let parts = now.map(|now| split_corrections(&request, now, |_| version)).unwrap_or_default();
    let part = parts.iter().find(|part| part.id.to_string() == list.list_id);
    part.map(|part| rebuild_corrections(aside, list.seq, part, seal_context)).transpose().map_err(PipelineError::from)
}

/// Why the policy at hand is not the one that the list was made by.
fn other_policy(context: &Context, sealed: &Path) -> Option<String> {
    let text = fs::read(sealed.join("manifest.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let hash = manifest["policy"]["sha256"].as_str()?;
    (hash != context.policy_hash).then(|| {
        format!(
            "it was made by the policy with SHA-256 {hash}, the workspace has {}; put that policy file back for the \
             comparison",
            context.policy_hash
        )
    })
}

/// Compares every sealed file with the one made again.
fn compare(sealed: &Path, made: &Path, reproduced: &mut Reproduced) -> Result<(), PipelineError> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |error| PipelineError::Io(path, error)
    };
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(made).map_err(io(made))? {
        names.push(entry.map_err(io(made))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for file in names {
        let again = fs::read(made.join(&file)).map_err(io(made))?;
        let Ok(first) = fs::read(sealed.join(&file)) else {
            reproduced.difference = Some(Difference::Missing { file });
            return Ok(());
        };
        if first != again {
            let at = first.iter().zip(&again).position(|(a, b)| a != b).unwrap_or(first.len().min(again.len()));
            reproduced.difference = Some(Difference::Byte { file, at });
            return Ok(());
        }
        reproduced.files += 1;
    }
    Ok(())
}
