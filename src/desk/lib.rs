//! What a named person may ask and do, one function each. The command line and pages call these and nothing below them
//! for an act of a person, so that no rule about an act can be forgotten by one of the two.
//!
//! Each act takes an [`Act`]: who, and when. What it changes is in the audit chain under that name. Locks are taken
//! before anything is undone, and nothing leaves the bureau on top of a history that was changed.
//!
//! | module | what it holds |
//! |---|---|
//! | `actor` | who acts, and how the audit chain names them |
//! | `lists` | reviewing, approving, taking back, encrypting; what waits for answers, owners, closing; incidents |
//! | `words` | keeping persons off the lists |
//! | `identity` | documents that may be one person's: showing, settling, linking, separating |
//! | `letters` | sending, resolving, sending again |
//! | `questions` | answering what is held, by two people |
//! | `take_back` | asking an accepted file back |
//! | `receipts` | what offices answer; conflicts; passing persons on |
//! | `way` | a person's way from claims to the list, in an officer's Chinese |

mod actor;
mod error;
mod identity;
mod letters;
mod lists;
mod questions;
mod receipts;
mod take_back;
mod way;
mod words;

pub use actor::{Act, Actor, Room};
pub use error::DeskError;
pub use identity::{Document, Link, links, say, settle_link};
pub use letters::{Resolved, Trace, WordOf, due, evidence_in, resend, resolve, send};
pub use lists::{
    Approved, Difference, Incident, Later, Which, approve, close, deleted, encrypt, incident, late, leaving, owner,
    password, retract, review, standing,
};
pub use questions::{Asked, Shown, answer, show};
pub use receipts::{Conflict, Stated, conflicts, import, receive, reroute, settle};
pub use take_back::{AskedBack, take_back};
pub use way::{Node, told};
pub use words::{Suppress, agree, suppress};
