//! Making a sealed list once more, from the warehouse version that it names, and comparing: every byte where it was
//! sealed in the list format of this program, else its persons, amounts and control total.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use engine::compute::lines_of;
use engine::official::is_of;
use engine::{Context, PipelineError, Rhythm, sha256_of};
use law::domain::Period;
use law::referrals::{LIST_FORMAT, ListId, ListKind, Lists, ReferralList, split_corrections};
use serde::Serialize;
use store::durable::At as _;
use store::ledger::{Moment, SealedList};
use store::workspace::{WorkspaceError, kept_recipe};

use super::correct::{notice, notice_material, renumbered};
use super::{Material, Sealing, Told};
use crate::seal::{Content, rebuild, rebuild_corrections, rebuild_rollup};

/// A list made once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reproduced {
    pub list_id: String,
    pub comparison: Comparison,
    /// Files that are equal.
    pub files: usize,
    /// The first difference; `None`: all that was compared is equal.
    pub difference: Option<Difference>,
}

/// What a list made once more is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Every byte: both have the same list format.
    Bytes,
    /// Rows, persons, amounts and control total: the sealed one has an older list format.
    Content { format: u32 },
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes => write!(f, "every byte"),
            Self::Content { format } => write!(
                f,
                "rows, persons, amounts and control total; sealed in list format {format}, this program writes \
                 {LIST_FORMAT}"
            ),
        }
    }
}

/// Where a list made once more differs from the sealed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It cannot be made: why, and what would help.
    Unmade(String),
    /// A sealed file is not there.
    Missing { file: String },
    Byte {
        file: String,
        /// Its place from the file's start, counted from 0.
        at: usize,
    },
    /// A sealed file is not the one that was sealed.
    Changed { file: String },
    /// The sealed file says one thing, the one made again another.
    Content { sealed: String, made: String },
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unmade(why) => write!(f, "cannot be made again: {why}"),
            Self::Missing { file } => write!(f, "{file} is missing; restore it from the backup"),
            Self::Byte { file, at } => write!(f, "{file} differs at byte {at}"),
            Self::Changed { file } => write!(f, "{file} is not as it was sealed; restore it from the backup"),
            Self::Content { sealed, made } => write!(f, "sealed: {sealed}; made again: {made}"),
        }
    }
}

/// Makes sealed lists once more. Lists that were sealed together share what they are made of, so it is fastest in the
/// order of sealing.
pub struct Reproducer<'a> {
    context: &'a Context,
    recipes: BTreeMap<String, Context>,
    batch: Option<(BatchKey, Batch)>,
}

/// What decides a batch: recipe, warehouse version, period, series, what was known of earlier lists, and list format.
type BatchKey = (String, u64, Period, Rhythm, Moment, u32);

/// The list format from which the bureau's own lists have those whom officers keep off.
const NAMES_KEPT_OFF: u32 = 3;

/// What lists of one act are made of.
struct Batch {
    material: Material,
    told: Told,
    lists: Lists,
    sealing: Sealing,
}

impl Batch {
    async fn make(
        context: &Context,
        (recipe, version, period, rhythm, moment, format): &BatchKey,
    ) -> Result<Self, PipelineError> {
        let version = context.warehouse.version(*version).await?;
        context.warehouse.bring(&version).await?;
        let sealing = Sealing { period: *period, rhythm: *rhythm, is_rehearsal: false };
        let lines = lines_of(context, &version, *period)?;
        let gaps = context.ledger.gaps_known(*moment, rhythm.mark())?;
        let mut material = Material::of(context, &version, sealing, &lines, (*moment, gaps))?;
        material.recipe.clone_from(recipe);
        if *format < NAMES_KEPT_OFF {
            material.kept_off.clear();
        }
        let told = Told::at(context, sealing, *moment)?;
        let lists = told.lists(*period, &material)?;
        Ok(Self { material, told, lists, sealing })
    }

    /// Writes a list once more below `aside`; answers its folder, or `None` where the batch does not have it.
    fn rebuild(&self, context: &Context, list: &SealedList, aside: &Path) -> Result<Option<PathBuf>, PipelineError> {
        let seal_context = self.material.seal_context(context, &self.told.keys, self.sealing);
        if list.is_first_whole() {
            return Ok(rebuild(aside, list.seq, &self.lists, &list.list_id, &seal_context)?);
        }
        let version = ListId::version_of(&list.list_id);
        if list.kind == ListKind::Summary.code() {
            let rollup = renumbered(&self.lists.rollup, version);
            let before = ListId { version: version.saturating_sub(1), ..rollup.id.clone() }.to_string();
            let Some(before) = context.ledger.sealed_list(&before)? else { return Ok(None) };
            return Ok(Some(rebuild_rollup(aside, list.seq, (&rollup, &before), &seal_context)?));
        }
        let request = self.told.request(list.period, &self.material);
        let of_place = |now: &&ReferralList| now.id.county.as_str() == list.county && now.id.office == list.office;
        let now = self.lists.lists.iter().find(of_place);
        let parts = now.map(|now| split_corrections(&request, now, |_| version)).unwrap_or_default();
        let part = parts.iter().find(|part| part.id.to_string() == list.list_id);
        Ok(part.map(|part| rebuild_corrections(aside, list.seq, part, &seal_context)).transpose()?)
    }
}

impl<'a> Reproducer<'a> {
    /// Makes lists of a workspace.
    #[must_use]
    pub const fn new(context: &'a Context) -> Self {
        Self { context, recipes: BTreeMap::new(), batch: None }
    }

    /// Makes a sealed list once more from its version and compares it with the sealed files.
    pub async fn reproduce(&mut self, list: &SealedList) -> Result<Reproduced, PipelineError> {
        let sealed = self.context.workspace.layout.lists(list.period).join(&list.list_id);
        // Manifests of list format 1 carry no number.
        let format = store::format_of(&fs::read(sealed.join("manifest.json")).unwrap_or_default()).max(1);
        let comparison = if format == LIST_FORMAT { Comparison::Bytes } else { Comparison::Content { format } };
        let mut reproduced = Reproduced { list_id: list.list_id.clone(), comparison, files: 0, difference: None };
        let recipe = recipe_of(&sealed);
        let newer = store::newer(format, LIST_FORMAT).map_or(Ok(()), |why| Err(WorkspaceError::Recipe(why).into()));
        match newer.and_then(|()| self.open(&recipe)) {
            Err(PipelineError::Workspace(error @ WorkspaceError::Recipe(_))) => {
                reproduced.difference = Some(Difference::Unmade(error.to_string()));
                return Ok(reproduced);
            }
            opened => opened?,
        }
        let context = self.recipes.get(&recipe).unwrap_or(self.context);
        if let Some(why) = other_policy(context, &sealed) {
            reproduced.difference = Some(Difference::Unmade(why));
            return Ok(reproduced);
        }
        let rhythm = [Rhythm::Monthly, Rhythm::TenDays].into_iter().find(|rhythm| is_of(*rhythm, &list.office));
        let moment = context.ledger.moment_of(list)?;
        let key = (recipe, list.version, list.period, rhythm.unwrap_or_default(), moment, format);
        let is_notice = list.kind == ListKind::Retraction.code();
        if !is_notice && self.batch.as_ref().is_none_or(|(known, _)| *known != key) {
            let batch = Batch::make(context, &key).await?;
            self.batch = Some((key.clone(), batch));
        }
        let scratch = context.workspace.layout.scratch();
        let aside = tempfile::Builder::new().prefix("reproduce-").tempdir_in(&scratch);
        let aside = aside.at(&scratch)?;
        let made = match &self.batch {
            _ if is_notice => rebuild_notice(context, list, &key, aside.path())?,
            Some((_, batch)) => batch.rebuild(context, list, aside.path())?,
            None => None,
        };
        match made {
            None if is_notice => {
                reproduced.difference =
                    Some(Difference::Unmade("the list that it takes back is not in the ledger".to_owned()));
            }
            None => reproduced.difference = Some(Difference::Unmade("its version now makes another list".to_owned())),
            Some(folder) if comparison == Comparison::Bytes => compare(&sealed, &folder, &mut reproduced)?,
            Some(folder) => compare_content(&sealed, &folder, list, &mut reproduced)?,
        }
        Ok(reproduced)
    }

    /// Opens the workspace as it was when a recipe was kept, once.
    fn open(&mut self, recipe: &str) -> Result<(), PipelineError> {
        let context = self.context;
        if !self.recipes.contains_key(recipe)
            && let Some(workspace) = kept_recipe(&context.workspace, recipe, context.ledger.texts(recipe)?)?
        {
            let then = Context::open(
                workspace,
                context.now,
                context.gate_program.clone(),
                context.progress.clone(),
                context.connect,
            )?;
            self.recipes.insert(recipe.to_owned(), then);
        }
        Ok(())
    }
}

/// Writes the notice that takes a list back once more: it is made of that list's entry in the ledger. `None`: there is
/// no such list, or nobody has taken it back.
fn rebuild_notice(
    context: &Context,
    list: &SealedList,
    (recipe, version, period, rhythm, moment, _): &BatchKey,
    aside: &Path,
) -> Result<Option<PathBuf>, PipelineError> {
    let sealed = context.workspace.layout.lists(list.period).join(&list.list_id);
    let named = manifest(&sealed).and_then(|manifest| Some(manifest["previous"]["list_id"].as_str()?.to_owned()));
    let Some(of) = context.ledger.sealed_list(&named.unwrap_or_default())? else { return Ok(None) };
    if (&of.county, &of.office, of.period) != (&list.county, &list.office, list.period)
        || !context.ledger.is_retracted(&of.list_id)?
    {
        return Ok(None);
    }
    let sealing = Sealing { period: *period, rhythm: *rhythm, is_rehearsal: false };
    let told = Told::at(context, sealing, *moment)?;
    let Some(notice) = notice(&told, &of, ListId::version_of(&list.list_id)) else { return Ok(None) };
    let material = notice_material(context, *version, recipe.clone());
    let seal_context = material.seal_context(context, &told.keys, sealing);
    Ok(Some(rebuild_corrections(aside, list.seq, &notice, &seal_context)?))
}

/// The recipe that a sealed list names; empty where it names none.
fn recipe_of(sealed: &Path) -> String {
    let manifest = manifest(sealed);
    manifest.and_then(|manifest| Some(manifest["recipe"].as_str()?.to_owned())).unwrap_or_default()
}

fn manifest(sealed: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(sealed.join("manifest.json")).ok()?).ok()
}

/// Why the policy at hand is not the one that the list was made by: its recipe is gone.
fn other_policy(context: &Context, sealed: &Path) -> Option<String> {
    let manifest = manifest(sealed)?;
    let hash = manifest["policy"]["sha256"].as_str()?;
    (hash != context.policy_hash).then(|| {
        format!(
            "it was made by the policy with SHA-256 {hash}, the workspace has {}; restore ledger.sqlite and, for lists of \
             list format 1, the folder recipes/ from the backup",
            context.policy_hash
        )
    })
}

/// Compares what a list says that was sealed in an older format. Its files must be as they were sealed.
fn compare_content(
    sealed: &Path,
    made: &Path,
    list: &SealedList,
    reproduced: &mut Reproduced,
) -> Result<(), PipelineError> {
    let is_of = |file: &str, sha256: &str| sha256_of(&sealed.join(file)).is_ok_and(|(found, _)| found == sha256);
    let manifest = manifest(sealed).unwrap_or_default();
    let lines = manifest["files"].as_array().cloned().unwrap_or_default();
    let named = lines.iter().map(|line| (line["name"].as_str(), line["sha256"].as_str()));
    let whole = std::iter::once((Some("manifest.json"), Some(list.manifest_sha256.as_str()))).chain(named);
    for (file, sha256) in whole {
        let (Some(file), Some(sha256)) = (file, sha256) else { continue };
        if !is_of(file, sha256) {
            reproduced.difference = Some(Difference::Changed { file: file.to_owned() });
            return Ok(());
        }
        reproduced.files += 1;
    }
    let [sealed, made] = [sealed, made].map(|folder| Content::read(folder, &list.list_id));
    let (sealed, made) = (sealed?, made?);
    if sealed != made {
        reproduced.difference = Some(Difference::Content { sealed: sealed.to_string(), made: made.to_string() });
    }
    Ok(())
}

/// Compares every sealed file with the one made again.
fn compare(sealed: &Path, made: &Path, reproduced: &mut Reproduced) -> Result<(), PipelineError> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(made).at(made)? {
        names.push(entry.at(made)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for file in names {
        let again = fs::read(made.join(&file)).at(made)?;
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
