//! What reaches an office: the files that the manifest names, as they were sealed, and nothing that lay beside them.

use std::collections::BTreeSet;

use law::config::Layout;
use law::domain::parse_date;
use office::handover::{HandoverError, publish};

use super::{folder, january, ledger, sign};

#[test]
fn a_stray_file_stays_and_a_cut_one_stops_the_list() {
    let workspace = january();
    let list = "202601-990103-MZ-FULL-v1";
    let sealed = folder(&workspace, list);
    let stray = "202601-990102-MZ-FULL-v1.csv";
    std::fs::write(sealed.join(stray), "another county's persons").unwrap();
    let (layout, ledger) = (Layout::new(workspace.root()), ledger(&workspace));
    let stored = ledger.sealed_list(list).unwrap().unwrap();
    sign(&ledger, &stored);
    let hand_over = || {
        let by = ("李审核", parse_date("2026-02-02").unwrap());
        publish(&layout, &ledger, &stored, by, chrono::DateTime::UNIX_EPOCH)
    };
    let shown = layout.collect("MZ", "990103").join(list);
    let mut cases = 0;
    for name in [format!("{list}.csv"), format!("{list}.xlsx"), "manifest.json".into(), "manifest.sig".into()] {
        let path = sealed.join(name);
        let whole = std::fs::read(&path).unwrap();
        for changed in [Some(&whole[..whole.len() / 2]), None] {
            match changed {
                Some(cut) => std::fs::write(&path, cut).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let refused = hand_over();
            assert!(matches!(refused, Err(HandoverError::Changed { path: at }) if at == path), "{}", path.display());
            assert!(!shown.exists(), "half a list is no list");
            cases += 1;
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(hand_over().unwrap(), shown);
    let names = |folder: &std::path::Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut whole = names(&sealed);
    assert!(whole.remove(stray));
    assert_eq!(names(&shown), whole);
    println!("handing over: {} cases", cases + 2);
}
