//! What is known of the person before any rule: register, tags, claims, applications.

use law::domain::Tag;
use law::texts::{Table, zh};
use serde_json::Value;

use super::cells::{rows, text, yes_no, yuan};
use super::node::Node;

/// The root with everything but the rules.
pub(super) fn root(told: &Value) -> Node {
    let mut root = Node::new(format!(
        "人员 {}  数据期 {}  数据版本 {}",
        text(told, "person"),
        text(told, "period"),
        told["version"]
    ));
    root.add(register(told));
    root.add(tags(told));
    root.add(claims(told));
    rows(told, "applications").iter().for_each(|application| root.add(household(application)));
    linked(told).into_iter().for_each(|node| root.add(node));
    root
}

/// Other documents that may be the person's, with what each rule measures of both.
fn linked(told: &Value) -> Option<Node> {
    let linked = rows(told, "linked");
    linked.first()?;
    let mut node = Node::new("疑似同一人的其他证件(人员编号相同,尚未核实)");
    for other in linked {
        node.say(format!(
            "{}: {}, 本证件 {}, 该证件 {}",
            text(other, "document"),
            text(other, "rule_name"),
            yuan(other, "own_amount"),
            yuan(other, "measured_amount")
        ));
    }
    Some(node)
}

fn register(told: &Value) -> Node {
    let Some(row) = told.get("register").filter(|row| row.is_object()) else {
        return Node::new("登记: 参保登记中没有此人");
    };
    let mut node = Node::new(format!("登记: {}", text(row, "person_name")));
    node.say(format!("住址 {} {}{}", text(row, "county_code"), text(row, "town_name"), text(row, "village_name")));
    node.say(format!(
        "登记为农村居民 {}, 户口性质 {}, 村居城乡分类 {}",
        yes_no(row, "is_rural"),
        text(row, "household_type"),
        text(row, "village_class")
    ));
    node.say(format!("在世 {}, 险种 {}", yes_no(row, "is_alive"), text(row, "insurance_type")));
    node
}

fn tags(told: &Value) -> Node {
    let tags = rows(told, "tags");
    if tags.is_empty() {
        return Node::new("名册身份: 无");
    }
    let mut node = Node::new("名册身份");
    for tag in tags {
        let name = Tag::parse(text(tag, "tag")).map_or("-", Tag::chinese);
        node.say(format!("{name}, 自 {}, 来源 {}", text(tag, "start_date"), text(tag, "source_office")));
    }
    node
}

fn claims(told: &Value) -> Node {
    let claims = rows(told, "claims");
    let mut node = Node::new(format!("结算 {} 笔", claims.len()));
    claims.iter().for_each(|row| node.add(claim(row)));
    for held in rows(told, "held") {
        let (day, number, why) = (text(held, "settled_date"), text(held, "claim_id"), text(held, "hold_reason"));
        node.say(format!("{day} {number} 暂挂: {}", zh(Table::Hold, why)));
    }
    node
}

fn claim(row: &Value) -> Node {
    let kind = match (text(row, "claim_kind"), row["is_valid"].as_bool()) {
        (_, Some(false)) => "已作废",
        ("reversal", _) => "退费",
        ("supplement", _) => "补报销",
        _ => "结算",
    };
    let mut node = Node::new(format!(
        "{} {} {kind}, 险种 {}, 类别 {}, 总额 {} 元, 基金 {} 元, 个人 {} 元",
        text(row, "settled_date"),
        text(row, "claim_id"),
        text(row, "insurance_type"),
        text(row, "care_type"),
        text(row, "total_amount"),
        text(row, "fund_amount"),
        text(row, "personal_amount"),
    ));
    if let Some(later) = row["adjustment_amount"].as_str().filter(|amount| *amount != "0.00") {
        node.say(format!("后续赔付 {later} 元"));
    }
    node.say(format!("来自 {} 第 {} 行", text(row, "source_file"), row["source_row"]));
    node
}

/// One application of the person's household.
fn household(application: &Value) -> Node {
    let members = rows(application, "members");
    let mut node = Node::new(format!(
        "申请 {} ({}, 县区 {})",
        text(application, "application_id"),
        text(application, "application_date"),
        text(application, "county_code")
    ));
    let mut people = Node::new(format!("家庭成员 {} 人", members.len()));
    for member in members {
        let role = if member["is_applicant"] == true { " (申请人)" } else { "" };
        people.say(format!("{} {}{role}", text(member, "person_name"), text(member, "id_number")));
    }
    node.add(people);
    node.say(format!("申报家庭年可支配收入 {}", yuan(application, "household_income_amount")));
    node.say(format!("申报家庭财产 {}", yuan(application, "assets_amount")));
    node.say(format!("申报其他刚性支出 {}", yuan(application, "other_spending_amount")));
    node
}
