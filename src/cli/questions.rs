//! `questions`: what is held and waits for an answer; showing it, and answering it by two named people.

use desk::{Actor, Shown};
use law::domain::{Said, official_day};
use law::questions::AnswerWord;
use watch::{QuestionStatus, question_status};

use super::arguments::{Format, actor_argument};
use super::failure::Failure;
use super::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the questions that wait for an answer.
    List {
        /// Those that are answered or gone, too.
        #[arg(long)]
        all: bool,
    },
    /// Show one with its counts and five drawn cases; to somebody named, with the code that the second answer needs.
    Show {
        question: i64,
        /// Who looks.
        #[arg(long, value_parser = actor_argument, value_name = "NAME")]
        by: Option<Actor>,
    },
    /// Say that what is held counts.
    Accept {
        #[command(flatten)]
        answer: AnswerArguments,
        /// Of a second roster of a month: whether it adds to the first or takes its place.
        #[arg(long = "as", value_parser = way_argument, value_name = "append|replace")]
        way: Option<AnswerWord>,
    },
    /// Say that it does not: the file goes back to its sender, or the withdrawal stays set aside.
    Reject {
        #[command(flatten)]
        answer: AnswerArguments,
    },
}

#[derive(Debug, clap::Args)]
struct AnswerArguments {
    question: i64,
    /// Who answers: one of the people of pipelines/tables/people.csv, by full name.
    #[arg(long, value_parser = actor_argument, value_name = "NAME")]
    by: Actor,
    /// What was checked, and what it showed.
    #[arg(long, value_name = "TEXT")]
    reason: Said,
    /// Of the second person: the code that stands below the drawn cases.
    #[arg(long, value_name = "CODE")]
    seen: Option<String>,
}

fn way_argument(text: &str) -> Result<AnswerWord, String> {
    let ways = [AnswerWord::Append, AnswerWord::Replace];
    ways.into_iter().find(|way| way.code() == text).ok_or_else(|| "append or replace".to_owned())
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let (answer, word) = match &arguments.what {
        None => return list(arguments.format, &context, false),
        Some(What::List { all }) => return list(arguments.format, &context, *all),
        Some(What::Show { question, by }) => {
            let act = by.as_ref().map(|by| session.act(by));
            let shown = desk::show(&context, act, *question).await?;
            match arguments.format {
                Format::Text => print!("{}", describe(&shown)),
                Format::Json => println!("{:#}", json(&shown)),
            }
            return Ok(0);
        }
        Some(What::Accept { answer, way }) => (answer, way.unwrap_or(AnswerWord::Accept)),
        Some(What::Reject { answer }) => (answer, AnswerWord::Reject),
    };
    let AnswerArguments { question, by, reason, seen } = answer;
    let said = (reason, seen.as_deref());
    let now = desk::answer(&context, session.act(by), *question, word, said)?;
    match now.answer {
        Some(word) => println!("question {question}: {}, by two people", word.state().code()),
        None => println!("question {question}: noted; it is open until another named person says the same"),
    }
    Ok(0)
}

fn list(format: Format, context: &engine::Context, is_all: bool) -> Result<u8, Failure> {
    let day = official_day(context.now);
    let stored = if is_all { context.ledger.questions()? } else { context.ledger.open_questions()? };
    let questions: Vec<QuestionStatus> = stored.iter().map(|one| question_status(context, one, day)).collect();
    match format {
        Format::Text => println!("{}questions: {}", lines(&questions), questions.len()),
        Format::Json => println!("{:#}", serde_json::json!(questions)),
    }
    Ok(0)
}

/// Two lines for each question and bound: number, state, owner and due day, then what was found.
pub(super) fn lines(questions: &[QuestionStatus]) -> String {
    questions.iter().map(head).collect()
}

fn head(question: &QuestionStatus) -> String {
    let QuestionStatus { question_id, state, owner, due, people, .. } = question;
    let late = if question.is_overdue { ", OVERDUE" } else { "" };
    let about = if *people > 0 { format!(", {people} people") } else { String::new() };
    let counties = match question.counties.as_slice() {
        [] => String::new(),
        counties => format!(", counties {}", counties.join(" ")),
    };
    let ((cause, _), files) = (question.cause_text(), question.files.join(" "));
    let files = if files.is_empty() { files } else { format!(" {files}") };
    let mut text = format!(
        "  {question_id} {state} {}（{cause}）{files}{counties}{about}; {owner}, due {due}{late}\n",
        question.bounds.join("、")
    );
    for (chinese, english) in question.chinese.iter().zip(&question.english) {
        text += &format!("    {chinese}\n    {english}\n");
    }
    text
}

fn describe(shown: &Shown) -> String {
    let status = &shown.status;
    let mut text = format!("{}    hash {}\n", head(status), status.hash);
    if !status.sender.is_empty() {
        text += &format!("    sent by {}\n", status.sender);
    }
    for answer in &status.answers {
        let at = answer.at.format("%Y-%m-%d %H:%M UTC");
        text += &format!("    {} by {} at {at}: {}\n", answer.word.code(), answer.by, answer.reason);
    }
    if !shown.drawn.is_empty() {
        text += &format!("    drawn cases, {} of {} people\n", shown.drawn.len(), status.people);
    }
    for case in &shown.drawn {
        let listed = if case.list_id.is_empty() {
            "on no list".to_owned()
        } else {
            format!("{} {} yuan", case.list_id, case.measured_amount)
        };
        text += &format!("      {} {} {listed}\n", case.id_number, case.person_name);
    }
    if let Some(seen) = &shown.seen {
        text += &format!("    --seen {seen}\n");
    }
    text
}

fn json(shown: &Shown) -> serde_json::Value {
    let mut value = serde_json::json!(shown.status);
    value["drawn"] = serde_json::json!(shown.drawn);
    value["seen"] = serde_json::json!(shown.seen);
    value
}
