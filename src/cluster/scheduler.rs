//! The role that hands bucket jobs to executors. It holds them in memory only: when it goes, the application tries
//! again or ends with "run again".

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::client::MESSAGE_BYTES;
use super::node::JobCodec;
use super::tls::{AllowList, Security, host_of, interceptor};
use engine::EngineError;

#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where it listens; port 0 takes any that is free.
    pub bind: SocketAddr,
    /// How it shows who it is.
    pub security: Security,
    /// Who is let in; needed with certificates.
    pub allowed: Option<AllowList>,
    /// An executor that was silent for so many seconds is given up and its jobs go to others.
    pub executor_timeout: u64,
}

/// Serves until `stop`; `ready` is told the address once calls are taken.
///
/// # Errors
/// When the address cannot be served, is not local and unprotected, or the certificates cannot be used.
pub async fn run_scheduler(
    options: SchedulerOptions,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), EngineError> {
    let failed = |what: &dyn std::fmt::Display| EngineError::Refused(format!("scheduler: {what}"));
    options.security.check(&host_of(options.bind))?;
    let tls = options.security.server()?;
    if tls.is_some() && options.allowed.is_none() {
        return Err(failed(&"certificates need a list of those that are let in"));
    }
    let config = Arc::new(settings(&options));
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| failed(&error))?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config).await;
    let scheduler = scheduler.map_err(|error| failed(&error))?;
    let service = SchedulerGrpcServer::new(scheduler)
        .max_decoding_message_size(MESSAGE_BYTES as usize)
        .max_encoding_message_size(MESSAGE_BYTES as usize);
    let listening = tokio::net::TcpListener::bind(options.bind).await.map_err(|error| failed(&error))?;
    let address = listening.local_addr().map_err(|error| failed(&error))?;
    let mut server = Server::builder();
    if let Some(tls) = tls {
        server = server.tls_config(tls).map_err(|error| failed(&error))?;
    }
    ready(address);
    server
        .add_service(InterceptedService::new(service, interceptor(options.allowed)))
        .serve_with_incoming_shutdown(TcpIncoming::from(listening).with_nodelay(Some(true)), stop)
        .await
        .map_err(|error| failed(&error))
}

/// Static planning, executors that ask for work, and nothing kept of a finished job for long.
fn settings(options: &SchedulerOptions) -> SchedulerConfig {
    SchedulerConfig {
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        finished_job_data_clean_up_interval_seconds: 60,
        finished_job_state_clean_up_interval_seconds: 120,
        executor_timeout_seconds: options.executor_timeout,
        expire_dead_executor_interval_seconds: (options.executor_timeout / 5).max(1),
        no_executors_grace_period_seconds: options.executor_timeout,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        override_physical_codec: Some(Arc::new(JobCodec::default())),
        ..SchedulerConfig::default()
    }
}
