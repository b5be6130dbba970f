-- Purpose:    Everything that a list says of a person whom a rule flagged, found near, or could not decide.
-- Grain:      one person and rule.
-- Parameters: $on_date - last day of the period; $until - last day of settlement that counts, a far day where
--             whole months do.
-- Source:     list columns: domain notes §7.
--
-- A new list column is added here, in the .toml, and in the column table of src/referrals.
with hits as (
    select
        f.person_key, f.rule_id, f.status, f.reason, f.county_code, f.is_rural, f.rural_source, f.measured_amount,
        f.income_amount, f.line_amount, f.is_provisional, f.excess_amount, f.warn_amount, f.recent_amount, f.claim_count, f.total_amount, f.in_scope_amount,
        f.fund_amount, f.medical_assistance_amount, f.personal_burden_amount, f.in_catalogue_self_pay_amount,
        f.self_pay_with_over_limit_amount, f.in_scope_self_pay_amount, f.component_self_pay_amount, f.cash_amount,
        f.net_burden_amount, f.adjustment_amount,
        r.rule_order, r.rule_version, r.basis, r.clause, r.any_insurance, r.subtract_adjustments,
        r.strict, r.shape, f.unit_id, r.any_care, r.any_place, r.add_back_assistance, r.date_basis, r.window_from,
        r.window_to, r.benefit_year
    from findings as f
    inner join rule as r on f.rule_id = r.rule_id
    where f.status in ('flagged', 'near', 'undecided')
),

-- The measured cost of each claim that the rule counts, on its basis: of the window, or of the stay that was hit.
measured as (
    select
        h.person_key, h.rule_id, h.line_amount, h.warn_amount, h.strict, c.claim_kind, c.settled_date, c.care_type,
        c.insurance_type, c.insured_area, c.person_name, c.id_number, c.cert_type,
        case h.basis
            when 'personal_burden' then c.personal_burden_amount
            when 'in_catalogue_self_pay' then c.in_catalogue_self_pay_amount
            when 'self_pay_with_over_limit' then c.self_pay_with_over_limit_amount
            when 'in_scope_self_pay' then c.in_scope_self_pay_amount
            when 'component_self_pay' then c.component_self_pay_amount
            when 'cash' then c.cash_amount
            when 'net_burden' then c.net_burden_amount
        end
            -- as in int_burden
            - case when h.subtract_adjustments and h.basis <> 'net_burden' then c.adjustment_amount else 0 end
            + case when h.add_back_assistance and h.basis <> 'component_self_pay' then c.medical_assistance_amount
                else 0 end as measured_amount
    from hits as h
    inner join int_net_claims as c on h.person_key = c.person_key
    left join rule_insurance as i on c.insurance_type = i.insurance_type and i.rule_id = h.rule_id
    left join rule_care as k on c.care_type = k.care_type and k.rule_id = h.rule_id
    left join rule_place as p on c.payment_place = p.payment_place and p.rule_id = h.rule_id
    where (h.any_insurance or i.insurance_type is not null)
        and (h.any_care or k.care_type is not null)
        and (h.any_place or p.payment_place is not null)
        and c.settled_date <= $until
        and case
            when h.shape = 'stay_over_line' then c.visit_id = h.unit_id
            when h.date_basis = 'benefit_year' then c.benefit_year = h.benefit_year
            when h.date_basis = 'discharged' then c.discharged_date between h.window_from and h.window_to
            else c.booked_date between h.window_from and h.window_to end
),

-- The sum at the end of each day: what was settled on one day counts together, in whatever order.
running as (
    select
        person_key, rule_id, line_amount, warn_amount, strict, claim_kind, settled_date, care_type, insurance_type,
        insured_area, person_name, id_number, cert_type, measured_amount,
        sum(measured_amount) over (partition by person_key, rule_id order by settled_date
            range between unbounded preceding and current row) as running_amount
    from measured
),

-- A crossing that a reversal or a supplement took back was none: the last one counts, which holds until today.
crossing as (
    select
        person_key, rule_id, claim_kind, settled_date, care_type, insurance_type, insured_area, person_name,
        id_number, cert_type, measured_amount,
        max(case when running_amount > line_amount or (running_amount = line_amount and not strict) then null
            else settled_date end) over (partition by person_key, rule_id) as last_day_below,
        max(case when running_amount > warn_amount then null else settled_date end)
            over (partition by person_key, rule_id) as last_day_not_warned
    from running
),

spending as (
    select
        person_key, rule_id,
        min(case when last_day_below is null or settled_date > last_day_below then settled_date end)
            as first_crossed_date,
        min(case when last_day_not_warned is null or settled_date > last_day_not_warned then settled_date end)
            as first_warned_date,
        max(case when claim_kind = 'settlement' then settled_date end) as last_settled_date,
        cast(string_agg(distinct insurance_type, ';' order by insurance_type) as varchar) as insurance_types,
        -- where claims come from several places, two of them: enough to see that the county is unclear
        min(insured_area) || coalesce(';' || nullif(max(insured_area), min(insured_area)), '') as insured_area,
        max(person_name) as claim_name,
        max(id_number) as claim_id_number,
        max(cert_type) as claim_cert_type,
        cast(sum(case when care_type in ('21', '22', '23', '24', '25', '26', '27', '28', '52')
            then measured_amount else 0 end) as decimal(18, 2)) as inpatient_amount,
        cast(sum(case when care_type = '41' then measured_amount else 0 end) as decimal(18, 2)) as pharmacy_amount,
        cast(sum(measured_amount) as decimal(18, 2)) as measured_amount
    from crossing
    group by person_key, rule_id
),

-- The most severe tag first, as lists print them.
ranked as (
    select person_key, tag, source_office,
        strpos(';special_hardship;subsistence;marginal_subsistence;rigid_expenditure;returned_to_poverty;'
            || 'lifted_out;unstable_lifted_out;vulnerable;sudden_hardship;', ';' || tag || ';') as tag_order
    from int_person_tags
),

tags as (
    select person_key, cast(string_agg(tag, ';' order by tag_order) as varchar) as tags,
        cast(string_agg(source_office, ';' order by tag_order) as varchar) as tag_sources
    from ranked
    group by person_key
)

select
    h.person_key, h.rule_id, h.rule_order, h.rule_version, h.status, h.reason, h.county_code,
    p.town_name, p.village_name, p.village_code,
    coalesce(p.person_name, s.claim_name) as person_name,
    coalesce(p.id_number, s.claim_id_number) as id_number, coalesce(p.cert_type, s.claim_cert_type) as cert_type,
    p.sex, p.birth_date, p.phone,
    t.tags, t.tag_sources, s.insured_area, s.insurance_types,
    h.basis, h.measured_amount, h.income_amount, h.line_amount,
    case when h.is_provisional then 'provisional' when not h.is_provisional then 'official' end as line_status,
    h.excess_amount,
    -- the early warning: only of who is near, only on the bureau's own list
    case when h.status = 'near' then cast(-h.excess_amount as decimal(18, 2)) end as margin_amount,
    -- what a whole household paid is not told by the applicant's claims
    case when h.status = 'near' and h.shape <> 'application_over_line' then s.first_warned_date end
        as first_warned_date,
    case when h.status = 'near' then h.recent_amount end as recent_amount,
    h.claim_count, h.total_amount, h.in_scope_amount, h.fund_amount, h.medical_assistance_amount,
    h.personal_burden_amount, h.in_catalogue_self_pay_amount, h.self_pay_with_over_limit_amount,
    h.in_scope_self_pay_amount, h.component_self_pay_amount, h.cash_amount, h.net_burden_amount,
    h.adjustment_amount, s.inpatient_amount,
    cast(s.measured_amount - s.inpatient_amount - s.pharmacy_amount as decimal(18, 2)) as outpatient_amount,
    s.pharmacy_amount,
    case when h.shape <> 'application_over_line' then s.first_crossed_date end as first_crossed_date, s.last_settled_date,
    case when h.is_rural then 'yes' when not h.is_rural then 'no' else 'unknown' end as rural,
    h.rural_source, h.clause
from hits as h
left join spending as s on h.person_key = s.person_key and h.rule_id = s.rule_id
left join residents as p on h.person_key = p.person_key
left join tags as t on h.person_key = t.person_key
order by h.person_key, h.rule_order
