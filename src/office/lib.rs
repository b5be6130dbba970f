//! What leaves the bureau and what comes back: sealing, signing, handing over, letters, receipts, recall, and making a
//! sealed list once more.
//!
//! | module | what it holds |
//! |---|---|
//! | [`seal`] | lists as files: workbook, CSV, Parquet, manifest; reading them back |
//! | [`lists`] | which lists a period has, corrections, retraction, reproduction |
//! | [`delivery`] | two signatures, the outbox, letters, transports |
//! | [`handover`] | the folders that offices collect from, and encrypted attachments |
//! | [`receipts`] | what offices answer, and what is overdue |
//! | [`template`] | an empty workbook for who sends a feed |

pub mod delivery;
pub mod handover;
pub mod lists;
pub mod receipts;
pub mod seal;
pub mod template;
