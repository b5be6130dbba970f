-- Purpose:    What is known of each person whose cost was measured: place, rural status and its source, tags, conflicts.
-- Grain:      one person above $floor_amount.
-- Parameters: $floor_amount - lowest warning line of all places; 0 where a place has no income figure
--             $tags_from, $on_date - see int_person_tags
--
-- measured is the view that the rule's shape names.
with burden as (
    select
        person_key, unit_id, claim_count,
        total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        first_area, last_area, first_name, last_name, measured_amount, recent_amount, own_line_amount, means
    from measured
    where measured_amount > $floor_amount
),

-- 脱贫人口 and the 监测对象 are rural people by definition (domain notes §4, §5).
tagged as (
    select
        t.person_key,
        max(case when w.is_wanted then 1 else 0 end) = 1 as has_wanted_tag,
        max(case when not w.is_wanted then 1 else 0 end) = 1 as has_excluded_tag,
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
)

-- A county that the register does not state is the claims' own if they agree.
select
    b.person_key, b.unit_id,
    coalesce(r.county_code, case when b.first_area = b.last_area then b.first_area end) as county_code,
    coalesce(r.is_rural, case when t.has_rural_tag then true end, r.is_rural_village, r.is_rural_household) as is_rural,
    case
        when r.is_rural is not null then 'register'
        when t.has_rural_tag then 'roster'
        when r.is_rural_village is not null then 'village class'
        when r.is_rural_household is not null then 'household type'
    end as rural_source,
    coalesce(t.has_wanted_tag, false) as has_wanted_tag,
    coalesce(t.has_excluded_tag, false) as has_excluded_tag,
    coalesce(r.is_alive, true) as is_alive,
    coalesce(r.has_name_conflict, false)
        or (b.person_key > 0 and coalesce(b.first_name <> b.last_name, false)) as has_id_conflict,
    b.measured_amount, b.recent_amount, b.own_line_amount, b.means, b.claim_count,
    b.total_amount, b.in_scope_amount, b.fund_amount, b.medical_assistance_amount, b.personal_burden_amount,
    b.in_catalogue_self_pay_amount, b.self_pay_with_over_limit_amount, b.in_scope_self_pay_amount,
    b.component_self_pay_amount, b.cash_amount, b.net_burden_amount, b.adjustment_amount
from burden as b
left join registered as r on b.person_key = r.person_key
left join tagged as t on b.person_key = t.person_key
