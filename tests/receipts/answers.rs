//! Answers about persons: matched by token, taken in once, never guessed, never silently replaced; nobody is lost.

use std::collections::BTreeSet;

use law::cases::{EventKind, Verdict};
use law::domain::PersonKey;

use super::{filled, hand_over, import, january, ledger, rows};
use crate::income_year::{IDS, claims, listed, month};
use crate::workspace::Workspace;

const MZ: &str = "202601-990103-MZ-FULL-v1";
const NC: &str = "202601-990103-NC-FULL-v1";

/// The person key that a list's token names.
pub(super) fn person(workspace: &Workspace, list_id: &str, at: usize) -> PersonKey {
    let token = rows(workspace, list_id)[&at]["row_token"].clone();
    ledger(workspace).row_with_token(&token).unwrap().unwrap().person
}

fn verdict(workspace: &Workspace, list_id: &str, at: usize) -> Option<Verdict> {
    let person = person(workspace, list_id, at);
    ledger(workspace).standing_answer(list_id, person).unwrap().map(|stored| stored.answer.verdict)
}

#[test]
fn the_lists_own_workbook_comes_back_filled_in() {
    let workspace = january();
    let first = filled(
        &workspace,
        MZ,
        "first.xlsx",
        &[
            (0, &[("签收情况", "接收")]),
            (1, &[("签收情况", "不属本单位"), ("备注", "=cmd|' /C calc'!A0")]),
            (
                2,
                &[
                    ("是否找到", "是"),
                    ("是否纳入监测", "是"),
                    ("纳入类别", "低保对象"),
                    ("帮扶措施", "低保"),
                    ("帮扶金额（元）", "500.00"),
                    ("核查日期", "2026-02-09"),
                ],
            ),
            (3, &[("是否纳入监测", "否"), ("未纳入原因", "已死亡"), ("核查人", "王\u{3000}某𬱖")]),
        ],
    );
    let (code, told) = import(&workspace, &first);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("5 rows: 4 answers, 0 known, 1 blank, 0 unmatched, 0 conflicts, 0 faults; 1 persons back"),
        "{told}"
    );
    let verdicts =
        [Some(Verdict::Accepted), Some(Verdict::NotOurs), Some(Verdict::Enrolled), Some(Verdict::NotEnrolled), None];
    for (at, expected) in verdicts.into_iter().enumerate() {
        assert_eq!(verdict(&workspace, MZ, at), expected, "person {at}");
    }
    let history = ledger(&workspace).case_history(person(&workspace, MZ, 2)).unwrap();
    let answered = history.iter().filter(|(.., event)| event.kind == EventKind::Answered).collect::<Vec<_>>();
    assert!(answered.iter().all(|(.., event)| event.reason == "MZ:enrolled") && !answered.is_empty(), "{answered:?}");
    // The same bytes again, and the same answers in another file.
    assert!(import(&workspace, &first).1.contains("imported before"));
    let again =
        filled(&workspace, MZ, "again.xlsx", &[(0, &[("签收情况", "接收")]), (4, &[("是否纳入监测", "核查中")])]);
    assert!(import(&workspace, &again).1.contains("1 answers, 1 known, 3 blank"));

    // Two different answers: shown, and the first stands until somebody decides.
    let other = filled(
        &workspace,
        MZ,
        "other.xlsx",
        &[(2, &[("是否纳入监测", "否"), ("未纳入原因", "已迁出")]), (0, &[("是否纳入监测", "核查中")])],
    );
    let (code, told) = import(&workspace, &other);
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("1 answers, 0 known, 3 blank, 0 unmatched, 1 conflicts"), "{told}");
    assert_eq!(verdict(&workspace, MZ, 2), Some(Verdict::Enrolled));
    let conflicts = workspace.ok(&["receipts", "conflicts"]);
    assert!(
        conflicts.contains("not_enrolled 已迁出; stands: enrolled") && conflicts.contains("1 conflicts"),
        "{conflicts}"
    );
    let number = conflicts.split_whitespace().nth(1).unwrap().trim_end_matches(':').to_owned();
    workspace.ok(&["receipts", "settle", &number, "--by", "张科长", "--reason", "电话核实"]);
    assert_eq!(verdict(&workspace, MZ, 2), Some(Verdict::NotEnrolled));
    assert!(workspace.ok(&["receipts", "conflicts"]).contains("0 conflicts"));
    ledger(&workspace).verify_audit().unwrap();
}

#[test]
fn rows_that_do_not_match_are_told_by_number_and_never_guessed() {
    let workspace = january();
    let token = |at: usize| rows(&workspace, MZ)[&at]["row_token"].clone();
    let own: BTreeSet<String> = (0..5).map(token).collect();
    assert!(own.len() == 5 && own.iter().all(|token| token.len() == 16 && token.starts_with('R')), "{own:?}");
    let head = "row_token,receipt,found,enrolled,not_enrolled_reason,aid_amount,remark\n";
    let desk = rows(&workspace, "202601-990103-YBN-NIL-v1");
    assert!(desk.is_empty());
    let cases: Vec<(String, &str, i32)> = vec![
        (format!("{},接收,,,,,\n", token(0).to_lowercase()), "1 answers", 0),
        (format!("R0000000000000000,接收,,,,,\n{},接收,,,,,\n", token(1)), "row 2: no list has this token", 4),
        // The neighbour's id and name are right, the token is not: nobody is guessed.
        (format!("{}X,接收,,,,,\n", token(1)), "row 2: no list has this token", 4),
        (format!(",接收,,,,,\n{},,,,,,\n", token(1)), "row 2: not taken", 4),
        (format!("{},也许,,,,,\n", token(2)), "“签收情况”只能填下拉列表中的词", 4),
        (format!("{0},接收,,,,,\n{0},不属本单位,,,,,\n", token(2)), "2 faults", 4),
        (format!("{},,,否,,,\n", token(2)), "“未纳入原因”须填写", 4),
        (format!("{},,,是,,-5,\n", token(2)), "不能为负", 4),
        (format!("{},,,是,,1e400,\n", token(2)), "1 faults", 4),
        (format!("{},,,是,,一百,\n", token(2)), "1 faults", 4),
    ];
    for (at, (body, said, expected)) in cases.iter().enumerate() {
        let path = workspace.root().join(format!("answers-{at}.csv"));
        std::fs::write(&path, format!("{head}{body}")).unwrap();
        let (code, told) = import(&workspace, &path);
        assert_eq!(code, Some(*expected), "{body}: {told}");
        assert!(told.contains(said), "{body}: {told}");
        assert!(IDS.iter().all(|id| !told.contains(id)), "an id is told: {told}");
    }
    // Only the first case's row and the two good neighbours were taken.
    let taken: Vec<_> = (0..5).map(|at| verdict(&workspace, MZ, at).is_some()).collect();
    assert_eq!(taken, [true, true, false, false, false]);

    let refused: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.txt", b"hello".to_vec(), "the header lacks"),
        ("b.xlsx", b"PK\x03\x04 no workbook".to_vec(), "damaged .xlsx"),
        ("c.xls", vec![0xd0, 0xcf, 0x11, 0xe0, 0, 0, 0, 0], "with a password"),
        ("d.csv", Vec::new(), "empty"),
        ("e.parquet", b"PAR1xxxxPAR1".to_vec(), "come as XLSX or CSV"),
        ("f.csv", b"token,receipt,secret\nR1,x,y\n".to_vec(), "row_token is missing"),
    ];
    let mut told_of = 0;
    for (name, bytes, said) in &refused {
        let path = workspace.root().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (code, told) = import(&workspace, &path);
        assert_eq!(code, Some(4), "{name}: {told}");
        told_of += usize::from(told.contains(said));
        assert!(told.contains("nothing was imported"), "{name}: {told}");
    }
    assert!(told_of >= 4, "most refusals say why");
    assert_eq!(std::fs::read_dir(workspace.root().join("scratch")).unwrap().count(), 0, "nothing is left");
    println!("receipts that do not match: {} cases, {} foreign files", cases.len(), refused.len());
}

#[test]
fn what_people_type_is_carried_and_harms_nothing() {
    let workspace = january();
    let typed = [
        "=cmd|' /C calc'!A0",
        "'; drop table answers; --",
        "<script>alert(1)</script>",
        "𬱖㛃䶮·阿依古丽",
        "a\u{202e}b",
        "{{ 7*7 }}",
        "\"quoted\", comma",
        "line\nbreak",
        "%s%n",
        "../../etc/passwd",
    ];
    let head = "row_token,receipt,unit,verifier,remark";
    for (at, pair) in typed.chunks(5).enumerate() {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(head.split(',')).unwrap();
        for (person, text) in pair.iter().enumerate() {
            let token = &rows(&workspace, MZ)[&person]["row_token"];
            out.write_record([token.as_str(), if at == 0 { "接收" } else { "重复" }, text, text, text]).unwrap();
        }
        let path = workspace.root().join(format!("typed-{at}.csv"));
        std::fs::write(&path, out.into_inner().unwrap()).unwrap();
        let (code, told) = import(&workspace, &path);
        assert_eq!(code, Some(0), "{told}");
        assert!(typed.iter().all(|text| !told.contains(text)), "{told}");
        for (person, text) in pair.iter().enumerate() {
            let key = super::answers::person(&workspace, MZ, person);
            let stored = ledger(&workspace).standing_answer(MZ, key).unwrap().unwrap().answer;
            assert_eq!((stored.unit.as_str(), stored.remark.as_str()), (*text, *text));
        }
    }
    println!("receipts, what people type: {} cases", typed.len());
}

#[test]
fn whom_an_office_gives_back_is_never_lost() {
    let workspace = january();
    let give_back = |list_id: &str, name: &str, at: usize| {
        let path = filled(&workspace, list_id, name, &[(at, &[("签收情况", "不属本单位")])]);
        let (code, told) = import(&workspace, &path);
        assert_eq!(code, Some(0), "{told}");
    };
    give_back(MZ, "mz.xlsx", 1);
    give_back(MZ, "mz2.xlsx", 2);
    give_back(NC, "nc.xlsx", 2);
    workspace.land("claims", "2026-02.csv", claims("2026-02", &[(0, "1.00")]).as_bytes());
    let told = month(&workspace, "2026-02");
    let (mz, nc) = (listed(&workspace, "2026-02", "MZ"), listed(&workspace, "2026-02", "NC"));
    let desk = listed(&workspace, "2026-02", "YBU");
    assert_eq!(mz[&1].0, "withdrawn");
    assert_eq!(mz[&1].1, "rerouted");
    assert_eq!((nc[&1].0.as_str(), nc[&2].0.as_str()), ("continuing", "withdrawn"));
    assert_eq!(desk.keys().copied().collect::<Vec<_>>(), [1, 2], "{told}");
    assert_eq!(desk[&2].1, "given_back");

    // The desk sends one on to an office that has it not yet; the other office that gave it back does not get it.
    let token = rows(&workspace, MZ)[&2]["row_token"].clone();
    for (to, code) in [("MZ", 2), ("QQ", 2), ("CL", 0)] {
        let sent = workspace.run(&["receipts", "reroute", &token, "--to", to, "--by", "张科长"]);
        assert_eq!(sent.status.code(), Some(code), "{to}: {}", String::from_utf8_lossy(&sent.stderr));
    }
    month(&workspace, "2026-03");
    let people: BTreeSet<usize> = ["MZ", "NC", "YBU"]
        .iter()
        .flat_map(|office| listed(&workspace, "2026-03", office))
        .filter(|(_, row)| row.0 != "withdrawn")
        .map(|(person, _)| person)
        .collect();
    // No rule refers to CL, so it gets no list: whoever would go there stays on the bureau's desk.
    assert_eq!(people, (0..5).collect());
    let all = workspace.ok(&["reproduce", "--all"]);
    assert!(all.contains(" 0 not"), "{all}");
}

#[test]
fn a_period_closes_only_when_nothing_is_open() {
    let workspace = january();
    let offices = [MZ, NC];
    let collected = hand_over(&workspace, MZ, "2026-02-02");
    assert!(collected.join("manifest.sig").is_file(), "{}", collected.display());
    assert_eq!(hand_over(&workspace, MZ, "2026-02-03"), collected, "again changes nothing");
    hand_over(&workspace, NC, "2026-02-02");
    let overdue = |day: &str| workspace.ok(&["lists", "overdue", "--month", "2026-01", "--as-of", day]);
    assert!(overdue("2026-02-04").contains(&format!("{MZ} waiting: unconfirmed, 5 of 5 persons unanswered")));
    assert!(overdue("2026-02-05").contains(&format!("{MZ} REMIND")));
    assert!(overdue("2026-02-10").contains(&format!("{MZ} ESCALATE")));
    let control: i64 =
        rows(&workspace, MZ).values().map(|row| row["measured_amount"].replace('.', "").parse::<i64>().unwrap()).sum();
    let yuan = format!("{}.{:02}", control / 100, control % 100);
    for (rows, total, code) in [("4", yuan.as_str(), 4), ("5", "1.00", 4), ("5", yuan.as_str(), 0)] {
        let stated = workspace.run(&["receipts", "file", MZ, "--rows", rows, "--control", total, "--by", "民政局小陈"]);
        assert_eq!(stated.status.code(), Some(code), "{rows} {total}");
    }
    assert!(overdue("2026-02-10").contains(&format!("{MZ} waiting: confirmed")), "{}", overdue("2026-02-10"));
    let close = |day: &str| workspace.run(&["lists", "close", "--month", "2026-01", "--by", "张科长", "--as-of", day]);
    assert_eq!(close("2026-03-02").status.code(), Some(75));
    // NIL lists of the other counties are owed a confirmation too.
    let told = String::from_utf8(close("2026-03-02").stderr).unwrap();
    assert!(told.contains(&format!("{MZ}: confirmed, 5 persons unanswered")), "{told}");
    let open: Vec<String> = told
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(id, _)| id.to_owned())
        .filter(|id| id.starts_with("2026"))
        .filter(|id| id.len() > 10)
        .collect();
    for id in &open {
        if !offices.contains(&id.as_str()) {
            hand_over(&workspace, id, "2026-02-02");
        }
        workspace.ok(&["lists", "owner", id, "--name", "赵主任", "--by", "张科长"]);
    }
    assert_eq!(close("2026-02-04").status.code(), Some(75), "not late yet");
    assert!(String::from_utf8(close("2026-04-01").stdout).unwrap().contains("2026-01: closed"));
    assert!(String::from_utf8(close("2026-04-01").stdout).unwrap().contains("closed before"));
    // Nobody is reminded any more, wherever lists are shown.
    let told = overdue("2026-05-01");
    assert!(told.contains(&format!("{MZ} closed: ")) && told.contains(", 0 late, closed by 张科长"), "{told}");
    assert!(!told.contains("REMIND") && !told.contains("ESCALATE"), "{told}");
    let status = workspace.ok(&["status", "--as-of", "2026-05-01"]);
    assert!(!status.contains("LATE 2026") && status.contains("closed by 张科长"), "{status}");
    assert!(workspace.ok(&["lists", "show", "--month", "2026-01"]).contains("closed by 张科长"));
    // What is sealed for it later waits for answers again, until somebody closes it anew.
    super::correct::late_data(&workspace);
    assert!(!super::correct::correct(&workspace, "2026-01").is_empty());
    let told = overdue("2026-05-01");
    assert!(told.contains(&format!("{MZ} ESCALATE")) && !told.contains("closed"), "{told}");
    assert_eq!(close("2026-05-01").status.code(), Some(75), "the new lists are not answered");
    println!("closing a period: {} cases", 20 + open.len());
}
