//! The application's side: submits bucket jobs, watches them, tries a failed one again, takes the rest back when the
//! run ends early.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ballista_core::config::BALLISTA_ADAPTIVE_PLANNER_ENABLED;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::execute_query_result::Result as Submitted;
use ballista_core::serde::protobuf::job_status::Status as JobState;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{CancelJobParams, ExecuteQueryParams, GetJobStatusParams, KeyValuePair};
use ballista_core::version::insert_version_header;
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use law::config::EngineSettings;
use store::durable::At as _;
use store::warehouse::Storage;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::node::{JobCodec, JobExec};
use super::order::{decode_answer, encode};
use super::tls::{Papers, Security, authority_of};
use engine::{BucketJob, Elsewhere, Engine, EngineError, Made};
use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Largest message between the machines: a job with a rule's own rows for a province is far smaller.
pub(super) const MESSAGE_BYTES: u32 = 256 << 20;

/// How often a bucket is tried, and how long after a failure: 1, 2, 4, ... seconds.
const ATTEMPTS: u32 = 4;

/// Asking after a job: soon at first, seldom in the end.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LONGEST_LOOK: Duration = Duration::from_millis(250);

/// A job of which nothing was heard for so long is lost: the scheduler is away, or was started anew.
const LOST_AFTER: Duration = Duration::from_secs(5);

pub(super) type Client = SchedulerGrpcClient<Channel>;

/// The way to a cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    client: Client,
    storage: Storage,
    /// Names the run's answers and jobs.
    run: String,
    /// The run gives up after so long without any job's end.
    stall: Duration,
    running: Arc<Mutex<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Those whose end was not heard of.
    jobs: BTreeSet<String>,
    last_end: Instant,
    is_stopped: bool,
}

/// Why an attempt came to nothing.
enum Trouble {
    Failed(EngineError),
    Final(EngineError),
}

/// The cluster that the settings name, whose machines share `storage`. Nothing is sent yet.
pub fn connect_to(
    settings: &EngineSettings,
    root: &Path,
    storage: &Storage,
) -> Result<Arc<dyn Elsewhere>, EngineError> {
    Ok(Arc::new(Cluster::of(settings, root, storage.clone())?))
}

impl Elsewhere for Cluster {
    fn make<'a>(
        &'a self,
        engine: &'a Engine,
        root: &'a Path,
        job: &'a BucketJob,
    ) -> BoxFuture<'a, Result<Made, EngineError>> {
        self.have_made(engine, root, job).boxed()
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        self.take_back().boxed()
    }
}

impl Cluster {
    fn of(settings: &EngineSettings, root: &Path, storage: Storage) -> Result<Self, EngineError> {
        let file = |name: &String| root.join(name);
        let security = if settings.insecure {
            Security::Insecure
        } else {
            let (authority, certificate, key) =
                (file(&settings.authority), file(&settings.certificate), file(&settings.key));
            Security::Certificates(Papers { authority, certificate, key })
        };
        let endpoint = security.endpoint(authority_of(&settings.scheduler)?)?;
        let running = Running { jobs: BTreeSet::new(), last_end: Instant::now(), is_stopped: false };
        Ok(Self {
            client: client(endpoint.connect_lazy()),
            storage,
            run: format!("{:016x}", fastrand::u64(..)),
            stall: Duration::from_secs(settings.stall_seconds),
            running: Arc::new(Mutex::new(running)),
        })
    }

    /// Has a job carried out.
    async fn have_made(&self, engine: &Engine, root: &Path, job: &BucketJob) -> Result<Made, EngineError> {
        let mut failures = 0;
        loop {
            let why = match self.attempt(engine, job).await {
                Ok(made) => return self.bring(root, job, made).await,
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Failed(error)) => error,
            };
            failures += 1;
            if failures == ATTEMPTS || self.lock().is_stopped {
                return Err(why);
            }
            tracing::warn!(place = job.statement.place, failures, %why, "a bucket failed and is tried again");
            tokio::time::sleep(Duration::from_secs(1 << (failures - 1))).await;
        }
    }

    /// Takes back what the scheduler still has; what executors have begun they finish in vain.
    async fn take_back(&self) {
        let jobs = {
            let mut running = self.lock();
            running.is_stopped = true;
            std::mem::take(&mut running.jobs)
        };
        if !jobs.is_empty() {
            tracing::info!(jobs = jobs.len(), "taking jobs back from the cluster");
        }
        let cancel = jobs.into_iter().map(|job_id| cancel(self.client.clone(), job_id));
        let _ = tokio::time::timeout(Duration::from_secs(5), futures::future::join_all(cancel)).await;
    }

    async fn attempt(&self, engine: &Engine, job: &BucketJob) -> Result<Made, Trouble> {
        let answer = format!("jobs/{}-{:016x}.answer", self.run, fastrand::u64(..));
        let order = encode(engine, job, &answer).map_err(Trouble::Final)?;
        let job_id = self.submit(order).await?;
        self.watch(&job_id, job, engine).await?;
        let failed = |error: EngineError| Trouble::Failed(error);
        let bytes = self.storage.read(&answer).await.map_err(|error| failed(error.into()))?;
        let bytes = bytes.ok_or_else(|| {
            let why = "an executor says a bucket is done, but its answer is not in the storage; do all machines use the same?";
            failed(EngineError::Refused(why.to_owned()))
        })?;
        self.storage.remove(&answer).await.map_err(|error| failed(error.into()))?;
        decode_answer(&bytes).map_err(Trouble::Final)
    }

    /// Hands a job to the scheduler; answers its number. Goes on when nobody waits for it any more: a job whose number
    /// is not known could not be taken back.
    async fn submit(&self, order: Vec<u8>) -> Result<String, Trouble> {
        let plan = plan_of(order).map_err(Trouble::Final)?;
        let mut request = Request::new(request(plan, &self.run));
        insert_version_header(request.metadata_mut());
        let (client, running) = (self.client.clone(), self.running.clone());
        let submitted = tokio::spawn(async move {
            let job_id = hand_over(client.clone(), request).await?;
            if lock(&running).begin(&job_id) {
                return Ok(job_id);
            }
            cancel(client, job_id).await;
            Err(Trouble::Final(EngineError::Unreachable("the run was stopped".to_owned())))
        });
        let lost = |error: tokio::task::JoinError| Trouble::Final(EngineError::Unreachable(error.to_string()));
        submitted.await.map_err(lost)?
    }

    /// Waits for a job's end.
    async fn watch(&self, job_id: &str, job: &BucketJob, engine: &Engine) -> Result<(), Trouble> {
        let begun = Instant::now();
        let (mut look, mut heard) = (FIRST_LOOK, begun);
        loop {
            tokio::time::sleep(look).await;
            look = (look * 3 / 2).min(LONGEST_LOOK);
            let silence = match self.state(job_id).await {
                Ok(Some(JobState::Successful(_))) => {
                    self.lock().end(job_id);
                    return Ok(());
                }
                Ok(Some(JobState::Failed(failed))) => {
                    self.lock().end(job_id);
                    let model = engine.models().get(&job.statement.model).map_or("", |model| &model.path).to_owned();
                    let place = job.statement.place.clone();
                    return Err(Trouble::Failed(EngineError::Statement { model, place, why: failed.error }));
                }
                Ok(Some(JobState::Queued(_) | JobState::Running(_))) => {
                    heard = Instant::now();
                    None
                }
                Ok(None) => Some(EngineError::Unreachable("the scheduler forgot a job".to_owned())),
                Err(Trouble::Failed(error)) => Some(error),
                Err(Trouble::Final(error)) => return Err(Trouble::Final(error)),
            };
            if let Some(error) = silence.filter(|_| heard.elapsed() > LOST_AFTER) {
                return Err(Trouble::Failed(error));
            }
            if begun.max(self.lock().last_end).elapsed() > self.stall {
                let why = format!("no bucket was finished for {} s; are executors running?", self.stall.as_secs());
                return Err(Trouble::Final(EngineError::Unreachable(why)));
            }
        }
    }

    /// What the scheduler says of a job; `None`: it does not know it.
    async fn state(&self, job_id: &str) -> Result<Option<JobState>, Trouble> {
        let asked = GetJobStatusParams { job_id: job_id.to_owned() };
        let reply = self.client.clone().get_job_status(asked).await.map_err(|status| trouble(&status))?;
        Ok(reply.into_inner().status.and_then(|status| status.status))
    }

    /// Copies a file from a bucket to where this machine's readers look; a folder has it there already.
    async fn bring(&self, root: &Path, job: &BucketJob, made: Made) -> Result<Made, EngineError> {
        let path = root.join(&job.file);
        if self.storage.folder().is_none() {
            self.storage.fetch(&job.file, &path, &made.written.sha256).await?;
        }
        let here = std::fs::metadata(&path).at(&path)?.len();
        if here == made.written.bytes {
            Ok(made)
        } else {
            let why = format!("it has {here} bytes, an executor wrote {}", made.written.bytes);
            Err(EngineError::parquet(&path, why))
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        lock(&self.running)
    }
}

impl Running {
    /// Notes a job, unless the run was stopped meanwhile.
    fn begin(&mut self, job_id: &str) -> bool {
        if !self.is_stopped {
            self.jobs.insert(job_id.to_owned());
        }
        !self.is_stopped
    }

    fn end(&mut self, job_id: &str) {
        self.jobs.remove(job_id);
        self.last_end = Instant::now();
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn hand_over(mut client: Client, request: Request<ExecuteQueryParams>) -> Result<String, Trouble> {
    let reply = client.execute_query(request).await.map_err(|status| trouble(&status))?;
    match reply.into_inner().result {
        Some(Submitted::Success(success)) => Ok(success.job_id),
        Some(Submitted::Failure(failure)) => {
            Err(Trouble::Final(EngineError::Refused(format!("the scheduler refused a job: {failure:?}"))))
        }
        None => Err(Trouble::Failed(EngineError::Unreachable("the scheduler's reply is empty".to_owned()))),
    }
}

/// Takes a job back; a scheduler that is away has nothing to take back.
async fn cancel(mut client: Client, job_id: String) {
    if let Err(status) = client.cancel_job(CancelJobParams { job_id }).await {
        tracing::warn!(why = status.message(), "a job could not be taken back");
    }
}

/// Tries the way to a scheduler.
pub(super) async fn connect(security: &Security, address: &str) -> Result<(), EngineError> {
    let mut client = client(security.endpoint(address)?.connect_lazy());
    let asked = GetJobStatusParams { job_id: "none".to_owned() };
    match client.get_job_status(asked).await.map_err(|status| trouble(&status)) {
        Ok(_) => Ok(()),
        Err(Trouble::Failed(error) | Trouble::Final(error)) => Err(error),
    }
}

pub(super) fn client(channel: Channel) -> Client {
    SchedulerGrpcClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES as usize)
        .max_encoding_message_size(MESSAGE_BYTES as usize)
}

/// A plan of one node.
fn plan_of(order: Vec<u8>) -> Result<Vec<u8>, EngineError> {
    let wrong = |error: datafusion::error::DataFusionError| EngineError::Refused(error.to_string());
    let node = std::sync::Arc::new(JobExec::new(order, None));
    let plan = PhysicalPlanNode::try_from_physical_plan(node, &JobCodec::default()).map_err(wrong)?;
    let mut bytes = Vec::new();
    plan.try_encode(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// Everything that is sent with a plan: planning is static, and no other setting of this process leaves it.
fn request(plan: Vec<u8>, run: &str) -> ExecuteQueryParams {
    let setting = |key: &str, value: &str| KeyValuePair { key: key.to_owned(), value: Some(value.to_owned()) };
    ExecuteQueryParams {
        session_id: run.to_owned(),
        settings: vec![setting(BALLISTA_ADAPTIVE_PLANNER_ENABLED, "false")],
        operation_id: String::new(),
        query: Some(Query::PhysicalPlan(plan)),
    }
}

/// What a failed call means: turned away for good, or worth another try.
fn trouble(status: &Status) -> Trouble {
    let mut why = status.message().to_owned();
    let mut below = std::error::Error::source(status);
    while let Some(error) = below {
        let text = error.to_string();
        if !why.contains(&text) {
            why = format!("{why}: {text}");
        }
        below = error.source();
    }
    let is_refusal = matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated | Code::FailedPrecondition);
    let is_certificate = ["certificate", "fatal alert"].iter().any(|word| why.contains(word));
    if is_refusal || is_certificate {
        Trouble::Final(EngineError::Refused(format!("the scheduler and this machine do not trust each other: {why}")))
    } else {
        // That is all a client sees of a server that does not accept its certificate.
        let is_closed = ["connection closed", "broken pipe", "h2 protocol"].iter().any(|word| why.contains(word));
        let hint = if is_closed { "; if it never does, is this machine's certificate of its authority?" } else { "" };
        Trouble::Failed(EngineError::Unreachable(format!("the scheduler does not answer: {why}{hint}")))
    }
}
