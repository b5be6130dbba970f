-- Purpose:    The claims behind each finding that a list shows, each with the cost that its rule counts of it.
-- Grain:      one person, rule and claim.
-- Parameters: $until - last day of settlement that counts; a far day where whole months do
--             $everybody - true: also of people below and outside, to explain one
--
-- As the rule counted them: its insurance types, kinds of care, places of payment and basis, over its window, or of the
-- stay that was hit. An application shows the applicant's own claims.
with hits as (
    select
        f.person_key, f.rule_id, f.unit_id, f.line_amount, f.warn_amount,
        r.strict, r.shape, r.basis, r.subtract_adjustments, r.add_back_assistance, r.any_insurance, r.any_care,
        r.any_place, r.date_basis, r.window_from, r.window_to, r.benefit_year
    from findings as f
    inner join rule as r on f.rule_id = r.rule_id
    where $everybody or f.status in ('flagged', 'near', 'undecided')
),

counted as (
    select
        h.person_key, h.rule_id, h.shape, h.line_amount, h.warn_amount, h.strict, c.claim_kind, c.settled_date,
        c.care_type, c.is_inpatient, c.insurance_type, c.insured_area, c.person_name, c.id_number, c.cert_type,
        case h.basis
            when 'personal_burden' then c.personal_burden_amount
            when 'in_catalogue_self_pay' then c.in_catalogue_self_pay_amount
            when 'self_pay_with_over_limit' then c.self_pay_with_over_limit_amount
            when 'in_scope_self_pay' then c.in_scope_self_pay_amount
            when 'component_self_pay' then c.component_self_pay_amount
            when 'cash' then c.cash_amount
            when 'net_burden' then c.net_burden_amount
        end as basis_amount,
        h.subtract_adjustments and h.basis <> 'net_burden' as lowers, c.adjustment_amount,
        h.add_back_assistance and h.basis <> 'component_self_pay' as raises, c.medical_assistance_amount
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
            when h.shape = 'stay_over_line' then c.visit_id = h.unit_id and (c.is_inpatient or not h.any_care)
            when h.date_basis = 'benefit_year' then c.benefit_year = h.benefit_year
            when h.date_basis = 'discharged' then c.discharged_date between h.window_from and h.window_to
            else c.booked_date between h.window_from and h.window_to end
)

select
    person_key, rule_id, shape, line_amount, warn_amount, strict, claim_kind, settled_date, care_type, is_inpatient,
    insurance_type, insured_area, person_name, id_number, cert_type,
    -- as in int_counted_claims
    cast(basis_amount
        - case when lowers then least(adjustment_amount, greatest(basis_amount, 0)) else 0 end
        + case when raises then medical_assistance_amount else 0 end as decimal(18, 2)) as measured_amount
from counted
