//! All integration tests, in one binary.

mod demo;
mod fixtures;
mod gate;
mod intake;
mod workspace;
