-- Since when jobs are watched, who runs them, what stands in the way, which periods were run without a word
-- to the offices.

create table watched_jobs (
    job   text primary key,
    since text not null
) strict, without rowid;

create table lease (
    one      integer primary key check (one = 1),
    owner    text not null,
    beats    integer not null,
    taken_at text not null,
    beat_at  text not null
) strict;

create table alerts (
    alert_id   integer primary key,
    key        text not null,
    kind       text not null,
    chinese    text not null,
    english    text not null,
    raised_at  text not null,
    cleared_at text
) strict;
create unique index alerts_open on alerts (key) where cleared_at is null;

create table quiet_periods (
    period    text not null,
    series    text not null,
    job       text not null,
    from_at   text not null,
    after     integer not null,
    lifted_at text,
    primary key (period, series)
) strict, without rowid;
