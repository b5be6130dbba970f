//! For which period lists are sealed, and how often.

use engine::official::Rhythm;
use law::domain::Period;

/// What is sealed, and whether in earnest.
#[derive(Debug, Clone, Copy)]
pub struct Sealing {
    pub period: Period,
    pub rhythm: Rhythm,
    /// Whether nothing is sealed, only written aside and marked.
    pub is_rehearsal: bool,
}
