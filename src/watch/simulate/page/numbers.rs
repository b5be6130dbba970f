//! Numbers as the page writes them.

/// A count with its thousands apart, or that it is hidden.
pub(super) fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "＊".to_owned(), |count| grouped(&count.to_string()))
}

/// Yuan with the thousands apart, or that they are hidden.
pub(super) fn amount(yuan: Option<&str>) -> String {
    let Some(yuan) = yuan else { return "＊".to_owned() };
    let (whole, fen) = yuan.split_once('.').unwrap_or((yuan, "00"));
    format!("{}.{fen}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(Some(number)), text);
        }
        assert_eq!(amount(Some("-123456.78")), "-123,456.78");
        assert_eq!((count(None), amount(None)), ("＊".to_owned(), "＊".to_owned()));
    }
}
