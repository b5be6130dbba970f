//! Sending what is due, one run at a time in a workspace, and only while the audit chain is whole.

use std::fmt;
use std::fs::File;
use std::time::Instant;

use chrono::{DateTime, Utc};
use engine::Stop;
use serde::Serialize;
use store::durable::At as _;
use store::ledger::{Ledger, Letter, OPERATORS};
use store::workspace::{Workspace, hold_lock};

use super::chain::require_whole_chain;
use super::dispatch::{Clearance, DispatchReport, dispatch};
use super::error::DeliveryError;
use super::letters::{ToOperators, may_go_to_operators, tell_operators};
use super::mailer::Mailer;
use super::sign::Desk;
use crate::handover::hand_over_rest;

/// What became of the letters that were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Whether sending is switched off: letters were looked at only.
    pub is_rehearsed: bool,
    /// Letters that were due, where sending is switched off.
    pub due: u64,
    #[serde(flatten)]
    pub report: DispatchReport,
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_rehearsed {
            let due = self.due;
            return write!(f, "dry run: {due} letters are due, nothing was sent; [delivery] live = true sends");
        }
        let DispatchReport { accepted, deferred, rejected, unknown, withdrawn } = self.report;
        let look = if rejected + unknown > 0 { "\nsomebody must look: poverty-watch deliver show" } else { "" };
        let gone = if withdrawn > 0 { format!(", withdrawn {withdrawn}") } else { String::new() };
        write!(f, "accepted {accepted}, deferred {deferred}, rejected {rejected}, unknown {unknown}{gone}{look}")
    }
}

/// Holds the workspace's mail: nobody else sends until the result is dropped.
pub fn hold_post(workspace: &Workspace) -> Result<File, DeliveryError> {
    let path = workspace.layout.deliver_lock();
    let held = hold_lock(&path).at(&path)?;
    held.ok_or_else(|| DeliveryError::Locked(path.display().to_string()))
}

/// Hands over what is signed and sends the letters that are due; where `is_live` is not set, only counts them. Asked to
/// end, it does so between two letters.
pub async fn send_due(
    workspace: &Workspace,
    ledger: &Ledger,
    now: DateTime<Utc>,
    is_live: bool,
    stop: &Stop,
) -> Result<Delivered, DeliveryError> {
    let desk = Desk::new(workspace, ledger, now)?;
    if !is_live {
        let due = ledger.letters_due(now)?.len() as u64;
        return Ok(Delivered { is_rehearsed: true, due, ..Delivered::default() });
    }
    let _lock = hold_post(workspace)?;
    // No letter says that a list lies ready before it does.
    hand_over_rest(&workspace.layout, ledger, now)?;
    desk.rewrite_withdrawn()?;
    let mailer = Mailer::open(&workspace.settings.delivery, &workspace.layout)?;
    let clear = |letter: &Letter| if stop.is_set() { Ok(Clearance::NotNow) } else { desk.clearance(letter) };
    let report = dispatch(ledger, &mailer, from(now), clear).await;
    mailer.close().await;
    Ok(Delivered { report: report?, ..Delivered::default() })
}

/// Writes to the operators about what they do not know yet, and sends what waits for them; offices' letters stay where
/// they are.
pub async fn tell(workspace: &Workspace, ledger: &Ledger, now: DateTime<Utc>) -> Result<(), DeliveryError> {
    require_whole_chain(ledger)?;
    tell_operators(workspace, ledger, now)?;
    let is_due = ledger.letters_due(now)?.iter().any(|letter| letter.office == OPERATORS);
    if !(is_due && workspace.settings.delivery.live) {
        return Ok(());
    }
    // Whoever sends just now is followed by the next run, which takes it along.
    let Ok(_lock) = hold_post(workspace) else { return Ok(()) };
    let mailer = Mailer::open(&workspace.settings.delivery, &workspace.layout)?;
    let clear = |letter: &Letter| {
        Ok(may_go_to_operators(letter, workspace).map_or_else(Clearance::Misrouted, |()| Clearance::Go))
    };
    let sent = dispatch(&ToOperators(ledger), &mailer, from(now), clear).await;
    mailer.close().await;
    sent?;
    Ok(())
}

/// A clock that goes on from a moment: the wall clock may be set meanwhile.
fn from(now: DateTime<Utc>) -> impl Fn() -> DateTime<Utc> {
    let begun = Instant::now();
    move || now + begun.elapsed()
}
