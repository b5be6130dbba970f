-- Purpose:    Claims that do not count while something about them is open, with what each would count on each basis.
-- Grain:      one held claim, or one voided not longer ago than a month.
-- Parameters: $on_date - last day of the period
--
-- The bases are those of stg_amounts. is_dated: the claim counts by its own days; a refund counts by those of the
-- settlement that it takes back, of which only this is known: it is no later than the refund. What is voided is mostly
-- settled anew: until a month after, when the next month's claims have come, nobody knows; of a void without an update
-- time nobody knows from when.
with open_rows as (
    select
        person_key, claim_id, claim_kind, insurance_type, care_type, payment_place,
        case when hold_reason in ('version_conflict', 'refunded_alone') then 'version_conflict'
            when hold_reason = 'number_of_another_person' then hold_reason
            else 'refund_waits' end as reason,
        settled_at, updated_at, end_date, benefit_year, visit_id, institution_code, total_amount,
        outside_catalogue_amount, over_limit_amount, first_share_amount, deductible_amount, fund_amount,
        personal_amount, medical_assistance_amount, cash_amount, account_amount, source_file, source_row
    from held_claims
    where coalesce(is_valid, true)
    union all
    select
        person_key, claim_id, claim_kind, insurance_type, care_type, payment_place, 'void_unsettled' as reason,
        settled_at, updated_at, end_date, benefit_year, visit_id, institution_code, total_amount,
        outside_catalogue_amount, over_limit_amount, first_share_amount, deductible_amount, fund_amount,
        personal_amount, medical_assistance_amount, cash_amount, account_amount, source_file, source_row
    from claims
    where not is_valid and claim_kind = 'settlement' and total_amount > 0
        and coalesce(cast(updated_at as date) + interval '1' month > $on_date, true)
),

filled as (
    select
        person_key, claim_id, reason, reason <> 'refund_waits' as is_dated, insurance_type, care_type, payment_place,
        cast(settled_at as date) as settled_date, updated_at, end_date, benefit_year, visit_id, institution_code,
        total_amount,
        claim_kind = 'supplement' as is_supplement,
        outside_catalogue_amount, over_limit_amount, first_share_amount,
        coalesce(deductible_amount, cast(0 as decimal(18, 2))) as deductible_amount,
        fund_amount, personal_amount,
        coalesce(medical_assistance_amount, cast(0 as decimal(18, 2))) as medical_assistance_amount,
        coalesce(cash_amount, personal_amount - coalesce(account_amount, cast(0 as decimal(18, 2)))) as cash_amount,
        source_file, source_row
    from open_rows
)

select
    person_key, claim_id, reason, is_dated, insurance_type, care_type, payment_place, settled_date,
    updated_at, end_date, benefit_year, visit_id, institution_code, total_amount,
    medical_assistance_amount,
    cast(case when is_supplement then -fund_amount else personal_amount end as decimal(18, 2))
        as personal_burden_amount,
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount - over_limit_amount end as decimal(18, 2))
        as in_catalogue_self_pay_amount,
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount end as decimal(18, 2))
        as self_pay_with_over_limit_amount,
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount - over_limit_amount - first_share_amount end as decimal(18, 2))
        as in_scope_self_pay_amount,
    cast(case when is_supplement then 0
        else over_limit_amount + first_share_amount + deductible_amount end as decimal(18, 2))
        as component_self_pay_amount,
    cast(case when is_supplement then -fund_amount else cash_amount end as decimal(18, 2)) as cash_amount,
    source_file, source_row
from filled
