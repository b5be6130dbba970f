//! The shape of the plans: one partition, hash joins that hold the smaller side, and a cross join only with a single
//! row. The heavy statements' plans are written out, so that an upgrade of the engine that changes one is noticed.

use engine::Statement;

use super::{Order, engine, folders, params, root, sources};

/// The physical plan of a model over the Parquet files of one of its cases.
fn plan(model: &str, case: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let engine = engine(scratch.path(), 8192);
    let model = engine.models().get(model).unwrap().clone();
    let case = root().join(&model.name).join(case);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let statement = Statement {
        model: model.name.clone(),
        // a check of what a shape measured follows the person's window
        measures: model.measures.clone().or_else(|| Some("int_burden".to_owned())),
        sources: runtime.block_on(sources(&engine, &model, &case, scratch.path(), Order::AsWritten)).unwrap(),
        params: params(engine.models(), &model, &case).unwrap(),
        place: "test".to_owned(),
    };
    runtime.block_on(engine.explain(&statement)).unwrap()
}

fn count(plan: &str, operator: &str) -> usize {
    plan.matches(operator).count()
}

/// The operators of a plan, each under the one that it feeds, with what decides their cost.
fn shape(plan: &str) -> String {
    let mut shape = String::new();
    for line in plan.lines() {
        let text = line.trim_start();
        let depth = (line.len() - text.len()) / 2;
        let name = text.split([':', ' ']).next().unwrap_or_default();
        let detail = match name {
            "AggregateExec" => {
                text.split(", ").next().unwrap_or_default().trim_start_matches("AggregateExec: ").to_owned()
            }
            "HashJoinExec" => {
                let kind = text.split(", ").find(|part| part.starts_with("join_type="));
                kind.unwrap_or_default().to_owned()
            }
            "DataSourceExec" => {
                let files = text.split('/').next_back().unwrap_or_default();
                files.split("-0").next().filter(|_| text.contains("file_groups")).unwrap_or("rows").to_owned()
            }
            _ => String::new(),
        };
        if !["ProjectionExec", "CoalesceBatchesExec", "CooperativeExec"].contains(&name) {
            shape.push_str(format!("{}{name} {detail}", "  ".repeat(depth)).trim_end());
            shape.push('\n');
        }
    }
    shape.trim_start().to_owned()
}

/// A bucket's year, everybody's: the claims are read once and summed, no join but with the few payments taken back and
/// with open items, where there are any.
#[test]
fn the_plan_of_the_reach() {
    assert_eq!(shape(&plan("reach", "payments_taken_back")), REACH);
}

/// The claims in reach: joined by hash to the few originals and the few later payments and summed; residents, tags
/// and the line join by hash.
#[test]
fn the_plan_of_the_rule() {
    assert_eq!(shape(&plan("rule_person_window_over_line", "plan")), RULE);
}

/// What the checks read besides.
#[test]
fn the_plans_of_the_checks() {
    assert_eq!(shape(&plan("check_reach", "all_there")), CHECK_REACH);
    assert_eq!(shape(&plan("check_net_claims", "equal")), CHECK_NET_CLAIMS);
    assert_eq!(shape(&plan("check_persons", "counts")), CHECK_PERSONS);
}

const REACH: &str = "\
SortExec
    HashJoinExec join_type=Right
        AggregateExec mode=Single
          FilterExec
            DataSourceExec adjustments
        AggregateExec mode=Single
            FilterExec
              DataSourceExec claims
";
const RULE: &str = "\
SortExec
      HashJoinExec join_type=Right
        DataSourceExec rows
                HashJoinExec join_type=Right
                  FilterExec
                    DataSourceExec rows
                    HashJoinExec join_type=Right
                      DataSourceExec rows
                      HashJoinExec join_type=Right
                        DataSourceExec rows
                        HashJoinExec join_type=Right
                          DataSourceExec rows
                          HashJoinExec join_type=Left
                              FilterExec
                                HashJoinExec join_type=Full
                                    AggregateExec mode=Single
                                                HashJoinExec join_type=Right
                                                    HashJoinExec join_type=Left
                                                        AggregateExec mode=Single
                                                          DataSourceExec adjustments
                                                        AggregateExec mode=Single
                                                          FilterExec
                                                            DataSourceExec claims
                                                    FilterExec
                                                        HashJoinExec join_type=Right
                                                            HashJoinExec join_type=RightSemi
                                                              AggregateExec mode=Single
                                                                FilterExec
                                                                  DataSourceExec claims
                                                              FilterExec
                                                                DataSourceExec claims
                                                                FilterExec
                                                                  DataSourceExec claims
                                    AggregateExec mode=Single
                                        DataSourceExec rows
                                HashJoinExec join_type=Full
                                    AggregateExec mode=Single
                                        HashJoinExec join_type=Left
                                            AggregateExec mode=Single
                                              FilterExec
                                                WindowAggExec
                                                  SortExec
                                                          DataSourceExec rows
                                          DataSourceExec rows
                                    DataSourceExec residents
";
const CHECK_REACH: &str = "\
CrossJoinExec
      AggregateExec mode=Single
        FilterExec
          DataSourceExec claims
      AggregateExec mode=Single
        DataSourceExec reach
";
const CHECK_NET_CLAIMS: &str = "\
CrossJoinExec
      AggregateExec mode=Single
          FilterExec
            DataSourceExec claims
      AggregateExec mode=Single
        HashJoinExec join_type=Right
            HashJoinExec join_type=RightSemi
              AggregateExec mode=Single
                FilterExec
                  DataSourceExec claims
              FilterExec
                DataSourceExec claims
              FilterExec
                DataSourceExec claims
";
const CHECK_PERSONS: &str = "\
AggregateExec mode=Single
      HashJoinExec join_type=Left
              AggregateExec mode=Single
                    FilterExec
                        HashJoinExec join_type=Right
                            HashJoinExec join_type=RightSemi
                              AggregateExec mode=Single
                                FilterExec
                                  DataSourceExec claims
                              FilterExec
                                DataSourceExec claims
                                FilterExec
                                  DataSourceExec claims
        DataSourceExec reach
";

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
            let allowed = usize::from(["check_reach", "check_net_claims"].contains(&model));
            assert!(count(&plan, "CrossJoinExec") <= allowed, "{model}/{case}\n{plan}");
        }
    }
    println!("sql plans: {plans} plans");
}
