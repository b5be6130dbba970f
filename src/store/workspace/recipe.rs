//! Recipes: what people had written when a list was sealed (policy, tables, models, the bureau's name), kept by its hash,
//! so that the list can be made again after all of it has changed.

use std::collections::BTreeMap;
use std::fs;

use law::domain::hex;
use law::policy::NATIONAL;
use sha2::{Digest, Sha256};

use super::{SETTINGS_FILE, Workspace, WorkspaceError, load};
use crate::durable::{self, At as _};

/// Keeps a workspace's recipe where it is not kept yet; returns its SHA-256, hex.
pub fn keep_recipe(workspace: &Workspace) -> Result<String, WorkspaceError> {
    let texts = texts(workspace)?;
    let mut hasher = Sha256::new();
    for (path, text) in &texts {
        hasher.update(format!("{}:{path}\n{}:{text}\n", path.len(), text.len()));
    }
    let hash = hex(&hasher.finalize());
    let target = workspace.layout.recipe(&hash);
    if !target.exists() {
        let partial = target.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).at(&partial)?;
        }
        for (path, text) in &texts {
            let path = partial.join(path);
            let folder = path.parent().unwrap_or(&partial);
            fs::create_dir_all(folder).at(folder)?;
            fs::write(&path, text).at(&path)?;
        }
        durable::publish(&partial, &target)?;
    }
    Ok(hash)
}

/// The workspace as it was when the recipe was kept: same folders and limits, what people write from the recipe.
/// `None` when the recipe is not there.
pub fn with_recipe(workspace: &Workspace, hash: &str) -> Result<Option<Workspace>, WorkspaceError> {
    let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let folder = workspace.layout.recipe(hash);
    if !is_hash || !folder.exists() {
        return Ok(None);
    }
    let mut then = load(&folder)?;
    then.layout = workspace.layout.clone();
    then.settings.engine = workspace.settings.engine.clone();
    then.settings.warehouse = workspace.settings.warehouse.clone();
    then.settings.gate = workspace.settings.gate.clone();
    Ok(Some(then))
}

/// Everything that decides what a list says, besides the warehouse's version; by path.
fn texts(workspace: &Workspace) -> Result<BTreeMap<String, String>, WorkspaceError> {
    let settings = &workspace.settings;
    let policies = [&settings.policy, NATIONAL].map(|name| format!("pipelines/policies/{name}.toml"));
    let is_job = |path: &String| path.matches('/').count() == 1;
    let jobs = workspace.assets.list("pipelines/").into_iter().filter(is_job);
    let all = workspace.assets.list("sql/").into_iter().chain(workspace.assets.list("pipelines/tables/")).chain(jobs);
    let mut texts = BTreeMap::new();
    for path in all.chain(policies) {
        let text = workspace.assets.read(&path)?.text;
        texts.insert(path, text);
    }
    let mut own = toml::Table::new();
    own.insert("policy".to_owned(), settings.policy.clone().into());
    own.insert("area".to_owned(), settings.area.clone().into());
    let mut bureau = toml::Table::new();
    bureau.insert("name".to_owned(), settings.bureau.name.clone().into());
    bureau.insert("area_name".to_owned(), settings.bureau.area_name.clone().into());
    bureau.insert("feedback_days".to_owned(), i64::from(settings.bureau.feedback_days).into());
    own.insert("bureau".to_owned(), bureau.into());
    texts.insert(SETTINGS_FILE.to_owned(), own.to_string());
    Ok(texts)
}
