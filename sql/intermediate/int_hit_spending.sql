-- Purpose:    What the claims behind each finding say together: since when the line and the warning line are crossed,
--             where and under which insurance it was paid, and how the measured cost splits.
-- Grain:      one person and rule.
-- Parameters: see int_hit_claims.
--
-- The sum at the end of each day: what was settled on one day counts together, in whatever order.
with running as (
    select
        person_key, rule_id, shape, line_amount, warn_amount, strict, claim_kind, settled_date, care_type,
        is_inpatient, insurance_type, insured_area, person_name, id_number, cert_type, measured_amount,
        sum(measured_amount) over (partition by person_key, rule_id order by settled_date
            range between unbounded preceding and current row) as running_amount
    from int_hit_claims
),

-- A crossing that a reversal or a supplement took back was none: the last one counts, which holds until today.
crossing as (
    select
        person_key, rule_id, shape, claim_kind, settled_date, care_type, is_inpatient, insurance_type, insured_area,
        person_name, id_number, cert_type, measured_amount,
        max(case when running_amount > line_amount or (running_amount = line_amount and not strict) then null
            else settled_date end) over (partition by person_key, rule_id) as last_day_below,
        max(case when running_amount > warn_amount then null else settled_date end)
            over (partition by person_key, rule_id) as last_day_not_warned
    from running
),

summed as (
    select
        person_key, rule_id,
        -- the applicant's claims do not tell what a whole household paid
        min(case when shape <> 'application_over_line'
            and (last_day_below is null or settled_date > last_day_below) then settled_date end)
            as first_crossed_date,
        min(case when shape <> 'application_over_line'
            and (last_day_not_warned is null or settled_date > last_day_not_warned) then settled_date end)
            as first_warned_date,
        max(case when claim_kind = 'settlement' then settled_date end) as last_settled_date,
        cast(string_agg(distinct insurance_type, ';' order by insurance_type) as varchar) as insurance_types,
        -- where claims come from several places, two of them: enough to see that the county is unclear
        min(insured_area) || coalesce(';' || nullif(max(insured_area), min(insured_area)), '') as insured_area,
        max(person_name) as claim_name,
        max(id_number) as claim_id_number,
        max(cert_type) as claim_cert_type,
        sum(case when is_inpatient then measured_amount else 0 end) as inpatient_amount,
        sum(case when care_type = '41' then measured_amount else 0 end) as pharmacy_amount,
        sum(measured_amount) as measured_amount
    from crossing
    group by person_key, rule_id
)

select
    person_key, rule_id, first_crossed_date, first_warned_date, last_settled_date, insurance_types, insured_area,
    claim_name, claim_id_number, claim_cert_type,
    cast(inpatient_amount as decimal(18, 2)) as inpatient_amount,
    cast(measured_amount - inpatient_amount - pharmacy_amount as decimal(18, 2)) as outpatient_amount,
    cast(pharmacy_amount as decimal(18, 2)) as pharmacy_amount
from summed
