//! `poverty-watch`: finds the people whom medical costs push into poverty, and refers them to help.

pub mod cases;
pub mod config;
pub mod contracts;
pub mod domain;
pub mod engine;
pub mod ledger;
pub mod pipeline;
pub mod referrals;
pub mod warehouse;
