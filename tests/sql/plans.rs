//! The shape of the plans: one partition, hash joins, and a cross join only with a single row.

use super::{Order, engine, folders, params, root, sources};
use poverty_watch::engine::Statement;

/// The physical plan of a model over the Parquet files of one of its cases.
fn plan(model: &str, case: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let engine = engine(scratch.path(), 8192);
    let model = engine.models().get(model).unwrap().clone();
    let case = root().join(&model.name).join(case);
    let statement = Statement {
        model: model.name.clone(),
        // a check of what a shape measured follows the person's window
        measures: model.measures.clone().or_else(|| Some("int_burden".to_owned())),
        sources: sources(engine.models(), &model, &case, scratch.path(), Order::AsWritten).unwrap(),
        params: params(engine.models(), &model, &case).unwrap(),
        place: "test".to_owned(),
    };
    tokio::runtime::Runtime::new().unwrap().block_on(engine.explain(&statement)).unwrap()
}

fn count(plan: &str, operator: &str) -> usize {
    plan.matches(operator).count()
}

/// A bucket's month: claims and their later payments are read once each, joined by hash, summed, sorted.
#[test]
fn totals_read_claims_once() {
    let plan = plan("totals", "later_payments");
    assert_eq!(count(&plan, "DataSourceExec: file_groups"), 2, "{plan}");
    assert_eq!(count(&plan, "HashJoinExec"), 1, "{plan}");
    assert!(plan.starts_with("SortExec"), "{plan}");
}

/// A bucket's window: totals are read and summed once; residents, tags and the line join by hash.
#[test]
fn the_rule_reads_totals_once() {
    let plan = plan("rule_person_window_over_line", "plan");
    // totals, residents, rosters, what all rosters state
    assert_eq!(count(&plan, "DataSourceExec: file_groups"), 4, "{plan}");
    assert_eq!(count(&plan, "totals-000.parquet"), 1, "{plan}");
    // insurance types, register, tags with their offices' last roster and the wanted tags, line
    assert_eq!(count(&plan, "HashJoinExec"), 6, "{plan}");
}

/// No model spreads rows over partitions or compares every row with every other.
#[test]
fn no_plan_repartitions_or_multiplies() {
    let mut plans = 0;
    for model in folders(&root()) {
        for case in folders(&model) {
            let (model, case) =
                (model.file_name().unwrap().to_str().unwrap(), case.file_name().unwrap().to_str().unwrap());
            let plan = plan(model, case);
            plans += 1;
            for operator in ["RepartitionExec", "NestedLoopJoinExec"] {
                assert_eq!(count(&plan, operator), 0, "{model}/{case}\n{plan}");
            }
            // one row of sums beside one row of sums
            let allowed = usize::from(model == "check_totals");
            assert!(count(&plan, "CrossJoinExec") <= allowed, "{model}/{case}\n{plan}");
        }
    }
    println!("sql plans: {plans} plans");
}
