//! Signing and checking signatures: Ed25519 (RFC 8032) over the bytes of a file.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::hex;

/// The algorithm as signatures name it.
pub const ALGORITHM: &str = "Ed25519";

/// A detached signature as it lies beside what it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// [`ALGORITHM`].
    pub algorithm: String,
    /// Which key: first 16 hex digits of the SHA-256 of the public key's bytes.
    pub key_id: String,
    /// The signature, 128 hex digits.
    pub signature: String,
}

/// The key that signs.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// The key from a secret seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Reads a PKCS#8 PEM; `None` when it is none.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        SigningKey::from_pkcs8_pem(pem).ok().map(Self)
    }

    /// The secret key as PKCS#8 PEM.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        self.0.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| pem.to_string())
    }

    /// The key that checks its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs bytes; the same bytes get the same signature.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature {
            algorithm: ALGORITHM.to_owned(),
            key_id: self.public().id(),
            signature: hex(&self.0.sign(bytes).to_bytes()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public().id())
    }
}

/// The key that is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads an SPKI PEM; `None` when it is no Ed25519 key.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(pem).ok().map(Self)
    }

    /// The key as SPKI PEM.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        self.0.to_public_key_pem(LineEnding::LF).ok()
    }

    /// See [`Signature::key_id`].
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = hex(&Sha256::digest(self.0.as_bytes()));
        id.truncate(16);
        id
    }

    /// Whether a signature over `bytes` was made with this key's secret.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &Signature) -> bool {
        let text = signature.signature.as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = text.chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let parsed: Option<Vec<u8>> = pairs.collect();
        let Some(Ok(raw)) = parsed.map(<[u8; 64]>::try_from) else { return false };
        signature.algorithm == ALGORITHM
            && self.0.verify_strict(bytes, &ed25519_dalek::Signature::from_bytes(&raw)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_hold_and_nothing_else_does() {
        let signer = Signer::from_seed([9; 32]);
        let signature = signer.sign(b"manifest");
        assert_eq!(signature, signer.sign(b"manifest"));
        let again = Signer::from_pem(&signer.to_pem().unwrap()).unwrap();
        let public = PublicKey::from_pem(&again.public().to_pem().unwrap()).unwrap();
        assert!(public.verifies(b"manifest", &signature));
        let with = |text: &str| Signature { signature: text.to_owned(), ..signature.clone() };
        let flipped = signature.signature.replace(['0', '1', '2'], "3");
        let wrong = [with(""), with("zz"), with(&flipped), with(&format!("{}00", signature.signature))];
        assert!(wrong.iter().all(|signature| !public.verifies(b"manifest", signature)));
        assert!(!public.verifies(b"manifesT", &signature));
        assert!(!Signer::from_seed([8; 32]).public().verifies(b"manifest", &signature));
        assert!(!public.verifies(b"manifest", &Signature { algorithm: "SM2".to_owned(), ..signature.clone() }));
        assert!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n").is_none());
        println!("signatures: 10 cases");
    }
}
