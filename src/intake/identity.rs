//! What people said of documents, carried out: the rows of a settled one go under the kept one's key, before anything new
//! is taken in, as a version of its own.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use engine::compute::linked_people;
use law::domain::PersonKey;
use law::links::{Kept, Verdict};
use store::ledger::Ledger;
use store::warehouse::{Version, Warehouse};

use super::tables::{Moving, regroup, write_rows};
use super::{IntakeError, commit};

/// Two documents and the verdict on them.
type Said = (PersonKey, PersonKey, Verdict);

/// The version in which rows lie as people said, and under which documents they lie.
pub(super) async fn follow(
    warehouse: &Warehouse,
    ledger: &Ledger,
    staging: &Path,
    version: Version,
) -> Result<(Version, Kept), IntakeError> {
    let known = linked_people(warehouse, &version)?.1;
    let known: Vec<Said> =
        known.iter().filter_map(|said| Some((said.kept, said.other, Verdict::parse(&said.verdict)?))).collect();
    let said = ledger.identities()?;
    let said: Vec<Said> = said.iter().map(|said| (said.kept, said.other, said.verdict)).collect();
    let (before, after) = (Kept::of(known.iter().copied()), Kept::of(said.iter().copied()));
    if known == said {
        return Ok((version, after));
    }
    let root = warehouse.root();
    let moving = Moving { root, version: &version, staging, before: &before, after: &after };
    let mut entries = regroup(&moving)?;
    entries.push(write_rows(root, "settled_links", None, |schema| {
        let keys = |pick: fn(&Said) -> PersonKey| said.iter().map(|said| Some(pick(said).0)).collect::<Int64Array>();
        let verdicts: StringArray = said.iter().map(|said| Some(said.2.code())).collect();
        let columns: [Arc<dyn arrow::array::Array>; 3] =
            [Arc::new(keys(|said| said.0)), Arc::new(keys(|said| said.1)), Arc::new(verdicts)];
        RecordBatch::try_new(schema, columns.to_vec())
    })?);
    let next = version.next("identity", entries, Vec::new());
    commit::check_moved(&version, &next)?;
    warehouse.commit(&next).await?;
    Ok((next, after))
}
