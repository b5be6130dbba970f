//! Cells and sheets as people make them: what somebody reading them would read, or named as what nobody can.

use std::io::{Read as _, Write as _};

use law::contracts::{Feed, RejectCode};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use crate::gate::{Bench, csv_with};

/// Valid ids on an unassigned area code.
const IDS: [&str; 6] = [
    "990103196203050018",
    "990103196203050026",
    "990103196203050034",
    "990103196203050042",
    "990103196203050050",
    "990103196203050069",
];
const ROSTER: &str = "证件号码,姓名,人员类别,起始日期,终止日期,来源单位";

fn member(number: &str, from: &str, to: &str) -> String {
    format!("{number},甲,脱贫人口,{from},{to},甲县农业农村局")
}

/// The last days of the tag that were accepted, as days since 1970, by name.
fn ends(bench: &Bench) -> Vec<(String, Option<i32>)> {
    use arrow::array::{Array as _, AsArray as _};
    let mut found = Vec::new();
    for batch in bench.staged() {
        let names = batch.column_by_name("person_name").unwrap().as_string::<i32>().clone();
        let ends = batch.column_by_name("to_date").unwrap().clone();
        let ends = ends.as_primitive::<arrow::datatypes::Date32Type>();
        for row in 0..batch.num_rows() {
            found.push((names.value(row).to_owned(), ends.is_valid(row).then(|| ends.value(row))));
        }
    }
    found.sort();
    found
}

/// Codes of the rejected rows of a roster.
fn codes(bench: &Bench, name: &str, bytes: &[u8]) -> Vec<(RejectCode, u64)> {
    let report = bench.passes(Feed::Rosters, name, bytes);
    report.outcome.rejected.iter().map(|(code, tally)| (*code, tally.rows)).collect()
}

#[test]
fn ids_in_every_dress_are_one_id() {
    let bench = Bench::new();
    let id = IDS[0];
    let dressed = [
        format!("\"=\"\"{id}\"\"\""),
        format!("\u{202d}{id}\u{202c}"),
        format!("\u{200e}{id}"),
        "990103\u{a0}1962\u{2060}03050018".to_string(),
        format!("\u{feff}{id}\t"),
        format!("'{id}"),
        "９９０１０３１９６２０３０５００１８".to_owned(),
    ];
    let rows: Vec<_> = dressed.iter().map(|number| member(number, "2020-01-01", "")).collect();
    let report = bench.passes(Feed::Rosters, "r.csv", &csv_with(ROSTER, &rows));
    assert_eq!(report.outcome.accepted.rows, rows.len() as u64, "{}", bench.rejects());
    let found = bench.staged_texts("id_number", "person_name");
    assert_eq!(found.keys().collect::<Vec<_>>(), [id]);
    println!("gate ids: {} cases", rows.len());
}

#[test]
fn rounded_ids_refuse_their_file_and_one_alone_its_row() {
    let bench = Bench::new();
    let rounded = ["990101195001100000", "990102195102110000", "990104195304131000", "990107195607162000"];
    let good: Vec<_> = IDS.iter().map(|id| member(id, "2020-01-01", "")).collect();
    let rows = |count: usize| {
        let wrong = rounded[..count].iter().map(|id| member(id, "2020-01-01", ""));
        csv_with(ROSTER, &good.iter().cloned().chain(wrong).collect::<Vec<_>>())
    };
    let reason = bench.refused(Feed::Rosters, "r.csv", &rows(4));
    assert!(reason.contains("id_lost_digits: 4 of 10"), "{reason}");
    assert_eq!(codes(&bench, "r.csv", &rows(1)), [(RejectCode::IdLostDigits, 1)]);
}

#[test]
fn days_as_people_write_them() {
    let bench = Bench::new();
    let open = ["9999-12-31", "2999-12-31", "9999-12-31 23:59:59", "0000-00-00", "长期", "永久", ""];
    let rows: Vec<_> = open.iter().map(|to| member(IDS[0], "2020-01-01", to)).collect();
    assert_eq!(codes(&bench, "r.csv", &csv_with(ROSTER, &rows)), []);
    assert!(ends(&bench).iter().all(|(_, end)| end.is_none()), "{:?}", ends(&bench));
    let starts =
        ["2020年1月1日", "2020年1月", "2020.01.01", "2020.01", "2020-1-1", "2020/01", "二〇二〇年一月", "20200101"];
    let rows: Vec<_> = starts.iter().map(|from| member(IDS[0], from, "2026年3月31日")).collect();
    assert_eq!(codes(&bench, "r.csv", &csv_with(ROSTER, &rows)), [], "{}", bench.rejects());
    let serials = [member(IDS[0], "43831", ""), member(IDS[1], "2020-01-01", "46112")];
    assert_eq!(codes(&bench, "r.csv", &csv_with(ROSTER, &serials)), [(RejectCode::DateSerial, 2)]);
    println!("gate days: {} cases", open.len() + starts.len() + serials.len());
}

#[test]
fn error_values_reject_their_row_in_every_column() {
    let bench = Bench::new();
    let row = member(IDS[0], "2020-01-01", "2026-03-31");
    for at in 0..6 {
        for value in ["#N/A", "#REF!", "#VALUE!", "#name?"] {
            let mut cells: Vec<_> = row.split(',').collect();
            cells[at] = value;
            let found = codes(&bench, "r.csv", &csv_with(ROSTER, &[cells.join(",")]));
            assert_eq!(found, [(RejectCode::ErrorValue, 1)], "column {at}, {value}");
        }
    }
    assert_eq!(codes(&bench, "r.csv", &csv_with(ROSTER, &[row.replace('甲', "#1")])), []);
}

#[test]
fn titles_separators_and_blank_lines_are_no_rows() {
    let bench = Bench::new();
    let row = member(IDS[0], "2020-01-01", "");
    let files = [
        format!("sep=,\n{ROSTER}\n{row}\n"),
        format!("甲县脱贫人口名册,,,,,\n填报日期：2026-03-31,,,,,\n{ROSTER}\n{row}\n"),
        format!("{ROSTER},,\n{row},,\n"),
        format!("{ROSTER}\n{row}\n,,,,,\n , ,,,,\n,,,,,\n"),
        format!("sep=,\n\n甲县名册\n{ROSTER},\n\n{row},\n,,,,,,\n"),
    ];
    for text in &files {
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let report = bench.passes(Feed::Rosters, "r.csv", text.as_bytes());
            assert_eq!((report.outcome.read.rows, report.outcome.accepted.rows), (1, 1), "{text}");
        }
    }
    println!("gate headers: {} cases", files.len() * 2);
}

#[test]
fn a_stray_quote_swallows_no_line_in_silence() {
    let bench = Bench::new();
    let header = format!("{ROSTER},备注");
    let lines = |marks: [(usize, &str); 2]| {
        let rows = IDS.iter().enumerate().map(|(at, id)| {
            let mark = marks.iter().find(|(line, _)| *line == at).map_or("", |(_, mark)| mark);
            format!("{},{mark}", member(id, "2020-01-01", ""))
        });
        csv_with(&header, &rows.collect::<Vec<_>>())
    };
    for marks in [
        [(2, "\"大病"), (4, "住院\"后")],
        [(2, "\"大病"), (4, "大病\"")],
        [(2, "\"大病"), (3, "\"大病")],
        [(1, "\""), (2, "x\"")],
    ] {
        let reason = bench.refused(Feed::Rosters, "r.csv", &lines(marks));
        assert!(reason.contains(&format!("line {}: a quote", marks[0].0 + 2)), "{reason}");
    }
    let report = bench.passes(Feed::Rosters, "r.csv", &lines([(2, "\"大病\n住院\""), (4, "说\"好\"")]));
    assert_eq!(report.outcome.accepted.rows, 6, "a note of two lines is one cell");
    // A quote in the middle of a line that the next line's closes.
    let mut rows: Vec<_> = IDS.iter().map(|id| member(id, "2020-01-01", "")).collect();
    rows[1] = rows[1].replace(",甲,", ",\"甲,");
    rows[2] = rows[2].replace(",甲,", ",\"甲,");
    let reason = bench.refused(Feed::Rosters, "r.csv", &csv_with(ROSTER, &rows));
    assert!(reason.contains("line 3: a quote"), "{reason}");
}

/// A sheet with the header and some members, each with a last day or none.
fn roster(sheet: &mut Worksheet, members: &[(&str, &str, &str)]) {
    for (at, name) in (0..).zip(ROSTER.split(',')) {
        sheet.write_string(0, at, name).unwrap();
    }
    for (row, (id, name, to)) in (1..).zip(members) {
        let cells = [*id, name, "脱贫人口", "2020-01-01", to, "甲县农业农村局"];
        for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, at, cell).unwrap();
        }
    }
}

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

#[test]
fn merged_cells_count_for_every_row_that_they_span() {
    let bench = Bench::new();
    let three = [(IDS[0], "甲", ""), (IDS[1], "乙", ""), (IDS[2], "丙", ""), (IDS[3], "丁", "")];
    let bytes = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &three);
        sheet.merge_range(1, 4, 3, 4, "2026-03-31", &Format::new()).unwrap();
    });
    assert_eq!(codes(&bench, "r.xlsx", &bytes), []);
    let march = Some(20_543);
    let expected = [("丁", None), ("丙", march), ("乙", march), ("甲", march)];
    assert_eq!(ends(&bench), expected.map(|(name, end)| (name.to_owned(), end)));
    let bytes = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &three);
        sheet.merge_range(2, 0, 3, 0, IDS[1], &Format::new()).unwrap();
    });
    let reason = bench.refused(Feed::Rosters, "r.xlsx", &bytes);
    assert!(reason.contains("rows 3 to 4 are merged in column \"证件号码\""), "{reason}");
}

#[test]
fn hidden_rows_and_sheets_are_told() {
    let bench = Bench::new();
    let people = [(IDS[0], "甲", ""), (IDS[1], "乙", ""), (IDS[2], "丙", "")];
    let bytes = book(|book| {
        let sheet = book.add_worksheet();
        roster(sheet, &people);
        sheet.set_row_hidden(2).unwrap();
        sheet.set_row_hidden(9).unwrap();
    });
    let reason = bench.refused(Feed::Rosters, "r.xlsx", &bytes);
    assert!(reason.contains("1 rows are hidden or filtered out (row 3 is the first)"), "{reason}");
    let bytes = book(|book| {
        roster(book.add_worksheet(), &people);
        let old = book.add_worksheet();
        roster(old, &[(IDS[3], "旧人", "")]);
        old.set_name("旧表").unwrap().set_hidden(true);
    });
    let report = bench.passes(Feed::Rosters, "r.xlsx", &bytes);
    assert_eq!(
        (report.outcome.accepted.rows, report.notes),
        (3, vec!["the hidden sheet \"旧表\" was passed over".to_owned()])
    );
    let bytes = book(|book| {
        book.add_worksheet().write_string(0, 0, "本月无变动").unwrap();
        let old = book.add_worksheet();
        roster(old, &[(IDS[3], "旧人", "")]);
        old.set_hidden(true);
    });
    let reason = bench.refused(Feed::Rosters, "r.xlsx", &bytes);
    assert!(reason.contains("on a hidden sheet"), "{reason}");
}

#[test]
fn headers_of_two_lines_are_one() {
    let bench = Bench::new();
    let upper = ["序号", "姓名", "证件号码", "人员类别", "来源单位"];
    for (periods, lower) in [("享受期限", [(5, "起始日期"), (6, "终止日期")]), ("起始日期", [(6, "终止日期"); 2])]
    {
        let bytes = book(|book| {
            let sheet = book.add_worksheet();
            sheet.write_string(0, 0, "甲县脱贫人口名册").unwrap();
            for (at, name) in (0..).zip(upper) {
                sheet.merge_range(1, at, 2, at, name, &Format::new()).unwrap();
            }
            sheet.write_string(1, 5, periods).unwrap();
            for (at, name) in lower {
                sheet.write_string(2, at, name).unwrap();
            }
            for (row, (id, to)) in (3..).zip([(IDS[0], ""), (IDS[1], "2026-03-31")]) {
                let cells = ["1", "甲", id, "脱贫人口", "甲县农业农村局", "2020-01-01", to];
                for (at, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                    sheet.write_string(row, at, cell).unwrap();
                }
            }
        });
        assert_eq!(codes(&bench, "r.xlsx", &bytes), []);
        assert_eq!(ends(&bench).into_iter().filter_map(|(_, end)| end).collect::<Vec<_>>(), [20_543], "{periods}");
    }
}

/// The same workbook without the results of its formulas, as programs write them that cannot calculate.
fn without_results(bytes: &[u8]) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut part = old.by_index(at).unwrap();
        let (name, mut text) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut text).unwrap();
        if name.ends_with("sheet1.xml") {
            text = String::from_utf8(text).unwrap().replace("</f><v>0</v>", "</f><v></v>").into_bytes();
        }
        new.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(&text).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[test]
fn formulas_numbers_and_errors_in_workbooks() {
    let bench = Bench::new();
    let bytes = book(|book| {
        let sheet = book.add_worksheet();
        let people = [0, 1, 2, 3, 4, 5].map(|at| (IDS[at], "甲", ""));
        roster(sheet, &people);
        let day = ExcelDateTime::from_ymd(2026, 3, 31).unwrap();
        sheet.write_formula(1, 4, Formula::new("=DATE(2026,3,31)")).unwrap();
        sheet.write_formula(2, 5, Formula::new("=NA()").set_result("#N/A")).unwrap();
        sheet.write_number(3, 4, 46_112).unwrap();
        sheet
            .write_datetime_with_format(4, 4, &day, &Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\""))
            .unwrap();
        sheet.write_number(5, 0, 990_103_620_305_001.0).unwrap();
        sheet.write_number(6, 0, 990_103_196_203_050_000.0).unwrap();
    });
    let expected = [(RejectCode::IdLostDigits, 1), (RejectCode::DateSerial, 1), (RejectCode::ErrorValue, 2)];
    let mut found = codes(&bench, "r.xlsx", &without_results(&bytes));
    found.sort();
    let mut wanted = expected.to_vec();
    wanted.sort();
    assert_eq!(found, wanted, "{}", bench.rejects());
    assert_eq!(ends(&bench).into_iter().filter_map(|(_, end)| end).collect::<Vec<_>>(), [20_543]);
    assert!(bench.staged_texts("id_number", "person_name").contains_key("990103196203050018"), "15 digits are an id");
    assert!(bench.rejects().contains("r.xlsx,2,终止日期,error_value,"), "{}", bench.rejects());
}
