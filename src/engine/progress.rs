//! Who is told how far a step is.

/// Told how far a step is; the command line draws a bar or writes a line.
pub trait Progress: Send + Sync {
    /// A step begins; `total` is the number of its parts (buckets, files), 0 where unknown.
    fn begin(&self, step: &str, total: u64);
    /// So many parts of the step are done.
    fn reached(&self, done: u64);
    /// The step is over; `note` says what it did.
    fn end(&self, step: &str, note: &str);
}
