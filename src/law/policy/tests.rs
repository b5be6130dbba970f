//! What policy files may say, and how slips in them are reported.

use std::collections::BTreeMap;

use super::{LineMeasure, Netting, Policy, Window, parse_policy, stable_text};

const FUJIAN: &str = include_str!("../../../pipelines/policies/fujian.toml");
const NATIONAL: &str = include_str!("../../../pipelines/policies/national.toml");

/// An application rule with everything that only such rules have.
const APPLICATION: &str = r#"
extends = "national"
drops = ["national-relapse", "national-into-poverty"]

[[rules]]
id = "applied"
name = "依申请"
shape = "application_over_line"
who = { tags = ["subsistence"], without_tags = ["lifted_out"] }
cost = { basis = "in_scope_self_pay", window = "rolling_months", months = 12, unit = "household", declared_spending = true }
line = { share_of_household_income = "0.5", operator = ">=" }
means = [{ of = "assets", fixed = "50000", operator = "<=" }]
valid = { from = "2022-01-01" }
clause = { document = "d", article = "1" }
"#;

const BANDS: &str = r#"
extends = "national"
drops = ["national-relapse", "national-into-poverty"]

[[rules]]
id = "banded"
name = "分级"
shape = "person_window_over_line"
who = {}
cost = { basis = "personal_burden" }
line = { bands = [
    { name = "蓝色", outcome = "near", from = "2000", below = "5000" },
    { name = "黄色", from = "5000", to = "10000" },
    { name = "红色", above = "10000" },
] }
valid = { from = "2022-01-01" }
clause = { document = "d", article = "1" }
"#;

fn parse(text: &str) -> Result<Policy, String> {
    let national = Some(("pipelines/policies/national.toml", NATIONAL));
    let problems = match parse_policy("pipelines/policies/fujian.toml", text, national) {
        Ok(policy) => return Ok(policy),
        Err(problems) => problems,
    };
    assert!(problems.iter().all(|problem| problem.line > 0 && !problem.hint.is_empty()), "{problems:#?}");
    Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn fujian_puts_its_two_rules_in_the_place_of_the_national_ones() {
    let policy = parse(FUJIAN).unwrap();
    let multiple = |line: &LineMeasure| match line {
        LineMeasure::Series(line) => line.multiple.to_string(),
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = policy.rules.iter().map(|r| (r.id.as_str(), multiple(&r.line.measure))).collect();
    assert_eq!(policy.name, "fujian");
    assert_eq!(lines, [("fujian-relapse", "1.0".to_owned()), ("fujian-into-poverty", "2.0".to_owned())]);
    let changes: Vec<_> = policy.changes.iter().map(|c| (c.inherited.as_str(), c.by.as_deref())).collect();
    let expected =
        [("national-into-poverty", Some("fujian-into-poverty")), ("national-relapse", Some("fujian-relapse"))];
    assert_eq!(changes, expected);
}

#[test]
fn a_file_without_overrides_inherits_the_national_rules() {
    let own = FUJIAN.replace("overrides = \"national-relapse\"\n", "");
    let ids: Vec<String> = parse(&own).unwrap().rules.into_iter().map(|rule| rule.id).collect();
    assert_eq!(ids, ["fujian-relapse", "fujian-into-poverty", "national-relapse"]);
}

#[test]
fn defaults_come_from_the_national_file_and_the_place_may_change_them() {
    let rule = |text: &str| parse(text).unwrap().rules.remove(0);
    assert_eq!(rule(APPLICATION).cost.adjustments, Netting::Subtract);
    let own = APPLICATION.replacen("\n[[rules]]", "\n[defaults]\nadjustments = \"ignore\"\n\n[[rules]]", 1);
    assert_eq!(rule(&own).cost.adjustments, Netting::Ignore);
    assert_eq!(rule(APPLICATION).cost.window, Window::RollingMonths(12));
}

#[test]
fn bands_say_which_of_their_ends_count() {
    let rules = parse(BANDS).unwrap().rules;
    let LineMeasure::Bands(bands) = &rules[0].line.measure else { panic!() };
    let from: Vec<_> = bands.iter().map(|band| (band.from.0, band.is_near)).collect();
    assert_eq!(from, [(2_000_00, true), (5_000_00, false), (10_000_01, false)]);
    let line = super::Line::fixed(&rules[0]).unwrap();
    assert_eq!((line.amount.0, line.warn.0), (5_000_00, 1_999_99));
}

/// Each slip: the text, what is changed, into what, and what must be said.
const SLIPS: &[(&str, &str, &str, &str)] = &[
    (FUJIAN, "multiple = \"1.0\"", "mutliple = \"1.0\"", "did you mean `multiple`?"),
    (FUJIAN, "multiple = \"1.0\"", "multiple = 1.0", "expected a string"),
    (FUJIAN, "multiple = \"1.0\"", "multiple = \"0\"", "multiple is not a number from 0.01 to 100"),
    (FUJIAN, "multiple = \"1.0\"", "multiple = \"1000000000\"", "multiple is not a number"),
    (FUJIAN, "tags = [\"lifted_out\"]", "tags = [\"lifted_uot\"]", "did you mean `lifted_out`?"),
    (FUJIAN, "tags = [\"lifted_out\"]", "tags = [\"脱贫人口\"]", "did you mean its code, `lifted_out`?"),
    (FUJIAN, "tags = [\"lifted_out\"]", "tags = [\"millionaire\"]", "it may be one of: special_hardship, "),
    (FUJIAN, "tags = [\"lifted_out\"]", "tags = [\"lifted_out\", \"lifted_out\"]", "stands twice"),
    (
        FUJIAN,
        "tags = [\"lifted_out\"]",
        "tags = [\"lifted_out\"], without_tags = [\"lifted_out\"]",
        "wanted and excluded",
    ),
    (
        FUJIAN,
        "basis = \"in_catalogue_self_pay\"",
        "basis = \"in_catalog_self_pay\"",
        "did you mean `in_catalogue_self_pay`?",
    ),
    (FUJIAN, "from = \"2022-01-01\"", "from = \"2022-13-01\"", "this is not a date"),
    (FUJIAN, "from = \"2022-01-01\"", "from = \"2022-01-01\", to = \"2021-01-01\"", "ends before it begins"),
    (FUJIAN, "article = \"11\"", "article = \"\"", "the clause is empty"),
    (FUJIAN, "clause = {", "# clause = {", "missing field `clause`"),
    (FUJIAN, "id = \"fujian-into-poverty\"", "id = \"fujian-relapse\"", "hold on the same day"),
    (FUJIAN, "id = \"fujian-into-poverty\"", "id = \"Fujian 2\"", "a rule's id has only"),
    (FUJIAN, "window = \"calendar_year\"", "window = \"calender_year\"", "did you mean `calendar_year`?"),
    (FUJIAN, "window = \"calendar_year\"", "window = \"rolling_months\"", "a rolling window needs its months"),
    (FUJIAN, "window = \"calendar_year\"", "window = \"rolling_months\", months = 99", "from 1 to 36"),
    (FUJIAN, "window = \"calendar_year\"", "window = \"calendar_year\", months = 12", "a calendar year has no months"),
    (FUJIAN, "date = \"settled\"", "date = \"setled\"", "did you mean `settled`?"),
    (FUJIAN, "date = \"settled\"", "date = \"settled\", unit = \"household\"", "only application_over_line"),
    (FUJIAN, "cadence = \"monthly\"", "cadence = \"monthy\"", "did you mean `monthly`?"),
    (FUJIAN, "rural = \"required\"", "rural = \"require\"", "did you mean `required`?"),
    (FUJIAN, "insurance = [\"390\", \"310\"]", "insurance = [\"39\"]", "not a valid insurance type"),
    (FUJIAN, "[\"civil_affairs\", \"rural_affairs\"]", "[\"civil_affairs\", \"civil_affairs\"]", "stands twice"),
    (FUJIAN, "overrides = \"national-relapse\"", "overrides = \"national-relaps\"", "did you mean `national-relapse`?"),
    (FUJIAN, "extends = \"national\"", "extends = \"nation\"", "did you mean `national`?"),
    (FUJIAN, "extends = \"national\"", "extends = \"national\"\ndrops = [\"x\"]", "no rule `x` is inherited"),
    (FUJIAN, "extends = \"national\"\n", "", "no rule `national-relapse` is inherited"),
    (FUJIAN, "year_offset = -1", "year_offset = 1", "lies outside"),
    (FUJIAN, "geography = \"province\", ", "", "missing field `geography`"),
    (FUJIAN, ", operator = \">\"", "", "missing field `operator`"),
    (FUJIAN, "operator = \">\"", "operator = \">\", fixed = \"10000\"", "exactly one thing"),
    (
        FUJIAN,
        "operator = \">\"",
        "operator = \">\", before_publication = \"last\"",
        "is not a valid before_publication",
    ),
    (FUJIAN, "warn_at = \"0.8\"", "warn_at = \"1.2\"", "warn_at is not a number"),
    (FUJIAN, "shape = \"person_window_over_line\"", "shape = \"stay_over_lines\"", "did you mean `stay_over_line`?"),
    (
        APPLICATION,
        "drops = [\"national-relapse\", ",
        "drops = [\"national-relaps\", ",
        "did you mean `national-relapse`?",
    ),
    (APPLICATION, "months = 12", "months = 12, date = \"benefit_year\"", "a benefit year has no rolling months"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "share_of_household_income = \"0\"", "is not a number"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "fixed = \"0\"", "is not an amount from 1.00"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "fixed = \"1000000000\"", "is not an amount from 1.00"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "fixed = \"1e9\"", "is not an amount from 1.00"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "fixed = 1e9", "expected a string"),
    (APPLICATION, "fixed = \"50000\"", "fixed = \"0\"", "is not an amount from 1.00"),
    (BANDS, "from = \"2000\"", "from = \"0\"", "is not an amount from 1.00"),
    (APPLICATION, "share_of_household_income = \"0.5\"", "fixed = \"100.005\"", "is not an amount from 1.00"),
    (APPLICATION, "fixed = \"50000\"", "fixed = \"50000\", series = \"s\"", "one limit"),
    (APPLICATION, "of = \"assets\"", "of = \"asset\"", "did you mean `assets`?"),
    (APPLICATION, "shape = \"application_over_line\"", "shape = \"stay_over_line\"", "only application_over_line"),
    (BANDS, "from = \"5000\"", "from = \"5001\"", "does not begin where the one before it ends"),
    (BANDS, "from = \"5000\"", "from = \"4000\"", "does not begin where the one before it ends"),
    (BANDS, "above = \"10000\"", "from = \"10000\"", "does not begin where the one before it ends"),
    (BANDS, "from = \"2000\"", "from = \"2000\", above = \"2000\"", "not both"),
    (BANDS, "from = \"2000\"", "from = \"6000\"", "the band is empty"),
    (BANDS, "{ name = \"黄色\"", "{ name = \"黄色\", outcome = \"near\"", "only the first band may be near"),
    (BANDS, "name = \"黄色\"", "name = \"红色\"", "stands twice"),
    (BANDS, "valid = {", "warn_at = \"0.8\"\nvalid = {", "bands have no warn_at"),
    (BANDS, "above = \"10000\"", "above = \"10000\", to = \"20000\"", "only the last band has no upper end"),
];

#[test]
fn every_slip_names_line_and_mend() {
    for (text, from, to, said) in SLIPS {
        assert!(text.contains(from), "{from}");
        let shown = parse(&text.replacen(from, to, 1)).expect_err(to);
        assert!(shown.contains(said), "{to}: {shown}");
    }
    println!("policy slips: {} cases", SLIPS.len());
}

#[test]
fn the_national_file_stands_alone() {
    let policy = parse_policy("pipelines/policies/national.toml", NATIONAL, None).unwrap();
    assert!(policy.rules.iter().all(|rule| rule.recipients.is_empty() && rule.warn_at.is_some()));
}

/// Every bundled policy: its own rules with their shapes, and what becomes of the two national ones.
const BUNDLED: [(&str, &[(&str, &str)], [&str; 2]); 11] = [
    ("aksu", &[("aksu-insured", "person_window_over_line")], ["aksu-insured", "dropped"]),
    ("dezhou", &[("dezhou-application", "application_over_line")], ["dropped", "dropped"]),
    (
        "fujian",
        &[("fujian-relapse", "person_window_over_line"), ("fujian-into-poverty", "person_window_over_line")],
        ["fujian-into-poverty", "fujian-relapse"],
    ),
    (
        "gansu-county",
        &[("gansu-monitored-stay", "stay_over_line"), ("gansu-rural-stay", "stay_over_line")],
        ["gansu-rural-stay", "gansu-monitored-stay"],
    ),
    ("guangdong", &[("guangdong-application", "application_over_line")], ["dropped", "dropped"]),
    ("rigid-expenditure", &[("rigid-expenditure", "application_over_line")], ["dropped", "dropped"]),
    (
        "weixian",
        &[("weixian-lifted-out", "person_window_over_line"), ("weixian-others", "person_window_over_line")],
        ["weixian-others", "weixian-lifted-out"],
    ),
    (
        "xian",
        &[("xian-low-income", "person_window_over_line"), ("xian-others", "person_window_over_line")],
        ["xian-others", "xian-low-income"],
    ),
    (
        "yangyuan",
        &[("yangyuan-lifted-out", "person_window_over_line"), ("yangyuan-rural", "person_window_over_line")],
        ["yangyuan-rural", "yangyuan-lifted-out"],
    ),
    ("yueyang", &[("yueyang-application", "application_over_line")], ["dropped", "dropped"]),
    ("yunnan-county", &[("yunnan-rural", "person_window_over_line")], ["yunnan-rural", "dropped"]),
];

/// The policies that come with the program, by name, without the national one.
fn bundled() -> BTreeMap<String, Policy> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/policies");
    let mut policies = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|kind| kind == "toml") && name != super::NATIONAL {
            let text = std::fs::read_to_string(&path).unwrap();
            let file = format!("pipelines/policies/{name}.toml");
            let policy = parse_policy(&file, &text, Some(("pipelines/policies/national.toml", NATIONAL)));
            policies.insert(name, policy.unwrap_or_else(|problems| panic!("{problems:#?}")));
        }
    }
    policies
}

#[test]
fn every_bundled_policy_reads_and_says_what_becomes_of_the_national_rules() {
    let read = bundled();
    assert_eq!(read.keys().map(String::as_str).collect::<Vec<_>>(), BUNDLED.map(|(name, ..)| name));
    for (name, rules, [into_poverty, relapse]) in BUNDLED {
        let policy = &read[name];
        let found: Vec<_> = policy.rules.iter().map(|rule| (rule.id.as_str(), rule.shape.word())).collect();
        assert_eq!(found, rules, "{name}");
        let by = |change: &super::LayerChange| change.by.clone().unwrap_or_else(|| "dropped".to_owned());
        let changes: Vec<_> = policy.changes.iter().map(|change| (change.inherited.clone(), by(change))).collect();
        let expected = [("national-into-poverty", into_poverty), ("national-relapse", relapse)];
        assert_eq!(changes, expected.map(|(rule, by)| (rule.to_owned(), by.to_owned())), "{name}");
    }
}

/// The sentence of every rule of every bundled policy, as lists print it.
const SENTENCES: &[(&str, &str)] = &[
    ("aksu-insured", "参保人员本年度累计个人负担总额分级：2000.00元起蓝色（关注），5000.00元起黄色，10000.00元起红色"),
    (
        "dezhou-application",
        "申请人（不含特困人员、低保对象、低保边缘、刚性支出困难、返贫致贫人口、脱贫不稳定户、边缘易致贫户、突发严重困难户、防止返贫致贫对象）\
         申请前12个月累计政策范围内自付超过全市上年城镇居民人均可支配收入（农村居民按农村居民人均可支配收入），\
         且家庭人均年收入低于本县当年低保标准的2倍，且家庭人均年收入不超过本县当年最低工资标准",
    ),
    ("fujian-relapse", "脱贫人口本年度累计目录内自付超过全省上年农村居民人均可支配收入"),
    ("fujian-into-poverty", "农村居民本年度累计目录内自付超过全省上年农村居民人均可支配收入的2倍"),
    (
        "gansu-monitored-stay",
        "脱贫不稳定户、边缘易致贫户、突发严重困难户、防止返贫致贫对象单次住院目录内自付超过6000.00元",
    ),
    (
        "gansu-rural-stay",
        "农村居民（不含脱贫不稳定户、边缘易致贫户、突发严重困难户、防止返贫致贫对象）单次住院医疗救助前目录内自付超过10000.00元",
    ),
    (
        "guangdong-application",
        "申请家庭申请前12个月累计政策范围内自付达到家庭年可支配收入的60%，且家庭财产不超过100000.00元",
    ),
    (
        "rigid-expenditure",
        "申请家庭（不含特困人员、低保对象、低保边缘）申请前12个月累计个人负担总额与申报的其他刚性支出之和\
         超过家庭年可支配收入的40%，且家庭人均年收入低于全省上年居民人均可支配收入",
    ),
    ("weixian-lifted-out", "脱贫人口本年度累计目录内自付超过5000.00元"),
    ("weixian-others", "农村居民（不含脱贫人口）本年度累计目录内自付超过20000.00元"),
    (
        "xian-low-income",
        "特困人员、低保对象、低保边缘、刚性支出困难、返贫致贫人口、脱贫不稳定户、边缘易致贫户、突发严重困难户、防止返贫致贫对象\
         本年度累计个人负担总额超过10000.00元",
    ),
    (
        "xian-others",
        "参保人员（不含特困人员、低保对象、低保边缘、刚性支出困难、返贫致贫人口、脱贫不稳定户、边缘易致贫户、\
         突发严重困难户、防止返贫致贫对象）本年度累计个人负担总额超过26000.00元",
    ),
    ("yangyuan-lifted-out", "脱贫人口本年度累计个人负担总额超过全省上年农村居民人均可支配收入的0.5倍"),
    ("yangyuan-rural", "农村居民本年度累计个人负担总额（只计居民医保）超过全省上年农村居民人均可支配收入"),
    ("yueyang-application", "申请人申请当年累计政策范围内自付达到家庭年可支配收入的50%"),
    ("yunnan-rural", "农村居民本年度累计目录内自付超过全市当年防返贫监测线"),
    (
        "national-relapse",
        "脱贫人口、脱贫不稳定户、边缘易致贫户、突发严重困难户、防止返贫致贫对象本年度累计个人负担总额超过全国上年农村居民人均可支配收入",
    ),
    ("national-into-poverty", "农村居民本年度累计个人负担总额超过全国上年农村居民人均可支配收入的2倍"),
];

/// Manifests carry a hash of this text: it must stay as it is, whatever the code's fields are called.
#[test]
fn a_rule_keeps_its_stable_text() {
    let expected = r#"id = "fujian-relapse"
name = "因病返贫监测"
version = "1"
shape = "person_window_over_line"
overrides = "national-relapse"
recipients = "civil_affairs"
recipients = "rural_affairs"
cadence = "monthly"
from = "2022-01-01"
document = "闽医保〔2021〕93号"
article = "11"
warn_at = "0.8"
who.tags = "lifted_out"
who.tags_on = "period_end"
who.insurance = "390"
who.insurance = "310"
who.rural = "any"
cost.basis = "in_catalogue_self_pay"
cost.window = "calendar_year"
cost.date = "settled"
cost.adjustments = "subtract"
cost.medical_assistance = "subtract"
cost.payers = "second_reimbursement"
cost.payers = "medical_assistance"
cost.payers = "temporary_assistance"
cost.unit = "applicant"
cost.declared_spending = "no"
line.operator = ">"
line.before_publication = "previous"
line.on_publication = "withdraw"
line.series.any = "rural_disposable_income"
line.geography = "province"
line.year_offset = "-1"
line.multiple = "1"
"#;
    let policies = bundled();
    assert_eq!(stable_text(&policies["fujian"].rules[0]), expected);
    let rules: Vec<_> = policies.values().flat_map(|policy| &policy.rules).collect();
    for (one, other) in rules.iter().flat_map(|one| rules.iter().map(move |other| (one, other))) {
        assert_eq!(one == other, stable_text(one) == stable_text(other), "{} {}", one.id, other.id);
    }
}

#[test]
fn every_bundled_rule_reads_as_a_sentence() {
    let mut policies: Vec<Policy> = bundled().into_values().collect();
    policies.push(parse_policy("pipelines/policies/national.toml", NATIONAL, None).unwrap());
    let rules = policies.iter().flat_map(|policy| &policy.rules);
    let shown: Vec<(&str, String)> = rules.map(|rule| (rule.id.as_str(), super::describe::rule(rule))).collect();
    let expected: Vec<(&str, String)> = SENTENCES.iter().map(|(id, text)| (*id, (*text).to_owned())).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_layers_tell_what_is_overridden_inherited_and_dropped() {
    let own = FUJIAN.replace("overrides = \"national-relapse\"\n", "");
    assert_eq!(
        super::describe::layers(&parse(&own).unwrap()),
        "rule fujian-relapse is fujian's own; 闽医保〔2021〕93号第11条, from 2022-01-01\n\
         rule fujian-into-poverty overrides national-into-poverty; 闽医保〔2021〕93号第11条, from 2022-01-01\n\
         rule national-relapse is inherited; 医保发〔2021〕10号防范化解因病返贫致贫长效机制, from 2021-01-01\n"
    );
    let applied = super::describe::layers(&parse(APPLICATION).unwrap());
    assert!(
        applied.ends_with("rule national-into-poverty is dropped\nrule national-relapse is dropped\n"),
        "{applied}"
    );
}
