-- What named people said of two documents; appended, the latest word on a pair holds.

create table identities (
    identity_id integer primary key,
    kept_key    integer not null,
    other_key   integer not null,
    verdict     text not null check (verdict in ('same', 'separate')),
    signer      text not null,
    reason      text not null,
    said_at     text not null,
    check (kept_key <> other_key)
) strict;
create trigger identities_keep before update on identities begin select raise(abort, 'history is appended'); end;
create trigger identities_stay before delete on identities begin select raise(abort, 'history is appended'); end;
