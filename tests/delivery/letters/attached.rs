//! Lists that go with the mail: encrypted, whole, and without their password.

use std::io::{Cursor, Read as _};

use law::config::Layout;
use store::keys::Keys;
use store::ledger::{Letter, MailState};

use super::{SETTINGS, approve, ledger, parts_of, places, review, sealed, spooled, text_of};
use crate::workspace::Workspace;

/// A workspace in which one kind of office gets workbooks, another archives.
fn attaching() -> Workspace {
    let workspace = sealed();
    let table = std::fs::read_to_string(workspace.root().join("pipelines/tables/offices.csv")).unwrap();
    let table = table
        .replace(
            "MZ,civil_affairs,民政局,因病返贫致贫风险预警名单,,,,,",
            "MZ,civil_affairs,民政局,因病返贫致贫风险预警名单,,,,,xlsx",
        )
        .replace(
            "NC,rural_affairs,农业农村局,因病返贫致贫风险预警名单,,,,,",
            "NC,rural_affairs,农业农村局,因病返贫致贫风险预警名单,,,,,zip",
        );
    assert!(table.contains(",xlsx\n") && table.contains(",zip\n"));
    workspace.write("pipelines/tables/offices.csv", table.as_bytes());
    workspace
}

#[test]
fn a_list_goes_with_the_mail_where_its_office_asks_for_that() {
    let workspace = attaching();
    let root = workspace.root();
    // A file of another county, left in every sealed folder.
    for folder in std::fs::read_dir(root.join("lists").join(super::MONTH)).unwrap() {
        std::fs::write(folder.unwrap().path().join("foreign.csv"), "persons of another county").unwrap();
    }
    review(&workspace);
    approve(&workspace);
    let ledger = ledger(root);
    let (mut books, mut archives, mut bare) = (0, 0, 0);
    let written: Vec<(Letter, Vec<u8>)> = ledger
        .letters(&[MailState::Queued])
        .unwrap()
        .into_iter()
        .map(|letter| (ledger.letter_bytes(letter.letter_id).unwrap(), letter))
        .map(|(bytes, letter)| (letter, bytes))
        .collect();
    for (letter, bytes) in &written {
        let [list] = letter.lists.as_slice() else { panic!("{letter:?}") };
        let is_empty = ledger.sealed_list(list).unwrap().unwrap().rows == 0;
        let parts = parts_of(bytes);
        let files: Vec<_> = parts.iter().filter(|part| part.head.contains("attachment")).collect();
        let password = Keys::known_password(&Layout::new(root), list).unwrap();
        if is_empty {
            assert!(files.is_empty() && password.is_none(), "{list}");
            bare += 1;
            continue;
        }
        let ending = if letter.office == "MZ" { "xlsx" } else { "zip" };
        let [file] = files.as_slice() else { panic!("{list}: {} files", files.len()) };
        assert!(file.head.contains(&format!("filename=\"{list}.{ending}\"")), "{}", file.head);
        let text = text_of(bytes);
        assert!(
            text.contains(&format!("附件：{list}.{ending}（已加密")) && text.contains("正文不含个人信息"),
            "{text}"
        );
        let password = password.unwrap();
        for part in &parts {
            assert!(!part.content.windows(password.len()).any(|text| text == password.as_bytes()), "{list}");
        }
        if ending == "xlsx" {
            assert!(file.content.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]), "an encrypted workbook is a compound file");
            books += 1;
            continue;
        }
        archives += 1;
        let folder = root.join("lists").join(super::MONTH).join(list);
        let mut archive = zip::ZipArchive::new(Cursor::new(&file.content)).unwrap();
        assert_eq!(archive.len(), std::fs::read_dir(&folder).unwrap().count() - 1, "what was sealed and nothing else");
        assert!(archive.file_names().all(|name| name.unwrap() != "foreign.csv"));
        for at in 0..archive.len() {
            let mut read = Vec::new();
            let mut entry = archive.by_index_decrypt(at, password.as_bytes()).unwrap();
            let name = entry.name().unwrap().into_owned();
            entry.read_to_end(&mut read).unwrap();
            assert_eq!(read, std::fs::read(folder.join(&name)).unwrap(), "{name} is what was sealed");
        }
    }
    assert!(books > 0 && archives > 0 && bare > 0, "{books} {archives} {bare}");
    // Encryption is random, and yet every attempt sends what was approved.
    workspace.ok(&["run", "deliver"]);
    let sent = spooled(root);
    for (letter, bytes) in &written {
        assert_eq!(sent[&format!("{}.eml", letter.message_id.split('@').next().unwrap())], *bytes);
    }
    println!("delivery, attached lists: {books} workbooks, {archives} archives, {} cases", written.len());
}

#[test]
fn what_is_too_large_stays_where_it_is_collected() {
    let workspace = attaching();
    let root = workspace.root();
    workspace.write("poverty-watch.toml", (SETTINGS.to_owned() + "attach_mib = 0\n").as_bytes());
    review(&workspace);
    approve(&workspace);
    let ledger = ledger(root);
    let mut told = 0;
    for letter in ledger.letters(&[MailState::Queued]).unwrap() {
        let bytes = ledger.letter_bytes(letter.letter_id).unwrap();
        assert!(parts_of(&bytes).iter().all(|part| !part.head.contains("attachment")));
        told += usize::from(text_of(&bytes).contains("文件过大，未随邮件附上"));
    }
    assert!(told > 0 && told < places(root).len());
    assert!(!root.join("keys/passwords").exists(), "no password was made");
    println!("delivery, lists that are too large: {told} cases");
}
