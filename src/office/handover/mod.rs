//! Handing a list over: the folder from which its office fetches it, and the encrypted attachment for offices whose
//! entry in the table of offices asks for one. Who may hand over, and when, is decided by whoever calls.

mod attach;
mod collect;
mod error;

pub use attach::attachment;
pub use collect::{publish, withdraw};
pub use error::HandoverError;
