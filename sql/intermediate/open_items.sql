-- Purpose:    What is open about people's claims and later payments, with what each item would count on each basis.
-- Grain:      one held claim, fresh void, rejected row of a legible person, row of a held file or held payment.
-- Parameters: $on_date - last day of the period.
--
-- A void is settled where a settlement of the same visit was written since, or, where nobody states the visit, the only
-- other one of the same institution and total: of treatments at one price nobody knows which is settled anew. A payment
-- of more than its claim could lower the cost by the claim's own at most. raises: of several versions of one claim one
-- is right, and the dearest raises most. A rejected row and a payment have the same amount on every basis; settled_date
-- is the first day of the row's month where only that is legible, and the day of the payment. A row of a held file adds
-- what it has more than the accepted version of that claim; it takes nothing away, since a file that is held changes
-- nothing. Made once for each period and bucket, since every rule reads it.
with compared as (
    select
        c.person_key, c.claim_id, c.reason, c.is_dated, c.insurance_type, c.care_type, c.payment_place,
        c.settled_date, c.end_date, c.benefit_year, c.medical_assistance_amount, c.personal_burden_amount,
        c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount, c.in_scope_self_pay_amount,
        c.component_self_pay_amount, c.cash_amount, c.source_file, c.source_row,
        row_number() over each_claim as other_number,
        count(n.claim_id) over each_claim as other_count,
        bool_or(n.visit_id = c.visit_id) over each_claim as has_visit,
        bool_or(coalesce(n.is_valid, true) and cast(n.settled_at as date) >= c.settled_date
            and (n.updated_at >= c.updated_at or n.updated_at is null or c.updated_at is null)) over each_claim as is_followed
    from stg_open_claims as c
    left join claims as n on c.person_key = n.person_key
        and c.reason = 'void_unsettled'
        and n.claim_kind = 'settlement' and n.claim_id <> c.claim_id
        and case when n.visit_id is not null and c.visit_id is not null then n.visit_id = c.visit_id
            else n.total_amount = c.total_amount
                and (n.institution_code is null or c.institution_code is null
                    or n.institution_code = c.institution_code) end
    window each_claim as (
        partition by c.person_key, c.claim_id, c.source_file, c.source_row
        order by n.claim_id
        rows between unbounded preceding and unbounded following)
),

unsettled as (
    select
        person_key, claim_id, reason, is_dated, insurance_type, care_type, payment_place,
        settled_date, end_date, benefit_year, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, source_file, source_row
    from compared
    where other_number = 1
        and not coalesce(is_followed and (has_visit or other_count = 1), false)
),

paid as (
    select
        h.person_key, h.hold_reason, h.payer_kind, h.paid_date, h.source_file, h.source_row,
        least(h.amount, coalesce(c.personal_amount, h.amount)) as amount
    from held_adjustments as h
    left join claims as c on h.person_key = c.person_key and h.claim_id = c.claim_id
        and h.hold_reason = 'exceeds_claim' and coalesce(c.is_valid, true)
),

waiting as (
    select person_key, 'row_waits' as reason, settled_month, upper_amount, source_file, source_row
    from waiting_rows
    union all
    select
        h.person_key, 'file_held' as reason, h.settled_month,
        cast(h.upper_amount - coalesce(c.personal_amount, 0) as decimal(18, 2)) as upper_amount,
        h.source_file, h.source_row
    from held_file_rows as h
    left join claims as c on h.person_key = c.person_key and h.claim_hash = c.claim_hash and coalesce(c.is_valid, true)
    where h.upper_amount > coalesce(c.personal_amount, 0)
),

ranked as (
    select
        person_key, reason, is_dated, insurance_type, care_type, payment_place,
        settled_date, end_date, benefit_year, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, source_file, source_row,
        -- versions that some rule dates or counts otherwise raise each for itself
        row_number() over (
            partition by person_key, claim_id, reason, insurance_type, care_type, payment_place, benefit_year,
                date_trunc('month', settled_date), date_trunc('month', end_date)
            order by personal_burden_amount desc, cash_amount desc, source_file, source_row) as version_rank
    from unsettled
)

select
    person_key, reason, 'claim' as source, cast(null as varchar) as payer_kind,
    reason <> 'version_conflict' or version_rank = 1 as raises, is_dated,
    insurance_type, care_type, payment_place, settled_date, end_date, benefit_year, medical_assistance_amount,
    personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, source_file, source_row
from ranked
union all
select
    person_key, reason, 'row' as source, cast(null as varchar) as payer_kind, true as raises,
    settled_month is not null as is_dated,
    cast(null as varchar) as insurance_type, cast(null as varchar) as care_type, cast(null as varchar) as payment_place,
    settled_month as settled_date, cast(null as date) as end_date, cast(null as varchar) as benefit_year,
    cast(0 as decimal(18, 2)) as medical_assistance_amount, upper_amount as personal_burden_amount,
    upper_amount as in_catalogue_self_pay_amount, upper_amount as self_pay_with_over_limit_amount,
    upper_amount as in_scope_self_pay_amount, upper_amount as component_self_pay_amount, upper_amount as cash_amount,
    source_file, source_row
from waiting
union all
select
    person_key, case when hold_reason = 'version_conflict' then hold_reason else 'payment_waits' end as reason,
    'adjustment' as source, payer_kind, true as raises, true as is_dated,
    cast(null as varchar) as insurance_type, cast(null as varchar) as care_type, cast(null as varchar) as payment_place,
    paid_date as settled_date, cast(null as date) as end_date, cast(null as varchar) as benefit_year,
    cast(0 as decimal(18, 2)) as medical_assistance_amount, cast(-amount as decimal(18, 2)) as personal_burden_amount,
    cast(-amount as decimal(18, 2)) as in_catalogue_self_pay_amount,
    cast(-amount as decimal(18, 2)) as self_pay_with_over_limit_amount,
    cast(-amount as decimal(18, 2)) as in_scope_self_pay_amount,
    cast(-amount as decimal(18, 2)) as component_self_pay_amount, cast(-amount as decimal(18, 2)) as cash_amount,
    source_file, source_row
from paid
order by person_key, source_file, source_row, source
