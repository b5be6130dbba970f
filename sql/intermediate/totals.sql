-- Purpose:    What each person paid in one month, on every basis. Run per month and bucket.
-- Grain:      one person, insurance type, care type, place of payment, month of discharge and benefit year.
-- Parameters: $month - first day of the month
--             $until - last day that counts; a far day where the whole month does
--
-- A pure function of the month's accepted claims and adjustments, so a cache: it is rebuilt only where
-- they changed, and deleting it changes nothing but time. The smallest and largest name and area tell
-- later whether one id was used by two people or in two places.
select
    person_key,
    insurance_type,
    care_type,
    payment_place,
    $month as booked_month,
    cast(date_trunc('month', discharged_date) as date) as discharged_month,
    benefit_year,
    count(*) as claim_count,
    cast(sum(total_amount) as decimal(18, 2)) as total_amount,
    cast(sum(in_scope_amount) as decimal(18, 2)) as in_scope_amount,
    cast(sum(fund_amount) as decimal(18, 2)) as fund_amount,
    cast(sum(medical_assistance_amount) as decimal(18, 2)) as medical_assistance_amount,
    cast(sum(personal_burden_amount) as decimal(18, 2)) as personal_burden_amount,
    cast(sum(in_catalogue_self_pay_amount) as decimal(18, 2)) as in_catalogue_self_pay_amount,
    cast(sum(self_pay_with_over_limit_amount) as decimal(18, 2)) as self_pay_with_over_limit_amount,
    cast(sum(in_scope_self_pay_amount) as decimal(18, 2)) as in_scope_self_pay_amount,
    cast(sum(component_self_pay_amount) as decimal(18, 2)) as component_self_pay_amount,
    cast(sum(cash_amount) as decimal(18, 2)) as cash_amount,
    cast(sum(net_burden_amount) as decimal(18, 2)) as net_burden_amount,
    cast(sum(adjustment_amount) as decimal(18, 2)) as adjustment_amount,
    min(insured_area) as first_area,
    max(insured_area) as last_area,
    -- spaces, kinds of middle dot and capitals make no other name
    min(lower(translate(person_name, '•‧・･．. 　', '······'))) as first_name,
    max(lower(translate(person_name, '•‧・･．. 　', '······'))) as last_name
from int_net_claims
where settled_date <= $until
group by person_key, insurance_type, care_type, payment_place, discharged_month, benefit_year
order by person_key, insurance_type, care_type, payment_place, discharged_month, benefit_year
