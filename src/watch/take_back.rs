//! What taking an accepted file back would touch. Taking it back is the next run's: see `intake`.

use std::collections::BTreeSet;

use engine::rows::of_file;
use engine::{Context, PipelineError};
use intake::{BackNeeds, needs_of_take_back};
use law::contracts::{BackFile, Counted, Feed};
use law::domain::{CountyCode, PersonKey};

use crate::landing::intake;

engine::row! {
    struct OfPerson {
        source: String = "source_file",
        person: PersonKey = "person_key",
    }
}

engine::row! {
    struct OfNobody {
        source: String = "source_file",
    }
}

/// What stands of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Rows that are accepted or held.
    pub rows: u64,
    pub people: BTreeSet<PersonKey>,
    pub counties: BTreeSet<CountyCode>,
    pub needs: BackNeeds,
}

/// Counts what stands of an accepted file; nothing is changed.
pub async fn touched_by(context: &Context, file: &BackFile) -> Result<Touched, PipelineError> {
    let version = context.warehouse.current().await?;
    let source = file.file_id.get(..16).unwrap_or(&file.file_id);
    let (mut rows, mut people) = (0, BTreeSet::new());
    let held = format!("held_{}", file.feed);
    for entry in version.table(file.feed.name()).chain(version.table(&held)) {
        let path = context.warehouse.path(entry);
        if file.feed == Feed::Income {
            for row in of_file::<OfNobody>(&path)? {
                rows += u64::from(row?.source == source);
            }
            continue;
        }
        for row in of_file::<OfPerson>(&path)? {
            let row = row?;
            if row.source == source {
                rows += 1;
                people.insert(row.person);
            }
        }
    }
    let counties = context.ledger.counties_of(file.feed, &file.file_id)?;
    let counted = Counted::default();
    let needs = needs_of_take_back(&intake(context, None, &counted, &|_, _, _| {}), file).await?;
    Ok(Touched { rows, people, counties, needs })
}
