-- Accepted files that two people have taken back: the version that had taken one in, and the one from which on everything
-- is as if it had not come.

create table taken_back (
    feed        text not null,
    file_id     text not null,
    name        text not null,
    version     integer not null,
    gone_in     integer not null,
    question_id integer not null references questions (question_id),
    at          text not null,
    primary key (feed, file_id, version)
) strict, without rowid;
create trigger taken_back_keep before update on taken_back begin select raise(abort, 'history is appended'); end;
create trigger taken_back_stay before delete on taken_back begin select raise(abort, 'history is appended'); end;
