//! A version: the complete, immutable list of files that readers see.

use std::collections::BTreeMap;

use law::contracts::{TakenBack, TakenFile};
use law::domain::Period;
use serde::{Deserialize, Serialize};

/// The number of the form in which version files are written. 0: 6311a20, whose files carry none.
pub(super) const FORMAT: u32 = 1;

/// One Parquet file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Table it belongs to: claims, reach, findings, ...
    pub table: String,
    /// Month or period it holds, where the table is split so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<Period>,
    /// Rule it holds, where the table is split by rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Bucket of persons it holds, where the table is split by bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u16>,
    /// Path below the warehouse's root, with forward slashes.
    pub path: String,
    /// Rows, as read back from the file's footer.
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Sum of the table's control column in fen, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_fen: Option<i128>,
    /// Hash of everything that it was computed from; empty for what came from outside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub inputs: String,
    /// Interface number of the model that made it: what its columns are and mean. 0: nobody noted it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub format: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl FileEntry {
    fn place(&self) -> (&str, Option<Period>, Option<&str>, Option<u16>, &str) {
        (&self.table, self.month, self.rule.as_deref(), self.bucket, &self.path)
    }
}

/// Everything that readers of version `number` may see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Number of the file's own form.
    #[serde(default)]
    pub format: u32,
    /// 1, 2, 3, ...; 0 is the empty warehouse before its first commit.
    pub number: u64,
    /// Number of person buckets; fixed when the workspace is made.
    pub buckets: u16,
    /// The job that made it.
    pub job: String,
    /// Files, ordered by table, month, rule, bucket, path.
    pub files: Vec<FileEntry>,
    /// Landed files that this version took in (earlier versions hold the earlier ones).
    pub taken: Vec<TakenFile>,
    /// What it is made without, where two people have taken files back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<TakenBack>,
}

impl Version {
    /// The files of a table, in order.
    pub fn table<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a FileEntry> + 'a {
        self.files.iter().filter(move |file| file.table == table)
    }

    /// The files of a table that hold a bucket.
    pub fn bucket<'a>(&'a self, table: &'a str, bucket: u16) -> impl Iterator<Item = &'a FileEntry> + 'a {
        self.table(table).filter(move |file| file.bucket == Some(bucket))
    }

    /// The next version: `replace` takes the place of files at the same table, month, rule and bucket;
    /// an entry with no rows removes what stood there.
    #[must_use]
    pub fn next(&self, job: &str, replace: Vec<FileEntry>, taken: Vec<TakenFile>) -> Self {
        let slot = |file: &FileEntry| (file.table.clone(), file.month, file.rule.clone(), file.bucket);
        let mut files: BTreeMap<_, FileEntry> = self.files.iter().map(|file| (slot(file), file.clone())).collect();
        for file in replace {
            if file.rows == 0 && file.inputs.is_empty() {
                files.remove(&slot(&file));
            } else {
                files.insert(slot(&file), file);
            }
        }
        let mut files: Vec<FileEntry> = files.into_values().collect();
        files.sort_by(|a, b| a.place().cmp(&b.place()));
        Self {
            format: FORMAT,
            number: self.number + 1,
            buckets: self.buckets,
            job: job.to_owned(),
            files,
            taken,
            taken_back: None,
        }
    }

    /// The same, with some tables as another version has them.
    #[must_use]
    pub fn with_tables_of(&self, other: &Self, tables: &[&str]) -> Self {
        let is_meant = |file: &&FileEntry| tables.contains(&file.table.as_str());
        let own = self.files.iter().filter(|file| !is_meant(file));
        let mut files: Vec<FileEntry> = own.chain(other.files.iter().filter(is_meant)).cloned().collect();
        files.sort_by(|a, b| a.place().cmp(&b.place()));
        Self { files, ..self.clone() }
    }
}
