//! `intake`: take in what has landed, and say what became of every file.

use super::contract::feed_argument;
use super::failure::{DATA, Failure};
use super::outcome::counts;
use super::session::Session;
use ::intake::{IntakeSummary, Verdict};
use law::contracts::Feed;
use watch::run_intake;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only these feeds.
    #[arg(long, value_parser = feed_argument)]
    feed: Vec<Feed>,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let feeds = (!arguments.feed.is_empty()).then_some(arguments.feed.as_slice());
    let summary = run_intake(&context, feeds).await?;
    print!("{}", describe(&summary));
    Ok(exit_code(&summary))
}

/// 4 when a file was refused now or is held; a file that was refused before is told, and no news.
pub(super) fn exit_code(summary: &IntakeSummary) -> u8 {
    let is_told = |verdict: &Verdict| matches!(verdict, Verdict::Refused { .. } | Verdict::Held { .. });
    if summary.files.iter().any(|file| is_told(&file.verdict)) { DATA } else { 0 }
}

/// One line per file, two where it was refused.
pub(super) fn describe(summary: &IntakeSummary) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
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
            Verdict::Arriving(why) => writeln!(text, "{place}: not whole yet, left for the next run: {why}"),
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
