//! One person's way through the rooms: claims, sums, tags, line, each rule's outcome. Reads only.
//!
//! A tree of JSON; the command line draws it. The statements decide, this tells how.

mod amount;
mod cells;
mod household;
mod population;
mod rule;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use amount::counted;
use arrow::array::RecordBatch;
use cells::{as_json, mask};
use engine::compute::rules::{Known as Judging, RuleData, Span};
use engine::compute::{Lines, MEMBERS, Stated, income_figures, sources_in};
use engine::{Context, Param, Params, PipelineError, Source, Statement};
use household::latest;
use law::contracts::Feed;
use law::domain::{IdNumber, Period, PersonKey, bucket_of, mask_id};
use law::policy::{IncomeFigure, Line, Rule, TagsOn};
use population::rural_status;
use rule::{Days, Facts, branch, is_valid};
use serde_json::{Value, json};
use store::warehouse::{FileEntry, Version};

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
    let mut rules = Vec::new();
    for rule in context.policy.in_force(period.last_day()) {
        rules.push(asking.rule(rule, &known).await?);
    }
    let id = IdNumber::from_key(person).map(|id| if unmask { id.as_str().to_owned() } else { mask_id(id.as_str()) });
    Ok(Explanation {
        tree: json!({
            "person": id.unwrap_or_else(|| "其他证件".to_owned()),
            "period": period.to_string(),
            "version": version.number,
            "register": known.register.first(),
            "tags": known.tags,
            "claims": known.claims,
            "held": asking.rows("explain_held", &asking.base(), BTreeMap::new()).await?,
            "applications": known.applications,
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
    register: Vec<Value>,
    tags: Vec<Value>,
    claims: Vec<Value>,
    applications: Vec<Value>,
    findings: Vec<Value>,
    stated: Stated,
    figures: Vec<IncomeFigure>,
}

impl Asking<'_> {
    fn base(&self) -> Params {
        [
            ("person_key".to_owned(), Param::Bigint(self.person.0)),
            ("on_date".to_owned(), Param::Date(self.period.last_day())),
            ("tags_from".to_owned(), Param::Date(self.period.last_day())),
        ]
        .into()
    }

    async fn known(&self) -> Result<Known, PipelineError> {
        let (context, base) = (self.context, self.base());
        let mut register = self.rows("explain_resident", &base, BTreeMap::new()).await?;
        if !self.unmask {
            register.iter_mut().for_each(mask);
        }
        let claims = self.rows("explain_claims", &base, BTreeMap::new()).await?;
        let files = file_names(context)?;
        let stated = Stated::read(&context.engine, &context.warehouse, self.version, self.period).await?;
        let rosters = [("stated_tags".to_owned(), stated.rows(context.engine.models())?)].into();
        Ok(Known {
            register,
            tags: self.rows("explain_tags", &base, rosters).await?,
            claims: claims.into_iter().map(|claim| with_file(claim, &files)).collect(),
            applications: self.households().await?,
            findings: self.rows("explain_finding", &base, BTreeMap::new()).await?,
            stated,
            figures: income_figures(&context.warehouse, self.version)?,
        })
    }

    /// The rows of a model for this person, from all months that any rule looks at.
    async fn rows(
        &self,
        model: &str,
        params: &Params,
        own: BTreeMap<String, RecordBatch>,
    ) -> Result<Vec<Value>, PipelineError> {
        let rules = self.context.policy.in_force(self.period.last_day());
        let sources = self.sources(model, None, Span::of_rules(rules, self.period), own);
        self.answer(model, params, sources, self.place()).await
    }

    fn place(&self) -> String {
        format!("bucket {:03}", bucket_of(self.person, self.version.buckets))
    }

    fn sources(
        &self,
        model: &str,
        measures: Option<&str>,
        span: Span,
        own: BTreeMap<String, RecordBatch>,
    ) -> BTreeMap<String, Source> {
        let wanted = self.context.engine.models().bound_sources(model, measures);
        let bucket = bucket_of(self.person, self.version.buckets);
        let files = sources_in(self.version, &wanted, span, bucket);
        let mut all: BTreeMap<String, Source> =
            files.into_iter().map(|(table, entries)| (table, self.files(entries.iter()))).collect();
        all.extend(own.into_iter().map(|(table, rows)| (table, Source::Rows(rows))));
        all
    }

    fn files<'f>(&self, entries: impl Iterator<Item = &'f FileEntry>) -> Source {
        Source::Files(entries.map(|entry| self.context.warehouse.path(entry)).collect())
    }

    /// What a rule measures of this person, by the view that its shape measures by.
    async fn sums(&self, data: &RuleData) -> Result<Vec<Value>, PipelineError> {
        const MODEL: &str = "explain_burden";
        let measures = data.measures.as_deref();
        let wanted = self.context.engine.models().bound_sources(MODEL, measures);
        let mut sources = self.sources(MODEL, measures, data.span, data.rows_for(&wanted));
        if wanted.contains(MEMBERS) {
            let members = self.version.table(MEMBERS);
            let of_rule = |file: &&FileEntry| file.month == Some(self.period) && file.rule.as_ref() == Some(&data.rule);
            sources.insert(MEMBERS.to_owned(), self.files(members.filter(of_rule)));
        }
        let mut params = data.params.clone();
        params.extend(self.base());
        let statement = Statement {
            model: MODEL.to_owned(),
            measures: data.measures.clone(),
            sources,
            params,
            place: self.place(),
        };
        self.json(&statement).await
    }

    /// The tags held on any day of the rule's window.
    async fn tags_of(&self, data: &RuleData) -> Result<Vec<Value>, PipelineError> {
        const MODEL: &str = "explain_tags";
        let wanted = self.context.engine.models().sources_of(MODEL);
        let sources = self.sources(MODEL, None, data.span, data.rows_for(&wanted));
        let mut params = self.base();
        params.extend(data.params.clone());
        self.answer(MODEL, &params, sources, self.place()).await
    }

    /// The claims that pass the rule's filters, from all months that it reads.
    async fn counted_rows(&self, data: &RuleData) -> Result<Vec<Value>, PipelineError> {
        const MODEL: &str = "explain_counted";
        let wanted = self.context.engine.models().sources_of(MODEL);
        let sources = self.sources(MODEL, None, data.span, data.rows_for(&wanted));
        let mut params = data.params.clone();
        params.extend(self.base());
        self.answer(MODEL, &params, sources, self.place()).await
    }

    async fn answer(
        &self,
        model: &str,
        params: &Params,
        sources: BTreeMap<String, Source>,
        place: String,
    ) -> Result<Vec<Value>, PipelineError> {
        let params = params.clone();
        self.json(&Statement { model: model.to_owned(), measures: None, sources, params, place }).await
    }

    async fn json(&self, statement: &Statement) -> Result<Vec<Value>, PipelineError> {
        let batches = self.context.engine.collect(statement).await?;
        Ok(batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| as_json(batch, row))).collect())
    }

    async fn rule(&self, rule: &Rule, known: &Known) -> Result<Value, PipelineError> {
        let finding = known.findings.iter().find(|finding| finding["rule_id"] == rule.id);
        let counties =
            |rows: &[Value]| rows.iter().filter_map(|row| row["county_code"].as_str()).map(str::to_owned).collect();
        let county: BTreeSet<String> = match finding {
            Some(finding) => counties(std::slice::from_ref(finding)),
            None => counties(&known.register),
        };
        let (models, period) = (self.context.engine.models(), self.period);
        let judging = Judging { models, counties: &county, stated: &known.stated, figures: &known.figures, period };
        let data = RuleData::of(rule, judging)?;
        let tags = match rule.who.tags_on {
            TagsOn::PeriodEnd => known.tags.clone(),
            TagsOn::AnyDayOfWindow => self.tags_of(&data).await?,
        };
        let line = own_line(&data.lines, known.register.first(), &tags);
        let sums = self.sums(&data).await?;
        let rows = self.counted_rows(&data).await?;
        let application = latest(rule, period, known);
        let window = Days::of(rule, period, application);
        let members = match application {
            Some(application) => self.paid(&data, application).await?,
            None => Vec::new(),
        };
        let decided =
            |file: &FileEntry| file.month == Some(self.period) && file.rule.as_deref() == Some(rule.id.as_str());
        Ok(branch(&Facts {
            rule,
            period,
            counted: counted(rule, &window, &rows, &known.claims),
            window,
            register: known.register.first(),
            tags: &tags,
            on_date: period.last_day().to_string(),
            stated: &known.stated,
            valid_claims: known.claims.iter().filter(|claim| is_valid(claim)).count(),
            sums: sums.first(),
            line,
            application,
            members,
            means: household::means(rule, application, judging),
            finding,
            is_computed: self.version.table("findings").any(decided),
        }))
    }
}

/// The line of the person's residence; where it holds for everybody, that one.
fn own_line<'l>(lines: &'l Lines, register: Option<&Value>, tags: &[Value]) -> Option<&'l Line> {
    let residence = match rural_status(register, tags).is_rural {
        Some(true) => "rural",
        Some(false) => "urban",
        None => "any",
    };
    let of = |wanted: &str| lines.by_place.iter().find(|((_, place), _)| *place == wanted).map(|(_, line)| line);
    of("any").or_else(|| of(residence))
}

/// Short file id to the name under which the file landed.
fn file_names(context: &Context) -> Result<BTreeMap<String, String>, PipelineError> {
    let mut names = BTreeMap::new();
    for file in context.ledger.files(Feed::Claims)? {
        names.insert(file.file_id.chars().take(16).collect(), file.name);
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
