//! Whether a person belongs to a rule's population, item by item, each with its answer and who says so.
//!
//! The statements decide; this tells how, from the same rows. A test compares the two.

use law::domain::Tag;
use law::policy::{Rural, Shape, TagsOn};
use serde_json::{Value, json};

use super::cells::text;
use super::rule::Facts;

/// Tags whose holders are rural people by definition (domain notes §4, §5).
const RURAL_TAGS: [Tag; 5] =
    [Tag::LiftedOut, Tag::UnstableLiftedOut, Tag::Vulnerable, Tag::SuddenHardship, Tag::ReturnedToPoverty];

/// Whether a person is a rural resident, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RuralStatus {
    /// `None`: nobody knows.
    pub(super) is_rural: Option<bool>,
    /// The source as the findings name it.
    pub(super) source: Option<&'static str>,
}

/// The register's own word, then the rosters, the village's class, the household's type.
pub(super) fn rural_status(register: Option<&Value>, tags: &[Value]) -> RuralStatus {
    let cell = |column| register.and_then(|row| text(row, column));
    let stated = register.and_then(|row| row.get("is_rural")).and_then(Value::as_bool);
    let has_rural_tag = tags.iter().any(|row| RURAL_TAGS.iter().any(|tag| text(row, "tag") == Some(tag.code())));
    let village = cell("village_class").and_then(|class| match class.as_bytes().first() {
        Some(b'1') => Some(false),
        Some(b'2') => Some(true),
        _ => None,
    });
    let household = cell("household_type").and_then(|kind| match kind {
        "20" | "21" | "22" => Some(true),
        "10" | "11" | "12" => Some(false),
        _ => None,
    });
    let answers = [
        (stated, "register"),
        (has_rural_tag.then_some(true), "roster"),
        (village, "village class"),
        (household, "household type"),
    ];
    let first = answers.into_iter().find(|(answer, _)| answer.is_some());
    RuralStatus { is_rural: first.and_then(|(answer, _)| answer), source: first.map(|(_, source)| source) }
}

/// The source in the officers' words.
pub(super) fn source_name(source: Option<&str>) -> &'static str {
    match source {
        Some("register") => "参保登记",
        Some("roster") => "名册",
        Some("village class") => "村居城乡分类代码",
        Some("household type") => "户口性质",
        _ => "无依据",
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
            "application_id": facts.application.map(|application| application["application_id"].clone()),
        }));
    }
    items.push(tags(facts, "tags", &who.tags));
    if !who.without_tags.is_empty() {
        items.push(tags(facts, "without_tags", &who.without_tags));
    }
    items.extend([rural(facts), insurance(facts)]);
    items.extend(facts.means.iter().cloned());
    items
}

/// Tags of which the person needs one, or of which the person may have none.
fn tags(facts: &Facts<'_>, item: &str, tags: &[Tag]) -> Value {
    let parts: Vec<Value> = tags.iter().map(|tag| tag_item(facts, *tag)).collect();
    let holds_one = parts.iter().any(|part| part["holds"] == true);
    let is_wanted = item == "tags";
    let is_stated = tags.iter().any(|tag| facts.stated.has(tag.code()));
    let passes = match (holds_one, is_stated) {
        _ if tags.is_empty() => Some(true),
        (true, _) => Some(is_wanted),
        (false, true) => Some(!is_wanted),
        // no roster states any of them, so nobody can say that the person is on none
        (false, false) => None,
    };
    let on = match facts.rule.who.tags_on {
        TagsOn::PeriodEnd => format!("{}有效", facts.on_date),
        TagsOn::AnyDayOfWindow => format!("{}至{}任一日有效", facts.window.from, facts.on_date),
    };
    json!({ "item": item, "passes": passes, "on": on, "tags": parts })
}

fn tag_item(facts: &Facts<'_>, tag: Tag) -> Value {
    let row = facts.tags.iter().find(|row| text(row, "tag") == Some(tag.code()));
    json!({
        "tag": tag.code(),
        "name": tag.chinese(),
        "holds": row.is_some(),
        "start_date": row.map(|row| row["start_date"].clone()),
        "source_office": row.map(|row| row["source_office"].clone()),
    })
}

fn rural(facts: &Facts<'_>) -> Value {
    let status = rural_status(facts.register, facts.tags);
    let is_required = facts.rule.who.rural == Rural::Required;
    json!({
        "item": "rural",
        "is_required": is_required,
        "passes": if is_required { status.is_rural } else { Some(true) },
        "is_rural": status.is_rural,
        "source": status.source,
        "source_name": source_name(status.source),
    })
}

fn insurance(facts: &Facts<'_>) -> Value {
    let counted = facts.counted.len();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_source_that_answers_counts() {
        let register = |cells: Value| rural_status(Some(&cells), &[]);
        let answer = |status: RuralStatus| (status.is_rural, status.source);
        let all = json!({ "is_rural": false, "village_class": "220", "household_type": "20" });
        assert_eq!(answer(register(all)), (Some(false), Some("register")));
        let village = json!({ "is_rural": null, "village_class": "112", "household_type": "20" });
        assert_eq!(answer(register(village.clone())), (Some(false), Some("village class")));
        let roster = rural_status(Some(&village), &[json!({ "tag": "vulnerable" })]);
        assert_eq!(answer(roster), (Some(true), Some("roster")));
        let household = json!({ "village_class": null, "household_type": "21" });
        assert_eq!(answer(register(household)), (Some(true), Some("household type")));
        assert_eq!(answer(register(json!({ "household_type": "50" }))), (None, None));
        assert_eq!(answer(rural_status(None, &[json!({ "tag": "subsistence" })])), (None, None));
    }
}
