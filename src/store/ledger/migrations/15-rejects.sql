-- Rejected rows of landed files, by hashes of what tells them apart, until an accepted row of another file mends them.

create table reject_files (
    feed    text not null,
    file_id text not null,
    name    text not null,
    rows    integer not null,
    at      text not null,
    primary key (feed, file_id)
) strict, without rowid;

create table rejected_rows (
    feed      text not null,
    number    integer not null,
    issuer    integer not null,
    file_id   text not null,
    rows      integer not null,
    mended_by text,
    mended_at text,
    primary key (feed, number, issuer, file_id)
) strict, without rowid;
create index rejected_rows_by_file on rejected_rows (feed, file_id);
