//! All integration tests, in one binary.

mod audit;
mod casebook;
#[cfg(feature = "cluster")]
mod cluster;
mod delivery;
mod demo;
mod determinism;
mod durable;
mod early_warning;
mod fixtures;
mod gate;
mod income_year;
mod intake;
mod kill;
mod lists;
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
mod upgrade;
mod workspace;
