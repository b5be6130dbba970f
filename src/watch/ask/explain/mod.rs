//! One person's way through the rooms: claims, sums, tags, line, each rule's outcome. Reads only.
//!
//! A tree of JSON; the command line draws it. What it says of the law comes out of the statements that decide: they run
//! for the one person without a lowest line, on the newest version. This only asks them and finds the words.

mod cells;
mod facts;
mod household;
mod population;
mod rule;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use cells::{mask, rows_of, text};
use engine::compute::rules::{Known as Judging, RuleData, Span, payer_kinds_of};
use engine::compute::{
    Evaluation, LINK, Links, MEMBERS, OPEN_ITEMS, SNAPSHOTS, Setting, Stated, TAGS, linked_people, sources_in,
    stated_by_rosters, together,
};
use engine::{Context, EngineError, Models, Param, Params, PipelineError, Source, Statement};
use facts::Facts;
use law::contracts::Feed;
use law::domain::{Fen, IdNumber, Period, PersonKey, bucket_of, mask_id};
use law::policy::{IncomeFigure, Rule, Shape, TagsOn};
use rule::branch;
use serde_json::{Value, json};
use store::warehouse::{FileEntry, Version};

/// What a rule measures, as the statements about one person read it.
const MEASURED: &str = "measured";
const FINDINGS: &str = "findings";
const BURDEN: &str = "explain_burden";
const JUDGED: &str = "explain_judged";

/// Everything known of a person for a period, as a tree of rows by column name. Masked unless asked otherwise.
#[derive(Debug)]
pub struct Explanation {
    /// The tree: person, register, tags, claims, held, applications, rules.
    pub tree: Value,
}

/// The key that a number on the command line means: a resident id, or the number of another document.
pub fn person_named(number: &str, cert_type: Option<&str>) -> Result<PersonKey, law::domain::IdError> {
    match cert_type {
        Some(kind) => Ok(PersonKey::of_document(kind, &law::domain::fold_width(number).to_uppercase())),
        None => IdNumber::parse(number).map(|id| id.key()),
    }
}

pub async fn explain(
    context: &Context,
    person: PersonKey,
    period: Period,
    unmask: bool,
) -> Result<Explanation, PipelineError> {
    let version = context.warehouse.current().await?;
    let asking = Asking { context, version: &version, person, period, unmask };
    let known = asking.known().await?;
    let (mut rules, mut linked) = (Vec::new(), Vec::new());
    for rule in context.policy.in_force(period.last_day()) {
        rules.push(asking.rule(rule, &known, &mut linked).await?);
    }
    let id = IdNumber::from_key(person).map(|id| if unmask { id.as_str().to_owned() } else { mask_id(id.as_str()) });
    Ok(Explanation {
        tree: json!({
            "person": id.unwrap_or_else(|| "其他证件".to_owned()),
            "period": period.to_string(),
            "version": version.number,
            "register": known.register,
            "tags": known.tags,
            "claims": known.claims,
            "held": known.held,
            "applications": known.applications,
            "linked": linked,
            "rules": rules,
        }),
    })
}

struct Asking<'a> {
    context: &'a Context,
    version: &'a Version,
    person: PersonKey,
    period: Period,
    unmask: bool,
}

/// What all rules start from.
struct Known {
    register: Option<Value>,
    tags: Vec<Value>,
    /// What is made once for all rules, of the person's bucket.
    once: BTreeMap<&'static str, Source>,
    claims: Vec<Value>,
    /// Rows that wait for others.
    held: Vec<Value>,
    applications: Vec<Value>,
    /// Short file id to the name under which the file landed.
    files: BTreeMap<String, String>,
    /// How the period's job decided the person, by rule.
    findings: Vec<Value>,
    /// Every county that the period's job draws a line for, and those in which the person may live.
    counties: BTreeSet<String>,
    stated: Stated,
    figures: Vec<IncomeFigure>,
    /// The documents that may be the person's as well.
    links: Links,
}

impl Asking<'_> {
    async fn known(&self) -> Result<Known, PipelineError> {
        let context = self.context;
        let mut register = self.rows("explain_resident", []).await?.pop();
        if !self.unmask {
            register.iter_mut().for_each(mask);
        }
        let files = file_names(context)?;
        let claims = self.rows("explain_claims", []).await?;
        let claims: Vec<Value> = claims.into_iter().map(|claim| with_file(claim, &files)).collect();
        let applications = self.households().await?;
        let stated = stated_by_rosters(context, self.version, self.period).await?;
        let models = context.engine.models();
        let snapshots = [(SNAPSHOTS, Source::Rows(stated.rows(models)?))];
        let spans = Source::Rows(together(models, TAGS, self.batches(TAGS, snapshots).await?)?);
        let open_items = Source::Rows(together(models, OPEN_ITEMS, self.batches(OPEN_ITEMS, []).await?)?);
        let Setting { mut counties, figures, .. } = Setting::stored(context, self.version, self.period)?;
        let own = register.iter().chain(&applications).filter_map(|row| text(row, "county_code"));
        counties.extend(own.chain(claims.iter().filter_map(|row| text(row, "insured_area"))).map(str::to_owned));
        let (linked, settled) = linked_people(&context.warehouse, self.version)?;
        let links = Links::of(&linked, &settled).only(self.person);
        Ok(Known {
            links,
            tags: self.rows("explain_tags", [(TAGS, spans.clone())]).await?,
            once: BTreeMap::from([(TAGS, spans), (OPEN_ITEMS, open_items)]),
            findings: self.rows("explain_finding", []).await?,
            figures,
            register,
            held: self.rows("explain_held", []).await?.into_iter().map(|row| with_file(row, &files)).collect(),
            claims,
            applications,
            files,
            counties,
            stated,
        })
    }

    /// The rows of a model for this person, from all months that any rule looks at.
    async fn rows<const N: usize>(&self, model: &str, own: [(&str, Source); N]) -> Result<Vec<Value>, PipelineError> {
        Ok(rows_of(&self.batches(model, own).await?))
    }

    async fn batches<const N: usize>(
        &self,
        model: &str,
        own: [(&str, Source); N],
    ) -> Result<Vec<RecordBatch>, PipelineError> {
        let on_date = Param::Date(self.period.last_day());
        let params = named([
            ("person_key", self.person_param()),
            ("on_date", on_date.clone()),
            ("tags_from", on_date),
            ("payer_kinds", payer_kinds_of(self.context.policy.in_force(self.period.last_day()))),
        ]);
        let span = Span::of_rules(self.context.policy.in_force(self.period.last_day()), self.period);
        self.collect((model, None), span, params, named(own)).await
    }

    /// Carries a model out on the person's bucket; `own` are the tables that are handed in.
    async fn collect(
        &self,
        (model, measures): (&str, Option<&str>),
        span: Span,
        params: Params,
        own: BTreeMap<String, Source>,
    ) -> Result<Vec<RecordBatch>, PipelineError> {
        let wanted = self.context.engine.models().bound_sources(model, measures);
        let bucket = bucket_of(self.person, self.version.buckets);
        let files = sources_in(self.version, &wanted, span, bucket);
        let mut sources: BTreeMap<String, Source> =
            files.into_iter().map(|(table, entries)| (table, self.files(entries.iter()))).collect();
        sources.extend(own);
        let (model, measures) = (model.to_owned(), measures.map(str::to_owned));
        let statement = Statement { model, measures, sources, params, place: format!("bucket {bucket:03}") };
        Ok(self.context.engine.collect(&statement).await?)
    }

    fn files<'f>(&self, entries: impl Iterator<Item = &'f FileEntry>) -> Source {
        Source::Files(entries.map(|entry| self.context.warehouse.path(entry)).collect())
    }

    const fn person_param(&self) -> Param {
        Param::Bigint(self.person.0)
    }

    async fn rule(&self, rule: &Rule, known: &Known, linked: &mut Vec<Value>) -> Result<Value, PipelineError> {
        let (models, period) = (self.context.engine.models(), self.period);
        let Known { counties, stated, figures, .. } = known;
        let mut data =
            RuleData::of(rule, Judging { models, counties, places: &self.context.places, stated, figures, period })?;
        let evaluation = Evaluation::of(self.context, self.version);
        let (raised, measured) = evaluation.raised_alone(&known.links, &data).await?;
        data.rows.insert(LINK.to_owned(), raised.rows(models, (0, 1))?);
        linked.extend(known.links.others(self.person).map(|other| {
            let id = IdNumber::from_key(other);
            let shown = id.map(|id| if self.unmask { id.as_str().to_owned() } else { mask_id(id.as_str()) });
            json!({
                "document": shown.unwrap_or_else(|| "其他证件".to_owned()),
                "rule_id": rule.id,
                "rule_name": rule.name,
                "own_amount": measured.get(&self.person).copied().unwrap_or(Fen::ZERO).to_string(),
                "measured_amount": measured.get(&other).copied().unwrap_or(Fen::ZERO).to_string(),
            })
        }));
        let mut params = data.params.clone();
        params.extend(named([
            ("person_key", self.person_param()),
            ("lowest_amount", Param::Money(data.lines.floor)),
            ("floor_amount", Param::Money(Fen(-Fen::RECORD_LIMIT.0))),
            ("everybody", Param::Boolean(true)),
        ]));
        let asked = AskingRule { asking: self, data: &data, params, once: &known.once };
        let burden = Source::Rows(together(models, BURDEN, asked.collect(BURDEN, &[], []).await?)?);
        let judged = asked.collect(JUDGED, &[], [(MEASURED, burden)]).await?;
        let spending = asked.rows("explain_spending", &[], [(FINDINGS, as_findings(models, &judged)?)]).await?;
        let judged = rows_of(&judged).pop().unwrap_or_default();
        let application = match rule.shape {
            Shape::Application => asked.rows("explain_application", &[], []).await?.pop(),
            _ => None,
        };
        let own_tags = match rule.who.tags_on {
            TagsOn::PeriodEnd => None,
            TagsOn::AnyDayOfWindow => Some(asked.rows("explain_tags", &[], []).await?),
        };
        let doubts = asked.rows("explain_doubts", &[], []).await?;
        let county = [("county_code", Param::Text(text(&judged, "county_code").unwrap_or_default().to_owned()))];
        let decided = |file: &FileEntry| file.month == Some(period) && file.rule.as_deref() == Some(rule.id.as_str());
        Ok(branch(&Facts {
            rule,
            period,
            data: &data,
            tags: own_tags.as_ref().unwrap_or(&known.tags),
            valid_claims: known.claims.iter().filter(|claim| claim["is_valid"] != false).count(),
            spending: spending.first().unwrap_or(&Value::Null),
            doubts: doubts.into_iter().map(|row| with_file(row, &known.files)).collect(),
            stays: if rule.shape == Shape::Stay { asked.rows("explain_stays", &[], []).await? } else { Vec::new() },
            members: asked.members(application.as_ref()).await?,
            means: if rule.means.is_empty() { Vec::new() } else { asked.rows("explain_means", &county, []).await? },
            application: application.as_ref(),
            judged: &judged,
            stored: known.findings.iter().find(|row| row["rule_id"] == rule.id).and_then(|row| text(row, "status")),
            is_computed: self.version.table(FINDINGS).any(decided),
        }))
    }
}

/// A rule's statements about the person.
struct AskingRule<'a> {
    asking: &'a Asking<'a>,
    data: &'a RuleData,
    params: Params,
    once: &'a BTreeMap<&'static str, Source>,
}

impl AskingRule<'_> {
    async fn rows<const N: usize>(
        &self,
        model: &str,
        params: &[(&str, Param)],
        own: [(&str, Source); N],
    ) -> Result<Vec<Value>, PipelineError> {
        Ok(rows_of(&self.collect(model, params, own).await?))
    }

    async fn collect<const N: usize>(
        &self,
        model: &str,
        params: &[(&str, Param)],
        own: [(&str, Source); N],
    ) -> Result<Vec<RecordBatch>, PipelineError> {
        let Asking { context, version, period, .. } = *self.asking;
        // all others read what was measured as rows
        let measures = self.data.measures.as_deref().filter(|_| model == BURDEN);
        let wanted = context.engine.models().bound_sources(model, measures);
        let rows = self.data.rows_for(&wanted).into_iter();
        let mut all: BTreeMap<String, Source> = rows.map(|(table, rows)| (table, Source::Rows(rows))).collect();
        if wanted.contains(MEMBERS) {
            let of_rule = |file: &&FileEntry| file.month == Some(period) && file.rule.as_ref() == Some(&self.data.rule);
            all.insert(MEMBERS.to_owned(), self.asking.files(version.table(MEMBERS).filter(of_rule)));
        }
        let read = self.once.iter().filter(|(table, _)| wanted.contains(**table));
        all.extend(read.map(|(table, rows)| ((*table).to_owned(), rows.clone())));
        all.extend(named(own));
        let params = self.params.clone().into_iter().chain(named(params.iter().cloned())).collect();
        self.asking.collect((model, measures), self.data.span, params, all).await
    }
}

fn named<'n, T>(values: impl IntoIterator<Item = (&'n str, T)>) -> BTreeMap<String, T> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The findings' columns of what a rule decided.
fn as_findings(models: &Models, judged: &[RecordBatch]) -> Result<Source, PipelineError> {
    let wrong = |why: String| PipelineError::from(EngineError::Model { model: JUDGED.to_owned(), why });
    let schema = models.schema_of(FINDINGS).ok_or_else(|| wrong("there is no rule shape".to_owned()))?;
    let of = |batch: &RecordBatch| {
        let places = schema.fields().iter().map(|field| batch.schema().index_of(field.name()));
        batch.project(&places.collect::<Result<Vec<_>, _>>()?)
    };
    let batches: Result<Vec<_>, _> = judged.iter().map(of).collect();
    Ok(Source::Rows(together(models, FINDINGS, batches.map_err(|error| wrong(error.to_string()))?)?))
}

/// Short file id to the name under which the file landed.
fn file_names(context: &Context) -> Result<BTreeMap<String, String>, PipelineError> {
    let mut names = BTreeMap::new();
    for feed in [Feed::Claims, Feed::Adjustments] {
        for file in context.ledger.files(feed)? {
            names.insert(file.file_id.chars().take(16).collect(), file.name);
        }
    }
    Ok(names)
}

fn with_file(mut claim: Value, names: &BTreeMap<String, String>) -> Value {
    let name = claim["source_file"].as_str().and_then(|id| names.get(id)).cloned();
    if let (Some(object), Some(name)) = (claim.as_object_mut(), name) {
        object.insert("source_file".to_owned(), Value::String(name));
    }
    claim
}
