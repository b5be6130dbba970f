-- Purpose:    What is open about a person and could change what a rule measures, by how much at most.
-- Grain:      one person and open item.
-- Parameters: $window_to, $benefit_year - see int_burden
--             the others as in int_counted_claims
--
-- up_amount: by so much the item could raise the measured amount, down_amount: by so much it could lower it. An item
-- counts where its day can lie in the months that the rule reads; a day that nobody knows can. Of a rejected row nobody
-- knows what the rule would count of it. A refund counts by the days of the settlement that it takes back, of which
-- only this is known: it is no later than the refund.
with costed as (
    select
        person_key, reason, source, raises, source_file, source_row,
        cast(case $basis
            when 'personal_burden' then personal_burden_amount
            when 'in_catalogue_self_pay' then in_catalogue_self_pay_amount
            when 'self_pay_with_over_limit' then self_pay_with_over_limit_amount
            when 'in_scope_self_pay' then in_scope_self_pay_amount
            when 'component_self_pay' then component_self_pay_amount
            when 'cash' then cash_amount
            when 'net_burden' then personal_burden_amount
        end
            + case when $add_back_assistance and $basis <> 'component_self_pay' then medical_assistance_amount
                else 0 end as decimal(18, 2)) as open_amount
    from open_items
    where case source
        when 'row' then settled_date is null
            or settled_date between cast(date_trunc('month', $read_from) as date) and $window_to
        when 'adjustment' then ($subtract_adjustments or $basis = 'net_burden') and settled_date >= $read_from
            and ($payer_kinds = '' or payer_kind is null or strpos($payer_kinds, ';' || payer_kind || ';') > 0)
        else ($any_insurance or strpos($insurance_types, ';' || insurance_type || ';') > 0)
            and ($any_care or strpos($care_types, ';' || care_type || ';') > 0)
            and ($any_place or strpos($payment_places, ';' || payment_place || ';') > 0)
            and settled_date <= $until
            and case
                when not is_dated then settled_date >= $read_from
                when $date_basis = 'benefit_year'
                    then coalesce(benefit_year, cast(date_part('year', settled_date) as varchar)) = $benefit_year
                when $date_basis = 'discharged' then coalesce(end_date, settled_date) between $read_from and $window_to
                else settled_date between $read_from and $window_to end
        end
)

select
    person_key, reason, source, source_file, source_row,
    cast(greatest(case when raises then open_amount end, 0) as decimal(18, 2)) as up_amount,
    cast(greatest(-open_amount, 0) as decimal(18, 2)) as down_amount
from costed
