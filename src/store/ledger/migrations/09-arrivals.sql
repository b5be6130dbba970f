-- What came, by file, county and month (empty: not legible); what lies in landing and is not taken; which gaps were
-- known when lists were sealed. Amounts are fen, days 2026-10-31.

create table arrived (
    feed       text not null,
    file_id    text not null,
    county     text not null,
    month      text not null,
    good_rows  integer not null,
    good_fen   integer not null,
    lost_rows  integer not null,
    lost_fen   integer not null,
    named_rows integer not null,
    named_fen  integer not null,
    primary key (feed, file_id, county, month)
) strict, without rowid;

create table lying (
    feed     text not null,
    name     text not null,
    state    text not null check (state in ('held', 'refused', 'waiting')),
    why      text not null,
    is_stray integer not null,
    since_at text not null,
    primary key (feed, name)
) strict, without rowid;

create table sealed_gaps (
    period       text not null,
    series       text not null,
    lists_before integer not null,
    county       text not null,
    feed         text not null,
    month        text not null,
    state        text not null,
    file         text not null,
    since        text not null,
    primary key (period, series, lists_before, county, feed, month)
) strict, without rowid;
create table sealed_gap_checks (
    period       text not null,
    series       text not null,
    lists_before integer not null,
    first_month  text not null,
    primary key (period, series, lists_before)
) strict, without rowid;
