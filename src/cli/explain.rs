//! `explain`: one person's way from claims to the list, as a tree that an officer can read.

use serde_json::Value;

use super::{Failure, Format, Session, USAGE, period_argument, run::today};
use crate::domain::{Month, Period};
use crate::pipeline::{explain, person_named};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The person's id number.
    #[arg(long)]
    person: String,
    /// Kind of document (`PSN_CERT_TYPE`), where it is no resident id.
    #[arg(long)]
    cert_type: Option<String>,
    /// The period; this month if left out.
    #[arg(long, value_parser = period_argument)]
    month: Option<Period>,
    /// Show name and id in full; leave it out wherever somebody may look over your shoulder.
    #[arg(long)]
    unmask: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let person = person_named(&arguments.person, arguments.cert_type.as_deref())
        .map_err(|error| Failure::new(USAGE, format!("--person: {error}")))?;
    let context = session.open()?;
    let month = arguments.month.unwrap_or_else(|| Month::of(today(session)).into());
    let tree = explain(&context, person, month, arguments.unmask).await?.tree;
    match arguments.format {
        Format::Json => println!("{tree:#}"),
        Format::Text => print!("{}", describe(&tree)),
    }
    Ok(0)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

fn yes_no(value: &Value, key: &str) -> &'static str {
    match value.get(key).and_then(Value::as_bool) {
        Some(true) => "是",
        Some(false) => "否",
        None => "不明",
    }
}

fn rows<'a>(tree: &'a Value, key: &str) -> &'a [Value] {
    tree.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn describe(tree: &Value) -> String {
    use std::fmt::Write as _;
    let mut out =
        format!("人员 {}  数据期 {}  数据版本 {}\n", text(tree, "person"), text(tree, "period"), tree["version"]);
    match tree.get("register").filter(|row| row.is_object()) {
        Some(row) => {
            let _ = writeln!(
                out,
                "├─ 登记 {} 县区 {} {}{} 农村居民 {} (户籍性质 {}) 在世 {}",
                text(row, "person_name"),
                text(row, "county_code"),
                text(row, "town_name"),
                text(row, "village_name"),
                yes_no(row, "is_rural"),
                text(row, "household_type"),
                yes_no(row, "is_alive"),
            );
        }
        None => out.push_str("├─ 登记 参保登记中没有此人\n"),
    }
    for tag in rows(tree, "tags") {
        let name = crate::domain::Tag::parse(text(tag, "tag")).map_or("-", crate::domain::Tag::chinese);
        let _ = writeln!(out, "├─ 身份 {name} 自 {} 来源 {}", text(tag, "start_date"), text(tag, "source_office"));
    }
    claims(tree, &mut out);
    for rule in rows(tree, "rules") {
        rule_tree(rule, &mut out);
    }
    out
}

fn claims(tree: &Value, out: &mut String) {
    use std::fmt::Write as _;
    let all = rows(tree, "claims");
    let _ = writeln!(out, "├─ 结算 {} 笔", all.len());
    for claim in all {
        let kind = match (text(claim, "claim_kind"), claim["is_valid"].as_bool()) {
            (_, Some(false)) => "已作废",
            ("reversal", _) => "退费",
            ("supplement", _) => "补报销",
            _ => "结算",
        };
        let _ = writeln!(
            out,
            "│    {} {kind} {} 险种 {} 类别 {} 总额 {} 基金 {} 个人负担 {} 目录内自付 {} 后续赔付 {} ({} 第 {} 行)",
            text(claim, "settled_date"),
            text(claim, "claim_id"),
            text(claim, "insurance_type"),
            text(claim, "care_type"),
            text(claim, "total_amount"),
            text(claim, "fund_amount"),
            text(claim, "personal_amount"),
            text(claim, "in_catalogue_self_pay_amount"),
            text(claim, "adjustment_amount"),
            text(claim, "source_file"),
            claim["source_row"],
        );
    }
    for held in rows(tree, "held") {
        let why =
            if text(held, "hold_reason") == "no_original" { "找不到原结算" } else { "退费超过原结算" };
        let _ = writeln!(out, "│    {} 暂挂 {} {why}", text(held, "settled_date"), text(held, "claim_id"));
    }
}

fn rule_tree(rule: &Value, out: &mut String) {
    use std::fmt::Write as _;
    let outcome = &rule["outcome"];
    let _ = writeln!(out, "└─ 规则 {} {} (依据 {})", text(rule, "rule_id"), text(rule, "name"), text(rule, "clause"));
    if let Some(sums) = rule.get("sums").filter(|sums| sums.is_object()) {
        let _ = writeln!(
            out,
            "     口径 {}: 计 {} 元 (个人负担 {} 目录内自付 {} 政策范围内自付 {} 现金 {} 净负担 {} 后续赔付 {})",
            text(rule, "basis"),
            text(sums, "measured_amount"),
            text(sums, "personal_burden_amount"),
            text(sums, "in_catalogue_self_pay_amount"),
            text(sums, "in_scope_self_pay_amount"),
            text(sums, "cash_amount"),
            text(sums, "net_burden_amount"),
            text(sums, "adjustment_amount"),
        );
    }
    match rule.get("line").filter(|line| line.is_object()) {
        Some(line) => {
            let _ = writeln!(out, "     标准 {}; 预警 {} 元", text(line, "text"), text(line, "warn_amount"));
        }
        None => out.push_str("     标准 缺少收入数据或县区不明\n"),
    }
    let _ = writeln!(out, "     结论 {}", conclusion(text(outcome, "status"), text(outcome, "reason")));
}

fn conclusion(status: &str, reason: &str) -> String {
    let reason = match reason {
        "id_conflict" => "一个证件号对应不同姓名",
        "county_unclear" => "县区不明",
        "no_income_figure" => "缺少收入数据",
        "no_roster" => "没有收到名册",
        "rural_unknown" => "是否农村居民不明",
        "deceased" => "已死亡",
        other => other,
    };
    match status {
        "flagged" => "超过标准, 列入名单".to_owned(),
        "near" => "接近标准, 关注".to_owned(),
        "undecided" => format!("待核实: {reason}"),
        "below" => "未达预警标准".to_owned(),
        "outside" => "不属于本规则对象".to_owned(),
        _ => "没有可计入的结算".to_owned(),
    }
}
