//! `intake`: take in what has landed, and say what became of every file.

use super::arguments::actor_argument;
use super::contract::feed_argument;
use super::failure::{DATA, Failure};
use super::outcome::counts;
use super::session::Session;
use ::intake::{IntakeSummary, TakenBackNow, Verdict};
use desk::{Actor, AskedBack};
use law::contracts::Feed;
use law::domain::Said;
use watch::run_intake;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Only these feeds.
    #[arg(long, value_parser = feed_argument)]
    feed: Vec<Feed>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask an accepted file back; once a second named person agrees, the next run is as if it had not come.
    TakeBack {
        /// Its name, FEED/NAME, or the beginning of its hash.
        file: String,
        /// Who asks: one of the people of pipelines/tables/people.csv, by full name.
        #[arg(long, value_parser = actor_argument, value_name = "NAME")]
        by: Actor,
        /// Why it was accepted by mistake.
        #[arg(long, value_name = "TEXT")]
        reason: Said,
    },
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    if let Some(What::TakeBack { file, by, reason }) = &arguments.what {
        let asked = desk::take_back(&context, session.act(by), file, reason).await?;
        print!("{}", asked_back(&asked));
        return Ok(0);
    }
    let feeds = (!arguments.feed.is_empty()).then_some(arguments.feed.as_slice());
    let summary = run_intake(&context, feeds).await?;
    print!("{}", describe(&summary));
    Ok(exit_code(&summary))
}

fn asked_back(asked: &AskedBack) -> String {
    let AskedBack { question_id, file, touched } = asked;
    format!(
        "question {question_id}: {}/{} is to be taken back: {} rows of {} people in {} counties stand, and {} files that \
         came after it are taken in again\nanother named person answers it: poverty-watch questions show {question_id} \
         --by NAME\nuntil then nothing changes\n",
        file.feed,
        file.name,
        touched.rows,
        touched.people.len(),
        touched.counties.len(),
        touched.needs.again
    )
}

/// 4 when a file was refused now or is held, or could not be taken back; a file that was refused before is told, and no
/// news.
pub(super) fn exit_code(summary: &IntakeSummary) -> u8 {
    let is_told = |verdict: &Verdict| matches!(verdict, Verdict::Refused { .. } | Verdict::Held { .. });
    let is_stuck = summary.taken_back.iter().any(|back| back.done.is_err());
    if is_stuck || summary.files.iter().any(|file| is_told(&file.verdict)) { DATA } else { 0 }
}

/// One line per file that two people have taken back.
fn describe_back(summary: &IntakeSummary) -> String {
    let line = |back: &TakenBackNow| {
        let TakenBackNow { feed, name, question, done } = back;
        match done {
            Ok(again) => format!(
                "{feed}/{name}: taken back by question {question}, as if it had not come; {again} later files were taken in \
                 again\n"
            ),
            Err(why) => format!("{feed}/{name}: not taken back yet (question {question}), nothing is changed: {why}\n"),
        }
    };
    summary.taken_back.iter().map(line).collect()
}

/// One line per file, two where it was refused.
pub(super) fn describe(summary: &IntakeSummary) -> String {
    use std::fmt::Write as _;
    let mut text = describe_back(summary);
    let known = summary.files.iter().filter(|file| file.verdict == Verdict::Known).count();
    for file in &summary.files {
        let place = format!("{}/{}", file.feed, file.name);
        let _ = match &file.verdict {
            Verdict::Taken(outcome) => writeln!(text, "{place}: {}", counts(outcome)),
            Verdict::Refused { reason, hint } => writeln!(text, "{place}: refused: {reason}\n  hint: {hint}"),
            Verdict::StillRefused { reason, .. } => writeln!(text, "{place}: still refused: {reason}"),
            Verdict::Held { question, why } => {
                writeln!(text, "{place}: held, as if it had not landed, by question {question}: {why}")
            }
            Verdict::Young(why) => writeln!(text, "{place}: may not be whole yet, left for the next run: {why}"),
            Verdict::Arriving(why) => writeln!(text, "{place}: not whole yet, left for the next run: {why}"),
            Verdict::TakenBack => writeln!(
                text,
                "{place}: taken back before, and left where it lies; landed once more, by another name or time, it is taken in"
            ),
            Verdict::Known => Ok(()),
        };
        if matches!(&file.verdict, Verdict::Taken(outcome) if outcome.held.rows > 0) {
            text.push_str("  held rows wait for what they refer to or contradict; `explain` says for what\n");
        }
        if let Verdict::Taken(outcome) = &file.verdict {
            for (why, rows) in &outcome.unusable {
                let _ = writeln!(text, "  {rows} rows that no rule can use: {}", why.english());
            }
        }
        for earlier in &file.mended {
            let (name, mended, open) = (&earlier.name, earlier.mended, earlier.open());
            let _ = writeln!(text, "  rejected rows of {name}: {mended} have come mended, {open} are still open");
        }
        for note in &file.notes {
            let _ = writeln!(text, "  {note}");
        }
        if let Some(rejects) = &file.rejects {
            let _ = writeln!(text, "  rejected rows for the sender: {} (and .xlsx)", rejects.display());
        }
    }
    if known > 0 {
        let _ = writeln!(text, "{known} files were taken in before");
    }
    if summary.skipped > 0 {
        let _ = writeln!(text, "{} hidden or unfinished files and folders were passed over", summary.skipped);
    }
    text
}
