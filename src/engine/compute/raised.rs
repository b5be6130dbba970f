//! What a rule measures of the documents that may be one person's, over all buckets, and what that could add to each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use law::domain::{Fen, PersonKey, bucket_of};
use store::warehouse::Version;

use super::evaluation::{Evaluation, together};
use super::links::{Links, Raised};
use super::reach::only;
use super::rules::RuleData;
use super::tables::{CLAIMS, REACH, is_handed_in, looks_at_claims};
use super::task::{InReach, Input};
use crate::rows::of_model;
use crate::{Context, EngineError, Models, PersonKeys, PipelineError, rows_of};

/// What a rule measures of linked people.
const BURDEN: &str = "link_burden";

crate::row! {
    struct Upper {
        person: PersonKey = "person_key",
        upper: Fen = "upper_amount",
    }
}

crate::row! {
    struct Burden {
        person: PersonKey = "person_key",
        measured: Fen = "measured_amount",
    }
}

/// What people's claims of the newest period cost at most; without claims nothing is there.
pub fn upper_amounts(
    context: &Context,
    version: &Version,
    people: &BTreeSet<PersonKey>,
) -> Result<BTreeMap<PersonKey, Fen>, PipelineError> {
    let keys: PersonKeys = people.iter().map(|person| person.0).collect();
    let newest = version.table(REACH).filter_map(|entry| entry.month).max();
    let mut found = BTreeMap::new();
    for entry in version.table(REACH).filter(|entry| entry.month == newest) {
        let input = Input::Files(vec![entry.clone()]);
        let rows = rows_in(context.engine.models(), context.warehouse.root(), REACH, &input, &keys)?;
        found.extend(of_model::<Upper>(REACH, &rows)?.into_iter().map(|row| (row.person, row.upper)));
    }
    Ok(found)
}

impl Evaluation<'_> {
    /// What a rule measures of people whose links are open, and what that could add to each. `in_reach`: where their
    /// claims lie, else in the files of everybody's.
    pub(super) async fn raised(
        &self,
        links: &Links,
        data: &RuleData,
        in_reach: Option<&InReach>,
    ) -> Result<Raised, PipelineError> {
        Ok(self.raised_by(links, data, in_reach).await?.0)
    }

    /// The same, where nobody's reach is known, with what the rule measures of each document.
    pub async fn raised_alone(
        &self,
        links: &Links,
        data: &RuleData,
    ) -> Result<(Raised, BTreeMap<PersonKey, Fen>), PipelineError> {
        self.raised_by(links, data, None).await
    }

    async fn raised_by(
        &self,
        links: &Links,
        data: &RuleData,
        in_reach: Option<&InReach>,
    ) -> Result<(Raised, BTreeMap<PersonKey, Fen>), PipelineError> {
        let models = self.models();
        if links.is_empty() || models.get(BURDEN).is_none() || !looks_at_claims(models, data) {
            return Ok(Default::default());
        }
        let people = links.people();
        let keys: PersonKeys = people.iter().map(|person| person.0).collect();
        let count = self.buckets().end;
        let buckets: BTreeSet<u16> = people.iter().map(|person| bucket_of(*person, count)).collect();
        let mut task = self.measuring(BURDEN, data.measures.clone(), data.span, 0)?.of_rule(data);
        let names: Vec<String> = task.inputs.keys().filter(|name| !is_handed_in(name)).cloned().collect();
        for name in names {
            let mut rows = Vec::new();
            for bucket in &buckets {
                let claims = in_reach.filter(|_| name == CLAIMS).map(|in_reach| in_reach.get(bucket));
                let input = match claims {
                    Some(claims) => claims.map(|(_, claims)| claims.clone()),
                    None => Some(self.data.input(models, &name, data.span, *bucket)?),
                };
                rows.extend(
                    input
                        .map(|input| rows_in(models, self.data.root(), &name, &input, &keys))
                        .transpose()?
                        .into_iter()
                        .flatten(),
                );
            }
            task = task.reading(&name, Input::Rows(together(models, &name, rows)?));
        }
        let found = self.engine.collect(&task.statement(self.data.root())).await?;
        let measured: BTreeMap<PersonKey, Fen> =
            of_model::<Burden>(BURDEN, &found)?.into_iter().map(|row| (row.person, row.measured)).collect();
        let adds_up = data.measures.as_deref() != Some("int_stay_burden");
        Ok((links.raised(&measured, adds_up), measured))
    }
}

/// The rows of some persons.
fn rows_in(
    models: &Models,
    root: &Path,
    table: &str,
    input: &Input,
    keys: &PersonKeys,
) -> Result<Vec<RecordBatch>, PipelineError> {
    let missing = || EngineError::Model { model: table.to_owned(), why: "there is no such table".to_owned() };
    match input {
        Input::Rows(rows) => Ok(vec![only(rows, keys).ok_or_else(missing)?]),
        Input::Files(files) => {
            let schema = models.schema_of(table).ok_or_else(missing)?;
            let mut found = Vec::new();
            for path in files.iter().map(|file| -> PathBuf { root.join(&file.path) }) {
                for batch in rows_of(&path, &schema, keys)? {
                    found.push(batch?);
                }
            }
            Ok(found)
        }
    }
}
