-- Questions that wait for two named people: what is held, whom it is about, who said what.

create table questions (
    question_id integer primary key,
    hash        text not null unique,
    topic       text not null,
    series      text not null,
    cause       text not null,
    surprises   text not null,
    files       text not null,
    counties    text not null,
    people      integer not null,
    sender      text not null,
    state       text not null check (state in ('open', 'accepted', 'rejected', 'gone')),
    answer      text not null default '',
    opened_at   text not null,
    due         text not null,
    closed_at   text
) strict;
create index questions_by_state on questions (state, topic);

create table question_people (
    question_id integer not null references questions (question_id),
    person_key  integer not null,
    primary key (question_id, person_key)
) strict, without rowid;

create table question_answers (
    answer_id   integer primary key,
    question_id integer not null references questions (question_id),
    asked_at    text not null,
    word        text not null,
    person      text not null,
    reason      text not null,
    said_at     text not null
) strict;
create index question_answers_by_question on question_answers (question_id, answer_id);
create trigger question_answers_keep before update on question_answers
begin select raise(abort, 'history is appended'); end;
create trigger question_answers_stay before delete on question_answers
begin select raise(abort, 'history is appended'); end;
