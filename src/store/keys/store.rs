//! Keys on disk: made once, readable by nobody else, refused when others may read them.

use std::fs;
use std::path::{Path, PathBuf};

use law::config::Layout;
use law::domain::{TokenKey, hex};
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use super::{KeyError, PublicKey, Signer};
use crate::durable::{self, At as _, FileError, Readers};

/// The public key's file, to be handed to recipients.
pub const PUBLIC_KEY: &str = "signing.pub.pem";
const TOKEN_KEY: &str = "tokens.key";
const SIGNING_KEY: &str = "signing.pem";

/// The secrets of one workspace.
#[derive(Debug, Clone)]
pub struct Keys {
    /// For row tokens and message ids.
    pub tokens: TokenKey,
    pub signer: Signer,
}

impl Keys {
    /// Keys made of given secrets, for tests that compare bytes.
    #[must_use]
    pub fn from_secrets(tokens: [u8; 32], seed: [u8; 32]) -> Self {
        Self { tokens: TokenKey::new(tokens), signer: Signer::from_seed(seed) }
    }

    /// Makes what is missing of a workspace's keys and leaves alone what is there; returns whether anything was made.
    pub fn create(layout: &Layout) -> Result<bool, KeyError> {
        let folder = layout.keys();
        fs::create_dir_all(&folder).at(&folder)?;
        let was_empty = !folder.join(TOKEN_KEY).exists() && !folder.join(SIGNING_KEY).exists();
        if was_empty {
            restrict(&folder, 0o700)?;
        }
        let mut made = false;
        if !folder.join(TOKEN_KEY).exists() {
            made |= write_secret(&folder.join(TOKEN_KEY), &format!("{}\n", hex(&random()?)))?;
        }
        let path = folder.join(SIGNING_KEY);
        if !path.exists() {
            let pem = Signer::from_seed(random()?).to_pem();
            let pem = pem.ok_or(KeyError::Damaged { path: path.clone(), why: "it cannot be written as PEM" })?;
            made |= write_secret(&path, &pem)?;
        }
        let keys = Self::open(layout)?;
        let path = folder.join(PUBLIC_KEY);
        let pem = keys.signer.public().to_pem().unwrap_or_default();
        if fs::read_to_string(&path).ok().as_deref() != Some(&pem) {
            durable::write(&path, pem.as_bytes(), Readers::Usual)?;
        }
        Ok(made)
    }

    /// Makes what is missing of a workspace's keys, with an SM2 key for signing where none is there yet.
    #[cfg(feature = "sm2")]
    pub fn create_sm2(layout: &Layout) -> Result<bool, KeyError> {
        let folder = layout.keys();
        fs::create_dir_all(&folder).at(&folder)?;
        let path = folder.join(SIGNING_KEY);
        if path.exists() {
            return Self::create(layout);
        }
        restrict(&folder, 0o700)?;
        let pem = Signer::sm2_from_secret(&random()?).and_then(|signer| signer.to_pem());
        let pem = pem.ok_or(KeyError::Damaged { path: path.clone(), why: "it cannot be written as PEM" })?;
        write_secret(&path, &pem)?;
        Self::create(layout)?;
        Ok(true)
    }

    pub fn open(layout: &Layout) -> Result<Self, KeyError> {
        let folder = layout.keys();
        let tokens = folder.join(TOKEN_KEY);
        let text = read_secret(&tokens)?;
        let bytes = parse_hex(text.trim()).ok_or(KeyError::Damaged { path: tokens, why: "it is not 64 hex digits" })?;
        let path = folder.join(SIGNING_KEY);
        let signer = Signer::from_pem(&read_secret(&path)?);
        let signer =
            signer.ok_or(KeyError::Damaged { path, why: "it is not a key in PKCS#8 PEM that this build knows" })?;
        check_mode(&folder, 0o700)?;
        Ok(Self { tokens: TokenKey::new(bytes), signer })
    }

    /// The password of a list's attachment, made when it is first asked for.
    pub fn password(layout: &Layout, list_id: &str) -> Result<String, KeyError> {
        let path = password_path(layout, list_id);
        if let Some(known) = Self::known_password(layout, list_id)? {
            return Ok(known);
        }
        let folder = layout.keys().join("passwords");
        fs::create_dir_all(&folder).at(&folder)?;
        restrict(&folder, 0o700)?;
        write_secret(&path, &format!("{}\n", readable(&random()?)))?;
        // Read back: another process may have been faster.
        Ok(read_secret(&path)?.trim().to_owned())
    }

    /// The password of a list's attachment, where there is one.
    pub fn known_password(layout: &Layout, list_id: &str) -> Result<Option<String>, KeyError> {
        match read_secret(&password_path(layout, list_id)) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(KeyError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl PublicKey {
    /// Reads the public key in a file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).at(path)?;
        Self::from_pem(&text)
            .ok_or(KeyError::Damaged { path: path.to_owned(), why: "it is not a public key that this build knows" })
    }
}

/// 32 random bytes from the system.
pub fn random() -> Result<[u8; 32], KeyError> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other).at(Path::new("random bytes"))?;
    Ok(bytes)
}

/// Five groups of four letters, to be read over the telephone: 100 bits.
fn readable(bytes: &[u8; 32]) -> String {
    const LETTERS: &[u8; 32] = b"123456789abcdefghjkmnpqrstuvwxyz";
    let letters: Vec<char> = bytes.iter().take(20).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn password_path(layout: &Layout, list_id: &str) -> PathBuf {
    layout.keys().join("passwords").join(list_id)
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        text.as_bytes().chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect();
    bytes?.try_into().ok()
}

fn read_secret(path: &Path) -> Result<String, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => check_mode(path, 0o600).map(|()| text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(KeyError::Missing { path: path.to_owned() }),
        text => Ok(text.at(path)?),
    }
}

/// Writes a secret unless it is there; a secret is never replaced.
fn write_secret(path: &Path, text: &str) -> Result<bool, FileError> {
    durable::create_new(path, text.as_bytes(), Readers::Owner)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).at(path)
}

#[cfg(unix)]
fn check_mode(path: &Path, wanted: u32) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).at(path)?.permissions().mode() & 0o7777;
    let by_others = mode & 0o077;
    if by_others == 0 { Ok(()) } else { Err(KeyError::Open { path: path.to_owned(), mode, wanted }) }
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> Result<(), FileError> {
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: u32) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn keys_that_others_may_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        assert!(matches!(Keys::open(&layout), Err(KeyError::Missing { .. })));
        assert!(Keys::create(&layout).unwrap());
        let first = Keys::open(&layout).unwrap();
        assert!(!Keys::create(&layout).unwrap());
        assert_eq!(first.tokens.token("a"), Keys::open(&layout).unwrap().tokens.token("a"));
        let public = PublicKey::read(&layout.keys().join(PUBLIC_KEY)).unwrap();
        assert_eq!(public, first.signer.public());
        let password = Keys::password(&layout, "202610-990102-MZ-FULL-v1").unwrap();
        assert_eq!(password, Keys::password(&layout, "202610-990102-MZ-FULL-v1").unwrap());
        assert_ne!(password, Keys::password(&layout, "202610-990103-MZ-FULL-v1").unwrap());
        assert_eq!(password.len(), 24);
        let mut refused = 0;
        for (name, open, closed) in [(TOKEN_KEY, 0o640, 0o600), (SIGNING_KEY, 0o604, 0o600), ("", 0o750, 0o700)] {
            let path = layout.keys().join(name);
            restrict(&path, open).unwrap();
            let error = Keys::open(&layout).unwrap_err();
            assert!(matches!(error, KeyError::Open { .. }), "{error}");
            restrict(&path, closed).unwrap();
            refused += 1;
        }
        Keys::open(&layout).unwrap();
        println!("keys: {refused} cases of wrong permissions");
    }
}
