//! What every verb is handed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use desk::{Act, Actor};
use engine::{Context, Progress};
use law::domain::official_day;
use store::ledger::Ledger;
use store::workspace;
use store::workspace::Workspace;

use super::failure::Failure;
use super::signals::Signals;

/// How other machines are reached.
#[cfg(feature = "cluster")]
const CONNECT: Option<engine::Connect> = Some(::cluster::connect_to);
#[cfg(not(feature = "cluster"))]
const CONNECT: Option<engine::Connect> = None;

/// Everything that a verb is handed besides its own arguments.
pub(super) struct Session {
    pub(super) workspace: PathBuf,
    pub(super) now: DateTime<Utc>,
    pub(super) program: PathBuf,
    pub(super) progress: Arc<dyn Progress>,
}

impl Session {
    pub(super) fn open(&self) -> Result<Context, Failure> {
        self.open_at(&self.workspace)
    }

    /// For a command that runs jobs: asked to end, it takes back what a cluster still has of them. Without a cluster it
    /// just ends, which a run survives at any point.
    pub(super) fn open_for_jobs(&self) -> Result<Context, Failure> {
        let mut context = self.open()?;
        if context.engine.is_on_cluster() {
            context.stop = Signals::listen()?.stop;
        }
        Ok(context)
    }

    pub(super) fn open_at(&self, dir: &Path) -> Result<Context, Failure> {
        self.open_workspace(dir, self.now)
    }

    /// For a command that lives on: everything as it is at another moment.
    pub(super) fn open_now(&self, now: DateTime<Utc>) -> Result<Context, Failure> {
        self.open_workspace(&self.workspace, now)
    }

    fn open_workspace(&self, dir: &Path, now: DateTime<Utc>) -> Result<Context, Failure> {
        let workspace = workspace::load(dir)?;
        Ok(Context::open(workspace, now, self.program.clone(), self.progress.clone(), CONNECT)?)
    }

    /// For acts on paper, which need no engine.
    pub(super) fn open_room(&self) -> Result<(Workspace, Ledger), Failure> {
        let workspace = workspace::load(&self.workspace)?;
        let ledger = Ledger::open(&workspace.layout.ledger())?;
        Ok((workspace, ledger))
    }

    /// Who acts, at the moment at which the command began.
    pub(super) const fn act<'a>(&self, actor: &'a Actor) -> Act<'a> {
        Act { actor, now: self.now }
    }

    /// The day of the command's moment, on the clock of the offices (+08:00).
    pub(super) fn today(&self) -> NaiveDate {
        official_day(self.now)
    }
}
