-- Purpose:    Every claim that counts must stand behind some person's reach: nobody is lost before a rule looks.
-- Grain:      one row, per period and bucket.
-- Parameters: none.
with of_claims as (
    select count(*) as claim_count
    from claims
    where coalesce(is_valid, true)
),

of_reach as (
    select coalesce(sum(claim_count), 0) as claim_count
    from reach
)

select cast(c.claim_count - r.claim_count as decimal(18, 2)) as claim_difference
from of_claims as c
cross join of_reach as r
