-- Purpose:    Every claim that counts, with its cost on each basis.
-- Grain:      one claim (claim_id).
-- Parameters: none.
-- Source:     SETL_D column comments; bases B1 to B5 of the domain notes, §3.
--
-- A claim that its latest update voids (is_valid = false) counts nothing.
-- A reversal carries negative amounts, so that summing all rows nets it (refund models P and Q alike).
-- A supplement (手工补报销, reasons 06, 08, 09, 10) repeats fees that were settled already:
-- only the fund money is new, and it lowers what the person bore.
-- A reversal takes visit, discharge and year from its original: it undoes that claim, whenever it was made.
with reversed as (
    select distinct person_key from claims where claim_kind = 'reversal'
),

-- Few people take a claim back, and only their claims can be originals.
originals as (
    select
        c.person_key, c.claim_id, c.visit_id, cast(c.settled_at as date) as settled_date, c.end_date, c.benefit_year
    from reversed as r
    right semi join claims as c on c.person_key = r.person_key
    where c.claim_kind = 'settlement'
),

dated as (
    select
        c.person_key, c.claim_id, c.claim_kind, c.insurance_type, c.care_type, c.payment_place, c.insured_area,
        c.person_name, c.id_number, c.cert_type, cast(c.settled_at as date) as settled_date,
        coalesce(o.settled_date, cast(c.settled_at as date)) as booked_date,
        coalesce(o.visit_id, c.visit_id, o.claim_id, c.claim_id) as visit_id,
        coalesce(o.end_date, case when o.claim_id is null then c.end_date end) as end_date,
        coalesce(o.benefit_year, case when o.claim_id is null then c.benefit_year end) as benefit_year,
        c.total_amount, c.outside_catalogue_amount, c.over_limit_amount, c.first_share_amount, c.in_scope_amount,
        c.deductible_amount, c.fund_amount, c.medical_assistance_amount, c.personal_amount, c.account_amount,
        c.cash_amount
    from originals as o
    right join claims as c
        on c.original_claim_id = o.claim_id and c.person_key = o.person_key and c.claim_kind = 'reversal'
    where coalesce(c.is_valid, true)
),

counted as (
    select
        person_key, claim_id, claim_kind, insurance_type, care_type, payment_place, insured_area, person_name,
        id_number, cert_type, settled_date, booked_date, visit_id,
        coalesce(end_date, booked_date) as discharged_date,
        coalesce(benefit_year, cast(date_part('year', booked_date) as varchar)) as benefit_year,
        claim_kind = 'supplement' as is_supplement,
        total_amount, outside_catalogue_amount, over_limit_amount, first_share_amount, in_scope_amount,
        coalesce(deductible_amount, cast(0 as decimal(18, 2))) as deductible_amount,
        fund_amount,
        coalesce(medical_assistance_amount, cast(0 as decimal(18, 2))) as medical_assistance_amount,
        personal_amount,
        coalesce(cash_amount, personal_amount - coalesce(account_amount, cast(0 as decimal(18, 2)))) as cash_amount
    from dated
)

select
    person_key, claim_id, claim_kind, insurance_type, care_type, payment_place, insured_area, person_name, id_number,
    cert_type, settled_date, booked_date, discharged_date, benefit_year, visit_id,
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
