//! All integration tests, in one binary.

mod intake;
mod gate;
