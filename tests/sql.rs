//! Cases of the SQL models: rows in, rows out, as CSV that a policy officer can read.
//!
//! `tests/sql/<model>/<case>/` holds one CSV per input table, `params.toml` where the model has parameters,
//! and `expect.csv`. Tables and parameters that a case does not state are those of `tests/sql/<model>/`,
//! else empty. Only the columns that matter are stated; the others are null. `expect.csv` opens with a comment
//! that says in plain words what the case shows. Rows of views are compared in any order. A table that another model
//! makes may be left out where the case states what that model reads.

mod plans;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use engine::compute::{OPEN_ITEMS, TAGS};
use engine::{Declared, Engine, Model, ModelKind, Models, Param, ParamKind, Params, Source, Statement, TableWriter};
use law::config::EngineSettings;
use law::domain::{Fen, parse_date};
use store::workspace::Assets;

/// As the command line has it: the plans of statements are deep.
fn deep_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build().unwrap()
}

/// The built-in models; `scratch` has no copies of its own.
fn engine(scratch: &Path, batch_rows: usize) -> Engine {
    let assets = Assets::of(&scratch.join("no workspace"));
    let declared = Declared::read(&assets, "fujian").unwrap_or_else(|problems| panic!("{problems:#?}"));
    let settings = EngineSettings { batch_rows, ..EngineSettings::default() };
    Engine::new(declared.into_models(), &settings, scratch).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql")
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn name_of(path: &Path) -> &str {
    path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap()
}

/// A file of the case, else the one that all cases of the model share.
fn of_case(case: &Path, file: &str) -> Option<PathBuf> {
    [case.join(file), case.parent()?.join(file)].into_iter().find(|path| path.is_file())
}

#[test]
fn every_model_does_what_its_cases_say() {
    let scratch = tempfile::tempdir().unwrap();
    // Once as a run would do it, once row by row in the opposite order: the outcome may not depend on either.
    let engines = [(engine(scratch.path(), 8192), Order::AsWritten), (engine(scratch.path(), 1), Order::Reversed)];
    let runtime = deep_runtime();
    let models = engines[0].0.models();
    let tested: Vec<_> = models.iter().collect();
    // `MODEL=int_known cargo test --test all -- sql`: the cases of one model, after a change of its file.
    let only = std::env::var("MODEL").ok();
    let known: BTreeSet<&str> = tested.iter().map(|model| model.name.as_str()).collect();
    for folder in folders(&root()) {
        assert!(known.contains(name_of(&folder)), "tests/sql/{} is the folder of no model", name_of(&folder));
    }
    let (mut cases, mut failures) = (0, Vec::new());
    let chosen = tested.iter().filter(|model| only.as_ref().is_none_or(|name| *name == model.name));
    for model in chosen {
        let folder = root().join(&model.name);
        assert!(folder.is_dir(), "{} has no case; make tests/sql/{}/<case>/", model.path, model.name);
        let found = folders(&folder);
        assert!(!found.is_empty(), "tests/sql/{} has no case", model.name);
        for case in found {
            cases += 1;
            for (at, (engine, order)) in engines.iter().enumerate() {
                let files = scratch.path().join(format!("{}/{}/{at}", model.name, name_of(&case)));
                if let Err(why) = runtime.block_on(run(engine, model, &case, &files, *order)) {
                    failures.push(format!("{}/{} ({order:?}): {why}", model.name, name_of(&case)));
                }
            }
        }
    }
    assert!(cases > 0, "there is no model {}", only.unwrap_or_default());
    println!("sql models: {} models, {cases} cases", tested.len());
    assert!(failures.is_empty(), "{} runs differ\n\n{}", failures.len(), failures.join("\n\n"));
}

/// Order of the input rows.
#[derive(Debug, Clone, Copy)]
enum Order {
    AsWritten,
    /// Last row first, each row in a file of its own.
    Reversed,
}

async fn run(engine: &Engine, model: &Model, case: &Path, scratch: &Path, order: Order) -> Result<(), String> {
    let expected = rows::Expected::read(&case.join("expect.csv"), &model.schema)?;
    let statement = Statement {
        model: model.name.clone(),
        measures: measured_by(model),
        sources: sources(engine, model, case, scratch, order).await?,
        params: params(engine.models(), model, case)?,
        place: "test".to_owned(),
    };
    let found = engine.collect(&statement).await.map_err(|error| error.to_string())?;
    expected.compare(&found, model.kind == ModelKind::View)
}

/// Tables that the findings step makes before any rule: a case may state what they are made from.
const MADE_ONCE: [&str; 2] = [TAGS, OPEN_ITEMS];

/// The view that a model reads as `measured`: its shape's, else the person's window.
fn measured_by(model: &Model) -> Option<String> {
    model.measures.clone().or_else(|| Some("int_burden".to_owned()))
}

/// The tables in a case's folder, and in its model's.
fn stated(case: &Path) -> Result<BTreeSet<String>, String> {
    let mut tables = BTreeSet::new();
    for folder in [case, case.parent().unwrap()] {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().and_then(std::ffi::OsStr::to_str).unwrap();
            match name.strip_suffix(".csv") {
                Some("expect") => {}
                Some(table) => _ = tables.insert(table.to_owned()),
                None if entry.is_file() && name != "params.toml" => return Err(format!("{name}: what is it for?")),
                None => {}
            }
        }
    }
    Ok(tables)
}

async fn sources(
    engine: &Engine,
    model: &Model,
    case: &Path,
    scratch: &Path,
    order: Order,
) -> Result<BTreeMap<String, Source>, String> {
    let models = engine.models();
    let wanted = models.bound_sources(&model.name, measured_by(model).as_deref());
    let mut unread = stated(case)?;
    let mut sources = BTreeMap::new();
    for table in &wanted {
        let is_stated = unread.remove(table);
        let is_made = !is_stated && MADE_ONCE.contains(&table.as_str());
        let made = models.get(table).filter(|_| is_made).map(|maker| (maker, models.sources_of(table)));
        let made = made.filter(|(_, reads)| reads.iter().any(|read| of_case(case, &format!("{read}.csv")).is_some()));
        let source = match made {
            Some((maker, reads)) => {
                let mut below = BTreeMap::new();
                for read in reads {
                    unread.remove(&read);
                    below.insert(read.clone(), source(models, &read, case, scratch, order)?);
                }
                let statement = Statement {
                    model: maker.name.clone(),
                    measures: None,
                    sources: below,
                    params: params(models, model, case)?,
                    place: "test".to_owned(),
                };
                let rows = engine.collect(&statement).await.map_err(|error| error.to_string())?;
                Source::Rows(engine::compute::together(models, table, rows).map_err(|error| error.to_string())?)
            }
            None => source(models, table, case, scratch, order)?,
        };
        sources.insert(table.clone(), source);
    }
    match unread.first() {
        Some(table) => Err(format!("{table}.csv: the model reads no such table, only {wanted:?}")),
        None => Ok(sources),
    }
}

/// A table as the case states it, else empty.
fn source(models: &Models, table: &str, case: &Path, scratch: &Path, order: Order) -> Result<Source, String> {
    let schema = models.schema_of(table).ok_or("no schema")?;
    let Some(path) = of_case(case, &format!("{table}.csv")) else {
        let is_handed_in = table.starts_with("rule");
        let empty = if is_handed_in { Source::Rows(RecordBatch::new_empty(schema)) } else { Source::Files(Vec::new()) };
        return Ok(empty);
    };
    let batch = rows::read(&path, &schema)?;
    let parts: Vec<RecordBatch> = match order {
        Order::AsWritten => vec![batch],
        Order::Reversed => (0..batch.num_rows()).rev().map(|row| batch.slice(row, 1)).collect(),
    };
    if table.starts_with("rule") {
        return Ok(Source::Rows(arrow::compute::concat_batches(&schema, &parts).unwrap()));
    }
    Ok(Source::Files(written(table, &parts, scratch)))
}

/// One Parquet file per batch, as the warehouse writes them.
fn written(table: &str, parts: &[RecordBatch], scratch: &Path) -> Vec<PathBuf> {
    let file = |(at, batch): (usize, &RecordBatch)| {
        let path = scratch.join(format!("{table}-{at:03}.parquet"));
        let mut writer = TableWriter::create(&path, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
        path
    };
    parts.iter().enumerate().map(file).collect()
}

/// The case's parameters over those that all cases of the model share: the model's own, and those of tables that are made
/// for it.
fn params(models: &Models, model: &Model, case: &Path) -> Result<Params, String> {
    let measured = measured_by(model);
    let mut views = models.bound_views(&model.name, measured.as_deref());
    for table in models.bound_sources(&model.name, measured.as_deref()) {
        if models.get(&table).is_some() {
            views.extend(models.bound_views(&table, None));
        }
    }
    let declared: BTreeMap<&String, ParamKind> =
        views.iter().flat_map(|view| view.parameters.iter().map(|(name, kind)| (name, *kind))).collect();
    let mut params = Params::new();
    for path in [case.parent().unwrap().join("params.toml"), case.join("params.toml")] {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let table: toml::Table = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        for (name, value) in table {
            let kind = declared.get(&name).ok_or_else(|| format!("params.toml: there is no parameter {name}"))?;
            let wrong = || format!("params.toml: {name} is not of type {kind:?}");
            let param = match (kind, value) {
                (ParamKind::Date, toml::Value::String(text)) => parse_date(&text).ok().map(Param::Date),
                (ParamKind::Text, toml::Value::String(text)) => Some(Param::Text(text)),
                (ParamKind::Money, toml::Value::String(text)) => Fen::parse(&text).ok().map(Param::Money),
                (ParamKind::Ratio, toml::Value::String(text)) => text.parse().ok().map(Param::Ratio),
                (ParamKind::Boolean, toml::Value::Boolean(flag)) => Some(Param::Boolean(flag)),
                (ParamKind::Bigint, toml::Value::Integer(number)) => Some(Param::Bigint(number)),
                _ => None,
            };
            params.insert(name.clone(), param.ok_or_else(wrong)?);
        }
    }
    Ok(params)
}

/// A case with a fault of its own must not pass for a good one.
#[test]
fn the_runner_refuses_faulty_cases() {
    let scratch = tempfile::tempdir().unwrap();
    let engine = engine(scratch.path(), 8192);
    let runtime = deep_runtime();
    let model = engine.models().get("areas").unwrap().clone();
    let good = "# 说明\ncounty_code\n";
    for (name, files, said) in [
        ("unknown_column", vec![("expect.csv", "# 说明\ncounty\n")], "no column `county`"),
        ("unknown_input_column", vec![("expect.csv", good), ("residents.csv", "county\n1\n")], "no column `county`"),
        ("unknown_table", vec![("expect.csv", good), ("rosters.csv", "person_key\n1\n")], "no such table"),
        ("wrong_type", vec![("expect.csv", good), ("residents.csv", "person_key\n张三\n")], "column person_key"),
        ("unknown_parameter", vec![("expect.csv", good), ("params.toml", "on_date = \"2026-10-31\"")], "no parameter"),
        ("no_expectation", vec![("residents.csv", "person_key\n1\n")], "expect.csv"),
        ("no_comment", vec![("expect.csv", "county_code\n")], "what the case shows"),
        ("another_outcome", vec![("expect.csv", "# 说明\ncounty_code\n990101\n")], "- 990101"),
    ] {
        let case = scratch.path().join("areas").join(name);
        std::fs::create_dir_all(&case).unwrap();
        for (file, text) in files {
            std::fs::write(case.join(file), text).unwrap();
        }
        let outcome = runtime.block_on(run(&engine, &model, &case, &scratch.path().join("files"), Order::AsWritten));
        assert!(outcome.as_ref().is_err_and(|why| why.contains(said)), "{name}: {outcome:?}");
    }
}
