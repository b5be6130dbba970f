//! The workspace's secrets: the key of row tokens and message ids, the key that signs manifests, passwords of lists.
//!
//! They lie in `keys/`, which only the workspace's own account may read, and never leave it but for the public key.
//! Signing is Ed25519, or SM2 in a build with the feature of that name; both are deterministic here: a list sealed again
//! has the same signature.

mod error;
mod signing;
#[cfg(feature = "sm2")]
mod sm2;
mod store;

pub use error::KeyError;
pub use signing::{ALGORITHM, PublicKey, Signature, Signer};
pub use store::{Keys, PUBLIC_KEY, random};
