-- Purpose:    What the rule measures of each person, with what documents that may be the same person's could add.
-- Grain:      one person whose cost was measured, or who has an open link; of these one may have no claim at all.
-- Parameters: those of the view that the rule measures by.
--
-- measured is the view that the rule's shape names. rule_link has few people, most often nobody.
with linked as (
    select person_key as linked_person_key, up_amount
    from rule_link
)

select
    coalesce(m.person_key, l.linked_person_key) as person_key, m.unit_id, coalesce(m.claim_count, 0) as claim_count,
    coalesce(m.total_amount, cast(0 as decimal(18, 2))) as total_amount,
    coalesce(m.in_scope_amount, cast(0 as decimal(18, 2))) as in_scope_amount,
    coalesce(m.fund_amount, cast(0 as decimal(18, 2))) as fund_amount,
    coalesce(m.medical_assistance_amount, cast(0 as decimal(18, 2))) as medical_assistance_amount,
    coalesce(m.personal_burden_amount, cast(0 as decimal(18, 2))) as personal_burden_amount,
    coalesce(m.in_catalogue_self_pay_amount, cast(0 as decimal(18, 2))) as in_catalogue_self_pay_amount,
    coalesce(m.self_pay_with_over_limit_amount, cast(0 as decimal(18, 2))) as self_pay_with_over_limit_amount,
    coalesce(m.in_scope_self_pay_amount, cast(0 as decimal(18, 2))) as in_scope_self_pay_amount,
    coalesce(m.component_self_pay_amount, cast(0 as decimal(18, 2))) as component_self_pay_amount,
    coalesce(m.cash_amount, cast(0 as decimal(18, 2))) as cash_amount,
    coalesce(m.net_burden_amount, cast(0 as decimal(18, 2))) as net_burden_amount,
    coalesce(m.adjustment_amount, cast(0 as decimal(18, 2))) as adjustment_amount,
    m.first_area, m.last_area, m.first_name, m.last_name, m.recent_amount, m.own_line_amount, m.means,
    coalesce(m.measured_amount, cast(0 as decimal(18, 2))) as measured_amount,
    coalesce(l.up_amount, cast(0 as decimal(18, 2))) as linked_amount
from measured as m
full join linked as l on m.person_key = l.linked_person_key
