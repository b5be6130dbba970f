-- Purpose:    Everything that a list says of a person whom a rule flagged, found near, or could not decide; and who is
--             outside only because the tag that the rule wants has ended, with the roster or the day that ended it.
-- Grain:      one person and rule.
-- Parameters: see int_hit_spending and int_person_tags.
-- Source:     list columns: domain notes §7.
--
-- A new list column is added here, in the .toml, and in the column table of src/referrals.
with hits as (
    select
        f.person_key, f.rule_id, f.status, f.reason, f.county_code, f.is_rural, f.rural_source, f.measured_amount,
        f.income_amount, f.line_amount, f.is_provisional, f.excess_amount, f.recent_amount, f.claim_count,
        f.total_amount, f.in_scope_amount, f.fund_amount, f.medical_assistance_amount, f.personal_burden_amount,
        f.in_catalogue_self_pay_amount,
        f.self_pay_with_over_limit_amount, f.in_scope_self_pay_amount, f.component_self_pay_amount, f.cash_amount,
        f.net_burden_amount, f.adjustment_amount, f.ended_tag, f.ended_roster_month, f.ended_date,
        r.rule_order, r.rule_version, r.basis, r.clause
    from findings as f
    inner join rule as r on f.rule_id = r.rule_id
    where f.status in ('flagged', 'near', 'undecided')
        or (f.status = 'outside' and f.ended_tag is not null)
),

-- The most severe tag first, as lists print them.
ranked as (
    select person_key, tag, source_office,
        strpos(';special_hardship;subsistence;marginal_subsistence;rigid_expenditure;returned_to_poverty;'
            || 'lifted_out;unstable_lifted_out;vulnerable;sudden_hardship;prevention_target;'
            || 'illness_poverty_patient;orphan;', ';' || tag || ';') as tag_order
    from int_person_tags
    where state <> 'ended'
),

tags as (
    select person_key, cast(string_agg(tag, ';' order by tag_order) as varchar) as tags,
        cast(string_agg(source_office, ';' order by tag_order) as varchar) as tag_sources
    from ranked
    group by person_key
)

select
    h.person_key, h.rule_id, h.rule_order, h.rule_version, h.status, h.reason, h.county_code,
    p.town_name, p.village_name, p.village_code,
    coalesce(p.person_name, s.claim_name) as person_name,
    coalesce(p.id_number, s.claim_id_number) as id_number, coalesce(p.cert_type, s.claim_cert_type) as cert_type,
    p.sex, p.birth_date, p.phone,
    t.tags, t.tag_sources, s.insured_area, s.insurance_types,
    h.basis, h.measured_amount, h.income_amount, h.line_amount,
    case when h.is_provisional then 'provisional' when not h.is_provisional then 'official' end as line_status,
    h.excess_amount,
    -- the early warning: only of who is near, only on the bureau's own list
    case when h.status = 'near' then cast(-h.excess_amount as decimal(18, 2)) end as margin_amount,
    case when h.status = 'near' then s.first_warned_date end as first_warned_date,
    case when h.status = 'near' then h.recent_amount end as recent_amount,
    h.claim_count, h.total_amount, h.in_scope_amount, h.fund_amount, h.medical_assistance_amount,
    h.personal_burden_amount, h.in_catalogue_self_pay_amount, h.self_pay_with_over_limit_amount,
    h.in_scope_self_pay_amount, h.component_self_pay_amount, h.cash_amount, h.net_burden_amount,
    h.adjustment_amount, s.inpatient_amount, s.outpatient_amount, s.pharmacy_amount, s.first_crossed_date,
    s.last_settled_date,
    case when h.is_rural then 'yes' when not h.is_rural then 'no' else 'unknown' end as rural,
    h.rural_source, h.clause, h.ended_tag, h.ended_roster_month, h.ended_date
from hits as h
left join int_hit_spending as s on h.person_key = s.person_key and h.rule_id = s.rule_id
left join residents as p on h.person_key = p.person_key
left join tags as t on h.person_key = t.person_key
order by h.person_key, h.rule_order
