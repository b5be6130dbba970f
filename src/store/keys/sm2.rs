//! SM2 signatures (GB/T 32918.2, with SM3), for bureaus that are asked for the national algorithms. Only in builds with
//! the feature `sm2`. The implementation is RustCrypto's; neither it nor this program is certified by anybody, and it
//! stands in for no cryptographic module that has to be.

use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding,
};
use sm2::{PublicKey, SecretKey};

/// The algorithm as signatures name it.
pub(super) const ALGORITHM: &str = "SM2";

/// The signer's identifier that goes into each digest: the usual one where none was agreed on (GB/T 35276).
const ID: &str = "1234567812345678";

/// A public key: an uncompressed point.
pub(super) type Point = [u8; 65];

#[derive(Clone)]
pub(super) struct Sm2Signer(SigningKey);

impl Sm2Signer {
    /// The key from a secret number; `None` for the few numbers that are none.
    pub(super) fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        Self::of(&SecretKey::from_slice(secret).ok()?)
    }

    /// Reads a PKCS#8 PEM.
    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        Self::of(&SecretKey::from_pkcs8_pem(pem).ok()?)
    }

    fn of(secret: &SecretKey) -> Option<Self> {
        SigningKey::new(ID, secret).ok().map(Self)
    }

    /// The secret key as PKCS#8 PEM.
    pub(super) fn to_pem(&self) -> Option<String> {
        let secret = SecretKey::from_slice(&self.0.to_bytes()).ok()?;
        secret.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| pem.to_string())
    }

    /// The key that checks its signatures.
    pub(super) fn public(&self) -> Option<Point> {
        (*self.0.verifying_key().to_sec1_bytes()).try_into().ok()
    }

    /// Signs bytes, r and s one after the other; the same bytes get the same signature (RFC 6979).
    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(bytes);
        signature.to_bytes().into()
    }
}

pub(super) fn read_public(pem: &str) -> Option<Point> {
    let key = PublicKey::from_public_key_pem(pem).ok()?;
    (*VerifyingKey::new(ID, key).ok()?.to_sec1_bytes()).try_into().ok()
}

/// The key as SPKI PEM.
pub(super) fn public_pem(point: &Point) -> Option<String> {
    PublicKey::from_sec1_bytes(point).ok()?.to_public_key_pem(LineEnding::LF).ok()
}

/// Whether a signature over `bytes` was made with the point's secret.
pub(super) fn verifies(point: &Point, bytes: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(ID, point);
    let signature = Signature::from_slice(signature);
    matches!((key, signature), (Ok(key), Ok(signature)) if key.verify(bytes, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    #[test]
    fn the_standard_s_own_example_holds() {
        // GB/T 32918.5: key, message, identifier and signature of its example for signing.
        let secret = bytes("3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8");
        let signature = bytes(
            "F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3 \
             B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA",
        );
        let signer = Sm2Signer::from_secret(&secret).unwrap();
        let point = signer.public().unwrap();
        assert_eq!(point[1..5], bytes::<4>("09F9DF31"));
        assert!(verifies(&point, b"message digest", &signature));
        assert!(!verifies(&point, b"message digesT", &signature));
        assert_eq!(signer.sign(b"message digest"), signer.sign(b"message digest"));
        assert!(verifies(&point, b"message digest", &signer.sign(b"message digest")));
        let mut changed = signature;
        for at in 0..64 {
            changed[at] ^= 1;
            assert!(!verifies(&point, b"message digest", &changed), "byte {at}");
            changed[at] ^= 1;
        }
        let again = Sm2Signer::from_pem(&signer.to_pem().unwrap()).unwrap();
        assert_eq!(again.public(), Some(point));
        assert_eq!(read_public(&public_pem(&point).unwrap()), Some(point));
    }

    #[test]
    fn another_program_takes_our_signatures_and_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let openssl = |args: &[&str]| Command::new("openssl").args(args).output();
        if openssl(&["version"]).is_err() {
            println!("!! NOT CHECKED: SM2 by openssl (missing: openssl)");
            return;
        }
        let made = openssl(&["genpkey", "-algorithm", "SM2", "-out", &path("key.pem")]).unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let signer = Sm2Signer::from_pem(&std::fs::read_to_string(path("key.pem")).unwrap()).unwrap();
        std::fs::write(path("public.pem"), public_pem(&signer.public().unwrap()).unwrap()).unwrap();
        let verify = |text: &[u8], signature: &[u8; 64]| {
            std::fs::write(path("text"), text).unwrap();
            std::fs::write(path("signature"), Signature::from_slice(signature).unwrap().to_der().as_bytes()).unwrap();
            let id = format!("distid:{ID}");
            let files = ["-inkey", &path("public.pem"), "-in", &path("text"), "-sigfile", &path("signature")];
            let args = [&["pkeyutl", "-verify", "-pubin", "-rawin", "-digest", "sm3", "-pkeyopt", &id][..], &files];
            openssl(&args.concat()).unwrap().status.success()
        };
        let signature = signer.sign("清单".as_bytes());
        assert!(verify("清单".as_bytes(), &signature), "openssl takes it");
        assert!(!verify("名单".as_bytes(), &signature));
    }
}
