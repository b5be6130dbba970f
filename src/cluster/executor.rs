//! The role that carries out bucket jobs. It asks the scheduler for work and listens on no port: what it made goes to
//! the shared storage, the file under its final name and the answer beside the other jobs'.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::ids::new_instance_id;
use ballista_core::serde::protobuf::executor_resource::Resource;
use ballista_core::serde::protobuf::{
    ExecutorOperatingSystemSpecification, ExecutorRegistration, ExecutorResource, ExecutorSpecification,
    ExecutorStoppedParams,
};
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec};
use ballista_core::utils::default_config_producer;
use ballista_core::{BALLISTA_PROTOCOL_VERSION, JobId};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use datafusion::error::{DataFusionError, Result as PlanResult};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use store::warehouse::Storage;
use tokio::sync::Semaphore;

use super::client::{client, connect};
use super::node::{JobCodec, JobExec};
use super::tls::{Security, authority_of};
use super::worker::Worker;
use engine::EngineError;

/// How often an executor looks whether its scheduler is there.
const LOOK: Duration = Duration::from_secs(5);

/// A busy executor speaks to its scheduler every five seconds: then the ends of its last jobs have been told.
const LAST_WORDS: Duration = Duration::from_secs(6);

#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// `df://host:port`.
    pub scheduler: String,
    /// How it shows who it is.
    pub security: Security,
    /// Where the warehouse's files lie, as this machine sees them.
    pub storage: Storage,
    /// Jobs at once, at least one.
    pub slots: usize,
    /// Memory pool of all jobs together, MiB.
    pub memory_mib: usize,
    /// Folder of its own for what is not finished yet; goes with the executor.
    pub scratch: PathBuf,
}

/// Works until `stop`, finishes what it has begun, and takes its leave.
pub async fn run_executor(options: ExecutorOptions, stop: impl Future<Output = ()>) -> Result<(), EngineError> {
    let address = authority_of(&options.scheduler)?;
    connect(&options.security, address).await?;
    let mut scheduler = client(options.security.endpoint(address)?.connect_lazy());
    let slots = u32::try_from(options.slots).unwrap_or(u32::MAX);
    let worker = Worker::open(options.storage, options.memory_mib, &options.scratch)?;
    let codec = BallistaCodec::<LogicalPlanNode, PhysicalPlanNode>::new(
        Arc::new(BallistaLogicalExtensionCodec::default()),
        Arc::new(JobCodec::of(Arc::new(worker))),
    );
    let registration = registration(slots);
    let executor_id = registration.id.clone();
    let executor = Arc::new(executor(registration, &options.scratch.join("results"), options.slots));
    let free = Arc::new(Semaphore::new(options.slots));
    let polling = poll_loop(scheduler.clone(), executor, codec, None, Some(free.clone()), ExecutorHealth::new());
    tracing::info!(scheduler = address, id = executor_id, "executor is ready");
    let mut polling = tokio::spawn(polling);
    let watching = tokio::spawn(watch(options.security, address.to_owned()));
    let ended = tokio::select! {
        ended = &mut polling => {
            let why = ended.map_or_else(|error| error.to_string(), |ended| format!("{ended:?}"));
            Err(EngineError::Unreachable(format!("the executor stopped asking for work: {why}")))
        }
        () = stop => {
            // Who waits for all slots gets each that becomes free, and nothing is asked for with none.
            let _all = free.acquire_many(slots).await;
            tokio::time::sleep(LAST_WORDS).await;
            Ok(())
        }
    };
    watching.abort();
    polling.abort();
    let leave = ExecutorStoppedParams { executor_id, reason: "told to stop".to_owned() };
    if let Err(status) = scheduler.executor_stopped(leave).await {
        tracing::warn!(why = status.message(), "the scheduler was not told that this executor stops");
    }
    ended
}

/// What the scheduler knows of an executor; it is called by nobody, so its address does not matter.
fn registration(slots: u32) -> ExecutorRegistration {
    let resources = vec![ExecutorResource { resource: Some(Resource::Vcores(slots)) }];
    ExecutorRegistration {
        id: new_instance_id(),
        host: Some("127.0.0.1".to_owned()),
        port: 1,
        grpc_port: 1,
        specification: Some(ExecutorSpecification { resources }),
        os_info: Some(ExecutorOperatingSystemSpecification::default()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    }
}

/// An executor of bucket jobs; the number of rows that each returns goes into a file below `results`.
fn executor(registration: ExecutorRegistration, results: &Path, slots: usize) -> Executor {
    // Jobs have an engine of their own, with a bounded memory pool.
    let runtime = Arc::new(RuntimeEnv::default());
    Executor::new(
        registration,
        &results.to_string_lossy(),
        Arc::new(move |_| Ok(runtime.clone())),
        Arc::new(default_config_producer),
        Arc::default(),
        Arc::new(LoggingMetricsCollector::default()),
        slots,
        Arc::new(OnlyJobs(DefaultExecutionEngine::new())),
    )
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
