//! Whether a person belongs to a rule's population, item by item, as the rule's statement found it.

use law::domain::Tag;
use law::policy::{Means, MeansOf, Rural, Shape, TagsOn, describe};
use serde_json::{Value, json};

use super::cells::text;
use super::facts::Facts;

/// The source of a rural status in the officers' words.
pub(super) fn source_name(source: Option<&str>) -> &str {
    match source {
        Some("register") => "参保登记",
        Some("roster") => "名册",
        Some("village class") => "村居城乡分类代码",
        Some("household type") => "户口性质",
        Some("conflict") => "村居城乡分类与户口性质不一致",
        Some(other) => other,
        None => "无依据",
    }
}

/// The items in the order in which the rule names them; `passes` is empty while nobody knows.
pub(super) fn population(facts: &Facts<'_>) -> Vec<Value> {
    let who = &facts.rule.who;
    let mut items = Vec::new();
    if facts.rule.shape == Shape::Application {
        items.push(json!({
            "item": "application",
            "passes": facts.application.is_some(),
            "application_id": facts.application_id(),
        }));
    }
    items.push(tags(facts, "tags", &who.tags));
    if !who.without_tags.is_empty() {
        items.push(tags(facts, "without_tags", &who.without_tags));
    }
    items.extend([rural(facts), insurance(facts)]);
    items.extend(facts.rule.means.iter().map(|means| means_item(means, &facts.means)));
    items
}

/// Tags of which the person needs one, or of which the person may have none.
fn tags(facts: &Facts<'_>, item: &str, tags: &[Tag]) -> Value {
    let last_day = facts.period.last_day();
    let on = match facts.rule.who.tags_on {
        TagsOn::PeriodEnd => format!("{last_day}有效"),
        TagsOn::AnyDayOfWindow => format!("{}至{last_day}任一日有效", facts.data.span.window_from),
    };
    json!({
        "item": item,
        "passes": facts.judged[format!("passes_{item}")],
        "on": on,
        "tags": tags.iter().map(|tag| tag_item(facts, *tag)).collect::<Vec<_>>(),
    })
}

fn tag_item(facts: &Facts<'_>, tag: Tag) -> Value {
    let row = facts.tags.iter().find(|row| text(row, "tag") == Some(tag.code()));
    json!({
        "tag": tag.code(),
        "name": tag.chinese(),
        "holds": row.is_some(),
        "start_date": row.map(|row| &row["start_date"]),
        "source_office": row.map(|row| &row["source_office"]),
    })
}

fn rural(facts: &Facts<'_>) -> Value {
    let judged = facts.judged;
    json!({
        "item": "rural",
        "is_required": facts.rule.who.rural == Rural::Required,
        "passes": judged["passes_rural"],
        "is_rural": judged["is_rural"],
        "source": judged["rural_source"],
        "source_name": source_name(text(judged, "rural_source")),
    })
}

fn insurance(facts: &Facts<'_>) -> Value {
    let counted = facts.counted_claims();
    json!({
        "item": "insurance",
        "accepted": facts.rule.who.insurance,
        "accepted_care": facts.rule.cost.care,
        "accepted_places": facts.rule.cost.payment_place,
        "passes": counted > 0,
        "counted_claims": counted,
        "other_claims": facts.valid_claims.saturating_sub(counted),
    })
}

/// One item of a rule's means test, as the statement tested it.
fn means_item(means: &Means, tested: &[Value]) -> Value {
    let is_of = |row: &&Value| row["measure"] == means.of.word() && row["operator"] == means.operator.word();
    let row = tested.iter().find(is_of).unwrap_or(&Value::Null);
    json!({
        "item": "means",
        "label": describe::means(means),
        "passes": row["passes"],
        "declared_amount": row["declared_amount"],
        "limit_amount": row["limit_amount"],
        "members": if means.of == MeansOf::IncomePerHead { &row["member_count"] } else { &Value::Null },
    })
}
