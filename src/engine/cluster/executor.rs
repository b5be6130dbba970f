//! The role that carries out bucket jobs. It asks the scheduler for work and listens on no port: what it made goes to
//! the shared storage, the file under its final name and the answer beside the other jobs'.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::JobId;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::utils::GrpcServerConfig;
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::shutdown::Shutdown;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;

use super::client::{MESSAGE_BYTES, connect};
use super::node::{JobCodec, JobExec};
use super::tls::{Security, authority_of};
use super::worker::Worker;
use crate::engine::EngineError;
use crate::warehouse::Storage;

/// How often an executor looks whether its scheduler is there.
const LOOK: Duration = Duration::from_secs(5);

/// How an executor works.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// `df://host:port`.
    pub scheduler: String,
    /// How it shows who it is.
    pub security: Security,
    /// Where the warehouse's files lie, as this machine sees them.
    pub storage: Storage,
    /// Jobs at once; 0 means one per processor.
    pub slots: usize,
    /// Memory pool of all jobs together, MiB.
    pub memory_mib: usize,
    /// Folder of its own for what is not finished yet.
    pub scratch: PathBuf,
}

/// Works until the process is told to stop, and finishes what it has begun.
///
/// # Errors
/// When the scheduler cannot be reached or refuses it.
pub async fn run_executor(options: ExecutorOptions) -> Result<(), EngineError> {
    let address = authority_of(&options.scheduler)?.to_owned();
    connect(&options.security, &address).await?;
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
    let security = options.security.clone();
    let to = address.clone();
    let worker = Worker::open(options.storage, options.memory_mib, &options.scratch)?;
    let config = ExecutorProcessConfig {
        scheduler_host: host.to_owned(),
        scheduler_port: port.parse().unwrap_or_default(),
        // It is asked nothing, so what it is called does not matter.
        external_host: Some("127.0.0.1".to_owned()),
        grpc_port: 1,
        vcores: options.slots,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(options.scratch.to_string_lossy().into_owned()),
        // Jobs have a pool of their own.
        memory_pool_size: Some(0),
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        override_execution_engine: Some(Arc::new(OnlyJobs(DefaultExecutionEngine::new()))),
        override_physical_codec: Some(Arc::new(JobCodec::of(Arc::new(worker)))),
        override_arrow_flight_service: Some(no_service()),
        override_create_grpc_client_endpoint: Some(Arc::new(move |_| Ok(security.endpoint(&to)?))),
        ..ExecutorProcessConfig::default()
    };
    tracing::info!(scheduler = address, id = config.executor_id, "executor is ready");
    let watching = tokio::spawn(watch(options.security, address));
    let ended = start_executor_process(Arc::new(config)).await;
    watching.abort();
    ended.map_err(|error| EngineError::Unreachable(error.to_string()))
}

/// Says when the scheduler goes, and when it is back: until then the executor keeps asking.
async fn watch(security: Security, address: String) {
    let mut is_there = true;
    loop {
        tokio::time::sleep(LOOK).await;
        match connect(&security, &address).await {
            Ok(()) if !is_there => tracing::info!(scheduler = address, "the scheduler is back"),
            Err(error) if is_there => tracing::warn!(scheduler = address, %error, "the scheduler is away"),
            _ => continue,
        }
        is_there = !is_there;
    }
}

/// In the place of the service that would hand out shuffle files.
fn no_service() -> Arc<ArrowFlightServerProvider> {
    Arc::new(|_: String, _: SocketAddr, mut shutdown: Shutdown, _: GrpcServerConfig| {
        tokio::spawn(async move {
            shutdown.recv().await;
            Ok::<(), BallistaError>(())
        })
    })
}

/// Carries out bucket jobs and nothing else that a plan may ask for.
struct OnlyJobs(DefaultExecutionEngine);

impl ExecutionEngine for OnlyJobs {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> PlanResult<Arc<dyn QueryStageExecutor>> {
        let is_job = matches!(plan.children().as_slice(), [child] if child.downcast_ref::<JobExec>().is_some());
        if !is_job {
            return Err(DataFusionError::Plan("executors carry out bucket jobs only".to_owned()));
        }
        self.0.create_query_stage_exec(job_id, stage_id, task_id, partitions, plan, work_dir, config)
    }
}
