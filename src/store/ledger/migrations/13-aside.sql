-- Listed people whose withdrawal is set aside: as of the last run, and as of the moment at which lists were sealed.
-- since: the period of the last list on which the person stood without a question about leaving.

create table set_aside (
    series     text not null,
    person_key integer not null,
    cause      text not null,
    since      text not null,
    primary key (series, person_key)
) strict, without rowid;

create table sealed_aside (
    period       text not null,
    series       text not null,
    lists_before integer not null,
    person_key   integer not null,
    cause        text not null,
    since        text not null,
    primary key (period, series, lists_before, person_key)
) strict, without rowid;
