//! What is surprising about a file or about people, and how much of it is held: bounds that the bureau sets, what is
//! usual, and the comparison. Pure: counts come in, surprises come out.
//!
//! | module | what it holds |
//! |---|---|
//! | `bounds` | the bounds of `pipelines/holds.toml` |
//! | `amounts` | amounts by size, from which a median is read |
//! | `profile` | what the gate counts about a file |
//! | `kind` | which files are of one kind: by their names without digits |
//! | `file` | a file beside earlier ones |
//! | `figure` | one income figure |
//! | `unit` | in which unit the amounts of a surprising file are likely to be |
//! | `people` | listed people who would leave |
//! | `income` | income figures beside those of the year before |

mod amounts;
mod bounds;
mod figure;
mod file;
mod income;
mod kind;
mod people;
mod profile;
mod unit;

pub use amounts::Amounts;
pub use bounds::{Bounds, Floored, HOLDS_FILE, share_of, share_text};
pub use figure::FigureSeen;
pub use file::{Deaths, PastFile, surprises};
pub use income::income_surprises;
pub use kind::{Cadence, FileKind};
pub use people::{HeldMoves, InstitutionMonth, Leaving, SetAside, held_moves};
pub use profile::{AmountsBy, FileProfile};
pub use unit::AmountUnit;
