//! Checking a list at the receiver's: the signature first, then the hashes, and only then what the files say.
//!
//! Needs the list's folder and the bureau's public key, no workspace. A file whose hash is not the one that was sealed
//! is never opened.

use std::fs;
use std::path::Path;

use engine::sha256_of;
use law::referrals::LIST_FORMAT;
use serde::Deserialize;
use store::keys::{PublicKey, Signature};

use super::manifest::{MANIFEST, SIGNATURE};
use super::{Reading, read_csv, read_parquet, read_xlsx};
use crate::seal::SealError;

/// Largest manifest or signature that is read at all, bytes.
const LARGEST: u64 = 4 << 20;

/// What a manifest states and a receiver can check.
#[derive(Debug, Deserialize)]
struct Stated {
    list_id: String,
    seq: u64,
    rehearsal: Option<String>,
    counts: Option<Counts>,
    control_fen: Option<i128>,
    files: Vec<StatedFile>,
}

#[derive(Debug, Deserialize)]
struct StatedFile {
    name: String,
    bytes: u64,
    sha256: String,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Counts {
    rows: usize,
    persons: usize,
    new: usize,
    continuing: usize,
    escalated: usize,
    withdrawn: usize,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub is_right: bool,
    /// What was found, in Chinese.
    pub chinese: String,
    pub english: String,
}

/// What a list's check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// All findings, in the order of checking.
    pub findings: Vec<Finding>,
}

impl Checked {
    #[must_use]
    pub fn is_right(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.is_right)
    }

    fn note(&mut self, is_right: bool, chinese: impl Into<String>, english: impl Into<String>) -> bool {
        self.findings.push(Finding { is_right, chinese: chinese.into(), english: english.into() });
        is_right
    }

    fn right(&mut self, chinese: impl Into<String>, english: impl Into<String>) {
        self.note(true, chinese, english);
    }

    fn wrong(&mut self, chinese: impl Into<String>, english: impl Into<String>) {
        self.note(false, chinese, english);
    }
}

/// Checks the list in a folder, or one file of it with the manifest beside it.
#[must_use]
pub fn verify(path: &Path, key: Option<&PublicKey>) -> Checked {
    let mut checked = Checked::default();
    let is_folder = path.is_dir();
    let folder = if is_folder { path } else { path.parent().unwrap_or(path) };
    let only = if is_folder { None } else { path.file_name().and_then(|name| name.to_str()) };
    let Some(bytes) = read_small(&folder.join(MANIFEST)) else {
        checked.wrong(
            format!("找不到清单文件 {MANIFEST}，请与名单文件放在同一文件夹"),
            format!("{MANIFEST} is not there; keep it in the folder of the list"),
        );
        return checked;
    };
    check_signature(&mut checked, folder, &bytes, key);
    if store::newer(store::format_of(&bytes), LIST_FORMAT).is_some() {
        checked.wrong(
            "名单由更新版本的程序封存，请用该版本核对",
            "sealed by a newer version of this program; verify it with that version",
        );
        return checked;
    }
    let Ok(stated) = serde_json::from_slice::<Stated>(&bytes) else {
        checked.wrong(format!("{MANIFEST} 已损坏"), format!("{MANIFEST} is damaged"));
        return checked;
    };
    checked.right(
        format!("名单 {}，第 {} 号", stated.list_id, stated.seq),
        format!("list {}, number {}", stated.list_id, stated.seq),
    );
    if stated.rehearsal.is_some() {
        checked.wrong("演练名单，不得使用", "a rehearsal, not to be used");
    }
    let named = |name: &str| stated.files.iter().any(|file| file.name == name);
    if let Some(name) = only.filter(|name| *name != MANIFEST && *name != SIGNATURE && !named(name)) {
        checked.wrong(
            format!("{name} 不在清单之列：可能被改名，或不是本名单的文件"),
            format!("{name} is not in the manifest: renamed, or no file of this list"),
        );
    }
    let wanted = stated.files.iter().filter(|file| only.is_none_or(|name| name == file.name || !named(name)));
    let mut readings = Vec::new();
    for file in wanted {
        readings.extend(check_file(&mut checked, folder, file, &stated).map(|reading| (&file.name, reading)));
    }
    if let Some((one, other)) =
        readings.windows(2).find_map(|pair| (pair[0].1 != pair[1].1).then(|| (pair[0].0, pair[1].0)))
    {
        checked.wrong(format!("{one} 与 {other} 内容不一致"), format!("{one} and {other} do not say the same"));
    }
    if is_folder {
        check_strangers(&mut checked, folder, &stated);
    }
    checked
}

fn check_signature(checked: &mut Checked, folder: &Path, bytes: &[u8], key: Option<&PublicKey>) {
    let signature = read_small(&folder.join(SIGNATURE));
    let Some(signature) = signature.and_then(|text| serde_json::from_slice::<Signature>(&text).ok()) else {
        checked.wrong(format!("缺少签名文件 {SIGNATURE} 或已损坏"), format!("{SIGNATURE} is missing or damaged"));
        return;
    };
    let Some(key) = key else {
        checked.wrong(
            "未核对签名：请用 --key 指定医疗保障局提供的公钥",
            "the signature was not checked: name the bureau's public key with --key",
        );
        return;
    };
    if key.verifies(bytes, &signature) {
        checked.right(
            format!("签名有效（{}，密钥 {}）", signature.algorithm, key.id()),
            format!("signature valid ({}, key {})", signature.algorithm, key.id()),
        );
    } else if signature.key_id == key.id() {
        checked.wrong("签名无效：清单被改动", "signature invalid: the manifest was changed");
    } else {
        checked.wrong(
            format!("签名不是由此公钥（{}）对应的密钥作出", key.id()),
            format!("not signed with the key of this public key ({})", key.id()),
        );
    }
}

/// Checks a file's hash, then what it says; answers its reading where there is one.
fn check_file(checked: &mut Checked, folder: &Path, file: &StatedFile, stated: &Stated) -> Option<Reading> {
    let name = &file.name;
    if name.contains(['/', '\\']) || name.starts_with('.') {
        checked.wrong("清单中的文件名不合规", "a file name in the manifest is not one of a list");
        return None;
    }
    let path = folder.join(name);
    let Ok((sha256, bytes)) = sha256_of(&path) else {
        checked.wrong(format!("缺少文件 {name}"), format!("{name} is missing"));
        return None;
    };
    if sha256 != file.sha256 || bytes != file.bytes {
        checked.wrong(
            format!("{name} 与封存时不同（可能已填写或被改动）"),
            format!("{name} is not as it was sealed (filled in, or changed)"),
        );
        return None;
    }
    let reading = match path.extension().and_then(|ending| ending.to_str()) {
        _ if stated.counts.is_none() => None,
        Some("xlsx") => Some(read_xlsx(&path)),
        Some("csv") => Some(read_csv(&path)),
        Some("parquet") => Some(read_parquet(&path)),
        _ => None,
    };
    match reading {
        None => {
            checked.right(format!("{name} 与封存时一致"), format!("{name} is as it was sealed"));
            None
        }
        Some(reading) => check_reading(checked, name, reading, stated),
    }
}

fn check_reading(
    checked: &mut Checked,
    name: &str,
    reading: Result<Reading, SealError>,
    stated: &Stated,
) -> Option<Reading> {
    let Ok(reading) = reading else {
        checked.wrong(format!("{name} 无法读取"), format!("{name} cannot be read"));
        return None;
    };
    let counts = reading.counts;
    let found = Counts {
        rows: counts.persons() + counts.withdrawn,
        persons: counts.persons(),
        new: counts.new,
        continuing: counts.continuing,
        escalated: counts.escalated,
        withdrawn: counts.withdrawn,
    };
    let yuan = crate::seal::sheet::yuan(reading.control_fen);
    if stated.counts.as_ref() == Some(&found) && stated.control_fen == Some(reading.control_fen) {
        checked.right(
            format!("{name} 与封存时一致：{} 行，{} 人，合计 {yuan} 元", found.rows, found.persons),
            format!("{name} is as it was sealed: {} rows, {} persons, total {yuan} yuan", found.rows, found.persons),
        );
    } else {
        checked.wrong(
            format!("{name} 的行数或合计与清单不符：{} 行，{yuan} 元", found.rows),
            format!("{name} does not say what the manifest says: {} rows, {yuan} yuan", found.rows),
        );
    }
    Some(reading)
}

/// Files beside the list that nobody sealed.
fn check_strangers(checked: &mut Checked, folder: &Path, stated: &Stated) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let known = |name: &str| [MANIFEST, SIGNATURE].contains(&name) || stated.files.iter().any(|f| f.name == name);
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut strangers: Vec<String> = names.filter(|name| !known(name)).collect();
    strangers.sort();
    for name in strangers {
        let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        checked.wrong(format!("文件夹中有清单以外的文件 {name}"), format!("{name} is not of this list"));
    }
}

fn read_small(path: &Path) -> Option<Vec<u8>> {
    let is_small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
    if is_small { fs::read(path).ok() } else { None }
}
