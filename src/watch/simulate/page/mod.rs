//! The report as one page that needs nothing else: texts, tables and charts, filled into `report.html`.

mod chart;
mod numbers;

use chart::{Bar, opposed, stacked};
use minijinja::{AutoEscape, Environment};
use numbers::{amount, count};
use serde_json::{Value, json};

use super::report::{FlipPart, RulePart, Simulation};
use super::tables::{Label, Table};

const TEMPLATE: &str = include_str!("report.html");

impl Simulation {
    pub fn page(&self) -> Result<String, String> {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let wrong = |error: minijinja::Error| format!("report.html: {error:#}");
        let template = templates.template_from_str(TEMPLATE).map_err(wrong)?;
        template.render(minijinja::value::Serde(self.values())).map_err(wrong)
    }

    fn values(&self) -> Value {
        let persons = &self.persons;
        let cards = [
            ("试算列入", count(persons.draft), "人", "main"),
            ("对照列入", count(persons.against), "人", ""),
            ("新增", count(persons.enter), "人", ""),
            ("退出", count(persons.leave), "人", ""),
            ("试算超出标准合计", amount(persons.excess.as_deref()), "元", ""),
        ];
        json!({
            "note": self.note,
            "period": self.period_name,
            "area": self.area.name,
            "version": self.made_from.version,
            "hashes": [("数据", &self.made_from.data_sha256), ("测算程序（SQL）", &self.made_from.models_sha256),
                ("草案", &self.draft.sha256), ("对照政策", &self.against.sha256)],
            "draft": self.draft.name,
            "against": self.against.name,
            "is_same": self.draft.sha256 == self.against.sha256,
            "warnings": self.warnings,
            "cards": cards,
            "change_chart": self.change_chart(),
            "rules": self.rules.iter().map(rule).collect::<Vec<_>>(),
            "undecided": has_anybody(&self.undecided).then(|| table("规则", &self.undecided)),
            "counties": table("县（市、区）", &self.counties),
            "county_chart": listed_chart("各县区试算列入人数", &self.counties),
            "cohorts": table("人群", &self.cohorts),
            "cohort_chart": listed_chart("各类人群试算列入人数", &self.cohorts),
            "ages": table("年龄", &self.ages),
            "age_chart": age_chart(&self.ages),
            "moves": [
                moves("试算名单：继续列入与新增", "新增", persons.enter, &self.entering),
                moves("对照名单：继续列入与退出", "退出", persons.leave, &self.leaving),
            ],
            "moves_chart": moves_chart(&self.entering, &self.leaving),
            "rule_names": self.draft.rules.iter().map(|rule| &rule.name).collect::<Vec<_>>(),
            "sensitivity": self.readings(),
            "sensitivity_chart": self.sensitivity_chart(),
        })
    }

    /// Who stays, goes and comes, where all of it may be shown.
    fn change_chart(&self) -> Option<String> {
        let persons = &self.persons;
        let (stay, enter, leave) = (persons.stay?, persons.enter?, persons.leave?);
        let legend = ["继续列入", "新增", "退出"].map(str::to_owned);
        let bar =
            |name: &str, parts: [u64; 3], total| Bar { name: name.to_owned(), parts: parts.map(Some).into(), total };
        let bars =
            [bar("对照政策", [stay, 0, leave], persons.against), bar("试算草案", [stay, enter, 0], persons.draft)];
        Some(stacked("名单人数的变化", &legend, &bars))
    }

    fn readings(&self) -> Vec<Value> {
        let mut last = "";
        let rows = self.sensitivity.iter().map(|variant| {
            let is_first = variant.kind != last;
            last = &variant.kind;
            let span = self.sensitivity.iter().filter(|other| other.kind == variant.kind).count();
            json!({
                "kind": is_first.then_some(&variant.kind), "span": span, "name": variant.name, "is_own": variant.list.is_own,
                "list": flip(Some(&variant.list)),
                "rules": variant.rules.iter().map(|part| flip(part.as_ref())).collect::<Vec<_>>(),
            })
        });
        rows.collect()
    }

    fn sensitivity_chart(&self) -> Value {
        let others = self.sensitivity.iter().filter(|variant| !variant.list.is_own);
        let bars: Vec<_> =
            others.map(|variant| (variant.name.clone(), [variant.list.leave, variant.list.enter])).collect();
        Value::String(opposed("改变口径后名单的增减", ["减少（人）", "增加（人）"], &bars))
    }
}

fn has_anybody(table: &Table) -> bool {
    table.columns.len() > 1
}

fn rule(part: &RulePart) -> Value {
    json!({
        "id": part.label.code, "name": part.label.name, "text": part.text, "clause": part.clause, "line": part.line,
        "flagged": count(part.flagged), "near": count(part.near), "undecided": count(part.undecided),
        "excess": amount(part.excess.as_deref()),
    })
}

/// A table as texts; its last column and row are totals.
fn table(head: &str, table: &Table) -> Value {
    let has_excess = table.rows.iter().any(|row| row.excess.is_some());
    let rows = table.rows.iter().map(|row| {
        let cells: Vec<String> = row.persons.iter().map(|persons| count(*persons)).collect();
        let excess = has_excess.then(|| amount(row.excess.as_deref()));
        json!({ "name": row.label.name, "cells": cells, "excess": excess })
    });
    let columns: Vec<&String> = table.columns.iter().map(|Label { name, .. }| name).collect();
    json!({ "head": head, "columns": columns, "has_excess": has_excess, "rows": rows.collect::<Vec<_>>() })
}

/// Who comes or goes, by county; where nobody does, the page only says so.
fn moves(title: &str, verb: &str, moved: Option<u64>, counts: &Table) -> Value {
    json!({ "title": title, "verb": verb, "has_nobody": moved == Some(0), "table": table("县（市、区）", counts) })
}

fn listed_chart(title: &str, table: &Table) -> Value {
    let Some((_, parts)) = table.columns.split_last() else { return Value::Null };
    // a legend of one says nothing
    let legend: Vec<String> =
        if parts.len() > 1 { parts.iter().map(|column| column.name.clone()).collect() } else { Vec::new() };
    let bars = table.inner().iter().filter_map(|row| {
        let (total, parts) = row.persons.split_last()?;
        Some(Bar { name: row.label.name.clone(), parts: parts.to_vec(), total: *total })
    });
    Value::String(stacked(title, &legend, &bars.collect::<Vec<_>>()))
}

fn age_chart(ages: &Table) -> Value {
    let sides = |row: &super::tables::Row| [row.persons[0], row.persons[1]];
    let bars: Vec<_> = ages.inner().iter().map(|row| (row.label.name.clone(), sides(row))).collect();
    Value::String(opposed("试算列入人员的年龄和性别", ["男（人）", "女（人）"], &bars))
}

/// Comings and goings by county, each the sum over rules where all of them are shown.
fn moves_chart(entering: &Table, leaving: &Table) -> Value {
    let moved = |persons: &[Option<u64>]| -> Option<u64> { persons[1..persons.len() - 1].iter().copied().sum() };
    let rows = entering.inner().iter().zip(leaving.inner());
    let bars: Vec<_> =
        rows.map(|(new, gone)| (new.label.name.clone(), [moved(&gone.persons), moved(&new.persons)])).collect();
    Value::String(opposed("各县区名单的增减", ["退出（人）", "新增（人）"], &bars))
}

fn flip(part: Option<&FlipPart>) -> Value {
    let signed = |sign: &str, number: Option<u64>| match number {
        Some(0) => "0".to_owned(),
        number => format!("{sign}{}", count(number)),
    };
    part.map_or(Value::Null, |part| {
        json!({
            "is_own": part.is_own, "enter": signed("+", part.enter), "leave": signed("−", part.leave),
            "persons": count(part.persons),
        })
    })
}
