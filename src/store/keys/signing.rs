//! Signing and checking signatures over the bytes of a file: Ed25519 (RFC 8032), and SM2 in builds that have it.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use law::domain::hex;

#[cfg(feature = "sm2")]
use super::sm2;

/// The algorithm of keys that are made, where nothing else is asked for.
pub const ALGORITHM: &str = "Ed25519";

/// A detached signature as it lies beside what it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `Ed25519` or `SM2`.
    pub algorithm: String,
    /// Which key: first 16 hex digits of the SHA-256 of the public key's bytes.
    pub key_id: String,
    /// The signature, 128 hex digits.
    pub signature: String,
}

#[derive(Clone)]
pub struct Signer(Secret);

#[derive(Clone)]
enum Secret {
    Ed25519(SigningKey),
    #[cfg(feature = "sm2")]
    Sm2(sm2::Sm2Signer, sm2::Point),
}

impl Signer {
    /// The Ed25519 key from a secret seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(Secret::Ed25519(SigningKey::from_bytes(&seed)))
    }

    /// The SM2 key from a secret number; `None` for the few numbers that are none.
    #[cfg(feature = "sm2")]
    #[must_use]
    pub fn sm2_from_secret(secret: &[u8; 32]) -> Option<Self> {
        sm2::Sm2Signer::from_secret(secret).and_then(Self::sm2)
    }

    #[cfg(feature = "sm2")]
    fn sm2(signer: sm2::Sm2Signer) -> Option<Self> {
        let point = signer.public()?;
        Some(Self(Secret::Sm2(signer, point)))
    }

    /// Reads a PKCS#8 PEM, by whichever algorithm its key is; `None` when it is none that this build knows.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        let found = SigningKey::from_pkcs8_pem(pem).ok().map(|key| Self(Secret::Ed25519(key)));
        #[cfg(feature = "sm2")]
        let found = found.or_else(|| sm2::Sm2Signer::from_pem(pem).and_then(Self::sm2));
        found
    }

    /// The secret key as PKCS#8 PEM.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        match &self.0 {
            Secret::Ed25519(key) => key.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| pem.to_string()),
            #[cfg(feature = "sm2")]
            Secret::Sm2(key, _) => key.to_pem(),
        }
    }

    /// The key that checks its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Secret::Ed25519(key) => PublicKey(Public::Ed25519(key.verifying_key())),
            #[cfg(feature = "sm2")]
            Secret::Sm2(_, point) => PublicKey(Public::Sm2(*point)),
        }
    }

    /// Signs bytes; the same bytes get the same signature.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        let signature = match &self.0 {
            Secret::Ed25519(key) => key.sign(bytes).to_bytes(),
            #[cfg(feature = "sm2")]
            Secret::Sm2(key, _) => key.sign(bytes),
        };
        let public = self.public();
        Signature { algorithm: public.algorithm().to_owned(), key_id: public.id(), signature: hex(&signature) }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public().id())
    }
}

/// The key that is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(Public);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Public {
    Ed25519(VerifyingKey),
    #[cfg(feature = "sm2")]
    Sm2(sm2::Point),
}

impl PublicKey {
    /// Reads an SPKI PEM; `None` when this build does not know such a key.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        let found = VerifyingKey::from_public_key_pem(pem).ok().map(|key| Self(Public::Ed25519(key)));
        #[cfg(feature = "sm2")]
        let found = found.or_else(|| sm2::read_public(pem).map(|point| Self(Public::Sm2(point))));
        found
    }

    /// The key as SPKI PEM.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        match &self.0 {
            Public::Ed25519(key) => key.to_public_key_pem(LineEnding::LF).ok(),
            #[cfg(feature = "sm2")]
            Public::Sm2(point) => sm2::public_pem(point),
        }
    }

    /// See [`Signature::algorithm`].
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match &self.0 {
            Public::Ed25519(_) => ALGORITHM,
            #[cfg(feature = "sm2")]
            Public::Sm2(_) => sm2::ALGORITHM,
        }
    }

    /// See [`Signature::key_id`].
    #[must_use]
    pub fn id(&self) -> String {
        let digest = match &self.0 {
            Public::Ed25519(key) => Sha256::digest(key.as_bytes()),
            #[cfg(feature = "sm2")]
            Public::Sm2(point) => Sha256::digest(point),
        };
        let mut id = hex(&digest);
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
        signature.algorithm == self.algorithm()
            && match &self.0 {
                Public::Ed25519(key) => key.verify_strict(bytes, &ed25519_dalek::Signature::from_bytes(&raw)).is_ok(),
                #[cfg(feature = "sm2")]
                Public::Sm2(point) => sm2::verifies(point, bytes, &raw),
            }
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
    }
}
