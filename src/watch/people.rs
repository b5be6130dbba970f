//! Names of people, from the register.

use std::collections::{BTreeMap, BTreeSet};

use engine::rows::of_file;
use engine::{Context, PipelineError};
use law::domain::{PersonKey, bucket_of};
use store::warehouse::Version;

engine::row! {
    struct Named {
        person: PersonKey = "person_key",
        name: Option<String> = "person_name",
    }
}

/// The registered names of persons, by key; who is not registered has none.
pub(crate) fn names_of(
    context: &Context,
    version: &Version,
    persons: &BTreeSet<PersonKey>,
) -> Result<BTreeMap<PersonKey, String>, PipelineError> {
    let buckets: BTreeSet<u16> = persons.iter().map(|person| bucket_of(*person, version.buckets)).collect();
    let mut names = BTreeMap::new();
    for file in version.table("residents").filter(|file| file.bucket.is_some_and(|bucket| buckets.contains(&bucket))) {
        for row in of_file::<Named>(&context.warehouse.path(file))? {
            let row = row?;
            if persons.contains(&row.person) {
                names.insert(row.person, row.name.unwrap_or_default());
            }
        }
    }
    Ok(names)
}
