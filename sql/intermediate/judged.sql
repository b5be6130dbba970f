-- Purpose:    How a rule decides each person whose cost was measured, whatever the shape that measured it.
-- Grain:      one person above $floor_amount, or who may be by what is open; everybody else is below the lowest warning line.
-- Parameters: $rule_id       - the rule
--             $needs_tag     - true: only people with a tag of rule_tag (is_wanted) are meant
--             $has_roster    - true: some roster states such a tag at all
--             $excludes_tag  - true: people with a tag of rule_tag (not is_wanted) are not meant
--             $has_excluded_roster - true: some roster states such a tag at all
--             $needs_rural   - true: only rural residents are meant
--             $by_residence  - true: the person's own rural status chooses the line
--             $own_line      - true: the line is the household's own (own_line_amount)
--             $warn_at       - share of the own line from which a person is near
--             $strict        - true: 超过 (>), false: 以上 (>=); 民法典 art. 1259
--             $floor_amount  - lowest warning line of all places; 0 where a place has no income figure
-- Clause:     the rule's own, e.g. 闽医保〔2021〕93号 clause 11.
--
-- Outcomes, in this order: outside, below, undecided (the first reason that holds), flagged, near. Lines are
-- rounded so that comparing whole fen is exact. near with reason over_provisional: above the provisional line that
-- held before the figure was published (kept_amount), not above the published one. Whom what is open could bring to
-- the other side of the line is undecided; whom every reading flags is flagged, and what is asked stands beside as the
-- reason.
with lined as (
    select
        k.person_key, k.unit_id, k.county_code, k.is_rural, k.rural_source, k.is_alive, k.has_id_conflict,
        k.means, k.measured_amount, k.recent_amount, k.claim_count,
        k.measured_amount + k.up_amount as highest_amount, k.measured_amount - k.down_amount as lowest_amount,
        k.up_reason, k.down_reason,
        k.total_amount, k.in_scope_amount, k.fund_amount, k.medical_assistance_amount, k.personal_burden_amount,
        k.in_catalogue_self_pay_amount, k.self_pay_with_over_limit_amount, k.in_scope_self_pay_amount,
        k.component_self_pay_amount, k.cash_amount, k.net_burden_amount, k.adjustment_amount,
        -- whether the person is meant; empty while nobody knows
        case when not $needs_tag or k.has_wanted_tag then true when k.wanted_tag_doubt is not null then null
            when $has_roster then false end as passes_tags,
        case when $excludes_tag and k.has_excluded_tag then false
            when $excludes_tag and k.excluded_tag_doubt is not null then null
            when not $excludes_tag or $has_excluded_roster then true end as passes_without_tags,
        k.wanted_tag_doubt, k.excluded_tag_doubt, k.ended_tag, k.ended_roster_month, k.ended_date,
        case when $needs_rural then k.is_rural else true end as passes_rural,
        l.income_amount,
        case when $own_line then k.own_line_amount else l.line_amount end as line_amount,
        -- the first fen that is over the line
        case when $own_line then k.own_line_amount else l.line_amount end + case when $strict then 0.01 else 0.00 end
            as over_amount,
        case when not $own_line then l.warn_amount
            -- whoever reaches the line lies above the warning line
            else least(k.own_line_amount * $warn_at, k.own_line_amount - case when $strict then 0.00 else 0.01 end)
        end as warn_amount,
        -- kept_amount is the highest that was not over the provisional line
        coalesce(not $own_line and k.measured_amount > l.kept_amount, false) as is_over_provisional,
        coalesce(l.is_provisional, false) as is_provisional
    from int_known as k
    left join rule_line as l on k.county_code = l.county_code
        and l.residence = case when not $by_residence then 'any' when k.is_rural then 'rural'
            when not k.is_rural then 'urban' end
),

-- An open question about the person matters only where its answer could put them on the list or take them off.
decided as (
    select
        person_key, unit_id, county_code, is_rural, rural_source, measured_amount, recent_amount, income_amount,
        line_amount, warn_amount, is_provisional, passes_tags, passes_without_tags, passes_rural,
        ended_tag, ended_roster_month, ended_date, measured_amount >= over_amount as is_over, $rule_id as band_rule, claim_count,
        total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        coalesce(down_reason, up_reason) as open_reason,
        case
            when not passes_tags then 'outside'
            when not passes_without_tags then 'outside'
            when not passes_rural then 'outside'
            when means = 'failed' then 'outside'
            when measured_amount <= warn_amount and not is_over_provisional and highest_amount < over_amount then 'below'
            when has_id_conflict then 'id_conflict'
            when county_code is null then 'county_unclear'
            when $by_residence and is_rural is null then 'rural_unknown'
            when $own_line and line_amount is null then 'means_unknown'
            when line_amount is null then 'no_income_figure'
            when passes_tags is null then coalesce(wanted_tag_doubt, 'no_roster')
            when passes_without_tags is null then coalesce(excluded_tag_doubt, 'no_roster')
            when passes_rural is null then 'rural_unknown'
            when means = 'unknown' then 'means_unknown'
            when not is_alive then 'deceased'
            when measured_amount >= over_amount and lowest_amount < over_amount then down_reason
            when measured_amount >= over_amount then 'flagged'
            when highest_amount >= over_amount then up_reason
            when is_over_provisional then 'over_provisional'
            else 'near'
        end as outcome,
        not passes_tags and (measured_amount > warn_amount or warn_amount is null) as is_tag_ended
    from lined
)

select
    d.person_key, d.unit_id, $rule_id as rule_id,
    case when d.outcome in ('outside', 'below', 'flagged', 'near') then d.outcome
        when d.outcome = 'over_provisional' then 'near'
        else 'undecided' end as status,
    case when d.outcome = 'flagged' then d.open_reason
        when d.outcome not in ('outside', 'below', 'near') then d.outcome end as reason,
    case when d.outcome in ('flagged', 'near') then b.band end as band,
    d.county_code, d.is_rural, d.rural_source, d.measured_amount, d.income_amount, d.line_amount, d.is_provisional,
    cast(d.measured_amount - d.line_amount as decimal(18, 2)) as excess_amount,
    cast(d.warn_amount as decimal(18, 2)) as warn_amount, d.recent_amount, d.claim_count,
    d.total_amount, d.in_scope_amount, d.fund_amount, d.medical_assistance_amount, d.personal_burden_amount,
    d.in_catalogue_self_pay_amount, d.self_pay_with_over_limit_amount, d.in_scope_self_pay_amount,
    d.component_self_pay_amount, d.cash_amount, d.net_burden_amount, d.adjustment_amount,
    d.passes_tags, d.passes_without_tags, d.passes_rural, d.is_over,
    b.band as reached_band,
    -- why somebody who could be on a list is outside: the tag has ended
    case when d.is_tag_ended then d.ended_tag end as ended_tag,
    case when d.is_tag_ended then d.ended_roster_month end as ended_roster_month,
    case when d.is_tag_ended then d.ended_date end as ended_date
from decided as d
left join rule_band as b on d.band_rule = b.rule_id
    and d.measured_amount >= b.from_amount
    and (d.measured_amount < b.below_amount or b.below_amount is null)
