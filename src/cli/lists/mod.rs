//! `lists`: what is sealed and how far it is, signing, and what happens to lists once they are out.

mod change;
mod incident;
mod sign;
mod wait;

use std::path::PathBuf;

use desk::{Actor, Room};
use law::domain::{Fen, Period, Said};
use law::referrals::Attachment;

use crate::cli::arguments::{Format, actor_argument, date_argument, period_argument, yuan_argument};
use crate::cli::failure::Failure;
use crate::cli::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Show sealed lists, who has signed them, and their letters.
    Show {
        /// Period; the last sealed one if left out.
        #[arg(long, value_parser = period_argument)]
        month: Option<Period>,
    },
    /// Sign lists as reviewed.
    Review {
        #[command(flatten)]
        which: sign::Which,
        #[command(flatten)]
        word: sign::Word,
    },
    /// Sign reviewed lists as ready to be sent: another person than the reviewer, who types the totals of the files.
    Approve {
        #[command(flatten)]
        which: sign::Which,
        #[command(flatten)]
        word: sign::Word,
        /// Rows of all these lists together, withdrawn persons included.
        #[arg(long)]
        rows: u64,
        /// Control total of all these lists together, yuan.
        #[arg(long, value_parser = yuan_argument, allow_negative_numbers = true)]
        control: Fen,
    },
    /// Keep a person off the lists that are sealed from now on.
    Suppress(sign::Suppress),
    #[command(flatten)]
    Sealed(SealedAct),
}

/// What needs the whole workspace to be in order.
#[derive(Debug, clap::Subcommand)]
enum SealedAct {
    /// Seal what has changed since a period was sealed, as numbered lists of their own.
    Correct {
        /// The period.
        #[arg(long, value_parser = period_argument)]
        month: Period,
        /// The job that sealed it.
        #[arg(long, default_value = "monthly")]
        job: String,
    },
    /// Take a wrong list back as a whole: empty its folder, seal the notice, note why.
    Retract {
        /// The list.
        list_id: String,
        /// Who decided it.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
        /// What was wrong; no names or ids of persons.
        #[arg(long)]
        reason: Said,
    },
    /// Note that an office says that it deleted a list that was taken back.
    Deleted {
        /// The list.
        list_id: String,
        /// Who says so.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
    /// Show the record of a list that was taken back: who, when and why, who deleted it, what took its place and how
    /// that differs.
    Incident {
        /// The list.
        list_id: String,
    },
    /// Show which lists wait for answers, and how late each is.
    Overdue {
        /// The period; the last sealed one if left out.
        #[arg(long, value_parser = period_argument)]
        month: Option<Period>,
        /// The day; today if left out.
        #[arg(long, value_parser = date_argument)]
        as_of: Option<chrono::NaiveDate>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Name who sees to the missing answers of a list.
    Owner {
        /// The list.
        list_id: String,
        /// Who.
        #[arg(long)]
        name: Said,
        /// Who says so.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
    /// Close a period once every list and person is answered, or late with a named owner.
    Close {
        /// The period.
        #[arg(long, value_parser = period_argument)]
        month: Period,
        /// Who closes it.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
        /// The day; today if left out.
        #[arg(long, value_parser = date_argument)]
        as_of: Option<chrono::NaiveDate>,
    },
    /// Write a list encrypted, for handing it over as a file; the password goes by another channel.
    Encrypt {
        /// The list.
        list_id: String,
        /// As a workbook that Excel and WPS ask the password for, or all files as a ZIP archive (AES-256).
        #[arg(long = "as", value_enum)]
        form: Form,
        /// The file to write.
        #[arg(long)]
        to: PathBuf,
        /// Who hands it over; it is noted.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
    /// Show the password of an encrypted list, on a terminal only.
    Password {
        /// The list.
        list_id: String,
        /// Who asks; it is noted.
        #[arg(long, value_parser = actor_argument)]
        by: Actor,
    },
}

/// How a list is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// ECMA-376 agile.
    Xlsx,
    /// ZIP with AES-256.
    Zip,
}

impl From<Form> for Attachment {
    fn from(form: Form) -> Self {
        match form {
            Form::Xlsx => Self::Xlsx,
            Form::Zip => Self::Zip,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    match &arguments.act {
        Act::Show { month } => sign::show(session, *month),
        Act::Review { which, word } => sign::review(session, which, word),
        Act::Approve { which, word, rows, control } => sign::approve(session, (which, word), (*rows, *control)),
        Act::Suppress(who) => sign::suppress(session, who),
        Act::Sealed(act) => change_sealed(act, session).await,
    }
}

async fn change_sealed(act: &SealedAct, session: &Session) -> Result<u8, Failure> {
    let context = session.open_for_jobs()?;
    let room = Room::from(&context);
    match act {
        SealedAct::Correct { month, job } => change::correct(&context, *month, job).await,
        SealedAct::Retract { list_id, by, reason } => change::retract(&context, session.act(by), list_id, reason),
        SealedAct::Deleted { list_id, by } => {
            Ok(change::noted(list_id, desk::deleted(room, session.act(by), list_id)?))
        }
        SealedAct::Incident { list_id } => incident::show(&context.ledger, list_id),
        SealedAct::Overdue { month, as_of, format } => {
            wait::overdue(&context, *month, as_of.unwrap_or_else(|| session.today()), *format)
        }
        SealedAct::Owner { list_id, name, by } => {
            Ok(change::noted(list_id, desk::owner(room, session.act(by), list_id, name)?))
        }
        SealedAct::Close { month, by, as_of } => {
            let day = as_of.unwrap_or_else(|| session.today());
            let is_news = desk::close(&context, session.act(by), *month, day)?;
            println!("{month}: {}", if is_news { "closed" } else { "closed before" });
            Ok(0)
        }
        SealedAct::Encrypt { list_id, form, to, by } => {
            change::encrypt(room, session.act(by), list_id, ((*form).into(), to))
        }
        SealedAct::Password { list_id, by } => change::password(room, session.act(by), list_id),
    }
}
