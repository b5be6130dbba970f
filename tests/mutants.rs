//! Mutants: every operator, window, basis and tag test of the SQL and of the policies, changed one at a time. Some
//! case must notice each; a mutant whose text is no longer there is an error, so that the list follows the SQL.

use std::path::Path;

use store::workspace::Assets;

use crate::casebook::{carry_out, choices};

/// File, the text that stands in it exactly once, what it becomes, and the policies whose cases may notice.
type Mutant = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CLAIMS: &str = "sql/staging/stg_claims.sql";
const NET: &str = "sql/intermediate/int_net_claims.sql";
const AMOUNTS: &str = "sql/staging/stg_amounts.sql";
const REACH: &str = "sql/intermediate/reach.sql";
const PEOPLE: &str = "sql/intermediate/people_in_reach.sql";
const BURDEN: &str = "sql/intermediate/int_burden.sql";
const COUNTED: &str = "sql/intermediate/int_counted_claims.sql";
const TAGS: &str = "sql/intermediate/int_person_tags.sql";
const TAG_SPANS: &str = "sql/intermediate/tag_spans.sql";
const TAG_STATEMENTS: &str = "sql/intermediate/int_tag_statements.sql";
const KNOWN: &str = "sql/intermediate/int_known.sql";
const JUDGED: &str = "sql/intermediate/judged.sql";
const STAYS: &str = "sql/intermediate/int_stays.sql";
const STAY: &str = "sql/intermediate/int_stay_burden.sql";
const APPLICATIONS: &str = "sql/applications/int_applications.sql";
const MEANS: &str = "sql/applications/int_means.sql";
const MEMBERS: &str = "sql/applications/member_burden.sql";
const APPLICATION: &str = "sql/applications/int_application_burden.sql";

const FUJIAN: &str = "pipelines/policies/fujian.toml";
const YANGYUAN: &str = "pipelines/policies/yangyuan.toml";
const XIAN: &str = "pipelines/policies/xian.toml";
const AKSU: &str = "pipelines/policies/aksu.toml";
const GANSU: &str = "pipelines/policies/gansu-county.toml";
const DEZHOU: &str = "pipelines/policies/dezhou.toml";
const YUEYANG: &str = "pipelines/policies/yueyang.toml";
const YUNNAN: &str = "pipelines/policies/yunnan-county.toml";
const RIGID: &str = "pipelines/policies/rigid-expenditure.toml";
const GUANGDONG: &str = "pipelines/policies/guangdong.toml";
const WEIXIAN: &str = "pipelines/policies/weixian.toml";
const NATIONAL: &str = "pipelines/policies/national.toml";
const CHOICES: &str = "pipelines/policies/choices.toml";

/// What a claim costs, on which day, and what is taken back.
const OF_CLAIMS: &[Mutant] = &[
    (AMOUNTS, "where coalesce(is_valid, true)", "where true", &["fujian"]),
    (AMOUNTS, "claim_kind = 'supplement' as is_supplement", "false as is_supplement", &["fujian"]),
    (
        AMOUNTS,
        "else personal_amount end as decimal",
        "else personal_amount - outside_catalogue_amount end as decimal",
        &["yangyuan"],
    ),
    (
        AMOUNTS,
        "personal_amount - outside_catalogue_amount - over_limit_amount end",
        "personal_amount - outside_catalogue_amount end",
        &["fujian"],
    ),
    (
        AMOUNTS,
        "personal_amount - outside_catalogue_amount - over_limit_amount - first_share_amount end",
        "personal_amount - outside_catalogue_amount - over_limit_amount end",
        &["dezhou"],
    ),
    (
        AMOUNTS,
        "else personal_amount - outside_catalogue_amount end as decimal",
        "else personal_amount end as decimal",
        &["choices-over-limit"],
    ),
    (
        AMOUNTS,
        "over_limit_amount + first_share_amount + deductible_amount",
        "over_limit_amount + first_share_amount",
        &["choices-component"],
    ),
    (
        AMOUNTS,
        "coalesce(cash_amount, personal_amount - coalesce(account_amount,",
        "coalesce(cash_amount, personal_amount + coalesce(account_amount,",
        &["choices-cash"],
    ),
    (
        CLAIMS,
        "coalesce(o.undone_settled_date, c.settled_date) as booked_date",
        "c.settled_date as booked_date",
        &["dezhou", "yueyang"],
    ),
    (CLAIMS, "coalesce(end_date, booked_date) as discharged_date", "booked_date as discharged_date", &["choices"]),
    (
        CLAIMS,
        "coalesce(benefit_year, cast(date_part('year', booked_date) as varchar)) as benefit_year",
        "cast(date_part('year', booked_date) as varchar) as benefit_year",
        &["choices"],
    ),
    (NET, "coalesce(least(p.paid_amount,", "coalesce(least(p.paid_amount * 0,", &["fujian"]),
    (NET, "strpos($payer_kinds, ';' || payer_kind || ';') > 0", "false", &["fujian"]),
    (NET, "payer_kind is null or strpos", "strpos", &["fujian"]),
    (NET, "case when $payer_kinds = '' or", "case when true or", &["fujian"]),
    (NET, "personal_burden_amount - adjustment_amount", "personal_burden_amount + adjustment_amount", &["choices-net"]),
    (COUNTED, "and c.settled_date <= $until", "", &["yangyuan"]),
    (COUNTED, "and c.settled_date <= $until", "and c.settled_date < $until", &["yangyuan"]),
];

/// Which claims a rule counts, and how it measures them.
const OF_MEASURES: &[Mutant] = &[
    (
        COUNTED,
        "where ($any_insurance or strpos($insurance_types, ';' || c.insurance_type || ';') > 0)",
        "where true",
        &["fujian"],
    ),
    (COUNTED, "and ($any_care or strpos($care_types, ';' || c.care_type || ';') > 0)", "", &["choices"]),
    (COUNTED, "and ($any_place or strpos($payment_places, ';' || c.payment_place || ';') > 0)", "", &["choices"]),
    (BURDEN, "counted_date >= $window_from and ", "", &["choices"]),
    (BURDEN, "and counted_date <= $window_to", "", &["choices"]),
    (BURDEN, "then benefit_year = $benefit_year", "then true", &["choices"]),
    (
        COUNTED,
        "when 'in_catalogue_self_pay' then c.in_catalogue_self_pay_amount",
        "when 'in_catalogue_self_pay' then c.in_scope_self_pay_amount",
        &["fujian"],
    ),
    (
        COUNTED,
        "when 'personal_burden' then c.personal_burden_amount",
        "when 'personal_burden' then c.in_catalogue_self_pay_amount",
        &["yangyuan"],
    ),
    (COUNTED, "when 'cash' then c.cash_amount", "when 'cash' then c.personal_burden_amount", &["choices-cash"]),
    (
        COUNTED,
        "when 'net_burden' then c.net_burden_amount",
        "when 'net_burden' then c.personal_burden_amount",
        &["choices-net"],
    ),
    (COUNTED, "$subtract_adjustments and $basis <> 'net_burden'", "$subtract_adjustments", &["choices-net"]),
    (COUNTED, "case when $subtract_adjustments and $basis", "case when $basis", &["choices"]),
    (COUNTED, "case when $add_back_assistance and $basis", "case when $basis", &["fujian"]),
    (
        COUNTED,
        "where ($any_insurance or strpos($insurance_types, ';' || c.insurance_type || ';') > 0)",
        "where true",
        &["gansu-county"],
    ),
    (COUNTED, "and ($any_care or strpos($care_types, ';' || c.care_type || ';') > 0)", "", &["gansu-county"]),
    (
        COUNTED,
        "when $date_basis = 'discharged' then c.discharged_date",
        "when $date_basis = 'discharged' then c.booked_date",
        &["choices"],
    ),
    (COUNTED, "case when $subtract_adjustments and $basis", "case when false and $basis", &["gansu-county"]),
    (COUNTED, "case when $add_back_assistance and $basis", "case when $basis", &["gansu-county"]),
    (
        COUNTED,
        "when 'in_scope_self_pay' then c.in_scope_self_pay_amount",
        "when 'in_scope_self_pay' then c.personal_burden_amount",
        &["guangdong"],
    ),
    (STAYS, "where not $any_care or is_inpatient", "", &["choices"]),
    (CLAIMS, "care_type in ('21', '22'", "care_type in ('11', '21', '22'", &["choices"]),
    (STAYS, "order by measured_amount desc, visit_id", "order by measured_amount, visit_id", &["gansu-county"]),
    (STAYS, "last_date >= $window_from and", "", &["gansu-county"]),
    (STAYS, "max(counted_date) as last_date", "min(counted_date) as last_date", &["gansu-county"]),
    (STAYS, "group by person_key, visit_id", "group by person_key, visit_id, claim_id", &["gansu-county"]),
    (STAY, "where is_dearest", "where not is_dearest", &["gansu-county"]),
    (APPLICATIONS, "application_date between $year_from and $on_date", "application_date >= $year_from", &["dezhou"]),
    (
        APPLICATIONS,
        "order by application_date desc, application_id desc",
        "order by application_date, application_id",
        &["dezhou"],
    ),
    (APPLICATIONS, "    is_applicant and row_number()", "    row_number()", &["dezhou"]),
    (MEMBERS, "d.counted_date <= m.application_date", "d.counted_date < m.application_date", &["dezhou"]),
    (APPLICATIONS, "1) + application_day,", "1) + application_day - 1,", &["dezhou"]),
    (APPLICATIONS, "- 1 - $window_months as months", "- 2 - $window_months as months", &["guangdong"]),
    (APPLICATION, "and ($whole_household or m.person_key = a.person_key)", "", &["dezhou"]),
    (
        APPLICATION,
        "and ($whole_household or m.person_key = a.person_key)",
        "and m.person_key = a.person_key",
        &["guangdong"],
    ),
    (
        APPLICATION,
        "household_income_amount * $income_share as exact_line",
        "household_income_amount as exact_line",
        &["yueyang"],
    ),
    (APPLICATION, "case when $counts_spending\n", "case when false\n", &["rigid-expenditure"]),
    (
        APPLICATION,
        "when not $strict and h.near_line < h.exact_line then 0.01",
        "when not $strict and h.near_line < h.exact_line then 0.00",
        &["guangdong"],
    ),
    (
        MEANS,
        "when '<' then declared_amount < whole_limit_amount",
        "when '<' then declared_amount <= whole_limit_amount",
        &["dezhou"],
    ),
    (
        MEANS,
        "when '<=' then declared_amount <= whole_limit_amount",
        "when '<=' then declared_amount < whole_limit_amount",
        &["guangdong"],
    ),
    (
        MEANS,
        "when 'income_per_head' then a.member_count else 1 end",
        "when 'income_per_head' then 1 else 1 end",
        &["dezhou"],
    ),
    (
        MEANS,
        "case l.measure when 'assets' then a.assets_amount",
        "case l.measure when 'assets' then a.household_income_amount",
        &["guangdong"],
    ),
    (APPLICATION, "when t.has_failed = 1 then 'failed'", "", &["dezhou"]),
    (APPLICATION, "or t.is_open = 1", "", &["guangdong", "dezhou"]),
];

/// Whose claims are looked at: whoever is left out here is never judged.
const OF_REACH: &[Mutant] = &[
    (PEOPLE, "where upper_amount > $floor_amount", "where upper_amount > $floor_amount + 0.01", &["fujian"]),
    (REACH, "then in_catalogue_self_pay_amount end", "then in_scope_self_pay_amount end", &["fujian"]),
    (REACH, "then personal_burden_amount end", "then in_catalogue_self_pay_amount end", &["yangyuan"]),
    (
        REACH,
        "then self_pay_with_over_limit_amount end",
        "then in_catalogue_self_pay_amount end",
        &["choices-over-limit"],
    ),
    (REACH, "then component_self_pay_amount end", "then personal_burden_amount * 0 end", &["choices-component"]),
    (REACH, "then cash_amount end", "then personal_burden_amount * 0 end", &["choices-cash"]),
    (REACH, "or $bases like '%;net_burden;%'", "", &["choices-net"]),
    (REACH, "case when $adds_assistance then", "case when false then", &["choices", "gansu-county"]),
];

/// Who is meant, what is known of them, and how the line decides.
const OF_JUDGING: &[Mutant] = &[
    (TAG_SPANS, "where s.start_date <= $on_date", "where true", &["fujian"]),
    (TAG_STATEMENTS, "where coalesce(r.roster_month, r.from_date) <= $on_date", "where true", &["fujian"]),
    (TAGS, "sure_last_day >= greatest(", "sure_last_day > greatest(", &["fujian"]),
    (TAGS, "when coalesce(sure_last_day >= greatest(start_date, $tags_from), true)", "when true", &["fujian"]),
    (TAG_STATEMENTS, "case when is_replaced then null else absent_since end", "cast(null as date)", &["national"]),
    (TAGS, "when not is_absence_sure and", "when", &["national"]),
    (
        TAGS,
        "and coalesce(last_day >= greatest(start_date, $tags_from), true) then 1",
        "and false then 1",
        &["national"],
    ),
    (KNOWN, "+ up_amount > $floor_amount", "+ up_amount > $floor_amount + 0.01", &["fujian"]),
    (KNOWN, "when k.first_source = 'register' then k.is_rural_by_register", "", &["fujian"]),
    (KNOWN, "case when t.has_rural_tag then nullif(strpos($rural_by, ';roster;'), 0) end,", "", &["fujian"]),
    (KNOWN, "when k.is_contradicted and $rural_conflict = 'listed' then true", "", &["fujian"]),
    (KNOWN, "coalesce(is_rural_village <> is_rural_household, false)", "false", &["fujian"]),
    (KNOWN, "household_type in ('20', '21', '22')", "household_type in ('20', '21', '22', '50')", &["fujian"]),
    (
        KNOWN,
        "max(case when w.is_wanted and t.state = 'held' then 1 else 0 end) = 1 as has_wanted_tag",
        "true as has_wanted_tag",
        &["fujian"],
    ),
    (
        KNOWN,
        "max(case when not w.is_wanted and t.state in ('held', 'stale') then 1 else 0 end) = 1 as has_excluded_tag",
        "false as has_excluded_tag",
        &["xian"],
    ),
    (KNOWN, "coalesce(k.is_alive, true) as is_alive", "true as is_alive", &["fujian"]),
    (KNOWN, "or (b.person_key > 0 and coalesce(not", "or (false and coalesce(not", &["fujian"]),
    (KNOWN, "coalesce(k.has_name_conflict, false)", "false", &["fujian"]),
    (KNOWN, "when b.first_area = b.last_area or", "when true or", &["fujian"]),
    (JUDGED, "when not passes_tags then 'outside'", "", &["fujian"]),
    (JUDGED, "when not passes_without_tags then 'outside'", "", &["xian"]),
    (JUDGED, "when not passes_rural then 'outside'", "", &["fujian"]),
    (JUDGED, "case when not $needs_tag or k.has_wanted_tag then true", "case when false then true", &["fujian"]),
    (JUDGED, "when $has_roster then false", "when true then false", &["fujian"]),
    (JUDGED, "when not $excludes_tag or $has_excluded_roster then true", "when true then true", &["xian"]),
    (JUDGED, "when means = 'failed' then 'outside'", "", &["dezhou"]),
    (
        JUDGED,
        "when measured_amount <= warn_amount and",
        "when measured_amount < warn_amount and",
        &["xian", "yueyang", "fujian"],
    ),
    (JUDGED, "when $by_residence and is_rural is null then 'rural_unknown'", "", &["dezhou"]),
    (JUDGED, "when line_amount is null then 'no_income_figure'", "", &["fujian"]),
    (JUDGED, "when passes_tags is null then coalesce(wanted_tag_doubt, 'no_roster')", "", &["fujian"]),
    (JUDGED, "coalesce(wanted_tag_doubt, 'no_roster')", "'no_roster'", &["national"]),
    (JUDGED, "when k.wanted_tag_doubt is not null then null", "", &["national"]),
    (JUDGED, "when passes_without_tags is null then coalesce(excluded_tag_doubt, 'no_roster')", "", &["xian"]),
    (JUDGED, "when passes_rural is null then 'rural_unknown'", "", &["fujian"]),
    (JUDGED, "when means = 'unknown' then 'means_unknown'", "", &["guangdong"]),
    (JUDGED, "when not is_alive then 'deceased'", "", &["fujian"]),
    (
        JUDGED,
        "when measured_amount >= over_amount then 'flagged'",
        "when measured_amount >= over_amount - 0.01 then 'flagged'",
        &["fujian"],
    ),
    (
        JUDGED,
        "when measured_amount >= over_amount then 'flagged'",
        "when measured_amount >= over_amount + 0.01 then 'flagged'",
        &["fujian"],
    ),
    (JUDGED, "+ case when $strict then 0.01 else 0.00 end", "+ 0.01", &["yueyang"]),
    (JUDGED, "when is_over_provisional then 'over_provisional'", "", &["choices"]),
    (
        JUDGED,
        "when not $by_residence then 'any' when k.is_rural then 'rural'",
        "when not $by_residence then 'any' when not k.is_rural then 'rural'",
        &["dezhou"],
    ),
    (JUDGED, "coalesce(l.is_provisional, false) as is_provisional", "false as is_provisional", &["fujian"]),
    (JUDGED, "and d.measured_amount >= b.from_amount", "and d.measured_amount > b.from_amount", &["aksu"]),
    (JUDGED, "d.measured_amount < b.below_amount", "d.measured_amount <= b.below_amount", &["aksu"]),
];

/// The policies' own fields.
const OF_POLICIES: &[Mutant] = &[
    (FUJIAN, "multiple = \"1.0\", operator = \">\"", "multiple = \"1.0\", operator = \">=\"", &["fujian"]),
    (FUJIAN, "multiple = \"1.0\"", "multiple = \"1.01\"", &["fujian"]),
    (FUJIAN, "multiple = \"2.0\"", "multiple = \"1.9\"", &["fujian"]),
    (FUJIAN, "tags = [\"lifted_out\"]", "tags = [\"lifted_out\", \"vulnerable\"]", &["fujian"]),
    (FUJIAN, "rural = \"required\"", "rural = \"any\"", &["fujian"]),
    (YANGYUAN, "multiple = \"0.5\"", "multiple = \"0.51\"", &["yangyuan"]),
    (YANGYUAN, "tags = [\"lifted_out\"]", "tags = [\"lifted_out\", \"sudden_hardship\"]", &["yangyuan"]),
    (YANGYUAN, "insurance = [\"390\"], ", "", &["yangyuan"]),
    (XIAN, "line = { fixed = \"10000\"", "line = { fixed = \"10001\"", &["xian"]),
    (XIAN, "line = { fixed = \"26000\", operator = \">\"", "line = { fixed = \"26000\", operator = \">=\"", &["xian"]),
    (
        AKSU,
        "below = \"5000\" },\n    { name = \"黄色\", from = \"5000\"",
        "to = \"5000\" },\n    { name = \"黄色\", above = \"5000\"",
        &["aksu"],
    ),
    (AKSU, "outcome = \"near\", ", "", &["aksu"]),
    (GANSU, "medical_assistance = \"ignore\"", "medical_assistance = \"subtract\"", &["gansu-county"]),
    (GANSU, "medical_assistance = \"subtract\"", "medical_assistance = \"ignore\"", &["gansu-county"]),
    (
        GANSU,
        "line = { fixed = \"6000\", operator = \">\" }",
        "line = { fixed = \"6000\", operator = \">=\" }",
        &["gansu-county"],
    ),
    (
        GANSU,
        "who = { without_tags = [\"unstable_lifted_out\", \"vulnerable\", \"sudden_hardship\", \"prevention_target\"], rural = \"required\" }",
        "who = { rural = \"required\" }",
        &["gansu-county"],
    ),
    (DEZHOU, "months = 12", "months = 11", &["dezhou"]),
    (DEZHOU, "basis = \"in_scope_self_pay\"", "basis = \"in_catalogue_self_pay\"", &["dezhou"]),
    (DEZHOU, "multiple = \"2.0\", operator = \"<\"", "multiple = \"2.0\", operator = \"<=\"", &["dezhou"]),
    (DEZHOU, "multiple = \"1.0\", operator = \"<=\"", "multiple = \"1.0\", operator = \"<\"", &["dezhou"]),
    (DEZHOU, "unit = \"applicant\"", "unit = \"household\"", &["dezhou"]),
    (
        DEZHOU,
        "rural = \"rural_disposable_income\", urban = \"urban_disposable_income\"",
        "rural = \"urban_disposable_income\", urban = \"rural_disposable_income\"",
        &["dezhou"],
    ),
    (YUEYANG, "operator = \">=\"", "operator = \">\"", &["yueyang"]),
    (YUEYANG, "share_of_household_income = \"0.5\"", "share_of_household_income = \"0.51\"", &["yueyang"]),
    (YUEYANG, "window = \"calendar_year\"", "window = \"rolling_months\", months = 12", &["yueyang"]),
    (YUNNAN, "year_offset = 0", "year_offset = -1", &["yunnan-county"]),
    (YUNNAN, "basis = \"in_catalogue_self_pay\"", "basis = \"personal_burden\"", &["yunnan-county"]),
    (RIGID, "declared_spending = true", "declared_spending = false", &["rigid-expenditure"]),
    (RIGID, "operator = \"<\" }", "operator = \"<=\" }", &["rigid-expenditure"]),
    (GUANGDONG, "unit = \"household\"", "unit = \"applicant\"", &["guangdong"]),
    (GUANGDONG, "fixed = \"100000\", operator = \"<=\"", "fixed = \"100000\", operator = \"<\"", &["guangdong"]),
    (GUANGDONG, "share_of_household_income = \"0.6\"", "share_of_household_income = \"0.59\"", &["guangdong"]),
    (
        WEIXIAN,
        "who = { without_tags = [\"lifted_out\"], rural = \"required\" }",
        "who = { rural = \"required\" }",
        &["weixian"],
    ),
    (
        WEIXIAN,
        "line = { fixed = \"20000\", operator = \">\" }",
        "line = { fixed = \"20000\", operator = \">=\" }",
        &["weixian"],
    ),
    (NATIONAL, "warn_at = \"0.8\"", "warn_at = \"0.79\"", &["national"]),
    (NATIONAL, "adjustments = \"subtract\"  ", "adjustments = \"ignore\"  ", &["guangdong"]),
    (NATIONAL, "before_publication = \"previous\"", "before_publication = \"wait\"", &["national"]),
    (CHOICES, "months = 3", "months = 4", &["choices"]),
    (CHOICES, "date = \"benefit_year\"", "date = \"settled\"", &["choices"]),
    (
        CHOICES,
        "basis = \"personal_burden\", window = \"calendar_year\", date = \"discharged\" }\nline = { fixed = \"10000\", operator = \">\" }\nvalid = { from = \"2020-01-01\" }\nclause = { document = \"试验\", article = \"2\" }",
        "basis = \"personal_burden\", window = \"calendar_year\" }\nline = { fixed = \"10000\", operator = \">\" }\nvalid = { from = \"2020-01-01\" }\nclause = { document = \"试验\", article = \"2\" }",
        &["choices"],
    ),
    (CHOICES, "tags_on = \"any_day_of_window\"", "tags_on = \"period_end\"", &["choices"]),
    (CHOICES, "payment_place = [\"3\", \"4\"]", "payment_place = [\"4\"]", &["choices"]),
    (CHOICES, "care = [\"21\"]", "care = [\"21\", \"11\"]", &["choices"]),
    (CHOICES, ", before_publication = \"wait\"", "", &["choices"]),
    (CHOICES, ", on_publication = \"keep\"", "", &["choices"]),
];

#[test]
fn every_mutant_is_noticed() {
    let (mut killed, mut total, mut faults) = (0, 0, Vec::new());
    // `MUTANTS=int_stays cargo test --test all -- mutants`: those of one file, after a change of it.
    let only = std::env::var("MUTANTS").unwrap_or_default();
    let all = [OF_CLAIMS, OF_MEASURES, OF_REACH, OF_JUDGING, OF_POLICIES].concat().into_iter();
    for mutant in all.filter(|(file, ..)| file.contains(&only)) {
        total += 1;
        match is_noticed(mutant) {
            Ok(true) => killed += 1,
            Ok(false) => faults.push(format!("not noticed: {}: {:?} -> {:?}", mutant.0, mutant.1, mutant.2)),
            Err(why) => faults.push(format!("no mutant: {}: {:?} -> {:?}: {why}", mutant.0, mutant.1, mutant.2)),
        }
    }
    println!("mutants: {killed} killed of {total} cases");
    assert!(
        (total >= 40 || !only.is_empty()) && faults.is_empty(),
        "{} of {total}\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Whether some case of the policies fails under the mutant.
fn is_noticed((file, from, to, policies): Mutant) -> Result<bool, String> {
    let folder = tempfile::tempdir().unwrap();
    for path in Assets::of(&choices()).list("pipelines/policies/choices") {
        write(folder.path(), &path, &std::fs::read_to_string(choices().join(&path)).unwrap());
    }
    let text = Assets::of(folder.path()).read(file).map_err(|error| error.to_string())?.text;
    let found = text.matches(from).count();
    if found != 1 {
        return Err(format!("its text stands {found} times in the file"));
    }
    write(folder.path(), file, &text.replace(from, to));
    carry_out(folder.path(), policies, true)
        .map(|report| !report.failures.is_empty())
        .map_err(|error| error.to_string())
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
