-- Purpose:    What is known of each person whose cost was measured: place, rural status and its source, tags, conflicts.
-- Grain:      one person above $floor_amount, or whom something open could bring there.
-- Parameters: $floor_amount - lowest warning line of all places; 0 where a place has no income figure
--             $rural_by       - sources of rural status, the first one that says anything decides:
--                               ;register;roster;village_class;household_type;
--             $rural_conflict - where village class and household type contradict each other and decide:
--                               listed (rural, marked), undecided, or first (the first source decides)
--             $tags_from - see int_person_tags
with burden as (
    select
        person_key, unit_id, claim_count,
        total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount, means, first_area, last_area,
        first_name, last_name, measured_amount, recent_amount, own_line_amount, up_amount, down_amount, up_reason, down_reason
    from int_opened where measured_amount + up_amount > $floor_amount
),

-- 脱贫人口 and the 监测对象 are rural people by definition (domain notes §4, §5).
tagged as (
    select
        t.person_key as tagged_person_key,
        max(case when w.is_wanted and t.state = 'held' then 1 else 0 end) = 1 as has_wanted_tag,
        max(case when w.is_wanted and t.state = 'stale' then 'roster_stale'
            when w.is_wanted and t.state = 'absent' then 'tag_absent' end) as wanted_tag_doubt,
        max(case when not w.is_wanted and t.state in ('held', 'stale') then 1 else 0 end) = 1 as has_excluded_tag,
        max(case when not w.is_wanted and t.state = 'absent' then 'tag_absent' end) as excluded_tag_doubt,
        max(case when t.state <> 'ended' and t.tag in ('lifted_out', 'unstable_lifted_out', 'vulnerable',
            'sudden_hardship', 'prevention_target', 'returned_to_poverty') then 1 else 0 end) = 1 as has_rural_tag,
        max(case when w.is_wanted and t.state = 'ended' then t.tag end) as ended_tag,
        max(case when w.is_wanted and t.state = 'ended' then t.lacking_month end) as ended_roster_month,
        max(case when w.is_wanted and t.state = 'ended' then t.last_day end) as ended_date
    from int_person_tags as t
    left join rule_tag as w on t.tag = w.tag
    group by t.person_key
),

registered as (
    select
        person_key, county_code, is_alive, has_name_conflict, is_rural as is_rural_by_register,
        case when village_class like '1%' then false when village_class like '2%' then true end as is_rural_village,
        case when household_type in ('20', '21', '22') then true
            when household_type in ('10', '11', '12') then false end as is_rural_household
    from residents
),

-- What register and rosters say of anybody, and the place of the first source of rural status that says anything.
people as (
    select
        coalesce(r.person_key, t.tagged_person_key) as person_key,
        r.county_code, r.is_alive, r.has_name_conflict, r.is_rural_by_register, r.is_rural_village, r.is_rural_household,
        t.has_wanted_tag, t.has_excluded_tag, t.wanted_tag_doubt, t.excluded_tag_doubt,
        t.ended_tag, t.ended_roster_month, t.ended_date,
        least(
            case when r.is_rural_by_register is not null then nullif(strpos($rural_by, ';register;'), 0) end,
            case when t.has_rural_tag then nullif(strpos($rural_by, ';roster;'), 0) end,
            case when r.is_rural_village is not null then nullif(strpos($rural_by, ';village_class;'), 0) end,
            case when r.is_rural_household is not null then nullif(strpos($rural_by, ';household_type;'), 0) end
        ) as first_place
    from tagged as t
    full join registered as r on t.tagged_person_key = r.person_key
),

known as (
    select
        person_key, county_code, is_alive, has_name_conflict, is_rural_by_register, is_rural_village,
        is_rural_household, has_wanted_tag, has_excluded_tag, wanted_tag_doubt, excluded_tag_doubt,
        ended_tag, ended_roster_month, ended_date,
        case first_place
            when nullif(strpos($rural_by, ';register;'), 0) then 'register'
            when nullif(strpos($rural_by, ';roster;'), 0) then 'roster'
            when nullif(strpos($rural_by, ';village_class;'), 0) then 'village class'
            when nullif(strpos($rural_by, ';household_type;'), 0) then 'household type'
        end as first_source,
        $rural_conflict <> 'first'
            and coalesce(is_rural_village <> is_rural_household, false)
            and strpos($rural_by, ';village_class;') > 0 and strpos($rural_by, ';household_type;') > 0
            and first_place >= least(strpos($rural_by, ';village_class;'), strpos($rural_by, ';household_type;'))
            as is_contradicted
    from people
)

-- A county that the register does not state is the claims' own if they agree. rule_county has the codes that mean
-- another county today, and those that no table knows: their people belong to no county's list.
select
    b.person_key, b.unit_id,
    case
        when k.county_code is not null then case when rc.county_code is null then k.county_code else rc.means_code end
        when b.first_area = b.last_area or fc.means_code = lc.means_code or fc.means_code = b.last_area
            or b.first_area = lc.means_code
            then case when fc.county_code is null then b.first_area else fc.means_code end
    end as county_code,
    case
        when k.is_contradicted and $rural_conflict = 'listed' then true
        when k.is_contradicted then null
        when k.first_source = 'register' then k.is_rural_by_register
        when k.first_source = 'roster' then true
        when k.first_source = 'village class' then k.is_rural_village
        when k.first_source = 'household type' then k.is_rural_household
    end as is_rural,
    case when k.is_contradicted then 'conflict' else k.first_source end as rural_source,
    coalesce(k.has_wanted_tag, false) as has_wanted_tag,
    coalesce(k.has_excluded_tag, false) as has_excluded_tag,
    k.wanted_tag_doubt, k.excluded_tag_doubt, k.ended_tag, k.ended_roster_month, k.ended_date,
    coalesce(k.is_alive, true) as is_alive,
    coalesce(k.has_name_conflict, false)
        -- middle dots may be left out; a character that could not be printed is any one, in one name or in both
        or (b.person_key > 0 and coalesce(not (b.last_name like b.first_name or b.first_name like b.last_name
            or replace(b.first_name, '·', '') = replace(b.last_name, '·', '')
            or b.first_name like left(b.last_name, strpos(b.first_name, '_') - 1) || '_'
                || substr(b.last_name, strpos(b.first_name, '_') + 1)), false)) as has_id_conflict,
    b.up_amount, b.down_amount, b.up_reason, b.down_reason, b.measured_amount, b.recent_amount, b.own_line_amount, b.means, b.claim_count,
    b.total_amount, b.in_scope_amount, b.fund_amount, b.medical_assistance_amount, b.personal_burden_amount,
    b.in_catalogue_self_pay_amount, b.self_pay_with_over_limit_amount, b.in_scope_self_pay_amount,
    b.component_self_pay_amount, b.cash_amount, b.net_burden_amount, b.adjustment_amount
from burden as b
left join known as k on b.person_key = k.person_key
left join rule_county as rc on k.county_code = rc.county_code
left join rule_county as fc on b.first_area = fc.county_code
left join rule_county as lc on b.last_area = lc.county_code
