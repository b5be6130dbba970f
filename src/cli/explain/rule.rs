//! One rule's branch: what it says, whether the person is meant, what was counted, the line, the outcome.

use serde_json::Value;

use super::tree::Node;
use super::{rows, text, yes_no};

/// The branch.
pub(super) fn branch(rule: &Value) -> Node {
    let mut node =
        Node::new(format!("规则 {} {} (第 {} 版)", text(rule, "rule_id"), text(rule, "name"), text(rule, "version")));
    node.say(format!("条文: {}", text(rule, "text")));
    node.say(format!("依据: {}", text(rule, "clause")));
    node.add(Node::new("对象").with(rows(rule, "population").iter().map(item)));
    node.add(amounts(rule));
    if !rows(rule, "stays").is_empty() {
        node.add(Node::new("住院").with(rows(rule, "stays").iter().map(stay)));
    }
    node.add(line(rule));
    let outcome = &rule["outcome"];
    let because = rows(outcome, "because").iter().filter_map(Value::as_str).map(Node::new);
    node.add(Node::new(format!("结论: {}", text(outcome, "words"))).with(because));
    node
}

/// One item of the population test.
fn item(item: &Value) -> Node {
    let passes = match item["passes"].as_bool() {
        Some(true) => "符合",
        Some(false) => "不符合",
        None => "不明",
    };
    let tags = || rows(item, "tags").iter().map(tag);
    match text(item, "item") {
        "tags" if rows(item, "tags").is_empty() => Node::new("身份: 不限"),
        "tags" => Node::new(format!("身份具备其一 ({}): {passes}", text(item, "on"))).with(tags()),
        "without_tags" => Node::new(format!("不具备以下身份 ({}): {passes}", text(item, "on"))).with(tags()),
        "rural" => Node::new(format!(
            "农村居民 {} (依据: {}): {}",
            yes_no(item, "is_rural"),
            text(item, "source_name"),
            if item["is_required"] == true { passes } else { "不要求" },
        )),
        "insurance" => insurance(item),
        _ => Node::new(format!("{}: {passes}", text(item, "label"))),
    }
}

fn tag(tag: &Value) -> Node {
    if tag["holds"] != true {
        return Node::new(format!("{} 否", text(tag, "name")));
    }
    let (since, office) = (text(tag, "start_date"), text(tag, "source_office"));
    Node::new(format!("{} 是 (自 {since}, 来源 {office})", text(tag, "name")))
}

fn insurance(item: &Value) -> Node {
    let accepted: Vec<&str> = rows(item, "accepted").iter().filter_map(Value::as_str).collect();
    let accepted = if accepted.is_empty() { "不限".to_owned() } else { accepted.join("、") };
    Node::new(format!(
        "险种 {accepted}: 计入结算 {} 笔, 不计入 {} 笔",
        item["counted_claims"], item["other_claims"]
    ))
}

fn amounts(rule: &Value) -> Node {
    let window = &rule["window"];
    let mut node = Node::new(format!("金额 ({} 至 {}, 按{})", text(window, "from"), text(window, "to"), date(window)));
    let Some(amounts) = rule.get("amounts").filter(|amounts| amounts.is_object()) else {
        node.say("没有可计入的结算");
        return node;
    };
    for basis in rows(amounts, "bases") {
        let mark = if basis["counts"] == true { " ← 本规则按此口径" } else { "" };
        node.say(format!("{} {} 元{mark}", text(basis, "name"), text(basis, "amount")));
    }
    for netted in rows(amounts, "netted") {
        let treatment = match text(netted, "treatment") {
            "subtracted" => "从中扣减",
            "in basis" => "口径中已扣减",
            "added back" => "加回",
            _ => "不扣减",
        };
        let name = if text(netted, "item") == "adjustments" { "后续赔付" } else { "医疗救助" };
        node.say(format!("{name} {} 元, {treatment}", text(netted, "amount")));
    }
    node.say(format!("计入金额 {} 元 ({} 笔)", text(amounts, "measured_amount"), amounts["claim_count"]));
    node
}

fn date(window: &Value) -> &'static str {
    match text(window, "date") {
        "discharged" => "出院日期",
        "benefit_year" => "待遇年度",
        _ => "结算日期",
    }
}

fn stay(stay: &Value) -> Node {
    let mark = if stay["is_dearest"] == true { " ← 费用最高" } else { "" };
    Node::new(format!(
        "{} {} 至 {}, {} 笔, 计入 {} 元{mark}",
        text(stay, "visit_id"),
        text(stay, "first_date"),
        text(stay, "last_date"),
        stay["claim_count"],
        text(stay, "measured_amount"),
    ))
}

fn line(rule: &Value) -> Node {
    let Some(line) = rule.get("line").filter(|line| line.is_object()) else {
        return Node::new("标准: 缺少收入数据或县区不明");
    };
    let over = if text(line, "operator") == ">" { "超过(不含本数)" } else { "达到(含本数)" };
    let mut node = Node::new(format!("标准: {over} {} 元", text(line, "line_amount")));
    if let Some(income) = line["income_amount"].as_str() {
        let kind = if line["is_provisional"] == true { "暂用" } else { "正式" };
        let published = line["published"].as_str().map_or("发布日期未注明".to_owned(), |day| format!("{day} 发布"));
        node.add(
            Node::new(format!("{} 年收入 {income} 元 × {}", line["year"], text(line, "multiple"))).with([
                Node::new(format!("指标 {}, 区划 {}", text(line, "series"), text(line, "geography"))),
                Node::new(format!("第 {} 版, {published}, {kind}数据, 来源 {}", line["release"], text(line, "source"))),
            ]),
        );
    }
    node.say(format!("预警 超过 {} 元", text(line, "warn_amount")));
    let distance = &rule["distance"];
    if distance.is_object() {
        let side = if distance["is_over"] == true { "已越线, 相差" } else { "未越线, 相差" };
        node.say(format!("{side} {} 元", text(distance, "amount")));
        if let Some(day) = distance["first_crossed_date"].as_str() {
            node.say(format!("首次越线 {day}"));
        }
    }
    node
}
