-- Purpose:    What the rule measures of each person, with what open items and documents that may be the same person's
--             could add to it or take from it.
-- Grain:      one person whose cost was measured, or could be; of these one may have no claim that counts.
-- Parameters: those of int_doubts and of the view that the rule measures by.
--
-- measured is the view that the rule's shape names. Open items and rule_link have few people. linked_amount: the part of
-- up_amount that other documents could add; it lies in other buckets, so that it is no part of reach.
with items as (
    select person_key as item_key, reason, up_amount, down_amount, cast(0 as decimal(18, 2)) as linked_amount
    from int_doubts
    union all
    select
        person_key as item_key, 'identity_open' as reason, up_amount, cast(0 as decimal(18, 2)) as down_amount,
        up_amount as linked_amount
    from rule_link
),

doubted as (
    select
        item_key,
        sum(up_amount) as up_amount, sum(down_amount) as down_amount, sum(linked_amount) as linked_amount,
        min(case when up_amount > 0 then reason end) as up_reason,
        min(case when down_amount > 0 then reason end) as down_reason
    from items
    group by item_key
)

select
    coalesce(m.person_key, d.item_key) as person_key, m.unit_id, coalesce(m.claim_count, 0) as claim_count,
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
    cast(coalesce(d.up_amount, 0) as decimal(18, 2)) as up_amount,
    cast(coalesce(d.down_amount, 0) as decimal(18, 2)) as down_amount,
    cast(coalesce(d.linked_amount, 0) as decimal(18, 2)) as linked_amount,
    d.up_reason, d.down_reason
from measured as m
full join doubted as d on m.person_key = d.item_key
where m.person_key is not null or d.up_amount > 0
