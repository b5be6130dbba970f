-- Purpose:    Who paid more over the window than the line allows, who is near it, who cannot be decided.
-- Grain:      one person above $floor_amount; everybody else is below the lowest warning line.
-- Parameters: $rule_id, $any_insurance, $basis, $subtract_adjustments - see int_burden
--             $on_date      - last day of the period; tags are taken as of this day
--             $needs_tag    - true: only people with a tag of rule_tag are meant
--             $has_roster   - true: some roster states such a tag at all
--             $needs_rural  - true: only rural residents are meant
--             $strict       - true: 超过 (>), false: 以上 (>=); 民法典 art. 1259
--             $floor_amount - lowest warning line of all places; 0 where a place has no income figure
-- Clause:     the rule's own, e.g. 闽医保〔2021〕93号 clause 11.
--
-- rule_line states per county the line and the warning line, rounded so that comparing whole fen is exact.
-- Outcomes, in this order: outside, below, undecided (the first reason that holds), flagged, near.
with burden as (
    select
        person_key, claim_count, total_amount, in_scope_amount, fund_amount, medical_assistance_amount,
        personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount,
        in_scope_self_pay_amount, component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        first_area, last_area, first_name, last_name, measured_amount
    from int_burden
    where measured_amount > $floor_amount
),

-- 脱贫人口 and the 监测对象 are rural people by definition (domain notes §4, §5).
tagged as (
    select
        t.person_key,
        max(case when w.tag is not null then 1 else 0 end) = 1 as has_wanted_tag,
        max(case when t.tag in ('lifted_out', 'unstable_lifted_out', 'vulnerable', 'sudden_hardship',
            'returned_to_poverty') then 1 else 0 end) = 1 as has_rural_tag
    from int_person_tags as t
    left join rule_tag as w on t.tag = w.tag
    group by t.person_key
),

registered as (
    select
        person_key, county_code, is_alive, has_name_conflict, is_rural,
        case when village_class like '1%' then false when village_class like '2%' then true end as is_rural_village,
        case when household_type in ('20', '21', '22') then true
            when household_type in ('10', '11', '12') then false end as is_rural_household
    from residents
),

-- What is known of each person. A county that the register does not state is the claims' own if they agree.
known as (
    select
        b.person_key,
        b.measured_amount,
        b.claim_count, b.total_amount, b.in_scope_amount, b.fund_amount, b.medical_assistance_amount,
        b.personal_burden_amount, b.in_catalogue_self_pay_amount, b.self_pay_with_over_limit_amount,
        b.in_scope_self_pay_amount, b.component_self_pay_amount, b.cash_amount, b.net_burden_amount,
        b.adjustment_amount,
        coalesce(r.county_code, case when b.first_area = b.last_area then b.first_area end) as county_code,
        coalesce(t.has_wanted_tag, false) as has_wanted_tag,
        coalesce(r.is_rural, case when t.has_rural_tag then true end, r.is_rural_village, r.is_rural_household)
            as is_rural,
        case
            when r.is_rural is not null then 'register'
            when t.has_rural_tag then 'roster'
            when r.is_rural_village is not null then 'village class'
            when r.is_rural_household is not null then 'household type'
        end as rural_source,
        coalesce(r.is_alive, true) as is_alive,
        coalesce(r.has_name_conflict, false)
            or (b.person_key > 0 and coalesce(b.first_name <> b.last_name, false)) as has_id_conflict
    from burden as b
    left join registered as r on b.person_key = r.person_key
    left join tagged as t on b.person_key = t.person_key
),

-- An open question about the person matters only where the amount could put them on the list.
judged as (
    select
        k.person_key, k.measured_amount, k.county_code, k.is_rural, k.rural_source,
        l.income_amount, l.line_amount, l.is_provisional,
        k.claim_count, k.total_amount, k.in_scope_amount, k.fund_amount, k.medical_assistance_amount,
        k.personal_burden_amount, k.in_catalogue_self_pay_amount, k.self_pay_with_over_limit_amount,
        k.in_scope_self_pay_amount, k.component_self_pay_amount, k.cash_amount, k.net_burden_amount,
        k.adjustment_amount,
        case
            when $needs_tag and $has_roster and not k.has_wanted_tag then 'outside'
            when $needs_rural and not coalesce(k.is_rural, true) then 'outside'
            when k.measured_amount <= least(l.warn_amount, coalesce(l.kept_amount, l.warn_amount)) then 'below'
            when k.has_id_conflict then 'id_conflict'
            when k.county_code is null then 'county_unclear'
            when l.line_amount is null then 'no_income_figure'
            when $needs_tag and not $has_roster then 'no_roster'
            when $needs_rural and k.is_rural is null then 'rural_unknown'
            when not k.is_alive then 'deceased'
            when k.measured_amount > l.line_amount then 'flagged'
            when k.measured_amount = l.line_amount and not $strict then 'flagged'
            when k.measured_amount > l.kept_amount then 'over_provisional'
            else 'near'
        end as outcome
    from known as k
    left join rule_line as l on k.county_code = l.county_code
)

select
    j.person_key,
    $rule_id as rule_id,
    case when j.outcome in ('outside', 'below', 'flagged', 'near') then j.outcome
        when j.outcome = 'over_provisional' then 'near' else 'undecided' end as status,
    case when j.outcome not in ('outside', 'below', 'flagged', 'near') then j.outcome end as reason,
    j.county_code, j.is_rural, j.rural_source, j.measured_amount, j.income_amount, j.line_amount,
    j.is_provisional,
    cast(j.measured_amount - j.line_amount as decimal(18, 2)) as excess_amount,
    j.claim_count, j.total_amount, j.in_scope_amount, j.fund_amount, j.medical_assistance_amount,
    j.personal_burden_amount, j.in_catalogue_self_pay_amount, j.self_pay_with_over_limit_amount,
    j.in_scope_self_pay_amount, j.component_self_pay_amount, j.cash_amount, j.net_burden_amount, j.adjustment_amount
from judged as j
order by j.person_key
