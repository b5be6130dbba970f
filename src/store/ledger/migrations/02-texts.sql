-- The texts that runs and sealed lists were made from, each once, by its hash.

create table texts (
    sha256 text primary key,
    text   text not null
) strict, without rowid;

create table text_sets (
    set_id text primary key,
    policy text not null,
    hashes text not null
) strict, without rowid;

create table run_texts (
    run_id integer primary key references runs (run_id),
    set_id text not null references text_sets (set_id)
) strict;

create table sealed_texts (
    seal_id integer primary key,
    series  text not null,
    period  text not null,
    set_id  text not null references text_sets (set_id),
    unique (series, period)
) strict;
create trigger sealed_texts_keep before update on sealed_texts begin select raise(abort, 'history is appended'); end;
create trigger sealed_texts_stay before delete on sealed_texts begin select raise(abort, 'history is appended'); end;
