//! All integration tests, in one binary.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::format_collect,
    clippy::items_after_statements,
    clippy::print_stdout,
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "tests tell their story from top to bottom, print their counts, and stop where they cannot go on"
)]

mod audit;
mod casebook;
#[cfg(feature = "cluster")]
mod cluster;
mod delivery;
mod demo;
mod determinism;
mod doubt;
mod durable;
mod early_warning;
mod fixtures;
mod foreign;
mod gate;
mod gate_cells;
mod gate_counts;
mod gate_forms;
mod income_year;
mod intake;
mod kill;
mod lists;
mod malformed;
mod mutants;
mod newcomer;
mod offices;
mod one_law;
mod oracle;
mod plan;
mod policy_change;
mod rand_hie;
mod receipts;
mod schedule;
mod simulate;
mod sql;
mod tidy;
mod typed;
mod upgrade;
mod workspace;
mod worlds;
