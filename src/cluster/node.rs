//! The one node of every plan that is sent to the scheduler: a bucket job, opaque to the planner.
//!
//! Ballista would cut an open plan into stages: the build side of each hash join and each sorted branch of a union
//! would be written out, sent and read again, and the rest planned anew. As a leaf of one partition a job is one
//! stage and one task without a shuffle, and the executor plans and writes it as a local run does, so that the bytes
//! are the same. No row leaves the executor but through the shared storage.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::worker::Worker;

/// Opens every job on the wire: executors carry out jobs of their own version only.
const MARK: &[u8] = concat!("poverty-watch ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// A job, and on an executor who carries it out.
pub(super) struct JobExec {
    order: Arc<[u8]>,
    worker: Option<Arc<Worker>>,
    properties: Arc<PlanProperties>,
}

impl JobExec {
    pub(super) fn new(order: Vec<u8>, worker: Option<Arc<Worker>>) -> Self {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("rows", DataType::Int64, false)]));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { order: order.into(), worker, properties: Arc::new(properties) }
    }
}

impl fmt::Debug for JobExec {
    /// Without the job: logs print plans.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketJobExec").field("bytes", &self.order.len()).finish_non_exhaustive()
    }
}

impl DisplayAs for JobExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketJobExec: {} bytes", self.order.len())
    }
}

impl ExecutionPlan for JobExec {
    fn name(&self) -> &'static str {
        "BucketJobExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (order, schema) = (self.order.clone(), self.schema());
        let worker = self.worker.clone().ok_or_else(|| internal("only executors carry out bucket jobs"))?;
        let made = async move {
            let rows = worker.carry_out(&order).await.map_err(|error| DataFusionError::Execution(error.to_string()))?;
            let rows: ArrayRef = Arc::new(Int64Array::from(vec![i64::try_from(rows).unwrap_or(i64::MAX)]));
            Ok(RecordBatch::try_new(schema, vec![rows])?)
        };
        let stream = futures::stream::once(made);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream)))
    }
}

/// Puts jobs on the wire and takes them off it; everything else is Ballista's own.
#[derive(Debug, Default)]
pub(super) struct JobCodec {
    ballista: BallistaPhysicalExtensionCodec,
    worker: Option<Arc<Worker>>,
}

impl JobCodec {
    pub(super) fn of(worker: Arc<Worker>) -> Self {
        Self { ballista: BallistaPhysicalExtensionCodec::default(), worker: Some(worker) }
    }
}

impl PhysicalExtensionCodec for JobCodec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(order) = buf.strip_prefix(MARK) {
            return Ok(Arc::new(JobExec::new(order.to_vec(), self.worker.clone())));
        }
        if buf.starts_with(b"poverty-watch ") {
            return Err(internal("the machines of the cluster run different versions of poverty-watch"));
        }
        self.ballista.try_decode(buf, inputs, ctx, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(job) = node.downcast_ref::<JobExec>() else {
            return self.ballista.try_encode(node, buf, converter);
        };
        buf.extend_from_slice(MARK);
        buf.extend_from_slice(&job.order);
        Ok(())
    }
}

fn internal(why: &str) -> DataFusionError {
    DataFusionError::Internal(why.to_owned())
}

#[cfg(test)]
mod tests {
    use ballista_core::JobId;
    use ballista_scheduler::planner::{DefaultDistributedPlanner, DistributedPlanner};
    use datafusion::config::ConfigOptions;
    use datafusion::physical_plan::displayable;

    use super::*;

    fn plan() -> Arc<dyn ExecutionPlan> {
        Arc::new(JobExec::new(b"a person's key".to_vec(), None))
    }

    #[test]
    fn a_job_is_one_stage_of_one_task_and_no_log_shows_what_is_in_it() {
        let mut planner = DefaultDistributedPlanner::new();
        let stages = planner.plan_query_stages(&JobId::from("job"), plan(), &ConfigOptions::default()).unwrap();
        assert_eq!(stages.len(), 1, "a shuffle");
        assert_eq!(stages[0].properties().output_partitioning().partition_count(), 1);
        let shown = format!("{:?} {}", plan(), displayable(plan().as_ref()).indent(true));
        assert!(shown.contains("BucketJobExec") && !shown.contains("key"), "{shown}");
    }

    #[test]
    fn a_job_of_another_version_is_refused() {
        let converter = datafusion_proto::physical_plan::DefaultPhysicalProtoConverter {};
        let (codec, context) = (JobCodec::default(), TaskContext::default());
        let mut sent = Vec::new();
        codec.try_encode(plan(), &mut sent, &converter).unwrap();
        let arrived = codec.try_decode(&sent, &[], &context, &converter).unwrap();
        let arrived = arrived.downcast_ref::<JobExec>().map(|job| job.order.to_vec());
        assert_eq!(arrived.as_deref(), Some(b"a person's key".as_slice()));
        sent["poverty-watch ".len()] = b'9';
        let refused = codec.try_decode(&sent, &[], &context, &converter).unwrap_err();
        assert!(refused.to_string().contains("different versions"), "{refused}");
    }
}
