//! Recipes: what people had written when a list was sealed (policy, tables, models, jobs, the bureau's name), and the
//! format of the list. The ledger keeps their texts by hash, so that a list can be made again after all has changed.

use std::collections::BTreeMap;

use law::referrals::{COLUMNS, LIST_FORMAT};

use super::{Assets, SETTINGS_FILE, Workspace, WorkspaceError, parse_settings};
use crate::ledger::Texts;
use crate::newer;

const FORMAT: u32 = 1;
/// Where a recipe says its own format, that of the list, and the list's columns.
const FORMAT_FILE: &str = "format.toml";

/// Adds to the texts of rules and models everything else that decides what a list says, besides the warehouse's
/// version.
pub fn add_recipe(workspace: &Workspace, texts: &mut Texts) -> Result<(), WorkspaceError> {
    let is_job = |path: &String| path.matches('/').count() == 1;
    let jobs = workspace.assets.list("pipelines/").into_iter().filter(is_job);
    for path in workspace.assets.list("pipelines/tables/").into_iter().chain(jobs) {
        let text = workspace.assets.read(&path)?.text;
        texts.by_path.insert(path, text);
    }
    let settings = &workspace.settings;
    let mut bureau = toml::Table::new();
    bureau.insert("name".to_owned(), settings.bureau.name.clone().into());
    bureau.insert("area_name".to_owned(), settings.bureau.area_name.clone().into());
    bureau.insert("feedback_days".to_owned(), i64::from(settings.bureau.feedback_days).into());
    let mut own = toml::Table::new();
    own.insert("policy".to_owned(), settings.policy.clone().into());
    own.insert("area".to_owned(), settings.area.clone().into());
    own.insert("bureau".to_owned(), bureau.into());
    texts.by_path.insert(SETTINGS_FILE.to_owned(), own.to_string());
    texts.by_path.insert(FORMAT_FILE.to_owned(), format_text());
    Ok(())
}

/// The format in which this program writes lists.
fn format_text() -> String {
    let columns = COLUMNS.iter().map(|column| format!("{} = \"{}\"\n", column.name, column.heading()));
    format!("format = {FORMAT}\nlist = {LIST_FORMAT}\n[columns]\n{}", columns.collect::<String>())
}

/// The workspace as it was when lists were sealed: same folders and limits, what people write from the recipe. `None`
/// when there is no such recipe. Programs before list format 2 kept them in `recipes/`.
///
/// Models and jobs are this program's: a list is made again from the rows that its models had left.
pub fn kept_recipe(
    workspace: &Workspace,
    hash: &str,
    texts: Option<Texts>,
) -> Result<Option<Workspace>, WorkspaceError> {
    let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let folder = workspace.layout.recipe(hash);
    let (wanted, settings) = (["pipelines/policies/", "pipelines/tables/"], SETTINGS_FILE);
    let by_path = match texts {
        Some(texts) => texts.by_path,
        None if is_hash && folder.exists() => {
            let assets = Assets::of(&folder);
            let paths = wanted.iter().flat_map(|below| assets.list(below)).chain([settings.to_owned()]);
            let texts = paths.map(|path| Ok(assets.own(&path)?.map(|text| (path, text))));
            texts.filter_map(Result::transpose).collect::<Result<BTreeMap<_, _>, WorkspaceError>>()?
        }
        None => return Ok(None),
    };
    let format: toml::Table = by_path.get(FORMAT_FILE).and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
    let number = |key: &str| format.get(key).and_then(toml::Value::as_integer).unwrap_or_default();
    for (key, known) in [("format", FORMAT), ("list", LIST_FORMAT)] {
        let found = u32::try_from(number(key)).unwrap_or(u32::MAX);
        newer(found, known).map_or(Ok(()), |why| Err(WorkspaceError::Recipe(why)))?;
    }
    let text = by_path.get(settings).cloned().unwrap_or_default();
    let kept = by_path.into_iter().filter(|(path, _)| wanted.iter().any(|below| path.starts_with(below)));
    let assets = Assets::kept(workspace.layout.root(), kept.collect());
    let mut then = Workspace { settings: parse_settings(&text, &assets)?, assets, layout: workspace.layout.clone() };
    then.settings.engine = workspace.settings.engine.clone();
    then.settings.warehouse = workspace.settings.warehouse.clone();
    then.settings.gate = workspace.settings.gate.clone();
    Ok(Some(then))
}
