//! Which side of a join is held in memory, where the files do not say how large they are.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::DataFusionError;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};

/// A join holds what the caller handed in as rows, a rule's few, and lets what comes from files stream past.
/// All other joins hold the side that is written first: a model names the smaller one there.
#[derive(Debug)]
struct HoldRows;

impl PhysicalOptimizerRule for HoldRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<HashJoinExec>() else { return Ok(Transformed::no(node)) };
            // an anti join is left alone: what null means to it depends on the side
            let may_swap = matches!(join.join_type(), JoinType::Inner | JoinType::Left | JoinType::LeftSemi);
            if may_swap && is_rows(join.right()) && !is_rows(join.left()) {
                join.swap_inputs(PartitionMode::CollectLeft).map(Transformed::yes)
            } else {
                Ok(Transformed::no(node))
            }
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "hold_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether nothing below comes from a file.
fn is_rows(node: &Arc<dyn ExecutionPlan>) -> bool {
    let inputs = node.children();
    if inputs.is_empty() {
        let scan = node.downcast_ref::<DataSourceExec>();
        return scan.is_none_or(|scan| scan.data_source().downcast_ref::<MemorySourceConfig>().is_some());
    }
    inputs.into_iter().all(is_rows)
}

/// The engine's rules, and this one right after its own choice of sides. The rule that answers a count from what is known
/// of the rows is left out: a plan serves other buckets too, and must count theirs.
pub(crate) fn rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    rules.retain(|rule| rule.name() != "aggregate_statistics");
    let after = rules.iter().position(|rule| rule.name() == "join_selection").map_or(0, |at| at + 1);
    rules.insert(after, Arc::new(HoldRows));
    rules
}
