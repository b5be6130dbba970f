//! Writing logical rows as CSV the way many senders would: any column order, any of the names, any case.

use chrono::{NaiveDate, NaiveDateTime};
use fastrand::Rng;
use law::contracts::Feed;
use law::domain::{Fen, Month, Tag};

use super::province::{Adjustment, Batch, Claim, Document, Income, Resident, Roster, Shape};
use crate::workspace::Workspace;

/// The cells of one row with the columns they stand in.
type Row = Vec<(&'static str, String)>;

/// How one file writes its values.
struct Style {
    date: &'static str,
    moment: &'static str,
    flags: (&'static str, &'static str),
    thousands: bool,
}

/// Lands everything that a batch holds.
pub(crate) fn land(workspace: &Workspace, batch: &Batch, shape: Shape, rng: &mut Rng) {
    let claims: Vec<&Claim> = batch.claims.iter().collect();
    land_feed(workspace, batch, Feed::Claims, 3, claims, rng, |row, style| claim(row, shape, style));
    land_feed(workspace, batch, Feed::Residents, 2, batch.residents.iter().collect(), rng, resident);
    land_feed(workspace, batch, Feed::Rosters, 1, batch.rosters.iter().collect(), rng, roster);
    land_feed(workspace, batch, Feed::Income, 1, batch.income.iter().collect(), rng, income);
    land_feed(workspace, batch, Feed::Adjustments, 2, batch.adjustments.iter().collect(), rng, adjustment);
}

fn land_feed<T>(
    workspace: &Workspace,
    batch: &Batch,
    feed: Feed,
    most_files: usize,
    mut rows: Vec<&T>,
    rng: &mut Rng,
    cells: impl Fn(&T, &Style) -> Row,
) {
    rng.shuffle(&mut rows);
    let mut files = vec![Vec::new(); rng.usize(1..=most_files)];
    for row in rows {
        let at = rng.usize(0..files.len());
        files[at].push(row);
    }
    for (at, rows) in files.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let style = style(rng);
        let rows: Vec<Row> = rows.into_iter().map(|row| cells(row, &style)).collect();
        let name = format!("{}-{}-{at}.csv", feed.name(), batch.month.compact());
        workspace.land(feed.name(), &name, &csv_file(feed, &rows, rng));
    }
}

fn style(rng: &mut Rng) -> Style {
    Style {
        date: ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"][rng.usize(0..3)],
        moment: "%Y-%m-%d %H:%M:%S",
        flags: [("1", "0"), ("是", "否"), ("true", "false"), ("Y", "N")][rng.usize(0..4)],
        thousands: rng.u8(0..4) == 0,
    }
}

fn csv_file(feed: Feed, rows: &[Row], rng: &mut Rng) -> Vec<u8> {
    let mut columns: Vec<usize> = (0..rows[0].len()).collect();
    rng.shuffle(&mut columns);
    let line_end = if rng.bool() { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new().terminator(line_end).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|at| header(feed, rows[0][*at].0, rng))).unwrap();
    for row in rows {
        writer.write_record(columns.iter().map(|at| &row[*at].1)).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    match rng.u8(0..4) {
        0 => format!("\u{feff}{text}").into_bytes(),
        1 => encoding_rs::GB18030.encode(&text).0.into_owned(),
        _ => text.into_bytes(),
    }
}

/// One of the column's names in one of many cases.
fn header(feed: Feed, column: &str, rng: &mut Rng) -> String {
    let column = feed.contract().columns.iter().find(|known| known.name == column).unwrap();
    let name = if column.aliases.is_empty() || rng.bool() {
        column.name
    } else {
        column.aliases[rng.usize(0..column.aliases.len())]
    };
    match rng.u8(0..3) {
        0 => name.to_uppercase(),
        1 => format!(" {name}\t"),
        _ => name.to_owned(),
    }
}

impl Style {
    fn yuan(&self, fen: i64) -> String {
        let plain = Fen(fen).to_string();
        if !self.thousands {
            return plain.strip_suffix(".00").map_or(plain.clone(), str::to_owned);
        }
        let (whole, cents) = plain.trim_start_matches('-').split_once('.').unwrap();
        let groups: Vec<&str> =
            whole.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
        format!("{}{}.{cents}", if fen < 0 { "-" } else { "" }, groups.join(","))
    }

    fn flag(&self, value: Option<bool>) -> String {
        value.map_or(String::new(), |yes| if yes { self.flags.0 } else { self.flags.1 }.to_owned())
    }

    fn day(&self, day: Option<NaiveDate>) -> String {
        day.map_or(String::new(), |day| day.format(self.date).to_string())
    }

    fn at(&self, moment: Option<NaiveDateTime>) -> String {
        moment.map_or(String::new(), |moment| moment.format(self.moment).to_string())
    }
}

fn document(document: &Document) -> Row {
    vec![("cert_type", document.cert_type.clone()), ("id_number", document.number.clone())]
}

fn claim(row: &Claim, shape: Shape, style: &Style) -> Row {
    let mut cells = document(&row.document);
    cells.extend([
        ("claim_id", row.claim_id.clone()),
        ("original_claim_id", row.original.clone()),
        ("person_no", row.document.person_no.clone()),
        ("is_newborn", style.flag(Some(row.document.is_newborn))),
        ("person_name", row.name.clone()),
        ("insurance_type", row.insurance_type.to_owned()),
        ("care_type", row.care_type.to_owned()),
        ("insured_area", row.insured_area.clone()),
        ("settled_at", style.at(Some(row.settled_at))),
        ("updated_at", style.at(Some(row.updated_at))),
        ("is_refunded", style.flag(Some(row.is_refunded))),
        ("is_valid", style.flag(Some(row.is_valid))),
        ("manual_reason", row.manual_reason.to_owned()),
    ]);
    for (column, fen) in row.money.cells() {
        let is_given = match column {
            "pooled_fund_amount" | "major_illness_amount" | "medical_assistance_amount" => shape.fund_parts,
            "account_amount" | "cash_amount" => shape.cash,
            "hospital_amount" => shape.hospital,
            _ => true,
        };
        if is_given {
            cells.push((column, style.yuan(fen)));
        }
    }
    if let Some((column, text)) = &row.spoiled {
        cells.iter_mut().find(|(name, _)| name == column).unwrap().1.clone_from(text);
    }
    cells
}

fn resident(row: &Resident, style: &Style) -> Row {
    let mut cells = document(&row.document);
    cells.extend([
        ("person_name", row.name.clone()),
        ("county_code", row.county.clone()),
        ("village_class", row.village_class.to_owned()),
        ("household_type", row.household_type.to_owned()),
        ("is_rural", style.flag(row.is_rural)),
        ("is_alive", style.flag(row.is_alive)),
        ("updated_at", style.at(row.updated_at)),
    ]);
    cells
}

fn roster(row: &Roster, style: &Style) -> Row {
    let mut cells = document(&row.document);
    // Half of the files use the official term.
    let tag = Tag::parse(row.tag).map_or(row.tag, |tag| if style.thousands { tag.code() } else { tag.chinese() });
    cells.extend([
        ("person_name", row.name.clone()),
        ("tag", tag.to_owned()),
        ("from_date", style.day(row.from)),
        ("to_date", style.day(row.to)),
        ("source_office", row.office.to_owned()),
        ("roster_month", row.roster_month.map_or(String::new(), Month::compact)),
        ("county_code", row.county.to_owned()),
        ("coverage", if row.is_whole { "整份" } else { "" }.to_owned()),
    ]);
    cells
}

fn income(row: &Income, style: &Style) -> Row {
    vec![
        ("indicator", "rural_disposable_income".to_owned()),
        ("geography", row.geography.to_owned()),
        ("year", row.year.to_string()),
        ("amount", style.yuan(row.fen)),
        ("release", row.release.to_string()),
        ("published_date", style.day(row.published)),
    ]
}

fn adjustment(row: &Adjustment, style: &Style) -> Row {
    let mut cells = document(&row.document);
    cells.extend([
        ("adjustment_id", row.adjustment_id.clone()),
        ("claim_id", row.claim_id.clone()),
        ("amount", style.yuan(row.fen)),
        ("paid_date", style.day(Some(row.paid))),
        ("updated_at", style.at(Some(row.updated_at))),
    ]);
    cells
}
