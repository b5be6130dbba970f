-- Purpose:    Every claim that counts, with its cost on each basis and the days by which rules date it.
-- Grain:      one claim (claim_id).
-- Parameters: none.
--
-- A reversal takes visit, discharge and year from its original: it undoes that claim, whenever it was made.
-- The original's columns have names of their own: the engine (DataFusion 55.2) pushes a filter over a column that is
-- put together from two sides of an outer join below the join where both sides call it alike, and takes one for the
-- other. tests/tidy looks for such columns.
with reversed as (
    select distinct person_key from claims where claim_kind = 'reversal'
),

-- Few people take a claim back, and only their claims can be originals.
originals as (
    select
        c.person_key, c.claim_id as undone_claim_id, c.visit_id as undone_visit_id,
        cast(c.settled_at as date) as undone_settled_date, c.end_date as undone_end_date,
        c.benefit_year as undone_benefit_year
    from reversed as r
    right semi join claims as c on c.person_key = r.person_key
    where c.claim_kind = 'settlement'
),

dated as (
    select
        c.person_key, c.claim_id, c.claim_kind, c.insurance_type, c.care_type, c.payment_place, c.insured_area,
        c.person_name, c.comparable_name, c.id_number, c.cert_type, c.settled_date,
        coalesce(o.undone_settled_date, c.settled_date) as booked_date,
        coalesce(o.undone_visit_id, c.visit_id, o.undone_claim_id, c.claim_id) as visit_id,
        coalesce(o.undone_end_date, case when o.undone_claim_id is null then c.end_date end) as end_date,
        coalesce(o.undone_benefit_year, case when o.undone_claim_id is null then c.benefit_year end) as benefit_year,
        c.total_amount, c.in_scope_amount, c.fund_amount, c.medical_assistance_amount, c.personal_burden_amount,
        c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount, c.in_scope_self_pay_amount,
        c.component_self_pay_amount, c.cash_amount
    from originals as o
    right join stg_amounts as c
        on c.original_claim_id = o.undone_claim_id and c.person_key = o.person_key and c.claim_kind = 'reversal'
)

select
    person_key, claim_id, claim_kind, insurance_type, care_type,
    -- the kinds of care (MED_TYPE) that are a stay, day surgery (28) and childbirth (52) among them
    care_type in ('21', '22', '23', '24', '25', '26', '27', '28', '52') as is_inpatient,
    payment_place, insured_area, person_name, comparable_name, id_number, cert_type, settled_date, booked_date,
    coalesce(end_date, booked_date) as discharged_date,
    coalesce(benefit_year, cast(date_part('year', booked_date) as varchar)) as benefit_year,
    visit_id, total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount
from dated
