-- Which alerts the operators were written to about.

create table told_alerts (
    alert_id  integer not null references alerts (alert_id),
    word      text not null check (word in ('raised', 'cleared')),
    letter_id integer not null references outbox (letter_id),
    primary key (alert_id, word)
) strict, without rowid;
create trigger told_alerts_keep before update on told_alerts begin select raise(abort, 'history is appended'); end;
create trigger told_alerts_stay before delete on told_alerts begin select raise(abort, 'history is appended'); end;
