-- A letter may be withdrawn: a check cannot be changed, so the table is made anew.

create table outbox_standing_now (
    letter_id integer primary key references outbox (letter_id),
    state     text not null check (state in
        ('queued', 'sending', 'accepted', 'deferred', 'rejected', 'unknown', 'bounced', 'replaced', 'withdrawn')),
    attempts  integer not null,
    next_at   text not null
) strict;
insert into outbox_standing_now select letter_id, state, attempts, next_at from outbox_standing;
drop table outbox_standing;
alter table outbox_standing_now rename to outbox_standing;
create index outbox_standing_by_state on outbox_standing (state, next_at);
