//! The workspace's secrets: the key of row tokens and message ids, the key that signs manifests, passwords of lists.
//!
//! They lie in `keys/`, which only the workspace's own account may read, and never leave it but for the public key.
//! Signing is Ed25519, which is deterministic: a list sealed again has the same signature. SM2 is a later feature.

mod error;
mod signing;
mod store;

pub use error::KeyError;
pub use signing::{ALGORITHM, PublicKey, Signature, Signer};
pub use store::{Keys, PUBLIC_KEY, random};
