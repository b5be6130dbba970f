-- What the gate counted about landed files, for the comparison with later ones: counts and sizes, never a person.

create table file_profiles (
    feed    text not null,
    file_id text not null,
    profile text not null,
    primary key (feed, file_id)
) strict, without rowid;
