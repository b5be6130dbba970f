//! What the law and the field say, as types and pure functions: words (money, person, month, county, tag), the
//! contracts of feeds, policies and their case books, cases, the rules of lists, when jobs are due, settings.
//!
//! Nothing here reads a file, a clock or a network, and nothing knows of Arrow or SQL. All other crates stand on it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`domain`] | the words of the field, each valid by construction |
//! | [`config`] | settings and places of a workspace, and how a fault in a file is worded |
//! | [`contracts`] | what each feed's files must look like |
//! | [`profiles`] | how senders' files are written where they differ from the contract |
//! | [`links`] | documents that may be one person's |
//! | [`policy`] | rules as people write them, and their case books |
//! | [`cases`] | how a person's case moves from finding to finding, and what answers may say |
//! | [`arrivals`] | what senders are expected to deliver, and what came |
//! | [`referrals`] | who goes on which list, and what a list says |
//! | [`holds`] | what is surprising about a file or about people |
//! | [`questions`] | what passed a bound and waits for two named people |
//! | [`rosters`] | which roster files count, which are complete, and when a tag ends |
//! | [`texts`] | the words that people read, in Chinese and English |
//! | [`schedule`] | when a job is due, and which alerts stand |

pub mod arrivals;
pub mod cases;
mod codes;
pub mod config;
pub mod contracts;
pub mod domain;
mod fault;
pub mod holds;
pub mod links;
pub mod policy;
pub mod profiles;
pub mod questions;
pub mod referrals;
pub mod rosters;
pub mod schedule;
pub mod texts;

pub use fault::{Cause, Fault};
