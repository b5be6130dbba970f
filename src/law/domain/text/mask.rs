//! Masked forms for logs, terminals and reject files (PIPL minimum: recognisable to its owner only).

/// `350102********1234`-like: the area digits and the last four stay, the middle is hidden;
/// anything shorter than eleven characters keeps its last two only.
#[must_use]
pub fn mask_id(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    let (head, tail) = if chars.len() >= 11 { (4, 4) } else { (0, chars.len().min(4) / 2) };
    chars.iter().enumerate().map(|(at, c)| if at < head || at >= chars.len() - tail { *c } else { '*' }).collect()
}

/// `张*`, `欧**`: the first character stays.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| std::iter::once(first).chain(chars.map(|_| '*')).collect())
}

/// A rejected cell for the sender's reject file: its shape, not its content. Digits become `9`,
/// letters `a`, Han `汉`; other marks, which are often the very fault, stay. At most 24 characters.
#[must_use]
pub fn mask_value(value: &str) -> String {
    let mut masked: String = value
        .chars()
        .take(24)
        .map(|c| match c {
            c if c.is_numeric() => '9',
            c if c.is_ascii_alphabetic() => 'a',
            c if c.is_alphabetic() => '汉',
            c if c.is_control() => '?',
            c => c,
        })
        .collect();
    if value.chars().nth(24).is_some() {
        masked.push('…');
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_the_shape_and_hide_the_person() {
        assert_eq!(mask_id("990102199001011234"), "9901**********1234");
        assert_eq!(mask_id("A123"), "**23");
        assert_eq!(mask_name("张三丰"), "张**");
        assert_eq!(mask_value("12,3x元\t"), "99,9a汉?");
        assert_eq!(mask_value(&"9".repeat(64)).chars().count(), 25);
    }
}
