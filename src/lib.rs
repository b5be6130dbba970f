//! `poverty-watch`: finds the people whom medical costs push into poverty, and refers them to help.

pub mod cases;
pub mod cli;
pub mod config;
pub mod contracts;
pub mod delivery;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod handover;
pub mod intake;
pub mod keys;
pub mod ledger;
pub mod pipeline;
pub mod policy;
pub mod receipts;
pub mod referrals;
pub mod schedule;
pub mod warehouse;
pub mod workspace;
