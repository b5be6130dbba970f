//! The exact check of a file's columns against its contract: all that is wrong, in one message.

use law::contracts::{Contract, Kind, Presence, comparable_header};
use law::domain::mask_value;

use super::form::{Form, Named};
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
    /// Per contract column, then per column that only the file's profile reads: its place in the file.
    pub(in crate::gate) places: Vec<Option<usize>>,
    contract: &'static Contract,
    /// The columns that state categories, by the file's profile.
    tag_names: String,
}

impl Layout {
    /// Matches the headers; `unnamed` columns are passed over (workbooks) or refused (other formats).
    pub(super) fn match_headers(
        headers: &[String],
        job: &GateJob,
        form: &Form,
        unnamed: bool,
    ) -> Result<Self, Refusal> {
        let contract = job.feed.contract();
        if headers.len() > MAX_COLUMNS {
            return Err(Refusal::new(format!("{} columns; at most {MAX_COLUMNS} are read", headers.len())));
        }
        let headers: Vec<String> = headers.iter().map(|header| law::domain::clean_text(header).to_owned()).collect();
        if form.recognised(contract, &headers) == 0 {
            return Err(no_header(contract, &headers));
        }
        let mut places = vec![None; contract.columns.len() + form.extras.len()];
        let mut wrong = Vec::new();
        for (at, header) in headers.iter().enumerate() {
            if header.is_empty() {
                if !unnamed {
                    wrong.push(format!("column {} has no name", at + 1));
                }
                continue;
            }
            let index = match form.named(contract, header) {
                Named::Column(index) => index,
                Named::Extra(index) => contract.columns.len() + index,
                Named::Unread => continue,
                Named::Unknown => {
                    wrong.push(unknown(contract, header));
                    continue;
                }
            };
            match places[index] {
                None => places[index] = Some(at),
                Some(first) => wrong.push(format!(
                    "column {} twice: {} and {}",
                    contract.columns.get(index).map_or(header.as_str(), |column| column.name),
                    shown(&headers[first]),
                    shown(header)
                )),
            }
        }
        for (index, (column, place)) in contract.columns.iter().zip(&places).enumerate() {
            if place.is_none() && column.presence != Presence::Optional && !form.states(contract, index) {
                let names = column.aliases.iter().take(2).copied().collect::<Vec<_>>().join(", ");
                wrong.push(format!("column {} is missing (also called {names})", column.name));
            }
        }
        for (extra, place) in form.extras.iter().zip(places.iter().skip(contract.columns.len())) {
            if place.is_none() {
                wrong.push(format!("column {} of its profile is missing", shown(extra)));
            }
        }
        if !wrong.is_empty() {
            return Err(all_of(job, wrong));
        }
        let tag_names = form.profile.tags.iter().map(|tag| tag.column.as_str()).collect::<Vec<_>>().join("/");
        Ok(Self { headers, places, contract, tag_names })
    }

    pub(super) const fn contract(&self) -> &'static Contract {
        self.contract
    }

    /// Kind of a contract column.
    pub(in crate::gate) fn kind(&self, column: usize) -> Kind {
        // What only a profile reads comes as text or as whole numbers (202506).
        self.contract.columns.get(column).map_or(Kind::Code, |column| column.kind)
    }

    /// Whether a contract column states the category.
    pub(in crate::gate) fn is_tag(&self, column: usize) -> bool {
        self.contract.columns.get(column).is_some_and(|column| column.name == "tag")
    }

    /// Whether a contract column says who has paid later.
    pub(in crate::gate) fn is_payer(&self, column: usize) -> bool {
        self.contract.columns.get(column).is_some_and(|column| matches!(column.name, "payer" | "payer_kind"))
    }

    /// Whether a contract column names counties.
    pub(in crate::gate) fn is_county(&self, column: usize) -> bool {
        self.contract.columns.get(column).is_some_and(|column| matches!(column.name, "county_code" | "insured_area"))
    }

    /// What the sender calls a contract column; our name where the file does not have it.
    pub(in crate::gate) fn sent_name(&self, column: usize) -> &str {
        let sent = self.places.get(column).copied().flatten().and_then(|place| self.headers.get(place));
        if !self.tag_names.is_empty() && self.contract.columns.get(column).is_some_and(|column| column.name == "tag") {
            return &self.tag_names;
        }
        sent.map_or_else(|| self.contract.columns.get(column).map_or("", |column| column.name), String::as_str)
    }
}

/// Whether a cell is the name of a column that is read, tolerated or ignored.
pub(super) fn is_named(job: &GateJob, form: &Form, cell: &str) -> bool {
    form.named(job.feed.contract(), cell) != Named::Unknown
}

fn all_of(job: &GateJob, mut wrong: Vec<String>) -> Refusal {
    let more = wrong.len().saturating_sub(NAMED);
    wrong.truncate(NAMED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    Refusal::new(format!(
        "the columns do not meet the {feed} contract: {}{rest}. See `poverty-watch contract {feed}`; \
         a sender's own names and columns that nobody needs go into pipelines/feeds/{feed}.toml",
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
        let job = test_job(law::contracts::Feed::Adjustments);
        Layout::match_headers(&headers, &job, &Form::default(), false).map_err(|refusal| refusal.0)
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
