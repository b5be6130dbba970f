//! A rule's outcome in plain words: why somebody is on the list, and why not.

use law::domain::Fen;
use law::policy::{Operator, describe};
use law::texts::{Table, zh};
use serde_json::Value;

use super::cells::{money, text};
use super::facts::Facts;

/// The status in the officers' words.
pub(super) fn conclusion(status: &str, has_near_tier: bool) -> &str {
    zh(Table::Conclusion, if status == "below" && has_near_tier { "below_warning" } else { status })
}

/// Why a case waits for a person to decide.
pub(super) fn undecided_because(reason: &str) -> &str {
    zh(Table::ReasonInFull, reason)
}

/// All reasons, the decisive one first.
pub(super) fn because(facts: &Facts<'_>, status: &str, reason: Option<&str>, items: &[Value]) -> Vec<String> {
    let mut reasons = Vec::new();
    if status == "not_computed" {
        return vec!["本期还没有运行过监测任务,请先运行 nightly".to_owned()];
    }
    reasons.extend(reason.map(|reason| match status {
        "flagged" => format!("待核对、但不影响本结论:{}", undecided_because(reason)),
        _ => undecided_because(reason).to_owned(),
    }));
    reasons.extend(items.iter().filter(|item| item["item"] != "insurance").filter_map(failed));
    match (facts.is_measured(), facts.has_line()) {
        (false, _) if facts.valid_claims == 0 => reasons.push("本期内没有结算".to_owned()),
        (false, _) => reasons.push("本期内的结算都不在本规则计入的范围内".to_owned()),
        (true, true) => reasons.push(distance(facts)),
        (true, false) => {}
    }
    let has_near_tier = facts.rule.warn_at.is_some();
    if has_near_tier && (status == "near" || status == "below") {
        reasons.extend(text(facts.judged, "warn_amount").map(|warn| match status {
            "near" => format!("已超过预警标准 {warn} 元"),
            _ => format!("未超过预警标准 {warn} 元"),
        }));
    }
    let is_as_stored = match facts.stored {
        Some(stored) => stored == status,
        None => ["below", "outside", "no_claims"].contains(&status),
    };
    if !is_as_stored {
        let stored = conclusion(facts.stored.unwrap_or("below"), has_near_tier);
        reasons.push(format!("本期任务运行时的结论是“{stored}”;此后数据或规则有变,请再运行 nightly"));
    }
    reasons
}

/// `超过标准 28134.00 元,超出 1866.00 元`.
fn distance(facts: &Facts<'_>) -> String {
    let (basis, excess) = (describe::cost(facts.rule), money(facts.judged, "excess_amount"));
    let (measured, line) = (money(facts.judged, "measured_amount"), money(facts.judged, "line_amount"));
    match (facts.judged["is_over"] == true, facts.rule.line.operator) {
        (true, Operator::Over) => format!("{basis}计 {measured} 元,超过标准 {line} 元,超出 {excess} 元"),
        (true, Operator::From) => format!("{basis}计 {measured} 元,达到标准 {line} 元,超出 {excess} 元"),
        (false, _) if excess == Fen::ZERO => {
            format!("{basis}计 {measured} 元,恰等于标准 {line} 元;“超过”不含本数")
        }
        (false, _) => format!("{basis}计 {measured} 元,距标准 {line} 元还差 {} 元", Fen(-excess.0)),
    }
}

/// What an item says where the person does not pass.
fn failed(item: &Value) -> Option<String> {
    if item["passes"] != false {
        return None;
    }
    let names = |holds: bool| -> String {
        let tags = item["tags"].as_array().map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> =
            tags.iter().filter(|tag| tag["holds"] == holds).filter_map(|tag| text(tag, "name")).collect();
        names.join("、")
    };
    match text(item, "item")? {
        "tags" => Some(format!("不在{}名册上({})", names(false), text(item, "on").unwrap_or_default())),
        "without_tags" => Some(format!("在{}名册上,本规则不适用于这些人员", names(true))),
        "application" => Some("本人在本年度没有提出申请".to_owned()),
        "means" => Some(format!("不符合:{}", text(item, "label").unwrap_or_default())),
        "rural" => Some(format!("不是农村居民(依据:{})", super::population::source_name(text(item, "source")))),
        _ => None,
    }
}
