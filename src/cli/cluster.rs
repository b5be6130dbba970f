//! `cluster scheduler`, `cluster executor`: the two roles of a cluster, from the same binary as the application, so
//! that all of them are of one version.

use std::net::SocketAddr;
use std::path::PathBuf;

use ::cluster::{AllowList, ExecutorOptions, Papers, SchedulerOptions, Security, run_executor, run_scheduler};
use engine::PipelineError;
use store::warehouse::Storage;

use super::failure::{CONFIG, Failure};
use super::signals::Signals;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Role {
    /// Hand the parts to executors; one of the cluster's machines does this.
    Scheduler(SchedulerArguments),
    /// Work on parts; every other machine does this.
    Executor(ExecutorArguments),
}

/// Who this machine is.
#[derive(Debug, clap::Args)]
struct Identity {
    /// Certificate of the cluster's authority, PEM.
    #[arg(long, value_name = "FILE", requires = "certificate", required_unless_present = "insecure")]
    authority: Option<PathBuf>,
    /// Certificate of this machine, PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, value_name = "FILE", requires = "authority")]
    key: Option<PathBuf>,
    /// No certificates; only between processes of one machine.
    #[arg(long, conflicts_with_all = ["authority", "certificate", "key"])]
    insecure: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SchedulerArguments {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDRESS")]
    bind: SocketAddr,
    #[command(flatten)]
    identity: Identity,
    /// Who is let in: a line each with the SHA-256 fingerprint of a certificate and a name.
    #[arg(long, value_name = "FILE", required_unless_present = "insecure", conflicts_with = "insecure")]
    allow: Option<PathBuf>,
    /// Seconds of silence after which an executor's parts go to others.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..))]
    executor_timeout: u64,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExecutorArguments {
    /// The scheduler, df://host:port.
    #[arg(long, value_name = "URL")]
    scheduler: String,
    #[command(flatten)]
    identity: Identity,
    /// The warehouse as this machine sees it: the shared folder, or s3://bucket/prefix.
    #[arg(long, value_name = "FOLDER|URL")]
    warehouse: String,
    /// Parts worked on at once; 0 means one per processor.
    #[arg(long, default_value_t = 0)]
    slots: usize,
    /// Memory of all of them together, MiB.
    #[arg(long, default_value_t = 1024, value_name = "MIB")]
    memory_mib: usize,
    /// Folder for what is not finished yet; the system's for temporary files if left out.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

pub(super) async fn run(role: Role) -> Result<u8, Failure> {
    match role {
        Role::Scheduler(arguments) => scheduler(arguments).await?,
        Role::Executor(arguments) => executor(arguments).await?,
    }
    Ok(0)
}

async fn scheduler(arguments: SchedulerArguments) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let allowed = arguments.allow.as_deref().map(AllowList::read).transpose().map_err(PipelineError::from)?;
    let options = SchedulerOptions {
        bind: arguments.bind,
        security: arguments.identity.security(),
        allowed,
        executor_timeout: arguments.executor_timeout,
    };
    let ready = |address| println!("scheduler listens on {address}");
    Ok(run_scheduler(options, ready, signals.asked()).await.map_err(PipelineError::from)?)
}

async fn executor(arguments: ExecutorArguments) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    // A folder of its own in any case: it is cleared in the end.
    let folder = arguments.scratch.unwrap_or_else(std::env::temp_dir);
    let own = tempfile::Builder::new().prefix("executor-").tempdir_in(&folder);
    let own = own.map_err(|error| Failure::new(CONFIG, format!("{}: {error}", folder.display())))?;
    let processors = || std::thread::available_parallelism().map_or(2, usize::from);
    let options = ExecutorOptions {
        scheduler: arguments.scheduler,
        security: arguments.identity.security(),
        storage: Storage::open(&arguments.warehouse).map_err(PipelineError::from)?,
        slots: if arguments.slots == 0 { processors() } else { arguments.slots },
        memory_mib: arguments.memory_mib,
        scratch: own.path().to_owned(),
    };
    Ok(run_executor(options, signals.asked()).await.map_err(PipelineError::from)?)
}

impl Identity {
    fn security(self) -> Security {
        match (self.authority, self.certificate, self.key) {
            (Some(authority), Some(certificate), Some(key)) => {
                Security::Certificates(Papers { authority, certificate, key })
            }
            _ => Security::Insecure,
        }
    }
}
