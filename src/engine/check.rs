//! What a policy and the models must have of each other and of the tables.

use law::config::{Problem, nearest};
use law::policy::Policy;
use law::referrals::{COLUMNS, FILLED_IN, Offices};

use crate::Models;

/// That each rule's shape and recipients are there.
pub(crate) fn check_policy(
    (file, text): (&str, &str),
    policy: &Policy,
    models: &Models,
    offices: &Offices,
    problems: &mut Vec<Problem>,
) {
    let mut told = |word: &str, message: String, hint: String| {
        let at = text.find(&format!("\"{word}\"")).unwrap_or(0);
        problems.push(Problem::at(file, text, at, message, hint));
    };
    for rule in &policy.rules {
        let model = rule.shape.model();
        if models.get(&model).is_none() {
            let hint = format!("write sql/rules/{model}.sql or choose a shape that is there");
            told(rule.shape.word(), format!("rule {}: there is no shape {}", rule.id, rule.shape.word()), hint);
        }
        for recipient in &rule.recipients {
            if !offices.knows(recipient) {
                let message = format!("rule {}: there is no office `{recipient}`", rule.id);
                let hint = nearest(recipient, offices.recipients())
                    .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                told(recipient, message, format!("{hint}offices stand in pipelines/tables/offices.csv"));
            } else if let Some(day) = offices.first_gap(recipient, rule.from, rule.to) {
                let message = format!("rule {}: on {day} no office is in force for `{recipient}`", rule.id);
                let hint = "pipelines/tables/offices.csv: name its successor, or an earlier valid_from";
                told(recipient, message, hint.to_owned());
            }
        }
    }
}

/// A list column that the mart does not return would stay empty on every list.
pub(crate) fn check_columns(models: &Models, problems: &mut Vec<Problem>) {
    let Some(mart) = models.get("referral_rows") else {
        problems.push(Problem::new("sql/marts", 0, "there is no model referral_rows", "lists are made from it"));
        return;
    };
    let from_mart = COLUMNS.iter().filter(|column| !FILLED_IN.contains(&column.name));
    for column in from_mart.filter(|column| mart.schema.field_with_name(column.name).is_err()) {
        let message = format!("list column `{}` is not among the mart's columns", column.name);
        problems.push(Problem::new("sql/marts/referral_rows.toml", 0, message, "return it, here and in the .sql"));
    }
}
