//! A job as ordered steps, and what its steps do with models, warehouse and ledger.

pub mod seal;
