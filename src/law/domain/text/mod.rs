//! Cleaning text that people typed: full-width forms, tabs, stray spaces, variants of the name dot. How it is masked,
//! how a row is named without it, and what a person may say to the program live beside.

mod mask;
mod name;
mod said;
mod token;

pub use mask::{mask_id, mask_name, mask_value};
pub use name::{comparable_name, folded_name, same_name};
pub use said::Said;
pub use token::{TokenKey, clean_token};

/// Folds full-width letters, digits and spaces to their ASCII forms and leaves all else alone.
#[must_use]
pub fn fold_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// Whether a character shows nothing and means nothing in what people type: NUL and the format controls (Unicode Cf:
/// soft hyphen, zero width, marks of direction, byte-order mark).
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    match c {
        // nearly everything that is ever asked about
        '\u{1}'..='\u{ac}' | '\u{3000}'..='\u{fdff}' => false,
        '\0' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' => true,
        '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}' => true,
        _ => false,
    }
}

/// Trims spaces, tabs, line ends and invisible marks from both ends; the inside stays as sent.
#[must_use]
pub fn clean_text(text: &str) -> &str {
    // most cells are plain at both ends
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
}

/// Bytes as lower-case hexadecimal digits, as hashes are written.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_and_cleans() {
        assert_eq!(fold_width("１２Ａｘ　"), "12Ax ");
        assert_eq!(clean_text("\u{feff}\t张三\t\r\n"), "张三");
        assert_eq!(clean_text("\u{202d}990102\u{202c}\u{200e}"), "990102");
    }

    #[test]
    fn bytes_in_hex() {
        assert_eq!(hex(&[0, 15, 255, 26]), "000fff1a");
    }
}
