//! A shadow of the workspace below `staging/`: a job is tried there with the real data, and nothing real changes.
//!
//! Files of versions are linked, not copied: none is ever written again, new ones come by renaming. The ledger is a
//! copy; landed files and sealed lists are read where they lie.

use std::path::PathBuf;

use engine::{Context, PipelineError};
use law::config::EngineKind;
use store::durable::At as _;
use store::warehouse::Version;
use store::workspace::Workspace;
use tempfile::TempDir;

/// A shadow; it goes with this value. What a killed plan leaves is taken away by the next run.
pub(super) struct Shadow {
    /// The same workspace, but everything is written into the shadow.
    pub(super) context: Context,
    // Dropped after the context, which holds the ledger's copy open.
    _folder: TempDir,
    _staging: Staging,
}

/// The folder of shadows, taken away once nothing is left in it.
struct Staging(PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        // Fails where something else lies there, and then it shall stay.
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl Shadow {
    /// Makes one of a version, with the files of those to which tables go back; the caller holds the lock.
    pub(super) fn of(context: &Context, version: &Version, others: &[Version]) -> Result<Self, PipelineError> {
        let staging = context.workspace.layout.staging();
        std::fs::create_dir_all(&staging).at(&staging)?;
        let kept = Staging(staging.clone());
        // Only the owner may look into it: it holds what the ledger holds.
        let folder = tempfile::Builder::new().prefix("plan-").tempdir_in(&staging).at(&staging)?;
        let layout = context.workspace.layout.shadow(folder.path());
        context.ledger.copy_to(&layout.ledger())?;
        for version in others.iter().chain([version]) {
            context.warehouse.link_into(&layout.warehouse(), version)?;
        }
        let Workspace { mut settings, assets, .. } = context.workspace.clone();
        // Other machines see the real warehouse only, and a bucket would take a shadow's version for a real one.
        settings.engine.engine = EngineKind::Local;
        settings.warehouse.storage.clear();
        let shadow = Context::open(
            Workspace { layout, settings, assets },
            context.now,
            context.gate_program.clone(),
            context.progress.clone(),
            None,
        )?;
        Ok(Self { context: shadow, _folder: folder, _staging: kept })
    }
}
