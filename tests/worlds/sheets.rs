//! The files that tell a prefecture's facts, as tables whose cells a fault can change before they land.

use super::province::{COUNTY_NAMES, Style, code};
use super::truth::{Claim, FIRST, Facts, MONTHS, Payment, TAGS, month_text};
use crate::workspace::Workspace;

/// One row with the person and the claim or payment that it is about.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) who: usize,
    pub(super) what: usize,
    pub(super) cells: Vec<String>,
}

/// One file before it is written.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) feed: &'static str,
    pub(super) name: String,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Row>,
    /// The only county that it covers; `None`: the whole area.
    pub(super) county: Option<usize>,
    pub(super) manifest: Option<String>,
    /// What lands instead of the rows.
    pub(super) raw: Option<Vec<u8>>,
}

impl Sheet {
    fn new(feed: &'static str, name: String, columns: &[&'static str], county: Option<usize>) -> Self {
        Self { feed, name, columns: columns.to_vec(), rows: Vec::new(), county, manifest: None, raw: None }
    }

    pub(super) fn at(&self, column: &str) -> usize {
        self.columns.iter().position(|name| *name == column).unwrap_or_else(|| panic!("{} has no {column}", self.feed))
    }

    pub(super) fn set(&mut self, row: usize, column: &str, value: &str) {
        let at = self.at(column);
        value.clone_into(&mut self.rows[row].cells[at]);
    }

    pub(super) fn get(&self, row: usize, column: &str) -> &str {
        &self.rows[row].cells[self.at(column)]
    }

    /// Adds a column with one value in every row.
    pub(super) fn with_column(mut self, column: &'static str, value: &str) -> Self {
        self.columns.push(column);
        for row in &mut self.rows {
            row.cells.push(value.to_owned());
        }
        self
    }

    pub(super) fn without_column(&mut self, column: &str) {
        if let Some(at) = self.columns.iter().position(|name| *name == column) {
            self.columns.remove(at);
            for row in &mut self.rows {
                row.cells.remove(at);
            }
        }
    }

    pub(super) fn text(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).unwrap();
        for row in &self.rows {
            writer.write_record(&row.cells).unwrap();
        }
        writer.into_inner().unwrap()
    }

    pub(super) fn land(&self, workspace: &Workspace) {
        if let Some(manifest) = &self.manifest {
            workspace.land(self.feed, &format!("{}.manifest.json", self.name), manifest.as_bytes());
        }
        workspace.land(self.feed, &self.name, &self.text());
    }
}

pub(super) const CLAIMS: [&str; 21] = [
    "claim_id",
    "original_claim_id",
    "person_no",
    "cert_type",
    "id_number",
    "person_name",
    "insurance_type",
    "care_type",
    "insured_area",
    "settled_at",
    "total_amount",
    "outside_catalogue_amount",
    "over_limit_amount",
    "first_share_amount",
    "in_scope_amount",
    "fund_amount",
    "personal_amount",
    "is_refunded",
    "is_valid",
    "fixmedins_code",
    "updated_at",
];
const ROSTER: [&str; 9] = [
    "id_number",
    "person_name",
    "tag",
    "from_date",
    "to_date",
    "source_office",
    "county_code",
    "roster_month",
    "户编号",
];
const RESIDENTS: [&str; 7] =
    ["id_number", "person_no", "person_name", "county_code", "is_rural", "is_alive", "updated_at"];
const PAYMENTS: [&str; 7] = ["adjustment_id", "claim_id", "id_number", "amount", "payer", "paid_date", "updated_at"];

/// The money columns of a settlement of which the person bears `fen` within the catalogue.
pub(super) const MONEY: [&str; 7] = [
    "total_amount",
    "outside_catalogue_amount",
    "over_limit_amount",
    "first_share_amount",
    "in_scope_amount",
    "fund_amount",
    "personal_amount",
];

pub(super) fn money(fen: i64) -> [i64; 7] {
    let (outside, first, scope) = (fen / 20, fen / 10, 3 * fen);
    let (total, personal) = (outside + first + scope, fen + outside);
    [total, outside, 0, first, scope, total - personal, personal]
}

pub(super) fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

/// The files of all months.
pub(super) fn nights(facts: &Facts, counties: usize, style: Style) -> [Vec<Sheet>; 4] {
    let mut nights = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (at, night) in nights.iter_mut().enumerate() {
        income(facts, at, night);
        register(facts, at, night);
        let months = if at == 0 { FIRST - 2..=FIRST } else { FIRST + at..=FIRST + at };
        for month in months {
            rosters(facts, (counties, style), (at, month), night);
        }
        claims(facts, (counties, style), at, night);
        payments(facts, at, night);
    }
    nights
}

fn income(facts: &Facts, at: usize, night: &mut Vec<Sheet>) {
    let columns = ["indicator", "geography", "year", "amount", "release", "published_date"];
    let published = ["2025-01-20", "", "2026-01-19", "2026-02-11"];
    for figure in facts.figures.iter().filter(|figure| figure.known_from == at) {
        let mut sheet = Sheet::new("income", format!("income-{}.csv", figure.year), &columns, None);
        let cells =
            ["rural_disposable_income", "990000", &figure.year.to_string(), &yuan(figure.fen), "1", published[at]];
        sheet.rows.push(Row { who: 0, what: 0, cells: cells.map(str::to_owned).to_vec() });
        night.push(sheet);
    }
}

/// Everybody in the first month; later whoever has moved or died.
fn register(facts: &Facts, at: usize, night: &mut Vec<Sheet>) {
    let mut sheet = Sheet::new("residents", format!("residents-{}.csv", MONTHS[at]), &RESIDENTS, None);
    for (who, person) in facts.people.iter().enumerate() {
        let news = at == 0 || person.county[at] != person.county[at - 1] || person.dead_from == Some(at);
        if news {
            let cells = [
                person.id.clone(),
                person.person_no.clone(),
                person.name.clone(),
                code(person.county[at]),
                if person.is_rural { "1" } else { "0" }.to_owned(),
                if person.dead_from.is_some_and(|dead| dead <= at) { "0" } else { "1" }.to_owned(),
                format!("{}-20 08:00:00", MONTHS[at]),
            ];
            sheet.rows.push(Row { who, what: 0, cells: cells.to_vec() });
        }
    }
    if !sheet.rows.is_empty() {
        night.push(sheet);
    }
}

pub(super) fn office(county: usize, style: Style, month: usize) -> String {
    let office =
        if style.merger.is_some_and(|from| month < FIRST + from) { "乡村振兴局" } else { "农业农村局" };
    if style.offices_share_a_name { office.to_owned() } else { format!("{}{office}", COUNTY_NAMES[county]) }
}

/// The full rosters of a month: a row for everybody with a tag, and in the month of an exit a row with its last day.
fn rosters(facts: &Facts, (counties, style): (usize, Style), (at, month): (usize, usize), night: &mut Vec<Sheet>) {
    let text = month_text(month);
    let mut sheets: Vec<Sheet> = (0..counties)
        .map(|county| Sheet::new("rosters", format!("rosters-{}-{text}.csv", code(county)), &ROSTER, Some(county)))
        .collect();
    for (who, person) in facts.people.iter().enumerate() {
        let Some(tag) = person.tag else { continue };
        let is_over = person.tag_until.is_some_and(|until| FIRST + until < month);
        if is_over {
            continue;
        }
        let ends = person.tag_until.is_some_and(|until| FIRST + until == month);
        let county = person.county[at];
        let cells = [
            person.id.clone(),
            person.name.clone(),
            tag.to_owned(),
            "2024-03-01".to_owned(),
            if ends { format!("{text}-10") } else { String::new() },
            office(county, style, month),
            code(county),
            text.clone(),
            person.household.clone(),
        ];
        sheets[county].rows.push(Row { who, what: 0, cells: cells.to_vec() });
    }
    if style.rosters_together {
        let mut together = Sheet::new("rosters", format!("rosters-{text}.csv"), &ROSTER, None);
        together.rows = sheets.into_iter().flat_map(|sheet| sheet.rows).collect();
        night.push(together);
    } else {
        night.extend(sheets);
    }
}

/// The row of a claim.
pub(super) fn claim_row(facts: &Facts, what: usize) -> Row {
    let claim: &Claim = &facts.claims[what];
    let person = &facts.people[claim.person];
    let day = format!("{}-{:02}", month_text(claim.month), claim.day);
    let mut cells: Vec<String> = vec![
        claim.number.clone(),
        String::new(),
        person.person_no.clone(),
        "01".to_owned(),
        person.id.clone(),
        person.name.clone(),
        "390".to_owned(),
        claim.care.to_owned(),
        code(person.county[0]),
        format!("{day} 10:15:00"),
    ];
    cells.extend(money(claim.fen).map(yuan));
    cells.extend(["0".to_owned(), "1".to_owned(), format!("H9901{:02}", claim.institution)]);
    cells.push(format!("{day} 20:00:00"));
    Row { who: claim.person, what, cells }
}

/// The claims of a night by sender and month: the first brings the year so far, its last three months one by one.
fn claims(facts: &Facts, (counties, style): (usize, Style), at: usize, night: &mut Vec<Sheet>) {
    let files: &[(&str, std::ops::Range<usize>)] = match at {
        0 => &[("2025-07", 0..7), ("2025-08", 7..8), ("2025-09", 8..9), ("2025-10", 9..10), ("2025-11", 10..11)],
        1 => &[("2025-12", 0..12)],
        2 => &[("2026-01", 0..13)],
        _ => &[("2026-02", 0..14)],
    };
    for (text, months) in files {
        let mut sheets: Vec<Sheet> = (0..counties)
            .map(|county| Sheet::new("claims", format!("claims-{}-{text}.csv", code(county)), &CLAIMS, Some(county)))
            .collect();
        let fits = |claim: &Claim| claim.arrives == at && months.contains(&claim.month);
        for (what, claim) in facts.claims.iter().enumerate().filter(|(_, claim)| fits(claim)) {
            sheets[facts.people[claim.person].county[0]].rows.push(claim_row(facts, what));
        }
        if !style.has_update_times {
            sheets.iter_mut().for_each(|sheet| sheet.without_column("updated_at"));
        }
        if style.claims_together {
            let mut together = sheets[0].clone();
            together.rows = sheets.into_iter().flat_map(|sheet| sheet.rows).collect();
            together.name = format!("claims-{text}.csv");
            together.county = None;
            night.push(together);
        } else {
            night.extend(sheets.into_iter().filter(|sheet| !sheet.rows.is_empty()));
        }
    }
}

fn payments(facts: &Facts, at: usize, night: &mut Vec<Sheet>) {
    let mut sheet = Sheet::new("adjustments", format!("payments-{}.csv", MONTHS[at]), &PAYMENTS, None);
    for (what, payment) in facts.payments.iter().enumerate().filter(|(_, payment)| payment.arrives == at) {
        sheet.rows.push(payment_row(facts, what, payment, at));
    }
    if !sheet.rows.is_empty() {
        night.push(sheet);
    }
}

fn payment_row(facts: &Facts, what: usize, payment: &Payment, at: usize) -> Row {
    let claim = &facts.claims[payment.claim];
    let day = format!("{}-25", MONTHS[at]);
    let cells = [
        payment.number.clone(),
        claim.number.clone(),
        facts.people[claim.person].id.clone(),
        yuan(payment.fen),
        payment.payer.to_owned(),
        day.clone(),
        format!("{day} 09:00:00"),
    ];
    Row { who: claim.person, what, cells: cells.to_vec() }
}

/// The tag's official word, for a row that people write by hand.
pub(super) fn is_monitored(tag: Option<&str>) -> bool {
    tag.is_some_and(|tag| tag != TAGS[0])
}
