-- Purpose:    Sets the claims as rules read them beside the claims themselves: both must carry the same fees, funds and
--             burden. The claims are added up by another way, without a join, so that one that doubles or loses a row
--             fails.
-- Grain:      one row, per period and bucket.
-- Parameters: $until - see int_counted_claims.
with of_claims as (
    select
        coalesce(sum(case when claim_kind = 'supplement' then 0 else total_amount end), 0) as total_amount,
        coalesce(sum(fund_amount), 0) as fund_amount,
        coalesce(sum(case when claim_kind = 'supplement' then -fund_amount else personal_amount end), 0)
            as personal_burden_amount
    from claims
    where coalesce(is_valid, true) and cast(settled_at as date) <= $until
),

of_net_claims as (
    select
        coalesce(sum(total_amount), 0) as total_amount,
        coalesce(sum(fund_amount), 0) as fund_amount,
        coalesce(sum(personal_burden_amount), 0) as personal_burden_amount
    from int_net_claims
    where settled_date <= $until
)

select
    cast(c.total_amount - n.total_amount as decimal(18, 2)) as total_difference,
    cast(c.fund_amount - n.fund_amount as decimal(18, 2)) as fund_difference,
    cast(c.personal_burden_amount - n.personal_burden_amount as decimal(18, 2)) as burden_difference
from of_claims as c
cross join of_net_claims as n
