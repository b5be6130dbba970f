//! Encrypted attachments: the workbook as Excel and WPS encrypt it, or all files in a ZIP archive with AES-256.
//!
//! The password is one per list; it lies in the workspace's keys and goes to the office by another channel. Encryption
//! is random, so two attachments of one list differ; what they hold is what the manifest states.

use std::io::{Cursor, Write as _};

use law::config::Layout;
use law::referrals::Attachment;
use ms_offcrypto_writer::Ecma376AgileWriter;
use store::keys::Keys;
use store::ledger::SealedList;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

use super::error::HandoverError;
use super::sealed::Sealed;

/// File name and bytes of what goes with a list's mail; `None` where its office fetches the list.
pub fn attachment(
    layout: &Layout,
    list: &SealedList,
    kind: Attachment,
) -> Result<Option<(String, Vec<u8>)>, HandoverError> {
    let list_id = &list.list_id;
    if kind == Attachment::None {
        return Ok(None);
    }
    let sealed = Sealed::open(&layout.lists(list.period).join(list_id), list)?;
    let password = Keys::password(layout, list_id)?;
    let name = format!("{list_id}.xlsx");
    let failed = |why: String| HandoverError::Encrypt { list_id: list_id.clone(), why };
    Ok(Some(if kind == Attachment::Xlsx {
        let plain = sealed.file(&name)?;
        let bytes = encrypted_workbook(&plain, &password).map_err(|error| failed(error.to_string()))?;
        (name, bytes)
    } else {
        (format!("{list_id}.zip"), encrypted_archive(&sealed, &password, &failed)?)
    }))
}

fn encrypted_workbook(plain: &[u8], password: &str) -> std::io::Result<Vec<u8>> {
    let mut sealed = Cursor::new(Vec::new());
    let mut writer = Ecma376AgileWriter::create(&mut rand::rng(), password, &mut sealed)?;
    writer.write_all(plain)?;
    writer.finalize()?;
    Ok(sealed.into_inner())
}

fn encrypted_archive(
    sealed: &Sealed,
    password: &str,
    failed: &impl Fn(String) -> HandoverError,
) -> Result<Vec<u8>, HandoverError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .with_aes_encryption(AesMode::Aes256, password);
    sealed.each(|name, bytes| {
        archive.start_file(name, options).map_err(|error| failed(error.to_string()))?;
        archive.write_all(bytes).map_err(|error| failed(error.to_string()))
    })?;
    Ok(archive.finish().map_err(|error| failed(error.to_string()))?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;

    use super::*;
    use law::domain::{Fen, Period, hex};
    use sha2::{Digest as _, Sha256};

    #[test]
    fn attachments_open_with_the_password_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        Keys::create(&layout).unwrap();
        let mut list = SealedList {
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
        let file =
            serde_json::json!({ "name": format!("{}.xlsx", list.list_id), "sha256": hex(&Sha256::digest(&plain)) });
        let manifest = serde_json::json!({ "files": [file] }).to_string();
        list.manifest_sha256 = hex(&Sha256::digest(&manifest));
        fs::write(sealed.join("manifest.json"), manifest).unwrap();
        let signature = serde_json::json!({ "algorithm": "Ed25519", "key_id": "0", "signature": "0" });
        fs::write(sealed.join("manifest.sig"), signature.to_string()).unwrap();
        fs::write(sealed.join("202610-990103-MZ-FULL-v1.csv"), "another county's persons").unwrap();
        assert!(attachment(&layout, &list, Attachment::None).unwrap().is_none());

        let (name, bytes) = attachment(&layout, &list, Attachment::Xlsx).unwrap().unwrap();
        assert!(name.is_ascii() && bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]), "a compound file");
        assert!(!bytes.windows(6).any(|part| part == b"stands"));

        let (name, bytes) = attachment(&layout, &list, Attachment::Zip).unwrap().unwrap();
        assert_eq!(name.rsplit_once('.').unwrap().1, "zip");
        let password = Keys::known_password(&layout, &list.list_id).unwrap().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(
            names,
            [format!("{}.xlsx", list.list_id).as_str(), "manifest.json", "manifest.sig"],
            "no stray file"
        );
        let mut read = Vec::new();
        archive.by_index_decrypt(0, password.as_bytes()).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, plain);
        assert!(archive.by_index_decrypt(0, b"wrong").is_err());
        assert!(archive.by_index(0).is_err());

        fs::write(sealed.join(format!("{}.xlsx", list.list_id)), &plain[..plain.len() / 2]).unwrap();
        for kind in [Attachment::Xlsx, Attachment::Zip] {
            assert!(
                matches!(attachment(&layout, &list, kind), Err(HandoverError::Changed { .. })),
                "cut after sealing"
            );
        }
    }
}
