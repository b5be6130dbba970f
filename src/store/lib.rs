//! What is kept: versions of the warehouse, the ledger, the keys, and the files of a workspace.
//!
//! | module | what it holds |
//! |---|---|
//! | [`durable`] | writing files so that a power cut takes nothing back |
//! | [`warehouse`] | which files make up version N; a commit creates `versions/N.json` and never replaces one |
//! | [`ledger`] | runs, cases, lists, letters, answers and the audit chain, in SQLite |
//! | [`keys`] | the workspace's secrets, and signing |
//! | [`workspace`] | the folder itself: settings, the bundled and the edited files, recipes, the lock |

pub mod durable;
pub mod keys;
pub mod ledger;
pub mod warehouse;
pub mod workspace;
