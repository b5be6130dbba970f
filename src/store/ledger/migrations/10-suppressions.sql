-- What was known of somebody when they were kept off the lists (rule=fen; joined), and the second person who agreed.

alter table suppressions add column known text not null default '';

create table suppression_seconds (
    suppression_id integer primary key references suppressions (suppression_id),
    signer         text not null,
    made_at        text not null,
    lists_before   integer not null
) strict;
create trigger suppression_seconds_keep before update on suppression_seconds
    begin select raise(abort, 'history is appended'); end;
create trigger suppression_seconds_stay before delete on suppression_seconds
    begin select raise(abort, 'history is appended'); end;
