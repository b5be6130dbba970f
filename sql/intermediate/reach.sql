-- Purpose:    For every person an amount that no rule can measure more than: most people's lies below every line, and
--             only the claims of the others need be looked at closely.
-- Grain:      one person with a claim that counts, in the months that rules read, or that could count.
-- Parameters: $bases      - the bases that rules measure, each between semicolons: ';cash;personal_burden;'
--             $adds_assistance - true: some rule counts what medical assistance (医疗救助) paid as cost
--             $subtracts  - true: some rule lets later payments lower the cost
--
-- Sound for every window, day, insurance, place and kind of care: each claim counts with its dearest basis, and no
-- claim less than zero, so that any choice of the claims sums to no more. A later payment that was taken back
-- (negative) raises what is measured. check_persons compares with what rules then measure. What is open counts as if it
-- counted: somebody without an accepted claim is looked at too.
with of_claims as (
    select
        person_key,
        count(*) as claim_count,
        sum(greatest(
            case when $bases like '%;personal_burden;%' or $bases like '%;net_burden;%'
                then personal_burden_amount end,
            case when $bases like '%;in_catalogue_self_pay;%' then in_catalogue_self_pay_amount end,
            case when $bases like '%;self_pay_with_over_limit;%' then self_pay_with_over_limit_amount end,
            case when $bases like '%;in_scope_self_pay;%' then in_scope_self_pay_amount end,
            case when $bases like '%;component_self_pay;%' then component_self_pay_amount end,
            case when $bases like '%;cash;%' then cash_amount end,
            cast(0 as decimal(18, 2)))
            + case when $adds_assistance then greatest(medical_assistance_amount, cast(0 as decimal(18, 2)))
                else cast(0 as decimal(18, 2)) end) as upper_amount
    from stg_amounts
    group by person_key
),

opened as (
    select
        person_key as open_key,
        sum(greatest(
            case when source <> 'claim' or $bases like '%;personal_burden;%' or $bases like '%;net_burden;%'
                then personal_burden_amount end,
            case when $bases like '%;in_catalogue_self_pay;%' then in_catalogue_self_pay_amount end,
            case when $bases like '%;self_pay_with_over_limit;%' then self_pay_with_over_limit_amount end,
            case when $bases like '%;in_scope_self_pay;%' then in_scope_self_pay_amount end,
            case when $bases like '%;component_self_pay;%' then component_self_pay_amount end,
            case when $bases like '%;cash;%' then cash_amount end,
            cast(0 as decimal(18, 2)))
            + case when $adds_assistance then greatest(medical_assistance_amount, cast(0 as decimal(18, 2)))
                else cast(0 as decimal(18, 2)) end) as open_amount
    from open_items
    where source <> 'adjustment' or $subtracts
    group by person_key
),

taken_back as (
    select person_key, sum(-amount) as taken_back_amount
    from adjustments
    where $subtracts and amount < 0
    group by person_key
)

select
    coalesce(c.person_key, o.open_key) as person_key, coalesce(c.claim_count, 0) as claim_count,
    cast(coalesce(c.upper_amount, 0) + coalesce(t.taken_back_amount, 0) + coalesce(o.open_amount, 0)
        as decimal(18, 2)) as upper_amount
from taken_back as t
right join of_claims as c on c.person_key = t.person_key
full join opened as o on c.person_key = o.open_key
order by person_key
