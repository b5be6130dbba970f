//! Small CSV tables that people keep beside the rules, and the table of routes.

use law::arrivals::{SENDERS_FILE, Sender, SenderRow};
use law::config::Problem;
use law::domain::{Workdays, parse_date};
use law::questions::{People, PersonRow};
use law::referrals::{Attachment, OfficeTerm, Offices, Profile, ROUTES_FILE, RouteRow, Routes};

use super::{Assets, Workspace};

/// A row's line number, its wanted cells and its optional ones.
pub type TableRow<const N: usize, const M: usize> = (usize, ([String; N], [String; M]));

/// The rows of a CSV asset with their line numbers, in the order of the wanted columns; those of `optional` that the
/// file does not have are empty.
pub fn table_rows<const N: usize, const M: usize>(
    assets: &Assets,
    file: &str,
    wanted: [&str; N],
    optional: [&str; M],
    problems: &mut Vec<Problem>,
) -> Vec<TableRow<N, M>> {
    let text = match assets.read(file) {
        Ok(asset) => asset.text,
        Err(error) => {
            problems.push(Problem::new(file, 0, error.to_string(), ""));
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (places, others) = (wanted.map(place), optional.map(place));
    if let Some(missing) = places.iter().position(Option::is_none) {
        let message = format!("column `{}` is missing", wanted[missing]);
        problems.push(Problem::new(file, 1, message, format!("the header is {}", wanted.join(","))));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
                let cell = |place: Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
                rows.push((line, (places.map(cell), others.map(cell))));
            }
            Err(error) => {
                problems.push(Problem::new(file, 0, error.to_string(), "each row has as many cells as the header"));
            }
        }
    }
    rows
}

/// The rows of the table of routes, as the file has them.
#[must_use]
pub fn route_rows(assets: &Assets, problems: &mut Vec<Problem>) -> Vec<RouteRow> {
    let wanted = ["county", "office", "address", "valid_from", "valid_to", "approved_by", "confirmed_by", "code"];
    let rows = table_rows(assets, ROUTES_FILE, wanted, [], problems).into_iter();
    rows.map(|(line, (cells, []))| {
        let [county, office, address, valid_from, valid_to, approved_by, confirmed_by, code] = cells;
        RouteRow { line, county, office, address, valid_from, valid_to, approved_by, confirmed_by, code }
    })
    .collect()
}

/// Days off and make-up days, from `workdays.csv`; what is wrong with the others goes to `problems`.
#[must_use]
pub fn workday_table(assets: &Assets, problems: &mut Vec<Problem>) -> Workdays {
    let file = "pipelines/tables/workdays.csv";
    let mut days = Vec::new();
    for (line, ([day, kind], [])) in table_rows(assets, file, ["date", "kind"], [], problems) {
        match (parse_date(&day), kind.as_str()) {
            (Ok(day), "rest" | "work") => days.push((day, kind == "work")),
            (Ok(_), _) => {
                problems.push(Problem::new(file, line, format!("`{kind}` is no kind of day"), "rest or work"));
            }
            (Err(error), _) => problems.push(Problem::new(file, line, error.to_string(), "e.g. 2026-10-01,rest")),
        }
    }
    Workdays::new(days)
}

/// Who answers questions, from `people.csv`; what is wrong with the table goes to `problems`.
#[must_use]
pub fn people_table(assets: &Assets, problems: &mut Vec<Problem>) -> People {
    let file = "pipelines/tables/people.csv";
    let rows = table_rows(assets, file, ["name", "role"], ["sender", "deputy", "from", "to"], problems);
    let mut people = Vec::new();
    for (line, ([name, role], [sender, deputy, from, to])) in rows {
        let mut date = |text: &str| match parse_date(text) {
            _ if text.is_empty() => Some(None),
            Ok(date) => Some(Some(date)),
            Err(error) => {
                problems.push(Problem::new(file, line, error.to_string(), "somebody ever in office has an empty cell"));
                None
            }
        };
        if let (Some(from), Some(to)) = (date(&from), date(&to)) {
            people.push(PersonRow { line, name, role, sender, deputy, from, to });
        }
    }
    People::new(file, people, problems)
}

/// Who delivers what, from `senders.csv`; what is wrong with the others goes to `problems`.
#[must_use]
pub fn sender_table(assets: &Assets, problems: &mut Vec<Problem>) -> Vec<Sender> {
    let wanted = ["feed", "sender", "counties", "cadence"];
    let rows = table_rows(assets, SENDERS_FILE, wanted, ["due", "tags", "contact", "require_manifest"], problems);
    let mut senders = Vec::new();
    for (line, ([feed, sender, counties, cadence], [due, tags, contact, require_manifest])) in rows {
        let row = SenderRow { feed, sender, counties, cadence, due, tags, contact, require_manifest };
        match Sender::read(&row) {
            Ok(sender) => senders.push(sender),
            Err((message, hint)) => problems.push(Problem::new(SENDERS_FILE, line, message, hint)),
        }
    }
    senders
}

/// The offices that lists go to, from `offices.csv`; what is wrong with it goes to `problems`.
#[must_use]
pub fn office_table(assets: &Assets, problems: &mut Vec<Problem>) -> Offices {
    let file = "pipelines/tables/offices.csv";
    let wanted = ["code", "recipient", "name", "list_title"];
    let terms = table_rows(assets, file, wanted, OFFICE_OPTIONS, problems);
    let terms = terms.into_iter().filter_map(|(line, cells)| office_term(file, line, cells, problems)).collect();
    Offices::new(terms).unwrap_or_else(|faults| {
        problems.extend(faults.into_iter().map(|fault| Problem::new(file, fault.line, fault.message, fault.hint)));
        Offices::default()
    })
}

/// One row of the table of offices; what is wrong with its dates goes to `problems`.
fn office_term(
    file: &str,
    line: usize,
    ([code, recipient, name, list_title], [from, to, successor, profile, attach]): ([String; 4], [String; 5]),
    problems: &mut Vec<Problem>,
) -> Option<OfficeTerm> {
    let mut date = |text: &str| match parse_date(text) {
        _ if text.is_empty() => Some(None),
        Ok(date) => Some(Some(date)),
        Err(error) => {
            problems.push(Problem::new(file, line, error.to_string(), "an office ever in force has an empty cell"));
            None
        }
    };
    let (from, to) = (date(&from), date(&to));
    let profile = Profile::parse(&profile).or_else(|| {
        problems.push(Problem::new(file, line, format!("`{profile}` is no profile of columns"), "default or contact"));
        None
    });
    let attachment = Attachment::parse(&attach).or_else(|| {
        problems.push(Problem::new(file, line, format!("`{attach}` is no attachment"), "none, xlsx or zip"));
        None
    });
    let successor = Some(successor).filter(|word| !word.is_empty());
    let (from, to, profile, attachment) = (from?, to?, profile?, attachment?);
    Some(OfficeTerm { line, code, recipient, name, list_title, from, to, successor, profile, attachment })
}

/// Columns of `offices.csv` that may be left out.
const OFFICE_OPTIONS: [&str; 5] = ["valid_from", "valid_to", "successor", "profile", "attach"];

impl Workspace {
    /// The routes that may be used; what is wrong with the others goes to `problems`.
    #[must_use]
    pub fn routes(&self, problems: &mut Vec<Problem>) -> Routes {
        let rows = route_rows(&self.assets, problems);
        Routes::new(&rows, &self.settings.delivery, problems)
    }

    /// The offices that lists go to; what is wrong with the table goes to `problems`.
    #[must_use]
    pub fn offices(&self, problems: &mut Vec<Problem>) -> Offices {
        office_table(&self.assets, problems)
    }

    /// Who answers questions; what is wrong with the table goes to `problems`.
    #[must_use]
    pub fn people(&self, problems: &mut Vec<Problem>) -> People {
        people_table(&self.assets, problems)
    }

    /// Days off and make-up days; what is wrong with the others goes to `problems`.
    #[must_use]
    pub fn workdays(&self, problems: &mut Vec<Problem>) -> Workdays {
        workday_table(&self.assets, problems)
    }
}
