//! Rosters (名册) as snapshots with an identity: which file's rows count, which are complete, since when somebody who is on
//! none of the later ones is absent.
//!
//! Pure. `engine` counts what each file states of each tag, asks [`stand`], and hands the answer to the model
//! `int_tag_statements`; `int_person_tags` applies it to people.

mod ages;
mod files;
mod rules;
mod scope;
mod snapshot;
mod stand;
mod succession;
mod told;

pub use ages::{Age, ages, left_out};
pub use files::{Movement, RosterFile, Said};
pub use rules::{Answer, Ends, RosterRules};
pub use snapshot::{Fate, Snapshot, Standing};
pub use stand::{CompleteRoster, Second, complete_rosters, second_files, stand};
pub use succession::Succession;
pub use told::{Notice, monthly, notices};
