-- What happens to a list once it is sealed, and what its office answers. Days are 2026-10-31, amounts fen.

alter table list_persons add column row_token text not null default '';
create index list_persons_by_token on list_persons (row_token);
alter table suppressions add column lists_before integer not null default 0;

create table list_events (
    event_id integer primary key,
    list_id  text not null references lists (list_id),
    kind     text not null check (kind in ('published', 'confirmed', 'disputed', 'retracted', 'deleted', 'owned')),
    day      text not null,
    at       text not null,
    by_name  text not null,
    detail   text not null
) strict;
create index list_events_by_list on list_events (list_id, event_id);
create trigger list_events_keep before update on list_events begin select raise(abort, 'history is appended'); end;
create trigger list_events_stay before delete on list_events begin select raise(abort, 'history is appended'); end;

create table receipt_files (
    file_id   text primary key,
    name      text not null,
    at        text not null,
    rows      integer not null,
    answered  integer not null,
    conflicts integer not null,
    unmatched integer not null
) strict, without rowid;

create table answers (
    answer_id   integer primary key,
    list_id     text not null,
    person_key  integer not null,
    file_id     text not null,
    row_no      integer not null,
    effect      text not null check (effect in ('first', 'advance', 'conflict', 'settled')),
    verdict     text not null,
    category    text not null,
    reason      text not null,
    measure     text not null,
    amount_fen  integer,
    verified_on text,
    unit        text not null,
    verifier    text not null,
    remark      text not null,
    day         text not null,
    at          text not null,
    foreign key (list_id, person_key) references list_persons (list_id, person_key)
) strict;
create index answers_by_row on answers (list_id, person_key, answer_id);
create trigger answers_keep before update on answers begin select raise(abort, 'history is appended'); end;
create trigger answers_stay before delete on answers begin select raise(abort, 'history is appended'); end;

create table reroutes (
    reroute_id   integer primary key,
    list_id      text not null,
    person_key   integer not null,
    year         integer not null,
    from_office  text not null,
    to_office    text not null,
    lists_before integer not null,
    by_name      text not null,
    at           text not null,
    foreign key (list_id, person_key) references list_persons (list_id, person_key)
) strict;
create trigger reroutes_keep before update on reroutes begin select raise(abort, 'history is appended'); end;
create trigger reroutes_stay before delete on reroutes begin select raise(abort, 'history is appended'); end;

create table closed_periods (
    period  text primary key,
    at      text not null,
    by_name text not null,
    lists   integer not null
) strict, without rowid;
