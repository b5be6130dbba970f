//! Questions and their answers. What a question is and when two people agree stands in `law::questions`.

mod ask;
mod read;

pub use ask::Asked;
pub use read::{QuestionAnswer, StoredQuestion};
