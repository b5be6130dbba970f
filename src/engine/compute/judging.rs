//! Rules of a period carried out bucket by bucket: what members of applying households paid, everybody's reach, the claims
//! in it, then every rule. Nothing of a bucket is kept longer than it runs, unless the evaluation keeps files.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;
use law::domain::{Fen, Period};
use law::policy::Rule;

use super::evaluation::{Evaluation, Made, MadeOnce, all_of};
use super::links::{Links, Raised};
use super::reach::{Reach, narrow};
use super::rules::{LINK, RuleData, Span};
use super::tables::{CLAIMS, MEMBERS, REACH, looks_at_claims, needs_members};
use super::task::{InReach, Input, Task};
use crate::{Engine, PipelineError, in_parallel};

impl Evaluation<'_> {
    /// Gets rules ready that are drawn: what each needs over all buckets, and whose claims any of them looks at.
    /// `margin`: by so much below the lowest line somebody is still looked at.
    pub async fn prepare(
        &self,
        drawn: Vec<RuleData>,
        once: &MadeOnce,
        margin: Fen,
    ) -> Result<Judging<'_>, PipelineError> {
        let (mut members, mut made) = (Vec::with_capacity(drawn.len()), Made::default());
        for data in &drawn {
            let mut files = None;
            if needs_members(self.models(), data) {
                let tasks = self.buckets().map(|bucket| self.rule_task(data, MEMBERS, &[], bucket));
                let step = self.make(MEMBERS, tasks.collect::<Result<_, _>>()?).await?;
                files = Some(all_of(self.models(), MEMBERS, &step.parts)?);
                made.add(step);
            }
            members.push(files);
        }
        let links = Links::of_data(self.data)?;
        let reach = Reach::of(self.models(), &drawn, margin, &links);
        Ok(Judging { evaluation: self, drawn, members, once: once.clone(), made, reach, links })
    }

    /// The findings of rules on a period, of all buckets; what `refresh_findings` keeps, in memory.
    pub async fn findings(&self, rules: &[&Rule], period: Period) -> Result<Vec<RecordBatch>, PipelineError> {
        let setting = self.setting(Span::of_rules(rules.iter().copied(), period)).await?;
        let judging = self.prepare(setting.draw(rules, self.models())?, &setting.once, Fen::ZERO).await?;
        Ok(judging.by_bucket(Vec::new(), |_, rows| Ok(rows.concat())).await?.concat())
    }
}

/// Rules of a period ready for every bucket.
pub struct Judging<'a> {
    evaluation: &'a Evaluation<'a>,
    pub(super) drawn: Vec<RuleData>,
    /// What the members of applying households paid, for each rule that asks.
    members: Vec<Option<Input>>,
    pub(super) once: MadeOnce,
    pub(super) made: Made,
    pub(super) reach: Option<Reach>,
    links: Links,
}

/// The statements of one bucket, each with whether it reads the claims in reach, and what those are found by.
struct Bucket {
    number: u16,
    reach: Option<(Task, Task)>,
    tasks: Vec<(Task, bool)>,
}

impl Judging<'_> {
    /// The statements of one bucket, in the order of the rules: where a rule looks at single persons' claims, on the
    /// upper amounts and claims of those in reach.
    pub(super) fn rule_tasks(
        &self,
        checks: &[String],
        bucket: u16,
        in_reach: Option<&(Input, Input)>,
        raised: &[Raised],
    ) -> Result<Vec<Task>, PipelineError> {
        let evaluation = self.evaluation;
        let (models, buckets) = (evaluation.models(), evaluation.buckets().end);
        let task = |((data, members), raised): ((&RuleData, &Option<Input>), &Raised)| {
            let task = self.once.read_by(evaluation.rule_task(data, &data.model, checks, bucket)?);
            let task = members.iter().fold(task, |task, members| task.reading(MEMBERS, members.clone()));
            let task = task.reading(LINK, Input::Rows(raised.rows(models, (bucket, buckets))?));
            Ok(match in_reach.filter(|_| looks_at_claims(models, data)) {
                Some((reach, claims)) => task.reading(REACH, reach.clone()).reading(CLAIMS, claims.clone()),
                None => task.reading(REACH, Input::Files(Vec::new())),
            })
        };
        self.drawn.iter().zip(&self.members).zip(raised).map(task).collect()
    }

    /// By how much open links could raise what each rule measures, in the order of the rules.
    pub(super) async fn raised(&self, in_reach: Option<&InReach>) -> Result<Vec<Raised>, PipelineError> {
        let mut raised = Vec::with_capacity(self.drawn.len());
        for data in &self.drawn {
            raised.push(self.evaluation.raised(&self.links, data, in_reach).await?);
        }
        Ok(raised)
    }

    /// Carries all rules out, bucket by bucket, and after them `more`, one task of each bucket. `then` is given the
    /// rows of each rule in the order in which they were prepared; nothing of a bucket is kept longer than it runs.
    pub async fn by_bucket<T, F>(&self, more: Vec<Task>, then: F) -> Result<Vec<T>, PipelineError>
    where
        T: Send + 'static,
        F: Fn(u16, Vec<Vec<RecordBatch>>) -> Result<T, PipelineError> + Clone + Send + Sync + 'static,
    {
        let evaluation = self.evaluation;
        let mut more: BTreeMap<u16, Task> = more.into_iter().map(|task| (task.bucket, task)).collect();
        let (mut buckets, raised) = (Vec::new(), self.raised(None).await?);
        for number in evaluation.buckets() {
            // whose claims are looked at is known only once the bucket is carried out
            let waiting = (Input::Files(Vec::new()), Input::Files(Vec::new()));
            let mut bucket = Bucket { number, reach: None, tasks: Vec::new() };
            if let Some(reach) = &self.reach {
                let everybody = self.once.read_by(reach.of_everybody(evaluation, &[], number)?);
                bucket.reach = Some((everybody, reach.of_people(evaluation, &[], number, waiting.0.clone())?));
            }
            let looks = self.drawn.iter().map(|data| looks_at_claims(evaluation.models(), data));
            bucket.tasks = self.rule_tasks(&[], number, Some(&waiting), &raised)?.into_iter().zip(looks).collect();
            bucket.tasks.extend(more.remove(&number).map(|task| (task, false)));
            buckets.push(bucket);
        }
        let (engine, root) = (evaluation.engine.clone(), evaluation.data.root().to_owned());
        in_parallel(evaluation.workers, buckets, move |bucket| {
            let (engine, root, then) = (engine.clone(), root.clone(), then.clone());
            async move { then(bucket.number, bucket.carry_out(&engine, &root).await?) }
        })
        .await
    }
}

impl Bucket {
    async fn carry_out(self, engine: &Engine, root: &Path) -> Result<Vec<Vec<RecordBatch>>, PipelineError> {
        let in_reach = match self.reach {
            Some((everybody, people)) => Some(narrow(engine, root, &everybody, people).await?),
            None => None,
        };
        let mut found = Vec::with_capacity(self.tasks.len());
        for (task, looks) in self.tasks {
            let task = match in_reach.clone().filter(|_| looks) {
                Some((reach, claims)) => task.reading(REACH, reach).reading(CLAIMS, claims),
                None => task,
            };
            found.push(engine.collect(&task.statement(root)).await?);
        }
        Ok(found)
    }
}
