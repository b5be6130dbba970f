-- Runs, landed files, cases, sealed lists, the audit chain.
-- Money is integer fen, moments are UTC text, periods are 2026-10.

create table runs (
    run_id      integer primary key,
    run_key     text not null,
    job         text not null,
    period      text not null,
    state       text not null check (state in ('running', 'done', 'failed')),
    started_at  text not null,
    finished_at text,
    version     integer,
    summary     text not null default 'null',
    steps       text not null default '[]'
) strict;
create index runs_by_key on runs (run_key, run_id);

create table landed_cache (
    feed        text not null,
    path        text not null,
    bytes       integer not null,
    modified_ns integer not null,
    file_id     text not null,
    primary key (feed, path)
) strict, without rowid;

create table landed_files (
    feed       text not null,
    file_id    text not null,
    name       text not null,
    state      text not null check (state in ('taken', 'refused')),
    version    integer,
    reason     text not null default '',
    hint       text not null default '',
    bytes      integer not null default 0,
    outcome    text not null default 'null',
    decided_at text not null,
    primary key (feed, file_id)
) strict, without rowid;

create table synced (one integer primary key check (one = 1), version integer not null) strict;
insert into synced values (1, 0);

create table cases (
    case_id      integer primary key,
    person_key   integer not null,
    rule_id      text not null,
    year         integer not null,
    county       text not null,
    state        text not null check (state in ('watching', 'flagged', 'undecided', 'withdrawn', 'closed')),
    measured_fen integer not null,
    reason       text not null,
    last_period  text not null,
    unique (year, person_key, rule_id)
) strict;

create table case_events (
    event_id     integer primary key,
    case_id      integer not null references cases (case_id),
    period       text not null,
    at           text not null,
    kind         text not null,
    from_state   text,
    to_state     text not null,
    measured_fen integer not null,
    reason       text not null
) strict;
create index case_events_by_case on case_events (case_id, event_id);
create trigger case_events_keep before update on case_events begin select raise(abort, 'history is appended'); end;
create trigger case_events_stay before delete on case_events begin select raise(abort, 'history is appended'); end;

create table lists (
    list_id         text primary key,
    period          text not null,
    year            integer not null,
    county          text not null,
    office          text not null,
    kind            text not null,
    seq             integer not null check (seq > 0),
    version         integer not null,
    rows            integer not null,
    persons         integer not null,
    control_fen     integer not null,
    manifest_sha256 text not null,
    sealed_at       text not null,
    unique (county, office, seq)
) strict;
create index lists_by_office on lists (year, county, office, period);
create trigger lists_keep before update on lists begin select raise(abort, 'a sealed list never changes'); end;
create trigger lists_stay before delete on lists begin select raise(abort, 'a sealed list never changes'); end;

create table list_persons (
    list_id      text not null references lists (list_id),
    person_key   integer not null,
    delta        text not null,
    leading_rule text not null,
    rules        text not null,
    measured_fen integer not null,
    primary key (list_id, person_key)
) strict, without rowid;

create table audit (
    seq       integer primary key,
    at        text not null,
    actor     text not null,
    action    text not null,
    object    text not null,
    detail    text not null,
    prev_hash text not null,
    hash      text not null
) strict;
create trigger audit_keep before update on audit begin select raise(abort, 'the audit chain is appended'); end;
create trigger audit_stay before delete on audit begin select raise(abort, 'the audit chain is appended'); end;
