//! All integration tests, in one binary.

mod demo;
mod gate;
mod intake;
mod sql;
