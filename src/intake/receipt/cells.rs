//! Days and amounts as offices write them into an answer: what the gate reads, and what only people write.

use chrono::{Datelike as _, NaiveDate};
use law::contracts::RejectCode;
use law::domain::{Fen, clean_text, fold_width};

use crate::gate::{day_in, fen_in};

/// The day of a visit. `11月5日` is the last such day that is not after `today`.
pub(super) fn day(cell: &str, today: NaiveDate) -> Result<Option<NaiveDate>, RejectCode> {
    match without_year(cell, today) {
        Some(day) => Ok(Some(day)),
        None => day_in(cell),
    }
}

fn without_year(cell: &str, today: NaiveDate) -> Option<NaiveDate> {
    let folded = fold_width(clean_text(cell));
    let (month, day) = folded.split_once('月')?;
    let day = day.trim().trim_end_matches(['日', '号']);
    let (month, day) = (month.trim().parse().ok()?, day.trim().parse().ok()?);
    // 29 February was in one of the last eight years.
    (0..=8).filter_map(|back| NaiveDate::from_ymd_opt(today.year() - back, month, day)).find(|day| *day <= today)
}

/// An amount in yuan; the cell itself may say 元 or 万元.
pub(super) fn amount(cell: &str) -> Result<Option<Fen>, RejectCode> {
    let folded = fold_width(clean_text(cell));
    let bare = folded.trim_start_matches("人民币").trim_start_matches(['¥', '￥']).trim();
    let bare = bare.trim_end_matches('整').trim_end_matches(['元', '圆']).trim();
    match bare.strip_suffix('万') {
        Some(tens) => fen_in(&times_ten_thousand(tens.trim()).ok_or(RejectCode::NotMoney)?),
        None => fen_in(bare),
    }
}

/// The number with its point four places further to the right.
fn times_ten_thousand(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{fraction:0<4}");
    let (moved, rest) = padded.split_at_checked(4)?;
    (!whole.is_empty() && !whole.contains(',')).then(|| format!("{whole}{moved}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_every_usual_form() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        let told = |cell: &str| day(cell, today).map(|day| day.map(|day| day.to_string()));
        for cell in [
            "2026-11-05",
            "2026/11/5",
            "2026.11.5",
            "20261105",
            "2026年11月5日",
            "２０２６年１１月５日",
            "二〇二六年十一月五日",
            "2026-11-05 00:00:00",
            "2026-11-05 9:05",
            "11月5日",
            " 11 月 5 号 ",
        ] {
            assert_eq!(told(cell), Ok(Some("2026-11-05".to_owned())), "{cell}");
        }
        assert_eq!(told("12月1日"), Ok(Some("2025-12-01".to_owned())), "the last one");
        assert_eq!(told("2月29日"), Ok(Some("2024-02-29".to_owned())));
        assert_eq!(told(" \u{3000}"), Ok(None));
        for (cell, code) in [
            ("46331", RejectCode::DateSerial),
            ("上周", RejectCode::Malformed),
            ("13月1日", RejectCode::Malformed),
            ("1月", RejectCode::Malformed),
        ] {
            assert_eq!(told(cell), Err(code), "{cell}");
        }
    }

    #[test]
    fn amounts_in_every_usual_form() {
        for (cell, fen) in [
            ("500", 500_00),
            ("500.00", 500_00),
            ("500元", 500_00),
            ("￥1,200.50", 1_200_50),
            ("人民币５００元整", 500_00),
            ("1.2万元", 12_000_00),
            ("1.23456万", 12_345_60),
            ("3万", 30_000_00),
            ("0", 0),
            ("-5", -5_00),
        ] {
            assert_eq!(amount(cell), Ok(Some(Fen(fen))), "{cell}");
        }
        assert_eq!(amount(" "), Ok(None));
        for cell in ["一百", "约500", "500.001", "1e400", "万元", "1,2万", "1.2.3万", "元"] {
            assert!(amount(cell).is_err() || cell == "元", "{cell}");
        }
        assert_eq!(amount(&"9".repeat(40)), Err(RejectCode::OutOfRange));
    }
}
