//! The exact check of a file's columns against its contract: all that is wrong, in one message.

use law::contracts::{Contract, Kind, Presence, comparable_header};
use law::domain::mask_value;

use crate::gate::job::{GateJob, Refusal};

/// Columns beyond this are no file of ours.
pub(super) const MAX_COLUMNS: usize = 2000;
/// The longest header that is taken for one.
const MAX_HEADER: usize = 200;
/// How many wrong columns a message names.
const NAMED: usize = 20;

/// Which column of a file is which column of the contract.
#[derive(Debug, Clone)]
pub(in crate::gate) struct Layout {
    pub(in crate::gate) headers: Vec<String>,
    /// Per contract column: its place in the file.
    pub(in crate::gate) places: Vec<Option<usize>>,
    contract: &'static Contract,
}

impl Layout {
    /// Matches the headers; `unnamed` columns are passed over (workbooks) or refused (other formats).
    pub(super) fn match_headers(headers: &[String], job: &GateJob, unnamed: bool) -> Result<Self, Refusal> {
        let contract = job.feed.contract();
        if headers.len() > MAX_COLUMNS {
            return Err(Refusal::new(format!("{} columns; at most {MAX_COLUMNS} are read", headers.len())));
        }
        let headers: Vec<String> = headers.iter().map(|header| law::domain::clean_text(header).to_owned()).collect();
        if recognised(contract, &headers) == 0 {
            return Err(no_header(contract, &headers));
        }
        let ignored: Vec<String> = job.ignore_columns.iter().map(|name| comparable_header(name)).collect();
        let mut places = vec![None; contract.columns.len()];
        let mut wrong = Vec::new();
        for (at, header) in headers.iter().enumerate() {
            if header.is_empty() {
                if !unnamed {
                    wrong.push(format!("column {} has no name", at + 1));
                }
                continue;
            }
            let known = contract.column_called(header).and_then(|column| index_of(contract, column.name));
            match known {
                Some(index) => match places[index] {
                    None => places[index] = Some(at),
                    Some(first) => wrong.push(format!(
                        "column {} twice: {} and {}",
                        contract.columns[index].name,
                        shown(&headers[first]),
                        shown(header)
                    )),
                },
                None if contract.tolerates(header) || ignored.contains(&comparable_header(header)) => {}
                None => wrong.push(unknown(contract, header)),
            }
        }
        for (column, place) in contract.columns.iter().zip(&places) {
            if place.is_none() && column.presence != Presence::Optional {
                let names = column.aliases.iter().take(2).copied().collect::<Vec<_>>().join(", ");
                wrong.push(format!("column {} is missing (also called {names})", column.name));
            }
        }
        if wrong.is_empty() { Ok(Self { headers, places, contract }) } else { Err(all_of(job, wrong)) }
    }

    /// Kind of a contract column.
    pub(in crate::gate) fn kind(&self, column: usize) -> Kind {
        self.contract.columns.get(column).map_or(Kind::Text, |column| column.kind)
    }

    /// What the sender calls a contract column; our name where the file does not have it.
    pub(in crate::gate) fn sent_name(&self, column: usize) -> &str {
        let sent = self.places.get(column).copied().flatten().and_then(|place| self.headers.get(place));
        sent.map_or_else(|| self.contract.columns.get(column).map_or("", |column| column.name), String::as_str)
    }
}

/// How many of these headers the contract knows.
pub(super) fn recognised(contract: &Contract, headers: &[String]) -> usize {
    headers.iter().filter(|header| contract.column_called(header).is_some()).count()
}

/// Whether a cell is the name of a column that is read, tolerated or ignored.
pub(super) fn is_named(job: &GateJob, cell: &str) -> bool {
    let contract = job.feed.contract();
    let name = comparable_header(cell);
    let is_ignored = || job.ignore_columns.iter().any(|ignored| comparable_header(ignored) == name);
    contract.column_called(cell).is_some() || contract.tolerates(cell) || is_ignored()
}

fn index_of(contract: &Contract, name: &str) -> Option<usize> {
    contract.columns.iter().position(|column| column.name == name)
}

fn all_of(job: &GateJob, mut wrong: Vec<String>) -> Refusal {
    let more = wrong.len().saturating_sub(NAMED);
    wrong.truncate(NAMED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    Refusal::new(format!(
        "the columns do not meet the {feed} contract: {}{rest}. See `poverty-watch contract {feed}`; \
         columns that nobody needs go into feeds.{feed}.ignore_columns",
        wrong.join("; "),
        feed = job.feed,
    ))
}

/// A first row without any known header may be a person's data: it is not quoted.
fn no_header(contract: &Contract, headers: &[String]) -> Refusal {
    let hint = match headers {
        [only] if only.contains('\t') => "; the file is separated by tabs, save it with commas",
        [only] if only.contains(';') => "; the file is separated by semicolons, save it with commas",
        [only] if only.contains('|') => "; the file is separated by |, save it with commas",
        _ => "",
    };
    Refusal::new(format!(
        "no header: none of the {} cells of the first row is the name of a column of {}{hint}",
        headers.len(),
        contract.feed
    ))
}

fn unknown(contract: &Contract, header: &str) -> String {
    let wanted = comparable_header(&header.chars().take(MAX_HEADER).collect::<String>());
    let nearest = contract
        .columns
        .iter()
        .flat_map(|column| std::iter::once(&column.name).chain(column.aliases))
        .map(|name| (distance(&comparable_header(name), &wanted), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1));
    match nearest {
        Some((_, name)) => format!("column {} is unknown (nearest: {name})", shown(header)),
        None => format!("column {} is unknown", shown(header)),
    }
}

/// A header as a message may quote it: what looks like a number or is overlong may be somebody's data.
fn shown(header: &str) -> String {
    let digits = header.chars().filter(|c| c.is_numeric()).count();
    let quoted = if digits >= 6 || header.chars().count() > 60 { mask_value(header) } else { header.to_owned() };
    format!("\"{}\"", quoted.escape_debug())
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, from) in left.chars().enumerate() {
        let mut diagonal = at;
        row[0] = at + 1;
        for (to_at, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[to_at + 1];
            row[to_at + 1] = replaced.min(diagonal + 1).min(row[to_at] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::rules::test_job;

    fn check(headers: &str) -> Result<Layout, String> {
        let headers: Vec<_> = headers.split(',').map(str::to_owned).collect();
        Layout::match_headers(&headers, &test_job(law::contracts::Feed::Adjustments), false)
            .map_err(|refusal| refusal.0)
    }

    #[test]
    fn any_case_order_and_alias() {
        let layout = check("AMOUNT\t,报销编号,setl_id,证件号码 ,支付日期,rid").unwrap();
        assert_eq!(&layout.places[..3], &[Some(1), Some(2), Some(3)]);
        assert_eq!(layout.sent_name(0), "报销编号");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let reason = check("adjustment_id,reim_id,setl_idd,certno,amount,extra").unwrap_err();
        for part in [
            "twice",
            "\"setl_idd\" is unknown (nearest: setl_id)",
            "\"extra\"",
            "claim_id is missing",
            "paid_date is missing",
        ] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
    }

    #[test]
    fn data_in_place_of_a_header_is_not_quoted() {
        let reason = check("990102199001011234,张三").unwrap_err();
        assert!(reason.starts_with("no header") && !reason.contains("张三"), "{reason}");
        assert!(!check("amount,990102199001011234").unwrap_err().contains("1990"));
        assert!(check("adjustment_id;amount").unwrap_err().contains("semicolons"));
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
    }
}
