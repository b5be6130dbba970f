//! Who a row is about, worked out a second time and as plainly as can be.

use law::domain::PersonKey;

use super::province::Document;

/// The person's key, or the reject code.
pub(super) fn person_key(document: &Document) -> Result<i64, &'static str> {
    if document.is_newborn {
        return if document.person_no.is_empty() {
            Err("id_missing")
        } else {
            Ok(PersonKey::of_document("psn", &document.person_no).0)
        };
    }
    let number = folded(&document.number);
    match document.cert_type.as_str() {
        "" | "01" | "90" => resident_key(&number),
        "09" => {
            resident_key(&number.chars().take(if number.len() == 20 { 18 } else { number.len() }).collect::<String>())
        }
        _ if number.is_empty() => Err("id_missing"),
        "17" if resident_key(&number).is_ok() => resident_key(&number),
        kind => Ok(PersonKey::of_document(kind, &number).0),
    }
}

/// Full-width forms to ASCII, no blanks, upper case.
fn folded(text: &str) -> String {
    let narrow = |c: char| match c as u32 {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap(),
        0x3000 => ' ',
        _ => c,
    };
    text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// The 17 digits as a number.
fn resident_key(folded: &str) -> Result<i64, &'static str> {
    let mut id = folded.to_owned();
    if id.is_empty() || id == "无" {
        return Err("id_missing");
    }
    if id.contains("E+") {
        return Err("id_lost_digits");
    }
    if id.len() == 19 && id.starts_with('G') {
        id = id[1..].to_owned();
    }
    if id.len() == 15 && id.chars().all(|c| c.is_ascii_digit()) {
        id = format!("{}19{}", &id[..6], &id[6..]);
        id.push(check_character(&id));
    }
    let head_is_digits = id.chars().take(17).all(|c| c.is_ascii_digit());
    if id.chars().count() != 18 || !head_is_digits || id.starts_with('0') {
        return Err("id_malformed");
    }
    let last = id.chars().last().unwrap();
    if !(last.is_ascii_digit() || last == 'X') || !is_date(&id[6..14]) {
        return Err("id_malformed");
    }
    if last != check_character(&id[..17]) {
        return Err("id_check_digit");
    }
    Ok(id[..17].parse().unwrap())
}

fn is_date(text: &str) -> bool {
    let (year, month, day): (i32, u32, u32) =
        (text[..4].parse().unwrap(), text[4..6].parse().unwrap(), text[6..].parse().unwrap());
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    (1850..=2100).contains(&year) && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// The check character by the recurrence of ISO 7064 (the product uses the table of weights).
pub(super) fn check_character(seventeen: &str) -> char {
    // Pure system MOD 11-2: P(1) = 0; P(n+1) = (P(n) + digit) * 2 mod 11; check = 12 - P mod 11.
    let mut sum = 0;
    for digit in seventeen.chars().map(|c| c.to_digit(10).unwrap()) {
        sum = ((sum + digit) * 2) % 11;
    }
    match (12 - sum) % 11 {
        10 => 'X',
        check => char::from_digit(check, 10).unwrap(),
    }
}
