//! The receiver's check: every change is found, in every file, and told in both languages.

use std::fs;
use std::path::Path;

use super::{folder, january};
use crate::workspace::{Workspace, copy_tree};

const LIST: &str = "202601-990103-MZ-FULL-v1";

/// Runs `verify` outside any workspace.
fn verify(workspace: &Workspace, path: &Path, key: Option<&Path>) -> (Option<i32>, String) {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut arguments = vec!["verify", path.to_str().unwrap()];
    if let Some(key) = key {
        arguments.extend(["--key", key.to_str().unwrap()]);
    }
    let output = workspace.command(&arguments).current_dir(elsewhere.path()).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn every_change_of_a_list_is_found() {
    let workspace = january();
    let key = workspace.root().join("keys/signing.pub.pem");
    let place = tempfile::tempdir().unwrap();
    let received = place.path().join(LIST);
    let fresh = || {
        let _ = fs::remove_dir_all(&received);
        copy_tree(&folder(&workspace, LIST), &received);
    };
    fresh();
    let (code, told) = verify(&workspace, &received, Some(&key));
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("签名有效") && told.contains("signature valid") && told.contains("5 行，5 人，合计 160000.00 元"),
        "{told}"
    );
    for name in ["xlsx", "csv", "parquet"].map(|kind| format!("{LIST}.{kind}")) {
        let one = received.join(&name);
        assert_eq!(verify(&workspace, &one, Some(&key)).0, Some(0), "{name} alone");
    }
    let (code, told) = verify(&workspace, &received, None);
    assert!(code == Some(4) && told.contains("--key"), "without a key nothing is proven: {told}");

    let mut cases = 5;
    let mut wrong = |what: &str, said: &str, change: &dyn Fn()| {
        fresh();
        change();
        let (code, told) = verify(&workspace, &received, Some(&key));
        assert_eq!(code, Some(4), "{what}: {told}");
        assert!(told.contains(said), "{what}: {told}");
        cases += 1;
    };
    let edit = |name: &str, from: &str, to: &str| {
        let path = received.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    };
    wrong("an amount", "不同（可能已填写或被改动）", &|| {
        edit(&format!("{LIST}.csv"), "30000.00", "20000.00");
    });
    wrong("the manifest's count", "签名无效", &|| edit("manifest.json", "\"rows\": 5", "\"rows\": 4"));
    wrong("the signature", "签名无效", &|| edit("manifest.sig", "\"signature\": \"", "\"signature\": \"00"));
    wrong("the signature's key", "不是由此公钥", &|| {
        edit("manifest.sig", "\"key_id\": \"", "\"key_id\": \"0");
        edit("manifest.json", "\"rows\": 5", "\"rows\": 4");
    });
    wrong("no signature", "缺少签名文件", &|| fs::remove_file(received.join("manifest.sig")).unwrap());
    wrong("no manifest", "找不到清单文件", &|| fs::remove_file(received.join("manifest.json")).unwrap());
    wrong("no workbook", "缺少文件", &|| fs::remove_file(received.join(format!("{LIST}.xlsx"))).unwrap());
    wrong("a stranger", "清单以外的文件", &|| fs::write(received.join("更多人员.xlsx"), "x").unwrap());
    wrong("a way out", "签名无效", &|| edit("manifest.json", &format!("\"{LIST}.csv\""), "\"../x.csv\""));
    wrong("no JSON", "已损坏", &|| fs::write(received.join("manifest.json"), "[").unwrap());
    // One byte of each file, in many places.
    let names = ["xlsx", "csv", "parquet"].map(|kind| format!("{LIST}.{kind}"));
    for (at, name) in (0..24_usize).zip(names.iter().cycle()) {
        wrong("one byte", "与封存时不同", &|| {
            let mut bytes = fs::read(received.join(name)).unwrap();
            let place = at * bytes.len() / 24;
            bytes[place] ^= 1 << (at % 8);
            fs::write(received.join(name), bytes).unwrap();
        });
    }
    // Signed by another bureau.
    let other = tempfile::tempdir().unwrap();
    let keys = store::keys::Keys::from_secrets([1; 32], [2; 32]);
    let pem = other.path().join("other.pem");
    fs::write(&pem, keys.signer.public().to_pem().unwrap()).unwrap();
    fresh();
    assert!(verify(&workspace, &received, Some(&pem)).1.contains("不是由此公钥"));
    println!("verify: {} cases", cases + 1);
}

#[cfg(unix)]
#[test]
fn keys_that_others_can_read_stop_the_seal() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = january();
    let path = workspace.root().join("keys/tokens.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let run = workspace.run(&["run", "monthly", "--month", "2026-02"]);
    let told = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(3), "{told}");
    assert!(told.contains("may be read by others (mode 0644)") && told.contains("chmod 0600"), "{told}");
    fs::remove_file(&path).unwrap();
    let run = workspace.run(&["run", "monthly", "--month", "2026-02"]);
    assert!(String::from_utf8(run.stderr).unwrap().contains("poverty-watch keys init"));
    assert!(workspace.ok(&["keys", "init"]).contains("keys made"));
    assert!(workspace.ok(&["keys", "init"]).contains("the keys are there"));
    let secret = "07".repeat(32);
    let logged = workspace.run(&["run", "monthly", "--month", "2026-02", "--log-format", "json"]);
    let logged = String::from_utf8([logged.stdout, logged.stderr].concat()).unwrap();
    assert!(!logged.contains(&secret) && !logged.contains("PRIVATE"), "{logged}");
}

/// A key that OpenSSL made.
const SM2_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECWhnJaN5eJNwzeW6oKMXL3ou/LxE\n\
    Fa5wiOs2fy28WYcyPXm4X+4upNrErfAa21uuVJPd46unYs3yHhFU732Hiw==\n\
    -----END PUBLIC KEY-----\n";

#[cfg(not(feature = "sm2"))]
#[test]
fn a_build_without_sm2_says_that_it_does_not_know_the_key() {
    let workspace = january();
    workspace.write("sm2.pem", SM2_KEY.as_bytes());
    let list = workspace.root().join("lists/2026-01").join(LIST);
    let run = workspace.run(&["verify", list.to_str().unwrap(), "--key", "sm2.pem"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8(run.stderr).unwrap().contains("not a public key that this build knows"));
}

#[cfg(feature = "sm2")]
#[test]
fn lists_are_signed_verified_and_made_again_with_sm2() {
    let workspace = january();
    let list = workspace.root().join("lists/2026-01").join(LIST);
    let verify = |key: &str| {
        let run = workspace.run(&["verify", list.to_str().unwrap(), "--key", key]);
        (run.status.code(), String::from_utf8(run.stdout).unwrap())
    };
    workspace.write("sm2.pem", SM2_KEY.as_bytes());
    assert!(verify("sm2.pem").1.contains("不是由此公钥"), "signed with Ed25519");
    // The same month sealed with an SM2 key.
    for lost in ["keys/signing.pem", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(workspace.root().join(lost));
    }
    fs::remove_dir_all(workspace.root().join("lists")).unwrap();
    fs::remove_dir_all(workspace.root().join("warehouse")).unwrap();
    assert!(workspace.ok(&["keys", "init", "--sm2"]).contains("keys made"));
    assert!(workspace.ok(&["keys", "init", "--sm2"]).contains("the keys are there"));
    crate::income_year::month(&workspace, "2026-01");
    let (code, told) = verify("keys/signing.pub.pem");
    assert!(code == Some(0) && told.contains("签名有效（SM2，"), "{told}");
    assert!(verify("sm2.pem").1.contains("不是由此公钥"), "another SM2 key");
    assert!(workspace.ok(&["reproduce", LIST]).contains(": equal, "), "signatures are the same each time");
    let path = list.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"rows\": 5", "\"rows\": 4")).unwrap();
    assert!(verify("keys/signing.pub.pem").1.contains("签名无效"));
}
