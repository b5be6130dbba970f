//! What comes back from offices and what goes out again: verify, receipts, corrections, reproduction, by the command
//! line and on lists that the product sealed.

mod answers;
mod correct;
mod forms;
mod funnel;
mod handing_over;
mod verify;
mod year;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use calamine::{Reader, Xlsx, open_workbook};
use law::config::Layout;
use law::domain::parse_date;
use law::referrals::Office;
use office::handover::publish;
use store::ledger::{Approval, Ledger, ListStage, NewLetter, Review, SealedList};

use crate::income_year::{claims, figure, month, prefecture};
use crate::workspace::Workspace;

/// Five persons over the line in January, sealed.
fn january() -> Workspace {
    let workspace = prefecture("withdraw");
    let rows = [(0, "30000.00"), (1, "31000.00"), (2, "32000.00"), (3, "33000.00"), (4, "34000.00")];
    workspace.land("claims", "2026-01.csv", claims("2026-01", &rows).as_bytes());
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-01-11").as_bytes());
    month(&workspace, "2026-01");
    workspace
}

fn ledger(workspace: &Workspace) -> Ledger {
    Ledger::open(&workspace.root().join("ledger.sqlite")).unwrap()
}

fn folder(workspace: &Workspace, list_id: &str) -> PathBuf {
    let month = format!("{}-{}", &list_id[..4], &list_id[4..6]);
    workspace.root().join("lists").join(month).join(list_id)
}

/// Signs a list twice, with a letter, unless it is signed.
fn sign(ledger: &Ledger, list: &SealedList) {
    if ledger.signatures(&list.list_id).unwrap().0 == ListStage::Ready {
        return;
    }
    let (lists, at) = ([list.list_id.clone()], chrono::DateTime::UNIX_EPOCH);
    ledger.review_lists(&Review { lists: &lists, signer: "王复核", reason: "核对" }, at).unwrap();
    let letter = NewLetter {
        bytes: list.list_id.clone().into_bytes(),
        message_id: format!("{}@bureau.example", list.list_id),
        county: list.county.clone(),
        office: list.office.clone(),
        recipient: "office@county.example".to_owned(),
        resend_no: 0,
        lists: lists.to_vec(),
        due_at: at,
        replaces: None,
    };
    let (signer, reason) = ("李审核", "同意");
    let approval = Approval { lists: &lists, signer, reason, rows: list.rows, control: list.control };
    ledger.approve_lists(&approval, &[letter], at).unwrap();
}

/// Hands a list over on a day, as an approval would.
fn hand_over(workspace: &Workspace, list_id: &str, day: &str) -> PathBuf {
    let (layout, ledger) = (Layout::new(workspace.root()), ledger(workspace));
    let list = ledger.sealed_list(list_id).unwrap().unwrap();
    sign(&ledger, &list);
    publish(&layout, &ledger, &list, ("李审核", parse_date(day).unwrap()), chrono::DateTime::UNIX_EPOCH).unwrap()
}

/// The rows of a list's CSV by the id's place among the invented people; each cell by its name.
fn rows(workspace: &Workspace, list_id: &str) -> BTreeMap<usize, BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder(workspace, list_id).join(format!("{list_id}.csv"))).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells: BTreeMap<String, String> =
            header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
        (crate::income_year::IDS.iter().position(|id| *id == cells["id_number"]).unwrap(), cells)
    });
    rows.collect()
}

/// Texts by heading to write into a person's row.
type Fill<'a> = (usize, &'a [(&'a str, &'a str)]);

/// The list's own workbook, saved by another program with the feedback block filled in.
fn filled(workspace: &Workspace, list_id: &str, name: &str, fills: &[Fill<'_>]) -> PathBuf {
    let source = folder(workspace, list_id).join(format!("{list_id}.xlsx"));
    let mut book: Xlsx<_> = open_workbook(&source).unwrap();
    let mut out = rust_xlsxwriter::Workbook::new();
    for sheet_name in book.sheet_names() {
        let range = book.worksheet_range(&sheet_name).unwrap();
        let sheet = out.add_worksheet();
        sheet.set_name(&sheet_name).unwrap();
        let headings: Vec<String> = range.rows().nth(1).unwrap().iter().map(ToString::to_string).collect();
        let at = |heading: &str| headings.iter().position(|found| found == heading);
        for (row, cells) in range.rows().enumerate() {
            let fill = at("证件号码").and_then(|column| {
                let id = cells[column].to_string();
                fills.iter().find(|(person, _)| crate::income_year::IDS[*person] == id)
            });
            for (column, cell) in cells.iter().enumerate() {
                let own = fill.and_then(|(_, texts)| {
                    texts.iter().find(|(heading, _)| at(heading) == Some(column)).map(|(_, text)| (*text).to_owned())
                });
                let text = own.unwrap_or_else(|| cell.to_string());
                sheet.write_string(row as u32, column as u16, text).unwrap();
            }
        }
    }
    let path = workspace.root().join(name);
    out.save(&path).unwrap();
    path
}

/// Signs whatever is sealed: only lists that are signed take answers.
fn sign_all(workspace: &Workspace) {
    let ledger = ledger(workspace);
    for list in ledger.all_lists().unwrap().iter().filter(|list| Office::is_referral_code(&list.office)) {
        sign(&ledger, list);
    }
}

fn import(workspace: &Workspace, path: &Path) -> (Option<i32>, String) {
    sign_all(workspace);
    let output = workspace.run(&["receipts", "import", path.to_str().unwrap()]);
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}
