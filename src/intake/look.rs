//! Looking at a file before it lands: how it reads as it is, and which profile would read it.

use std::path::Path;

use law::contracts::{Feed, TagAliases};
use law::profiles::{Known, Profiles, Proposal, parse_profiles, propose};

use super::gate::{GateJob, GateReport, GateVerdict, TagAlias, look_at, run_gate};
use super::{Intake, IntakeError};
use store::durable::At as _;

/// What looking at a file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// As it is: what the gate counts, or why it is refused.
    pub now: Result<GateReport, String>,
    /// A profile for it, where it is refused or its rows are.
    pub proposal: Option<Proposed>,
}

/// A proposed profile and what the gate says of the file by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    pub profile: Proposal,
    pub then: Result<GateReport, String>,
}

/// Looks at a file that lies anywhere; nothing is taken in.
pub fn look(intake: &Intake<'_>, feed: Feed, input: &Path) -> Result<Looked, IntakeError> {
    if !std::fs::metadata(input).at(input)?.is_file() {
        return Ok(Looked { now: Err("it is no plain file".to_owned()), proposal: None });
    }
    let folder = intake.layout.scratch().join("look");
    let aliases = intake.tag_aliases.iter().map(|(alias, tag)| TagAlias { alias: alias.clone(), tag: tag.clone() });
    let mut job = GateJob {
        kept: Vec::new(),
        feed,
        input: input.to_owned(),
        output: folder.clone(),
        buckets: 1,
        source_file: String::new(),
        ignore_columns: intake.ignored(feed),
        profiles: intake.profiles(feed),
        tag_aliases: aliases.collect(),
        codes: intake.codes.to_vec(),
        counted: intake.counted.clone(),
        look: false,
        limits: intake.limits(),
        batch_rows: intake.settings.engine.batch_rows,
        threads: 1,
    };
    let now = verdict(intake, &job)?;
    let is_good = now.as_ref().is_ok_and(|report| report.outcome.rejected.is_empty());
    let proposal = if is_good { None } else { proposed(intake, &mut job)? };
    std::fs::remove_dir_all(&folder).at(&folder)?;
    Ok(Looked { now, proposal })
}

fn verdict(intake: &Intake<'_>, job: &GateJob) -> Result<Result<GateReport, String>, IntakeError> {
    Ok(match run_gate(intake.program, job)? {
        GateVerdict::Staged(report) => Ok(*report),
        GateVerdict::Refused { reason } => Err(reason),
    })
}

/// The profile of the sheet that names the most columns.
fn proposed(intake: &Intake<'_>, job: &mut GateJob) -> Result<Option<Proposed>, IntakeError> {
    let Ok(heads) = look_at(intake.program, job)? else { return Ok(None) };
    let pairs = intake.tag_aliases.iter().map(|(alias, tag)| (alias.as_str(), tag.as_str()));
    let aliases = TagAliases::new(pairs).unwrap_or_default();
    let known = Known { aliases: &aliases, counties: &intake.counted.county_names };
    let name = job.input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let found = heads.iter().filter_map(|head| propose(job.feed.contract(), &name, head, &known));
    let Some(profile) = found.min_by_key(|proposal| (proposal.wanting.len(), proposal.unplaced.len())) else {
        return Ok(None);
    };
    let own = parse_profiles(job.feed, "proposal", &profile.toml, &aliases).unwrap_or_default();
    job.profiles = Profiles { files: own.files };
    let then = verdict(intake, job)?;
    Ok(Some(Proposed { profile, then }))
}
