//! Reading case books: every fault is named with file and line and the nearest valid spelling.

use std::collections::BTreeMap;

use serde_saphyr::Options;

use super::book::Case;
use super::case::CaseReader;
use super::faults::{Defaults, Faults, at_line, line_of};
use super::file::BookFile;
use crate::config::{Problem, nearest};
use crate::policy::Policy;

/// Reads all case books of a policy from (file name, text).
///
/// # Errors
/// All faults of all files: broken YAML, unknown keys, floats, numbers used twice, rules that the policy lacks.
pub fn parse_case_book(files: &[(String, String)], policy: &Policy) -> Result<Vec<Case>, Vec<Problem>> {
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    let mut ids: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (file, text) in files {
        let book = match parse(text) {
            Ok(book) => book,
            Err(error) => {
                problems.push(in_yaml(file, text, &error));
                continue;
            }
        };
        let mut faults = Faults { file, problems: &mut problems };
        let defaults = Defaults::read(&book.defaults, policy, &mut faults);
        for case in &book.cases {
            let (id, line) = (case.value.id.value.0.clone(), line_of(&case.value.id));
            if let Some((other, at)) = ids.insert(id.clone(), (file.clone(), line)) {
                let message = format!("编号 `{id}` stands in {other}:{at} already");
                faults.at(line, message, "every case of a policy has a number of its own".to_owned());
            }
            let reader = CaseReader { defaults: &defaults, policy, line, file, case: &case.value };
            cases.extend(reader.read(&mut faults));
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn parse(text: &str) -> Result<BookFile, serde_saphyr::Error> {
    let options: Options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
}

/// What the YAML reader said, with its line and, for an unknown key, the nearest valid one.
fn in_yaml(file: &str, text: &str, error: &serde_saphyr::Error) -> Problem {
    let said = error.to_string();
    let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message);
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let hint = match message.split_once("`, expected ") {
        Some((unknown, valid)) if unknown.starts_with("unknown field `") => {
            let word = unknown.trim_start_matches("unknown field `");
            let valid: Vec<&str> =
                valid.trim_start_matches("one of ").split(", ").map(|key| key.trim_matches('`')).collect();
            nearest(word, valid.iter().copied())
                .map_or_else(|| format!("valid here: {}", valid.join(", ")), |near| format!("did you mean `{near}`?"))
        }
        _ if message.contains("floating point") => "put the amount in quotes: a float would lose fen".to_owned(),
        _ if message.contains("duplicate mapping key") => "each key stands once".to_owned(),
        _ if message.contains("missing field") => "add it, or see the other cases of the book".to_owned(),
        _ => String::new(),
    };
    let line = error.location().map_or(1, |at| at_line(&at)).min(text.lines().count().max(1));
    Problem::new(file, line, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Fen;
    use crate::policy::parse_policy;

    const NATIONAL: &str = include_str!("../../../../pipelines/policies/national.toml");
    const FUJIAN: &str = include_str!("../../../../pipelines/policies/fujian.toml");
    const BOOK: &str = r#"默认:
  规则: fujian-relapse
  数据期: 2026-10
  人员: {身份: 脱贫人口}
  收入: {年份: 2025, 金额: 28000}
案例:
  - 编号: A1
    说明: 退费之后不再超过
    结算:
      - {号: 一, 日期: 2026-03-05, 自付: "20000.50", 全自费: 100, 基金: 5000}
      - {日期: 2026-05-05, 退: 一, 自付: 500}
      - {日期: 2026-06-05, 退: 一}
    结果: {规则: 因病返贫监测, 结论: 未达}
  - 编号: A2
    说明: 两个人
    人员: [{名: 甲}, {名: 乙, 身份: 无, 农村: 是}]
    结算: {人: 乙, 日期: 2026-03-05, 总额: 9000, 基金: 1000}
    结果: 未达
"#;

    fn read(text: &str) -> Result<Vec<Case>, Vec<Problem>> {
        let policy = parse_policy("fujian.toml", FUJIAN, Some(("national.toml", NATIONAL))).unwrap();
        parse_case_book(&[("book.yaml".to_owned(), text.to_owned())], &policy)
    }

    #[test]
    fn a_case_is_read_over_the_defaults() {
        let cases = read(BOOK).unwrap();
        let amounts: Vec<_> = cases[0].claims.iter().map(|c| (c.amounts.total.0, c.amounts.personal.0)).collect();
        assert_eq!(amounts, [(25_100_50, 20_100_50), (-500_00, -500_00), (-25_100_50, -20_100_50)]);
        assert_eq!((cases[0].results[0].rule.as_str(), cases[0].results[0].status.code()), ("fujian-relapse", "below"));
        assert_eq!((cases[0].line, cases[0].results[0].line), (7, 13));
        let people: Vec<_> = cases[1].people.iter().map(|p| (p.name.as_str(), p.tags.len(), p.is_rural)).collect();
        assert_eq!(people, [("甲", 1, None), ("乙", 0, Some(true))]);
        assert_eq!((cases[1].claims[0].person, cases[1].claims[0].amounts.personal), (1, Fen(8_000_00)));
        assert_eq!(cases[0].income[0].geography, "990000");
    }

    #[test]
    fn every_slip_names_line_and_mend() {
        for (from, to, line, said) in [
            ("日期: 2026-05-05", "曰期: 2026-05-05", 11, "did you mean `日期`?"),
            ("自付: \"20000.50\"", "自付: 20000.50", 10, "put the amount in quotes"),
            ("自付: 500", "自付: \"5百\"", 11, "an amount in yuan"),
            ("编号: A2", "编号: A1", 14, "编号 `A1` stands in book.yaml:7 already"),
            ("规则: fujian-relapse", "规则: fujian-relaps", 2, "did you mean `fujian-relapse`?"),
            ("规则: 因病返贫监测", "规则: 因病返贫检测", 13, "did you mean `因病返贫监测`?"),
            ("结论: 未达", "结论: 末达", 13, "did you mean `未达`?"),
            ("    结果: 未达", "    结果: 来达", 14, "did you mean `未达`?"),
            ("身份: 脱贫人口", "身份: 脱贫人囗", 7, "did you mean `脱贫人口`?"),
            ("人: 乙,", "人: 丙,", 17, "`丙` is not a valid person of this case"),
            ("退: 一, 自付", "退: 二, 自付", 11, "no settlement above has the 号 `二`"),
            ("总额: 9000, 基金: 1000", "总额: 9000, 基金: 10000", 17, "do not add up"),
            ("总额: 9000,", "总额: 9000, 自付: 3,", 17, "only one of"),
            ("    说明: 两个人\n", "", 17, "missing field `说明`"),
            ("  数据期: 2026-10\n", "", 6, "no 数据期"),
            ("农村: 是", "农村: 农", 16, "valid here: 是, 否, 不明"),
            ("案例:", "案列:", 6, "did you mean `案例`?"),
            ("结果: {规则: 因病返贫监测", "结果: {规则: 因病返贫监测, 规则: a", 13, "each key stands once"),
        ] {
            assert!(BOOK.contains(from), "{from}");
            let problems = read(&BOOK.replacen(from, to, 1)).unwrap_err();
            let shown = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert!(shown.contains(said), "{to}: {shown}");
            assert!(problems.iter().any(|problem| problem.line == line), "{to}, line {line}: {shown}");
        }
    }
}
