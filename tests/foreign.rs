//! Foreign text, typed or landed, ends no program: it is read, or refused with its place and a reason.

use crate::workspace::Workspace;

const POLICY: &str = "pipelines/policies/fujian.toml";
const HEADER: &str = "SETL_ID,CERTNO,PSN_NAME,INSUTYPE,MED_TYPE,SETL_TIME,MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,\
                      OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY";
/// Valid id on an unassigned area code.
const ID: &str = "990103196203050018";

fn claim(id: &str, total: &str) -> String {
    format!("{id},{ID},甲,390,21,2026-06-15 10:00:00,{total},0.00,0.00,0.00,{total},30000.00,30000.00")
}

/// What people type where a number, a day, an age or a name is asked for.
fn texts() -> Vec<String> {
    let typed = [
        "60000.0元",
        "12.5元",
        "26小时",
        "５０００",
        "１",
        "元",
        "é.é",
        "1.é",
        "\u{1f4b0}",
        "-元",
        "1,2元",
        "2026年1月",
    ];
    typed.map(str::to_owned).into_iter().chain(["元".repeat(1 << 14)]).collect()
}

#[test]
fn whatever_is_typed_is_a_usage_error_at_most() {
    let workspace = Workspace::new("fujian", "990100");
    let commands: [&[&str]; 8] = [
        &["lists", "approve", "X", "--by", "甲", "--reason", "核对", "--rows", "1", "--control"],
        &["receipts", "file", "X", "--by", "甲", "--rows", "1", "--control"],
        &["status", "--max-age"],
        &["status", "--as-of"],
        &["findings", "--month"],
        &["run", "nightly", "--as-of"],
        &["plan", "monthly", "--month"],
        &["contract"],
    ];
    let mut cases = 0;
    for command in commands {
        for text in &texts() {
            let output = workspace.run(&[command, &[text.as_str()]].concat());
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(
                output.status.code(),
                Some(2),
                "{command:?} {}: {told}",
                text.chars().take(9).collect::<String>()
            );
            assert!(told.contains("error: ") && !told.contains("panicked"), "{command:?}: {told}");
            cases += 1;
        }
    }
    println!("foreign arguments: {cases} cases");
}

#[test]
fn policies_and_case_books_with_foreign_amounts_are_told_by_line() {
    let workspace = Workspace::new("fujian", "990100");
    let policy = std::fs::read_to_string(workspace.root().join(POLICY)).unwrap();
    let line = policy.lines().position(|line| line.starts_with("line = {")).unwrap();
    let fixed = |amount: &str| {
        let lines = policy.lines().enumerate();
        let text = lines.map(|(at, text)| {
            if at == line {
                format!("line = {{ fixed = \"{amount}\", operator = \">\" }}\n")
            } else {
                format!("{text}\n")
            }
        });
        text.collect::<String>()
    };
    let book = "pipelines/policies/fujian/cases/relapse.yaml";
    let cases = std::fs::read_to_string(workspace.root().join(book)).unwrap();
    for text in ["10000.5元", "28134.5元", "é.é", "元"] {
        workspace.write(POLICY, fixed(text).as_bytes());
        let output = workspace.run(&["check"]);
        let told = [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned()).concat();
        assert_eq!(output.status.code(), Some(3), "{text}: {told}");
        assert!(told.contains(&format!("{POLICY}:{}: ", line + 1)) && told.contains("hint: "), "{text}: {told}");
        workspace.write(POLICY, policy.as_bytes());
        let wrong = cases.replacen("\"22400.01\"", &format!("\"{text}\""), 1);
        assert_ne!(wrong, cases);
        workspace.write(book, wrong.as_bytes());
        let output = workspace.run(&["check"]);
        let told = [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned()).concat();
        assert_eq!(output.status.code(), Some(3), "{text}: {told}");
        assert!(told.contains(&format!("{book}:")) && !told.contains("panicked"), "{text}: {told}");
        workspace.write(book, cases.as_bytes());
    }
}

#[test]
fn a_foreign_amount_rejects_its_row_only() {
    let workspace = Workspace::new("fujian", "990100");
    let amounts =
        ["12.5元", "30000.0元", "￥60000", "6万元", "(60000.00)", "60 000.00", "6E+04", "60000.004", "60000-"];
    let rows: Vec<_> = amounts.iter().enumerate().map(|(at, total)| claim(&format!("W{at}"), total)).collect();
    let text = format!("{HEADER}\n{}\n{}\n", rows.join("\n"), claim("C1", "60000.00"));
    workspace.land("claims", "c.csv", text.as_bytes());
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("accepted 1 (60000.00 yuan) + rejected not_money 9"), "{told}");
}

#[test]
fn a_manifest_that_no_file_can_keep_refuses_its_file_and_no_other() {
    let workspace = Workspace::new("fujian", "990100");
    workspace.land("claims", "c.csv", format!("{HEADER}\n{}\n", claim("C1", "60000.00")).as_bytes());
    workspace.land("claims", "d.csv", format!("{HEADER}\n{}\n", claim("C2", "60000.00")).as_bytes());
    let wrong = ["{\"rows\":1,\"control_yuan\":\"60000.0元\"}", "{\"rows\":-1}", "{\"rows\":1,\"lines\":2}", "[]"];
    for manifest in wrong {
        workspace.land("claims", "c.csv.manifest.json", manifest.as_bytes());
        let output = workspace.run(&["intake"]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(4), "{manifest}: {told}");
        assert!(told.contains("claims/c.csv: refused: ") && told.contains("hint: mend the manifest"), "{told}");
        let again = workspace.run(&["intake"]);
        assert_eq!(again.status.code(), Some(0), "a refusal is news once");
        assert!(String::from_utf8_lossy(&again.stdout).contains("claims/c.csv: still refused: "));
    }
    assert_eq!(workspace.versions().len(), 1, "the next file is taken all the same");
    workspace.land("claims", "c.csv.manifest.json", b"{\"rows\":1,\"control_yuan\":\"60000.00\"}");
    assert!(workspace.ok(&["intake"]).contains("claims/c.csv: 1 (60000.00 yuan) rows = accepted 1"));
}

#[test]
fn what_a_desktop_leaves_behind_is_passed_over() {
    let workspace = Workspace::new("fujian", "990100");
    for name in ["~$名册.xlsx", "Thumbs.db", "desktop.ini", ".DS_Store", "._名册.xlsx"] {
        workspace.land("rosters", name, b"\0\x05\x16\x07");
    }
    let output = workspace.run(&["intake"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("5 hidden or unfinished files and folders were passed over"), "{told}");
}
