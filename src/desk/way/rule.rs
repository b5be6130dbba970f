//! One rule's branch: what it says, whether the person is meant, what was counted, the line, the outcome.

use serde_json::Value;

use super::cells::{rows, text, yes_no, yuan};
use super::node::Node;

/// The branch.
pub(super) fn branch(rule: &Value) -> Node {
    let mut node =
        Node::new(format!("规则 {} {} (第 {} 版)", text(rule, "rule_id"), text(rule, "name"), text(rule, "version")));
    node.say(format!("条文: {}", text(rule, "text")));
    node.say(format!("依据: {}", text(rule, "clause")));
    node.add(Node::new("对象").with(rows(rule, "population").iter().map(item)));
    node.add(amounts(rule));
    if !rows(rule, "members").is_empty() {
        let household = format!("申请 {} 的家庭成员", text(rule, "application_id"));
        node.add(Node::new(household).with(rows(rule, "members").iter().map(member)));
    }
    if !rows(rule, "stays").is_empty() {
        node.add(Node::new("住院").with(rows(rule, "stays").iter().map(stay)));
    }
    if !rows(rule, "doubts").is_empty() {
        node.add(Node::new("待核对的记录").with(rows(rule, "doubts").iter().map(doubt)));
    }
    node.add(line(rule));
    if rule["warning"].is_object() {
        node.add(warning(&rule["warning"]));
    }
    let outcome = &rule["outcome"];
    let because = rows(outcome, "because").iter().filter_map(Value::as_str).map(Node::new);
    node.add(Node::new(format!("结论: {}", text(outcome, "words"))).with(because));
    node
}

/// What is open, where it came from, and by how much it could change what is measured.
fn doubt(row: &Value) -> Node {
    Node::new(format!(
        "{} ({} 第 {} 行): 最多增加 {} 元, 最多减少 {} 元",
        text(row, "words"),
        text(row, "source_file"),
        row["source_row"],
        text(row, "up_amount"),
        text(row, "down_amount"),
    ))
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
        "application" if item["passes"] == true => Node::new(format!("提出申请: {}", text(item, "application_id"))),
        "application" => Node::new("提出申请: 本年度没有"),
        _ => Node::new(format!("{}: {passes}", text(item, "label"))).with([
            Node::new(match item["members"].as_u64() {
                Some(members) => format!("申报家庭年收入 {}, {members} 人", yuan(item, "declared_amount")),
                None => format!("申报 {}", yuan(item, "declared_amount")),
            }),
            Node::new(format!("限额 {}", item["limit_amount"].as_str().unwrap_or("缺少数据"))),
        ]),
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
    let codes = |key: &str| {
        let codes: Vec<&str> = rows(item, key).iter().filter_map(Value::as_str).collect();
        if codes.is_empty() { "不限".to_owned() } else { codes.join("、") }
    };
    Node::new(format!(
        "险种 {}, 医疗类别 {}, 结算地 {}: 计入结算 {} 笔, 不计入 {} 笔",
        codes("accepted"),
        codes("accepted_care"),
        codes("accepted_places"),
        item["counted_claims"],
        item["other_claims"]
    ))
}

fn amounts(rule: &Value) -> Node {
    let window = &rule["window"];
    let mut node = Node::new(format!(
        "金额 ({} 至 {}, 按{})",
        text(window, "from"),
        text(window, "to"),
        text(window, "date_name")
    ));
    let Some(amounts) = rule.get("amounts").filter(|amounts| amounts.is_object()) else {
        node.say("没有可计入的结算");
        return node;
    };
    node.say(format!("医疗费总额 {} 元, 基金支付 {} 元", text(amounts, "total_amount"), text(amounts, "fund_amount")));
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

/// A member of the applying household and what was paid.
fn member(member: &Value) -> Node {
    let role = if member["is_applicant"] == true { " (申请人)" } else { "" };
    let paid =
        member["measured_amount"].as_str().map_or("尚未计算".to_owned(), |amount| format!("计入 {amount} 元"));
    Node::new(format!("{} {}{role}, {paid}", text(member, "person_name"), text(member, "id_number")))
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
    node.say(format!("即 {}", text(line, "rule")));
    if let Some(figure) = line.get("figure").filter(|figure| figure.is_object()) {
        node.add(figure_node(figure));
    }
    for band in rows(line, "bands") {
        let mark = if band["holds"] == true { " ← 所在档" } else { "" };
        let near = if band["is_near"] == true { " (仅关注)" } else { "" };
        node.say(format!("{} {} 元起{near}{mark}", text(band, "band"), text(band, "from_amount")));
    }
    if let Some(warn) = line["warn_amount"].as_str() {
        node.say(format!("预警 超过 {warn} 元"));
    }
    if let Some(kept) = line["kept_amount"].as_str() {
        node.say(format!("公布前的暂用标准 {kept} 元, 已列入者保留"));
    }
    let distance = &rule["distance"];
    if distance.is_object() {
        let side = if distance["is_over"] == true { "已越线" } else { "未越线" };
        node.say(format!("{side}, 相差 {} 元", text(distance, "amount")));
        if let Some(day) = distance["first_crossed_date"].as_str() {
            node.say(format!("首次越线 {day}"));
        }
    }
    node
}

/// The early warning of somebody near the line.
fn warning(warning: &Value) -> Node {
    let mut node = Node::new(format!("关注: 距标准还有 {} 元", text(warning, "margin_amount")));
    if let Some(day) = warning["first_warned_date"].as_str() {
        node.say(format!("首次超过预警标准 {day}"));
    }
    if let Some(because) = warning["no_forecast_because"].as_str() {
        node.say(because);
    }
    let forecast = &warning["forecast"];
    if forecast.is_object() {
        let (months, sum) = (&forecast["months"], text(forecast, "recent_amount"));
        node.say(format!("近 {months} 个月计 {sum} 元, 月均 {} 元", text(forecast, "run_rate_amount")));
        node.say(match forecast["expected_month"].as_str() {
            Some(month) => format!("照此速度, 预计 {month} 越过标准"),
            None => "照此速度, 本年度内预计不会越过标准".to_owned(),
        });
    }
    node
}

/// The published figure that the line is drawn from.
fn figure_node(figure: &Value) -> Node {
    let kind = if figure["is_provisional"] == true { "暂用 (上年数据未公布)" } else { "正式" };
    let published =
        figure["published"].as_str().map_or("发布日期未注明".to_owned(), |day| format!("{day} 发布"));
    let (year, amount, multiple) = (&figure["year"], text(figure, "amount"), text(figure, "multiple"));
    Node::new(format!("{year} 年收入 {amount} 元 × {multiple}")).with([
        Node::new(format!("指标 {}, 区划 {}", text(figure, "series"), text(figure, "geography"))),
        Node::new(format!("第 {} 版, {published}, {kind}, 来源 {}", figure["release"], text(figure, "source"))),
    ])
}
