-- Purpose:    Every claim that counts, with its cost on each basis, and nothing of other claims.
-- Grain:      one claim (claim_id).
-- Parameters: none.
-- Source:     SETL_D column comments; bases B1 to B5 of the domain notes, §3.
--
-- A claim that its latest update voids (is_valid = false) counts nothing.
-- A reversal carries negative amounts, so that summing all rows nets it (refund models P and Q alike).
-- A supplement (手工补报销, reasons 06, 08, 09, 10) repeats fees that were settled already:
-- only the fund money is new, and it lowers what the person bore.
with counted as (
    select
        person_key, claim_id, original_claim_id, visit_id, claim_kind, insurance_type, care_type, payment_place,
        insured_area, person_name,
        -- rows that a former program took in have no comparable name: spaces, kinds of middle dot and capitals make no
        -- other name
        coalesce(comparable_name, lower(translate(person_name, '•‧・･．. 　', '······'))) as comparable_name,
        id_number, cert_type, cast(settled_at as date) as settled_date, end_date,
        benefit_year, claim_kind = 'supplement' as is_supplement,
        total_amount, outside_catalogue_amount, over_limit_amount, first_share_amount, in_scope_amount,
        coalesce(deductible_amount, cast(0 as decimal(18, 2))) as deductible_amount,
        fund_amount,
        coalesce(medical_assistance_amount, cast(0 as decimal(18, 2))) as medical_assistance_amount,
        personal_amount,
        coalesce(cash_amount, personal_amount - coalesce(account_amount, cast(0 as decimal(18, 2)))) as cash_amount
    from claims
    where coalesce(is_valid, true)
)

select
    person_key, claim_id, original_claim_id, visit_id, claim_kind, insurance_type, care_type, payment_place,
    insured_area, person_name, comparable_name, id_number, cert_type, settled_date, end_date, benefit_year,
    cast(case when is_supplement then 0 else total_amount end as decimal(18, 2)) as total_amount,
    cast(case when is_supplement then 0 else in_scope_amount end as decimal(18, 2)) as in_scope_amount,
    fund_amount,
    medical_assistance_amount,
    -- B1 个人负担总额
    cast(case when is_supplement then -fund_amount else personal_amount end as decimal(18, 2))
        as personal_burden_amount,
    -- B2 目录内自付
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount - over_limit_amount end as decimal(18, 2))
        as in_catalogue_self_pay_amount,
    -- B2h 自付(含超限价)
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount end as decimal(18, 2))
        as self_pay_with_over_limit_amount,
    -- B3 政策范围内自付
    cast(case when is_supplement then -fund_amount
        else personal_amount - outside_catalogue_amount - over_limit_amount - first_share_amount end as decimal(18, 2))
        as in_scope_self_pay_amount,
    -- B4 分项自付: parts added up; it misses in-scope money above a cap, so it is shown, seldom chosen
    cast(case when is_supplement then 0
        else over_limit_amount + first_share_amount + deductible_amount end as decimal(18, 2))
        as component_self_pay_amount,
    -- B5 现金
    cast(case when is_supplement then -fund_amount else cash_amount end as decimal(18, 2)) as cash_amount
from counted
