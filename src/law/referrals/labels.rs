//! Chinese labels of the codes that lists show to people. A code without a label is shown as it is.

use crate::domain::Tag;

fn label(table: &[(&str, &str)], code: &str) -> String {
    table.iter().find(|(known, _)| *known == code).map_or(code, |(_, label)| label).to_owned()
}

/// Several codes joined by `;`, each by its label, joined the Chinese way.
fn each(codes: &str, label: impl Fn(&str) -> String) -> String {
    codes.split(';').filter(|code| !code.is_empty()).map(label).collect::<Vec<_>>().join("、")
}

pub(super) fn sex(code: &str) -> String {
    label(&[("1", "男"), ("2", "女"), ("9", "未说明"), ("0", "未知")], code)
}

pub(super) fn cert_type(code: &str) -> String {
    label(
        &[("", "居民身份证"), ("01", "居民身份证"), ("90", "社会保障卡"), ("09", "残疾人证"), ("99", "其他证件")],
        code,
    )
}

pub(super) fn tags(codes: &str) -> String {
    each(codes, |code| Tag::parse(code).map_or_else(|_| code.to_owned(), |tag| tag.chinese().to_owned()))
}

pub(super) fn insurance(codes: &str) -> String {
    each(codes, |code| label(&[("310", "职工医保"), ("390", "居民医保"), ("340", "离休")], code))
}

pub(super) fn rural(code: &str) -> String {
    label(&[("yes", "是"), ("no", "否"), ("unknown", "不明"), ("true", "是"), ("false", "否")], code)
}

pub(super) fn delta(code: &str) -> String {
    label(&[("new", "新增"), ("continuing", "延续"), ("escalated", "升级"), ("withdrawn", "撤回")], code)
}

pub(super) fn delta_reason(code: &str) -> String {
    let table = [
        ("near", "已低于监测线，仍需关注"),
        ("undecided", "暂无法认定，转待核实"),
        ("flagged", "已越过监测线，转预警名单"),
        ("moved", "户籍县区变更，转入他县名单"),
        ("line_published", "正式标准公布后低于监测线"),
        ("kept_provisional", "按暂用标准列入，按政策保留"),
        ("suppressed", "经复核暂不推送"),
        ("gone", "已低于监测线或不再属于监测范围"),
        ("rerouted", "贵单位反馈不属本单位，已转其他单位"),
        ("given_back", "其他单位反馈不属其范围，转本单位"),
        ("corrected", "内容更正"),
    ];
    if let Some(rules) = code.strip_prefix("rules:") {
        return format!("新增命中：{rules}");
    }
    if let Some(amount) = code.strip_prefix("was:") {
        return format!("金额更正，原为 {amount} 元");
    }
    label(&table, code)
}

/// Why somebody is undecided, or near in spite of the line.
#[must_use]
pub fn reason(code: &str) -> String {
    let table = [
        ("id_conflict", "同一证件号对应不同姓名"),
        ("county_unclear", "所属县区不明"),
        ("no_income_figure", "缺少上年收入数据"),
        ("no_roster", "缺少人员名册"),
        ("rural_unknown", "是否农村居民不明"),
        ("deceased", "登记为已死亡"),
        ("given_back", "接收单位反馈不属其范围"),
        ("means_unknown", "家庭收入或财产未申报"),
        ("over_provisional", "超过暂用标准，未超过正式标准"),
    ];
    label(&table, code)
}

/// A month, or that none is to be expected, or that the rule has no forecast.
pub(super) fn expected_month(code: &str) -> String {
    label(&[("not_this_year", "预计本年度不越线"), ("no_forecast", "本规则不作预计")], code)
}

/// Whether the line is drawn from the published figure or from one that stands in for it.
pub(super) fn line_status(code: &str) -> String {
    label(&[("provisional", "暂用"), ("official", "正式")], code)
}

/// The Chinese name of a cost basis.
pub(super) fn basis(code: &str) -> String {
    let table = [
        ("personal_burden", "个人负担总额"),
        ("in_catalogue_self_pay", "目录内自付"),
        ("self_pay_with_over_limit", "目录内自付（含超限价）"),
        ("in_scope_self_pay", "政策范围内自付"),
        ("component_self_pay", "分项自付"),
        ("cash", "现金支付"),
        ("net_burden", "扣除后续补助的净负担"),
    ];
    label(&table, code)
}
