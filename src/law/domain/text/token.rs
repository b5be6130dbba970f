//! Keyed hashes: short tokens that name a row to whoever holds the key, and tell nobody else anything.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hex;

/// Crockford's letters and digits: none is taken for another when read aloud or typed.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters of a token after its `R`: 75 bits.
const LETTERS: usize = 15;

/// A workspace's secret for keyed hashes (HMAC-SHA-256). Never printed, not even for debugging.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The whole keyed hash of a text.
    fn digest(&self, text: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        // HMAC takes keys of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(text.as_bytes());
            digest.copy_from_slice(&mac.finalize().into_bytes());
        }
        digest
    }

    /// A printable token of 16 characters for a text. It begins with `R`, so that no spreadsheet takes it for a
    /// number.
    #[must_use]
    pub fn token(&self, text: &str) -> String {
        let digest = self.digest(text);
        let letter = |at: usize| {
            let (byte, shift) = (at * 5 / 8, at * 5 % 8);
            let pair = u16::from_be_bytes([digest[byte], digest[byte + 1]]);
            char::from(ALPHABET[usize::from(pair >> (11 - shift)) & 31])
        };
        std::iter::once('R').chain((0..LETTERS).map(letter)).collect()
    }

    /// The first 128 bits in hex, for message ids and the like.
    #[must_use]
    pub fn hex128(&self, text: &str) -> String {
        hex(&self.digest(text)[..16])
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

/// The token as it was given out, read from what people typed: case, width and blanks do not matter, and letters that
/// are mistaken for digits count as these.
#[must_use]
pub fn clean_token(text: &str) -> String {
    let letters = super::fold_width(text);
    let letters =
        letters.chars().filter(|c| !c.is_whitespace() && !super::is_invisible(*c) && !matches!(c, '-' | '\''));
    letters
        .flat_map(char::to_uppercase)
        .map(|c| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tokens_are_short_printable_and_keyed() {
        let (one, two) = (TokenKey::new([7; 32]), TokenKey::new([8; 32]));
        let tokens: BTreeSet<String> = (0..20_000).map(|n| one.token(&format!("list|{n}"))).collect();
        assert_eq!(tokens.len(), 20_000);
        for token in &tokens {
            assert!(token.len() == 16 && token.starts_with('R') && token.bytes().all(|b| ALPHABET.contains(&b)));
            assert_eq!(clean_token(&format!(" {}　", token.to_lowercase())), *token);
        }
        assert_ne!(one.token("a"), two.token("a"));
        assert_eq!(clean_token("ro1l-2"), "R0112");
        // Every letter of the alphabet is used, about equally often.
        let all: String = tokens.iter().map(|token| &token[1..]).collect();
        let counts = ALPHABET.map(|letter| all.bytes().filter(|byte| *byte == letter).count());
        assert!(counts.iter().all(|count| (8_500..10_300).contains(count)), "{counts:?}");
        assert!(!format!("{one:?}").contains('7'));
        println!("row tokens: {} cases", tokens.len());
    }

    #[test]
    fn the_hash_is_the_one_of_rfc_4231() {
        // Case 2 has the key "Jefe", shorter than ours: padded with zeros it is the same key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let said = TokenKey::new(key).hex128("what do ya want for nothing?");
        assert_eq!(said, "5bdcc146bf60754e6a042426089575c7");
    }
}
