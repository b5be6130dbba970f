-- Signatures, suppressions, the outbox. What was written, signed or happened is appended; only a letter's
-- standing moves.

create table list_signatures (
    list_id   text not null references lists (list_id),
    step      text not null check (step in ('reviewed', 'approved')),
    signer    text not null,
    reason    text not null,
    signed_at text not null,
    primary key (list_id, step)
) strict, without rowid;
create trigger list_signatures_keep before update on list_signatures
    begin select raise(abort, 'a signature never changes'); end;
create trigger list_signatures_stay before delete on list_signatures
    begin select raise(abort, 'a signature never changes'); end;

create table suppressions (
    suppression_id integer primary key,
    person_key     integer not null,
    rule_id        text not null,
    reason         text not null,
    until          text not null,
    signer         text not null,
    made_at        text not null
) strict;
create index suppressions_by_person on suppressions (person_key, rule_id, suppression_id);
create trigger suppressions_keep before update on suppressions begin select raise(abort, 'history is appended'); end;
create trigger suppressions_stay before delete on suppressions begin select raise(abort, 'history is appended'); end;

create table outbox (
    letter_id  integer primary key,
    message_id text not null unique,
    county     text not null,
    office     text not null,
    recipient  text not null,
    resend_no  integer not null,
    written_at text not null,
    due_at     text not null,
    sha256     text not null,
    bytes      blob not null
) strict;
create trigger outbox_keep before update on outbox begin select raise(abort, 'a letter never changes'); end;
create trigger outbox_stay before delete on outbox begin select raise(abort, 'a letter never changes'); end;

create table outbox_lists (
    list_id   text not null references lists (list_id),
    recipient text not null,
    resend_no integer not null,
    letter_id integer not null references outbox (letter_id),
    primary key (list_id, recipient, resend_no)
) strict, without rowid;
create index outbox_lists_by_letter on outbox_lists (letter_id);

create table outbox_standing (
    letter_id integer primary key references outbox (letter_id),
    state     text not null check (state in
        ('queued', 'sending', 'accepted', 'deferred', 'rejected', 'unknown', 'bounced', 'replaced')),
    attempts  integer not null,
    next_at   text not null
) strict;
create index outbox_standing_by_state on outbox_standing (state, next_at);

create table outbox_events (
    event_id   integer primary key,
    letter_id  integer not null references outbox (letter_id),
    at         text not null,
    event      text not null,
    from_state text not null,
    to_state   text not null,
    attempt    integer not null,
    detail     text not null
) strict;
create index outbox_events_by_letter on outbox_events (letter_id, event_id);
create trigger outbox_events_keep before update on outbox_events begin select raise(abort, 'history is appended'); end;
create trigger outbox_events_stay before delete on outbox_events begin select raise(abort, 'history is appended'); end;
