//! All integration tests, in one binary.

mod determinism;
mod kill;
mod oracle;
mod rand_hie;
mod tidy;
mod workspace;
