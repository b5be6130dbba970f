//! File profiles: how a sender's files are written where they are not written as the contract says. What their names
//! state, where the header stands, what their columns are called. Data in `pipelines/feeds/<feed>.toml`; pure.

mod glob;
mod name;
mod profile;
mod propose;
mod read;

pub use name::{TwoMonths, month_in, office_in, words_in};
pub use profile::{FROM_NAME, FROM_SHEET, FROM_VILLAGE, IGNORED, OneOrMany, Profile, Profiles, TagColumn};
pub use propose::{Head, Known, Proposal, propose};
pub use read::parse_profiles;
