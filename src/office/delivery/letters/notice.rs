//! What a letter says: which lists lie ready, how many rows, until when, where. Nothing about any person.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::delivery::error::DeliveryError;

const TEMPLATE: &str = include_str!("templates/notice.txt");

/// One list, as a letter announces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListNotice {
    pub list_id: String,
    pub period: String,
    pub seq: u64,
    /// The number before; 无 for the first.
    pub previous: String,
    /// The same for the English part; `none` for the first.
    pub previous_number: String,
    pub rows: u64,
    pub new: u64,
    /// Persons on the list before too.
    pub continuing: u64,
    /// Persons on the list before too, with a further rule.
    pub escalated: u64,
    pub withdrawn: u64,
    /// Data of the county that had not come whole; empty where all had.
    pub gaps: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    pub sender: String,
    pub county: String,
    pub county_name: String,
    pub office: String,
    pub office_name: String,
    pub lists: Vec<ListNotice>,
    /// Last day for an answer.
    pub deadline: String,
    pub collect: String,
    /// Names of the encrypted files that go with it.
    pub attached: Vec<String>,
    /// Whether the files are too large to go with it.
    pub is_too_large: bool,
    /// 0, or the how-manieth repetition.
    pub resend_no: u32,
}

pub fn render(notice: &Notice) -> Result<(String, String), DeliveryError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = environment.render_str(TEMPLATE, Serde(notice)).map_err(DeliveryError::message)?;
    let Notice { county_name, office_name, lists, resend_no, .. } = notice;
    let again = if *resend_no > 0 { "【重发】" } else { "" };
    let what = match lists.as_slice() {
        [list] => format!("{} 第{}号", list.period, list.seq),
        many => format!("{} 份名单", many.len()),
    };
    Ok((format!("{again}【名单待领】{county_name}{office_name} {what}"), text.trim_end().to_owned() + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn notice() -> Notice {
        let list = ListNotice {
            list_id: "202610-990103-MZ-FULL-v1".into(),
            period: "2026-10".into(),
            seq: 10,
            previous: "第 9 号".into(),
            previous_number: "9".into(),
            rows: 12,
            new: 3,
            continuing: 7,
            escalated: 1,
            withdrawn: 1,
            gaps: String::new(),
        };
        Notice {
            sender: "演示市医疗保障局".into(),
            county: "990103".into(),
            county_name: "青屏县".into(),
            office: "MZ".into(),
            office_name: "民政局".into(),
            lists: vec![list],
            deadline: "2026-11-20".into(),
            collect: "数据交换平台".into(),
            attached: Vec::new(),
            is_too_large: false,
            resend_no: 0,
        }
    }

    #[test]
    fn a_letter_says_what_lies_ready() {
        let (subject, text) = render(&notice()).unwrap();
        assert_eq!(subject, "【名单待领】青屏县民政局 2026-10 第10号");
        assert!(text.starts_with("青屏县民政局：\n\n以下名单"), "{text}");
        assert!(text.contains("行数：12（新增 3，延续 7，升级 1，撤回 1）\n"), "{text}");
        assert!(text.contains("上一号：第 9 号\n") && text.contains("Previous number: 9\n"), "{text}");
        assert!(text.contains("反馈期限：2026-11-20\n") && text.contains("Answer by: 2026-11-20\n"), "{text}");
        assert!(!text.contains("数据缺口"), "{text}");
        let mut partial = notice();
        partial.lists[0].gaps = "2026年10月医疗费用结算数据缺报".to_owned();
        let (_, told) = render(&partial).unwrap();
        assert!(told.contains("数据缺口：2026年10月医疗费用结算数据缺报；已列入人员暂不撤回，补齐后补充\n"), "{told}");
        assert!(told.contains("Not all data of this county have come"), "{told}");
        let again = Notice { resend_no: 1, ..notice() };
        let (subject, text) = render(&again).unwrap();
        assert!(subject.starts_with("【重发】") && text.contains("第 1 次重发") && text.contains("Sent again, no. 1"));
    }

    #[test]
    fn names_of_counties_are_not_taken_for_template_code() {
        let odd = Notice { county_name: "{{ lists }}{% if %}𬱖㛃䶮县<b>".into(), ..notice() };
        let (subject, text) = render(&odd).unwrap();
        assert!(text.starts_with("{{ lists }}{% if %}𬱖㛃䶮县<b>民政局：") && subject.contains("𬱖㛃䶮县"));
    }
}
