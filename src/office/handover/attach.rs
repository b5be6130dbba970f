//! Encrypted attachments: the workbook as Excel and WPS encrypt it, or all files in a ZIP archive with AES-256.
//!
//! The password is one per list; it lies in the workspace's keys and goes to the office by another channel. Encryption
//! is random, so two attachments of one list differ; what they hold is what the manifest states.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use law::config::Layout;
use law::referrals::Attachment;
use ms_offcrypto_writer::Ecma376AgileWriter;
use store::keys::Keys;
use store::ledger::SealedList;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

use super::HandoverError;
use store::durable::At as _;

/// File name and bytes of what goes with a list's mail; `None` where its office fetches the list.
pub fn attachment(
    layout: &Layout,
    list: &SealedList,
    kind: Attachment,
) -> Result<Option<(String, Vec<u8>)>, HandoverError> {
    let list_id = &list.list_id;
    let folder = layout.lists(list.period).join(list_id);
    Ok(match kind {
        Attachment::None => None,
        Attachment::Xlsx => {
            let password = Keys::password(layout, list_id)?;
            let name = format!("{list_id}.xlsx");
            let bytes = encrypted_workbook(&folder.join(&name), &password)?;
            Some((name, bytes))
        }
        Attachment::Zip => {
            let password = Keys::password(layout, list_id)?;
            Some((format!("{list_id}.zip"), encrypted_archive(&folder, &password)?))
        }
    })
}

fn encrypted_workbook(path: &Path, password: &str) -> Result<Vec<u8>, HandoverError> {
    let plain = fs::read(path).at(path)?;
    let failed = |error: std::io::Error| HandoverError::Encrypt { path: path.to_owned(), why: error.to_string() };
    let mut sealed = Cursor::new(Vec::new());
    let mut writer = Ecma376AgileWriter::create(&mut rand::rng(), password, &mut sealed).map_err(failed)?;
    writer.write_all(&plain).map_err(failed)?;
    writer.finalize().map_err(failed)?;
    Ok(sealed.into_inner())
}

fn encrypted_archive(folder: &Path, password: &str) -> Result<Vec<u8>, HandoverError> {
    let failed =
        |error: zip::result::ZipError| HandoverError::Encrypt { path: folder.to_owned(), why: error.to_string() };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        names.push(entry.at(folder)?.file_name());
    }
    names.sort();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .with_aes_encryption(AesMode::Aes256, password);
    for name in names {
        let path = folder.join(&name);
        let bytes = fs::read(&path).at(&path)?;
        archive.start_file(name.to_string_lossy(), options).map_err(failed)?;
        archive.write_all(&bytes).at(&path)?;
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use law::domain::{Fen, Period};

    #[test]
    fn attachments_open_with_the_password_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        Keys::create(&layout).unwrap();
        let list = SealedList {
            list_id: "202610-990102-MZ-FULL-v1".to_owned(),
            period: Period::parse("2026-10").unwrap(),
            county: "990102".to_owned(),
            office: "MZ".to_owned(),
            kind: "FULL".to_owned(),
            seq: 1,
            version: 1,
            rows: 1,
            persons: 1,
            control: Fen(1),
            manifest_sha256: String::new(),
        };
        let sealed = layout.lists(list.period).join(&list.list_id);
        fs::create_dir_all(&sealed).unwrap();
        let plain = b"PK\x03\x04 stands for a workbook".repeat(1000);
        fs::write(sealed.join(format!("{}.xlsx", list.list_id)), &plain).unwrap();
        fs::write(sealed.join("manifest.json"), "{}").unwrap();
        assert!(attachment(&layout, &list, Attachment::None).unwrap().is_none());

        let (name, bytes) = attachment(&layout, &list, Attachment::Xlsx).unwrap().unwrap();
        assert!(name.is_ascii() && bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]), "a compound file");
        assert!(!bytes.windows(6).any(|part| part == b"stands"));

        let (name, bytes) = attachment(&layout, &list, Attachment::Zip).unwrap().unwrap();
        assert_eq!(name.rsplit_once('.').unwrap().1, "zip");
        let password = Keys::known_password(&layout, &list.list_id).unwrap().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 2);
        let mut read = Vec::new();
        archive.by_index_decrypt(0, password.as_bytes()).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, plain);
        assert!(archive.by_index_decrypt(0, b"wrong").is_err());
        assert!(archive.by_index(0).is_err());
    }
}
