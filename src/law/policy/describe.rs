//! A rule and its line in Chinese words, as lists, explanations and reports print them.

use rust_decimal::Decimal;

use super::{
    Band, DateBasis, Line, LineMeasure, Means, MeansLimit, MeansOf, MeansOperator, Netting, Operator, Policy, Rule,
    Rural, SeriesLine, SeriesOf, Shape, TagsOn, Unit, Window,
};
use crate::domain::Tag;

/// Which rules hold, what they take the place of, and what is inherited; in English, for operators, one line each.
#[must_use]
pub fn layers(policy: &Policy) -> String {
    let mut text = String::new();
    for rule in &policy.rules {
        let fate = match &rule.overrides {
            Some(inherited) => format!("overrides {inherited}"),
            None if policy.inherited.contains(&rule.id) => "is inherited".to_owned(),
            None => format!("is {}'s own", policy.name),
        };
        let until = rule.to.map_or(String::new(), |to| format!(" to {to}"));
        text.push_str(&format!("rule {} {fate}; {}, from {}{until}\n", rule.id, rule.clause, rule.from));
    }
    for change in policy.changes.iter().filter(|change| change.by.is_none()) {
        text.push_str(&format!("rule {} is dropped\n", change.inherited));
    }
    text
}

/// Whom the rule watches and when they are over its line, in one sentence.
#[must_use]
pub fn rule(rule: &Rule) -> String {
    let over = match rule.line.operator {
        Operator::Over => "超过",
        Operator::From => "达到",
    };
    let means = rule.means.iter().fold(String::new(), |all, one| all + "，且" + &self::means(one));
    match &rule.line.measure {
        LineMeasure::Bands(bands) => {
            let band = |band: &Band| {
                let only_warns = if band.is_near { "（关注）" } else { "" };
                format!("{}元起{}{only_warns}", band.from, band.name)
            };
            let bands: Vec<String> = bands.iter().map(band).collect();
            format!("{}{}分级：{}{means}", who(rule), cost(rule), bands.join("，"))
        }
        _ => format!("{}{}{over}{}{means}", who(rule), cost(rule), limit(rule)),
    }
}

#[must_use]
pub fn who(rule: &Rule) -> String {
    let tags = |tags: &[Tag]| tags.iter().map(|tag| tag.chinese()).collect::<Vec<_>>().join("、");
    let who = &rule.who;
    let applies = match (rule.shape, rule.cost.unit) {
        (Shape::Application, Unit::Household) => "申请家庭",
        (Shape::Application, Unit::Applicant) => "申请人",
        _ => "",
    };
    let mut text = match (who.tags.is_empty(), who.rural) {
        (true, Rural::Any) if !applies.is_empty() => String::new(),
        (true, Rural::Required) => "农村居民".to_owned(),
        (true, Rural::Any) => "参保人员".to_owned(),
        (false, Rural::Required) => format!("农村居民中的{}", tags(&who.tags)),
        (false, Rural::Any) => tags(&who.tags),
    };
    text.push_str(applies);
    if !who.without_tags.is_empty() {
        text.push_str(&format!("（不含{}）", tags(&who.without_tags)));
    }
    if who.tags_on == TagsOn::AnyDayOfWindow && !(who.tags.is_empty() && who.without_tags.is_empty()) {
        text.push_str("（统计期内任一日有效）");
    }
    text
}

/// Which cost over which window.
#[must_use]
pub fn cost(rule: &Rule) -> String {
    let cost = &rule.cost;
    let window = match (rule.shape, cost.window) {
        (Shape::Stay, _) => "单次住院".to_owned(),
        (Shape::Application, Window::RollingMonths(months)) => format!("申请前{months}个月累计"),
        (Shape::Application, Window::CalendarYear) => "申请当年累计".to_owned(),
        (Shape::PersonWindow, Window::CalendarYear) => "本年度累计".to_owned(),
        (Shape::PersonWindow, Window::RollingMonths(months)) => format!("近{months}个月累计"),
    };
    let date = match cost.date {
        DateBasis::Settled => "",
        DateBasis::Discharged => "（按出院日期）",
        DateBasis::BenefitYear => "（按待遇年度）",
    };
    let before = if cost.medical_assistance == Netting::Ignore { "医疗救助前" } else { "" };
    let declared = if cost.declared_spending { "与申报的其他刚性支出之和" } else { "" };
    format!("{window}{date}{before}{}{}{declared}", cost.basis.chinese(), counted(rule))
}

/// Which claims count, where not all do.
fn counted(rule: &Rule) -> String {
    let insurance = |code: &String| match code.as_str() {
        "390" => "居民医保".to_owned(),
        "310" => "职工医保".to_owned(),
        other => format!("险种{other}"),
    };
    let mut only = Vec::new();
    let counted = &rule.who.insurance;
    let both = ["390", "310"].iter().all(|code| counted.iter().any(|counted| counted == code));
    if !counted.is_empty() && !both {
        only.push(counted.iter().map(insurance).collect::<Vec<_>>().join("、"));
    }
    // a stay is inpatient care anyway
    if !rule.cost.care.is_empty() && rule.shape != Shape::Stay {
        only.push(format!("医疗类别{}", rule.cost.care.join("、")));
    }
    if !rule.cost.payment_place.is_empty() {
        only.push(format!("结算地点{}", rule.cost.payment_place.join("、")));
    }
    if only.is_empty() { String::new() } else { format!("（只计{}）", only.join("，")) }
}

/// The line as the rule draws it, before any figure is known.
#[must_use]
pub fn limit(rule: &Rule) -> String {
    match &rule.line.measure {
        LineMeasure::Series(line) => series(line),
        LineMeasure::Fixed(amount) => format!("{amount}元"),
        LineMeasure::Bands(bands) => {
            bands.iter().find(|band| !band.is_near).map_or_else(String::new, |band| format!("{}元", band.from))
        }
        LineMeasure::ShareOfHouseholdIncome(share) => format!("家庭年可支配收入的{}", percent(*share)),
    }
}

/// The line of one place: figure, multiple, source, and whether it is provisional.
#[must_use]
pub fn line(rule: &Rule, line: &Line) -> String {
    let (Some(figure), LineMeasure::Series(drawn)) = (&line.figure, &rule.line.measure) else {
        return format!("{} 元（文件规定）", line.amount);
    };
    let source = figure.source.as_deref().unwrap_or("来源未注明");
    let day = figure.published.map_or(String::new(), |day| format!("，{day} 发布"));
    let mark = if line.is_provisional { "暂用" } else { "" };
    format!(
        "{mark}{}年收入 {} 元 × {} = {} 元（{source}{day}）",
        figure.year,
        figure.amount,
        drawn.multiple.normalize(),
        line.amount
    )
}

fn series(line: &SeriesLine) -> String {
    let name = |code: &str| match code {
        "rural_disposable_income" => "农村居民人均可支配收入".to_owned(),
        "urban_disposable_income" => "城镇居民人均可支配收入".to_owned(),
        "disposable_income" => "居民人均可支配收入".to_owned(),
        "subsistence_standard" => "低保标准".to_owned(),
        "minimum_wage" => "最低工资标准".to_owned(),
        "relapse_monitoring_line" => "防返贫监测线".to_owned(),
        other => other.to_owned(),
    };
    let place = match line.geography {
        super::Geography::Nation => "全国",
        super::Geography::Province => "全省",
        super::Geography::Prefecture => "全市",
        super::Geography::County => "本县",
    };
    let year = match line.year_offset {
        0 => "当年".to_owned(),
        -1 => "上年".to_owned(),
        offset => format!("前{}年", -offset),
    };
    let series = match &line.series {
        SeriesOf::One(series) => name(series),
        SeriesOf::ByResidence { rural, urban } => format!("{}（农村居民按{}）", name(urban), name(rural)),
    };
    let multiple = line.multiple.normalize();
    if multiple == Decimal::ONE {
        format!("{place}{year}{series}")
    } else {
        format!("{place}{year}{series}的{multiple}倍")
    }
}

/// One item of the means test.
#[must_use]
pub fn means(means: &Means) -> String {
    let of = match means.of {
        MeansOf::IncomePerHead => "家庭人均年收入",
        MeansOf::HouseholdIncome => "家庭年收入",
        MeansOf::Assets => "家庭财产",
    };
    let operator = match means.operator {
        MeansOperator::Under => "低于",
        MeansOperator::UpTo => "不超过",
        MeansOperator::Over => "超过",
        MeansOperator::From => "达到",
    };
    let limit = match &means.limit {
        MeansLimit::Series(line) => series(line),
        MeansLimit::Fixed(amount) => format!("{amount}元"),
    };
    format!("{of}{operator}{limit}")
}

fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).normalize())
}
