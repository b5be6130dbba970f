//! Finding the existing rows that a batch of claims concerns, by reading no more than the hashes of
//! their ids: numbers that decode at the speed of memory, where the ids themselves are text.

use std::path::Path;

use arrow::array::{Array as _, RecordBatch};
use engine::{has_columns, read_table};
use law::domain::stable_hash;

use super::super::IntakeError;
use super::columns::{Cells, Part, read_part, text_at};

/// A set of id hashes with a quick way to say no. A false yes costs time, never correctness.
#[derive(Default)]
pub(super) struct IdSet {
    sorted: Vec<u64>,
    bits: Vec<u64>,
}

impl IdSet {
    pub(super) fn new(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        // Sixteen bits per id: about one id in sixteen that is not in the set needs the second look.
        let words = (hashes.len() / 4).next_power_of_two();
        let mut bits = vec![0; words];
        for hash in &hashes {
            let (word, bit) = Self::bit(*hash, words);
            bits[word] |= bit;
        }
        Self { sorted: hashes, bits }
    }

    fn bit(hash: u64, words: usize) -> (usize, u64) {
        let word = usize::try_from(hash >> 6).unwrap_or(usize::MAX) & (words - 1);
        (word, 1 << (hash & 63))
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        if self.bits.is_empty() {
            return false;
        }
        let (word, bit) = Self::bit(hash, self.bits.len());
        self.bits[word] & bit != 0 && self.sorted.binary_search(&hash).is_ok()
    }

    /// The hashes.
    pub(super) fn hashes(&self) -> &[u64] {
        &self.sorted
    }
}

/// A row of an existing file that the batch concerns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Its number in the file.
    pub row: usize,
    /// Hash of its claim id.
    pub claim: u64,
    /// Hash of its original's id, if it has one.
    pub original: Option<u64>,
}

/// The columns of hashes, and the numbers that they are hashes of.
const HASHES: [&str; 2] = ["claim_hash", "original_hash"];
const IDS: [&str; 2] = ["claim_id", "original_claim_id"];

/// The rows of an existing file whose claim, or whose original, is in the set.
pub(super) fn hits(path: &Path, set: &IdSet) -> Result<Vec<Hit>, IntakeError> {
    let mut hits = Vec::new();
    let mut first = 0;
    let columns = if has_columns(path, &HASHES)? { HASHES } else { IDS };
    for batch in read_table(path, Some(&columns))? {
        let batch = batch?;
        each_id(&batch, path, |row, claim, original| {
            if set.contains(claim) || original.is_some_and(|original| set.contains(original)) {
                hits.push(Hit { row: first + row, claim, original });
            }
        })?;
        first += batch.num_rows();
    }
    Ok(hits)
}

/// The hashes of the claim ids and of the original ids of a staged file.
pub(super) fn ids(part: &Part) -> Result<(Vec<u64>, Vec<u64>), IntakeError> {
    let (mut claims, mut originals) = (Vec::new(), Vec::new());
    for batch in read_part(part, Some(&HASHES))? {
        each_id(&batch, &part.path, |_, claim, original| {
            claims.push(claim);
            originals.extend(original);
        })?;
    }
    Ok((claims, originals))
}

/// Shows each row's hashes; a file that was written before there were such columns has the numbers themselves.
fn each_id(batch: &RecordBatch, path: &Path, mut each: impl FnMut(usize, u64, Option<u64>)) -> Result<(), IntakeError> {
    let cells = Cells::new(batch, path);
    if batch.column_by_name(HASHES[0]).is_none() {
        let (claims, originals) = (cells.text(IDS[0])?, cells.text(IDS[1])?);
        for row in 0..batch.num_rows() {
            each(row, stable_hash(text_at(claims, row).unwrap_or_default()), text_at(originals, row).map(stable_hash));
        }
        return Ok(());
    }
    let (claims, originals) = (cells.whole(HASHES[0])?, cells.whole(HASHES[1])?);
    if claims.null_count() > 0 {
        return Err(IntakeError::rows(path, "a claim without the hash of its number"));
    }
    for (row, (claim, original)) in claims.values().iter().zip(originals).enumerate() {
        each(row, claim.cast_unsigned(), original.map(i64::cast_unsigned));
    }
    Ok(())
}
