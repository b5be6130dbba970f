//! Everything a job works with, opened once: workspace, warehouse, ledger, engine, policy, tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use law::arrivals::Sender;
use law::config::{EngineSettings, Problem, Settings};
use law::contracts::{CodeRow, Feed};
use law::domain::{Counties, CountyCode, Workdays, hex};
use law::holds::{Bounds, HOLDS_FILE};
use law::policy::{NATIONAL, Policy, parse_policy};
use law::profiles::Profiles;
use law::questions::People;
use law::referrals::Offices;
use law::rosters::{Ends, RosterRules};
use sha2::{Digest, Sha256};
use store::durable;
use store::ledger::{Ledger, Texts};
use store::warehouse::Warehouse;
use store::workspace::{Assets, Workspace, add_recipe};

use super::PipelineError;
use super::check::{check_columns, check_policy};
use super::job::{Job, is_job, parse_job};
use super::progress::Progress;
use super::tables::{County, check_routes, parse_tables, roster_absences, roster_answers, roster_rules};
use crate::{Connect, Engine, Models, Stop};

/// Jobs that a cluster is given at once.
const SENT_AT_ONCE: usize = 64;

/// An opened workspace with all that its files declare.
pub struct Context {
    pub workspace: Workspace,
    pub warehouse: Warehouse,
    pub ledger: Ledger,
    pub engine: Engine,
    pub policy: Policy,
    /// SHA-256 of the policy file.
    pub policy_hash: String,
    /// All that people have written that decides what a list says.
    pub texts: Texts,
    /// Models that were written for another interface; official runs refuse them.
    pub unfit: Vec<Problem>,
    /// The counties that it serves.
    pub counties: Vec<County>,
    /// The offices that lists go to, with the days on which they are in force.
    pub offices: Offices,
    pub tag_aliases: Vec<(String, String)>,
    /// The tables of codes.
    pub codes: Vec<CodeRow>,
    /// What rosters are judged by.
    pub rosters: Arc<RosterRules>,
    /// Which codes mean which county.
    pub places: Arc<Counties>,
    /// How senders' files are written, by feed.
    pub profiles: BTreeMap<Feed, Profiles>,
    /// Days off and make-up days.
    pub workdays: Workdays,
    /// Who answers questions.
    pub people: People,
    /// Who delivers what.
    pub senders: Vec<Sender>,
    /// What is held until they have.
    pub bounds: Bounds,
    /// The moment at which the command began.
    pub now: DateTime<Utc>,
    /// The program that opens foreign files in a process of its own.
    pub gate_program: PathBuf,
    /// Who is told how far a step is.
    pub progress: Arc<dyn Progress>,
    /// How other machines are reached, in programs that know how.
    pub connect: Option<Connect>,
    /// Where each statement's plan is written with its metrics, for one bucket; `None`: nowhere.
    pub explain: Option<PathBuf>,
    /// Set from outside to end a run at its next commit point.
    pub stop: Stop,
}

impl Context {
    /// Opens everything that a workspace holds.
    pub fn open(
        workspace: Workspace,
        now: DateTime<Utc>,
        gate_program: PathBuf,
        progress: Arc<dyn Progress>,
        connect: Option<Connect>,
    ) -> Result<Self, PipelineError> {
        let mut declared =
            Declared::read(&workspace.assets, &workspace.settings.policy).map_err(PipelineError::Config)?;
        add_recipe(&workspace, &mut declared.texts)?;
        let unfit = declared.unfit();
        let rosters = declared.rosters(&workspace.settings)?;
        let places = declared.places(&workspace.settings.area);
        let ledger = Ledger::open(&workspace.layout.ledger())?;
        let rosters =
            Arc::new(RosterRules { answers: roster_answers(&ledger)?, absences: roster_absences(&ledger)?, ..rosters });
        let folder = |path: PathBuf| -> Result<PathBuf, PipelineError> {
            durable::make_folder(&path)?;
            Ok(path)
        };
        let root = folder(workspace.layout.warehouse())?;
        let scratch = folder(workspace.layout.scratch())?;
        let warehouse = Warehouse::of(&root, &workspace.settings.warehouse)?;
        let engine = Engine::new(declared.models, &workspace.settings.engine, &scratch)?;
        Ok(Self {
            engine: engine.placed(
                &workspace.settings.engine,
                (workspace.layout.root(), warehouse.storage()),
                connect,
            )?,
            warehouse,
            ledger,
            policy: declared.policy,
            policy_hash: declared.policy_hash,
            texts: declared.texts,
            unfit,
            counties: of_area(declared.counties, &workspace.settings.area),
            offices: declared.offices,
            tag_aliases: declared.tag_aliases,
            codes: declared.codes,
            rosters,
            places,
            profiles: declared.profiles,
            workdays: declared.workdays,
            people: declared.people,
            senders: declared.senders,
            bounds: declared.bounds,
            workspace,
            now,
            gate_program,
            progress,
            connect,
            explain: None,
            stop: Stop::default(),
        })
    }

    /// The codes of the counties that it serves.
    #[must_use]
    pub fn served(&self) -> BTreeSet<String> {
        self.counties.iter().map(|county| county.code.to_string()).collect()
    }

    pub fn job(&self, name: &str) -> Result<Job, PipelineError> {
        let file = format!("pipelines/{name}.toml");
        let text = self.workspace.assets.read(&file)?.text;
        parse_job(&file, &text, self.engine.models()).map_err(PipelineError::Config)
    }

    /// Bucket jobs under way at once: a cluster is sent more than it has executors, so that none of them waits.
    #[must_use]
    pub fn jobs_at_once(&self) -> usize {
        match self.workspace.settings.engine.workers {
            0 if self.engine.is_on_cluster() => SENT_AT_ONCE,
            _ => self.workers(),
        }
    }

    /// Buckets worked on at once in this process.
    #[must_use]
    pub fn workers(&self) -> usize {
        workers_of(&self.workspace.settings.engine)
    }
}

/// Buckets worked on at once, by the settings.
pub fn workers_of(settings: &EngineSettings) -> usize {
    match settings.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    }
}

/// What the workspace's files declare, before anything is opened.
pub struct Declared {
    models: Models,
    policy: Policy,
    policy_hash: String,
    texts: Texts,
    counties: Vec<County>,
    offices: Offices,
    tag_aliases: Vec<(String, String)>,
    codes: Vec<CodeRow>,
    tag_ends: BTreeMap<String, Ends>,
    replaced_counties: BTreeMap<String, (String, NaiveDate)>,
    profiles: BTreeMap<Feed, Profiles>,
    workdays: Workdays,
    people: People,
    senders: Vec<Sender>,
    bounds: Bounds,
}

impl Declared {
    /// Reads and checks all of them.
    pub fn read(assets: &Assets, policy: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let texts = read_texts(assets, policy, &mut problems);
        Self::of_texts(assets, texts, &policy_path(policy), problems).map_err(|mut problems| {
            problems.extend(left_old(assets));
            problems
        })
    }

    /// The same with a policy that lies anywhere; `file` is its name as problems show it.
    pub fn with_draft(assets: &Assets, file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut texts = read_texts(assets, NATIONAL, &mut problems);
        texts.by_path.insert(file.to_owned(), text.to_owned());
        Self::of_texts(assets, texts, file, problems)
    }

    fn of_texts(assets: &Assets, texts: Texts, file: &str, mut problems: Vec<Problem>) -> Result<Self, Vec<Problem>> {
        let (parsed, models) = parse_texts_of(&texts, file, &mut problems);
        let tables = parse_tables(assets, &mut problems);
        let bounds = Bounds::parse(HOLDS_FILE, &text_of(assets, HOLDS_FILE, &mut problems), &mut problems);
        let text_at = |path: &str| texts.by_path.get(path).map_or("", String::as_str);
        if let (Some(policy), Some(models)) = (&parsed, &models) {
            check_policy((file, text_at(file)), policy, models, &tables.offices, &mut problems);
            check_columns(models, &mut problems);
            for job in assets.list("pipelines/").iter().filter(|path| is_job(path)) {
                let text = text_of(assets, job, &mut problems);
                if let Err(mut found) = parse_job(job, &text, models) {
                    problems.append(&mut found);
                }
            }
        }
        let below = policy_path(NATIONAL);
        let below = if file == below { "" } else { text_at(&below) };
        let policy_hash = sha256_hex(&format!("{}{below}", text_at(file)));
        match (parsed, models) {
            (Some(parsed), Some(models)) if problems.is_empty() => Ok(Self {
                models,
                policy: parsed,
                policy_hash,
                texts,
                counties: tables.counties,
                offices: tables.offices,
                tag_aliases: tables.tag_aliases,
                codes: tables.codes,
                tag_ends: tables.tag_ends,
                replaced_counties: tables.replaced_counties,
                profiles: tables.profiles,
                workdays: tables.workdays,
                people: tables.people,
                senders: tables.senders,
                bounds,
            }),
            _ => Err(problems),
        }
    }

    /// Whether any county of the area is named; without one, a county with nobody would get no NIL list.
    #[must_use]
    pub fn names_counties_of(&self, area: &str) -> bool {
        !of_area(self.counties.clone(), area).is_empty()
    }

    /// What is wrong with the table of routes. A run goes on without such rows, and says which county has no address.
    #[must_use]
    pub fn route_problems(&self, workspace: &Workspace) -> Vec<Problem> {
        let mut problems = Vec::new();
        let _ = workspace.routes(&mut problems);
        check_routes(&workspace.assets, &self.counties, &self.offices, &mut problems);
        problems
    }

    /// The counties of an area, and the codes that mean them.
    #[must_use]
    pub fn places(&self, area: &str) -> Arc<Counties> {
        let served = self.counties_of(area).into_iter().map(|county| county.code.to_string()).collect();
        Arc::new(Counties { served, replaced: self.replaced_counties.clone() })
    }

    /// What rosters are judged by.
    pub fn rosters(&self, settings: &Settings) -> Result<RosterRules, PipelineError> {
        roster_rules(self.tag_ends.clone(), &self.offices, settings).map_err(PipelineError::Config)
    }

    /// Models that were written for another interface than this program's.
    #[must_use]
    pub fn unfit(&self) -> Vec<Problem> {
        self.models.unfit(Assets::shipped)
    }

    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[must_use]
    pub fn into_models(self) -> Models {
        self.models
    }

    /// SHA-256 of the policy's file and of the one that it may extend.
    pub fn policy_hash(&self) -> &str {
        &self.policy_hash
    }

    /// The counties that lie in an area.
    pub fn counties_of(&self, area: &str) -> Vec<County> {
        of_area(self.counties.clone(), area)
    }

    #[must_use]
    pub fn into_policy(self) -> Policy {
        self.policy
    }

    /// The policy, and the models that carry it out.
    pub fn into_policy_and_models(self) -> (Policy, Models) {
        (self.policy, self.models)
    }
}

/// That files of an older version lie in the workspace, where they do.
pub fn left_old(assets: &Assets) -> Option<Problem> {
    let old = assets.old().ok().filter(|old| *old > 0)?;
    let message = format!("{old} files are as an older version of this program shipped them");
    Some(Problem::new("sql, pipelines", 0, message, "`poverty-watch upgrade` renews what nobody edited"))
}

/// The counties that lie in the workspace's area.
fn of_area(counties: Vec<County>, area: &str) -> Vec<County> {
    let area = CountyCode::parse(area).ok();
    counties.into_iter().filter(|county| area.as_ref().is_some_and(|area| area.contains(&county.code))).collect()
}

fn text_of(assets: &Assets, file: &str, problems: &mut Vec<Problem>) -> String {
    match assets.read(file) {
        Ok(asset) => asset.text,
        Err(error) => {
            problems.push(Problem::new(file, 0, error.to_string(), ""));
            String::new()
        }
    }
}

fn policy_path(name: &str) -> String {
    format!("pipelines/policies/{name}.toml")
}

/// The texts of a policy's rules and of all models.
fn read_texts(assets: &Assets, policy: &str, problems: &mut Vec<Problem>) -> Texts {
    let file = policy_path(policy);
    let mut by_path = BTreeMap::from([(file.clone(), text_of(assets, &file, problems))]);
    if let Ok(national) = assets.read(&policy_path(NATIONAL)) {
        by_path.insert(policy_path(NATIONAL), national.text);
    }
    for path in assets.list("sql/") {
        let Some(stem) = path.strip_suffix(".sql") else { continue };
        for path in [path.clone(), format!("{stem}.toml")] {
            let text = text_of(assets, &path, problems);
            by_path.insert(path, text);
        }
    }
    Texts { policy: policy.to_owned(), by_path }
}

/// The policy and the models that texts state, each where it is in order.
pub fn parse_texts(texts: &Texts, problems: &mut Vec<Problem>) -> (Option<Policy>, Option<Models>) {
    parse_texts_of(texts, &policy_path(&texts.policy), problems)
}

fn parse_texts_of(texts: &Texts, file: &str, problems: &mut Vec<Problem>) -> (Option<Policy>, Option<Models>) {
    let text_at = |path: &str| texts.by_path.get(path).map_or("", String::as_str);
    let below = policy_path(NATIONAL);
    let national = texts.by_path.get(&below).filter(|_| file != below);
    let national = national.map(|text| (below.as_str(), text.as_str()));
    let policy = parse_policy(file, text_at(file), national).map_err(|mut found| problems.append(&mut found)).ok();
    let stem = |path: &String| path.strip_prefix("sql/")?.strip_suffix(".sql").map(str::to_owned);
    let stems: Vec<String> = texts.by_path.keys().filter_map(stem).collect();
    let model = |stem: String| {
        let [sql, contract] = ["sql", "toml"].map(|kind| text_at(&format!("sql/{stem}.{kind}")).to_owned());
        (stem, sql, contract)
    };
    let files: Vec<_> = stems.into_iter().map(model).collect();
    (policy, Models::parse(&files).map_err(|mut found| problems.append(&mut found)).ok())
}

/// SHA-256 of a text, hex.
pub fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text))
}
