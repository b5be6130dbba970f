//! Handing a list over: the folder from which its office fetches it, and the encrypted attachment for offices whose
//! entry in the table of offices asks for one. Exactly the files that the manifest names leave. Who may hand over, and
//! when, is decided by whoever calls.

mod attach;
mod collect;
mod error;
mod sealed;

pub use attach::attachment;
pub use collect::{hand_over, hand_over_rest, publish, withdraw};
pub use error::HandoverError;
pub(crate) use sealed::Sealed;
