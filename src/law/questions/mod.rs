//! Questions: what passed a bound and waits for two named people, whoever asks. What is kept of them is the ledger's.
//!
//! | module | what it holds |
//! |---|---|
//! | `question` | topic, cause, bounds, files, counties, people, and the hash that an acceptance names |
//! | `answer` | words of an answer, and when two of them agree |
//! | `people` | who may answer: named people with roles and deputies; who owns a question on a day |
//! | `name` | spellings of one name |
//! | `words` | a question in words |

mod answer;
mod name;
mod people;
mod question;
mod words;

pub use answer::{Answer, AnswerWord, QuestionState, decided, seen_code};
pub use name::{folded_name, is_one_person};
pub use people::{Owner, People, PersonRow, Role, due_day};
pub use question::{Bound, Cause, Figures, NewQuestion, QuestionFile, Surprise, Topic};
pub use words::{bound_name, said};
