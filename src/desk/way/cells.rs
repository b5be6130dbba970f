//! Reading what `explain` found.

use serde_json::Value;

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

/// An amount with its unit, or that there is none.
pub(super) fn yuan(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).map_or_else(|| "未申报".to_owned(), |amount| format!("{amount} 元"))
}

pub(super) fn yes_no(value: &Value, key: &str) -> &'static str {
    match value.get(key).and_then(Value::as_bool) {
        Some(true) => "是",
        Some(false) => "否",
        None => "不明",
    }
}

pub(super) fn rows<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
