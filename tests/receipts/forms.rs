//! Answers as people write them: typed cells, several measures, changed headings, faults that come back as a workbook;
//! and who may answer at all.

use std::path::PathBuf;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use law::domain::{Fen, parse_date};

use super::{filled, folder, import, january, ledger, rows, sign_all};
use crate::income_year::{IDS, claims, listed, month};
use crate::workspace::Workspace;

const MZ: &str = "202601-990103-MZ-FULL-v1";
const NC: &str = "202601-990103-NC-FULL-v1";

fn token(workspace: &Workspace, list_id: &str, at: usize) -> String {
    rows(workspace, list_id)[&at]["row_token"].clone()
}

fn write(workspace: &Workspace, name: &str, text: &str) -> PathBuf {
    let path = workspace.root().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Texts of the one workbook of faults, row by row.
fn book_of(workspace: &Workspace, told: &str) -> Vec<Vec<String>> {
    let path = told.lines().find_map(|line| line.strip_prefix("须更正的行 / rows to mend: ")).unwrap();
    let mut book: Xlsx<_> = open_workbook(workspace.root().join(path)).unwrap();
    let range = book.worksheet_range("须更正").unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

fn is_typed_and_protected(workspace: &Workspace) {
    let path = folder(workspace, MZ).join(format!("{MZ}.xlsx"));
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut part = |name: &str| std::io::read_to_string(zip.by_name(name).unwrap()).unwrap();
    let (sheet, styles) = (part("xl/worksheets/sheet1.xml"), part("xl/styles.xml"));
    let said =
        ["<sheetProtection ", "autoFilter=\"0\"", "type=\"date\"", "type=\"decimal\"", "公益性岗位", "防返贫保险"];
    for text in said {
        assert!(sheet.contains(text), "{text}");
    }
    assert!(styles.contains("locked=\"0\""), "answers stay open");
    println!("the feedback block: {} cases", said.len() + 1);
}

fn typed_cells_are_read(workspace: &Workspace) {
    let path = workspace.root().join("typed.xlsx");
    let mut out = rust_xlsxwriter::Workbook::new();
    let (sheet, day) = (out.add_worksheet(), rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd"));
    for (at, heading) in (0..).zip(["行标识", "是否纳入监测", "帮扶金额（元）", "核查日期"]) {
        sheet.write_string(0, at, heading).unwrap();
    }
    sheet.write_string(1, 0, token(workspace, NC, 0)).unwrap().write_string(1, 1, "是").unwrap();
    sheet.write_number(1, 2, 1234.5).unwrap();
    let visited = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 2, 9).unwrap();
    sheet.write_datetime_with_format(1, 3, &visited, &day).unwrap();
    out.save(&path).unwrap();
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    assert!(matches!(book.worksheet_range("Sheet1").unwrap()[(1, 3)], Data::DateTime(_)));
    let (code, told) = import(workspace, &path);
    assert_eq!(code, Some(0), "{told}");
    let person = super::answers::person(workspace, NC, 0);
    let answer = ledger(workspace).standing_answer(NC, person).unwrap().unwrap().answer;
    assert_eq!((answer.amount, answer.verified_on), (Some(Fen(123_450)), parse_date("2026-02-09").ok()));
}

#[test]
fn measures_days_and_amounts_are_read_as_people_write_them() {
    let workspace = january();
    is_typed_and_protected(&workspace);
    typed_cells_are_read(&workspace);
    let head = "行标识,是否纳入监测,纳入类别,帮扶措施,帮扶金额（元）,核查日期\n";
    let cells = [
        ("\"产业帮扶、就业帮扶，公益岗\"", "1200元", "2026年2月9日", "产业帮扶、就业帮扶、公益性岗位", 120_000),
        ("低保/临时救助", "1.2万元", "2026/2/9", "低保、临时救助", 1_200_000),
        ("\"医疗救助\n防贫保险\"", "\"￥1,200.50\"", "20260209", "医疗救助、防返贫保险", 120_050),
        ("小额信贷；低保", "５００", "2026-02-09 9:05", "低保、小额信贷", 50_000),
        ("无", "0", "２０２６.２.９", "无", 0),
    ];
    let mut text = head.to_owned();
    for (at, (measure, amount, day, ..)) in cells.iter().enumerate() {
        text += &format!("{},是,低保对象,{measure},{amount},{day}\n", token(&workspace, MZ, at));
    }
    let (code, told) = import(&workspace, &write(&workspace, "forms.csv", &text));
    assert_eq!(code, Some(0), "{told}");
    for (at, (.., measure, fen)) in cells.iter().enumerate() {
        let person = super::answers::person(&workspace, MZ, at);
        let answer = ledger(&workspace).standing_answer(MZ, person).unwrap().unwrap().answer;
        assert_eq!((answer.measure.as_str(), answer.amount), (*measure, Some(Fen(*fen))), "person {at}");
        assert_eq!(answer.verified_on, parse_date("2026-02-09").ok(), "person {at}");
    }
    println!("receipts, forms of cells: {} cases", cells.len());
}

#[test]
fn faults_come_back_as_a_workbook_and_it_can_be_mended_and_sent_again() {
    let workspace = january();
    let good = write(&workspace, "good.csv", &format!("行标识,签收情况\n{},接收\n", token(&workspace, MZ, 0)));
    let text = format!(
        "行标识,核查人（签字）,是否已纳入监测,帮扶金额（元）,核查日期,帮扶措施,村干部\n\
         {},王某某,是,一百,46062,低保,甲\n{},王某某,是,100,2026-02-09,送温暖,乙\n{},王某某,是,100,2026-02-09,低保,丙\n",
        token(&workspace, MZ, 1),
        token(&workspace, MZ, 2),
        token(&workspace, MZ, 3)
    );
    let bad = write(&workspace, "bad.csv", &text);
    sign_all(&workspace);
    let output = workspace.run(&["receipts", "import", good.to_str().unwrap(), bad.to_str().unwrap()]);
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(4), "{told}");
    for said in [
        "1 rows: 1 answers",
        "表头“核查人（签字）”按“核查人”读取",
        "表头“是否已纳入监测”按“是否纳入监测”读取",
        "表头“村干部”不是名单的列",
        "3 rows: 1 answers, 0 known, 0 blank, 0 unmatched, 0 conflicts, 2 faults",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let mut book = book_of(&workspace, &told);
    assert_eq!(book.len(), 3, "{book:?}");
    let at = |heading: &str| book[0].iter().position(|cell| cell == heading).unwrap();
    let (number, amount, day, measure, why) =
        (at("行号"), at("帮扶金额（元）"), at("核查日期"), at("帮扶措施"), at("说明"));
    assert_eq!((book[1][number].as_str(), book[1][amount].as_str(), book[1][day].as_str()), ("2", "一百", "46062"));
    assert!(book[1][why].contains("帮扶金额（元）") && book[1][why].contains("核查日期"), "{book:?}");
    assert!(book[2][why].contains("顿号"), "{book:?}");
    // Mended in its place and sent back.
    (book[1][amount], book[1][day], book[2][measure]) = ("100".into(), "2026-02-09".into(), "其他".into());
    let mut out = rust_xlsxwriter::Workbook::new();
    let sheet = out.add_worksheet();
    for (row, cells) in book.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, cell).unwrap();
        }
    }
    let mended = workspace.root().join("mended.xlsx");
    out.save(&mended).unwrap();
    let (code, told) = import(&workspace, &mended);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("2 rows: 2 answers") && !told.contains("表头"), "{told}");
}

#[test]
fn only_the_office_of_a_list_answers_it_and_only_while_it_stands() {
    let workspace = january();
    let path = |name: &str, tokens: &[String]| {
        let rows: String = tokens.iter().map(|token| format!("{token},接收\n")).collect();
        write(&workspace, name, &format!("行标识,签收情况\n{rows}"))
    };
    let run = |path: &PathBuf, more: &[&str]| {
        let output = workspace.run(&[&["receipts", "import", path.to_str().unwrap()], more].concat());
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let own = |at: usize| token(&workspace, MZ, at);
    let (code, told) = run(&path("unsigned.csv", &[own(0)]), &[]);
    assert!(code == Some(4) && told.contains("该名单尚未签发"), "{told}");
    sign_all(&workspace);
    let (code, told) = run(&path("mixed.csv", &[own(0), own(1), token(&workspace, NC, 0)]), &[]);
    assert!(
        code == Some(4) && told.contains("第 4 行：该行属于其他单位的名单") && told.contains("2 answers"),
        "{told}"
    );
    let (code, told) = run(&path("other.csv", &[own(2)]), &["--from", "NC"]);
    assert!(code == Some(4) && told.contains("该行属于其他单位的名单"), "{told}");
    let (code, told) = run(&path("nobody.csv", &[own(2)]), &["--from", "ZZ"]);
    assert!(code == Some(2) && told.contains("no such office"), "{told}");
    let (code, told) = run(&path("own.csv", &[own(2), own(2) + " "]), &["--from", "MZ"]);
    assert!(code == Some(4) && told.contains("2 faults"), "{told}");
    workspace.ok(&["lists", "retract", MZ, "--by", "张科长", "--reason", "数据有误"]);
    let (code, told) = run(&path("late.csv", &[own(3)]), &[]);
    assert!(code == Some(4) && told.contains("该名单已撤回"), "{told}");
}

#[test]
fn a_wave_of_people_given_back_waits_until_two_people_have_decided() {
    let workspace = january();
    let back: Vec<(usize, &[(&str, &str)])> = (0..5).map(|at| (at, &[("签收情况", "不属本单位")] as &[_])).collect();
    let (code, told) = import(&workspace, &filled(&workspace, MZ, "wave.xlsx", &back));
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("5 answers") && told.contains("0 persons back") && told.contains("5 held"), "{told}");
    let questions = workspace.ok(&["questions"]);
    assert!(questions.contains("集中反馈不属本单位") && questions.contains("5 people"), "{questions}");
    assert!(questions.contains(&format!("民政局就名单{MZ}反馈5人，其中5人“不属本单位”（100%）")), "{questions}");
    assert!(IDS.iter().all(|id| !questions.contains(id)));
    // Until then they stay on the office's list.
    let sent_on = || -> u32 {
        let ledger = rusqlite::Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
        ledger.query_row("select count(*) from reroutes", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(sent_on(), 0);
    let number = questions.split_whitespace().next().unwrap().to_owned();
    let accept = |by: &str, seen: Option<&str>| {
        let seen: Vec<&str> = seen.map(|seen| vec!["--seen", seen]).unwrap_or_default();
        workspace.ok(&[&["questions", "accept", &number, "--by", by, "--reason", "电话核实"][..], &seen].concat())
    };
    accept("张科长一", None);
    let shown = workspace.ok(&["questions", "show", &number, "--by", "李主任二"]);
    let seen = shown.lines().find_map(|line| line.trim().strip_prefix("--seen ")).unwrap().to_owned();
    assert!(accept("李主任二", Some(&seen)).contains("accepted"));
    assert_eq!(sent_on(), 5);
    workspace.land("claims", "2026-02.csv", claims("2026-02", &[(0, "1.00")]).as_bytes());
    month(&workspace, "2026-02");
    let (mz, desk) = (listed(&workspace, "2026-02", "MZ"), listed(&workspace, "2026-02", "YBU"));
    assert!(mz.values().all(|row| row.0 == "withdrawn"), "{mz:?}");
    assert_eq!(desk.len(), 5, "{desk:?}");
    ledger(&workspace).verify_audit().unwrap();
}
