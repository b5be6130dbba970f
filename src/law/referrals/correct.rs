//! Lists that are out and no longer right: what changed since goes out as lists of its own, never by editing.

use std::collections::BTreeMap;

use super::build::fill;
use super::{Cell, Delta, ListId, ListKind, ListRequest, ListedPerson, PreviousPerson, ReferralList};

/// What a row must say as it did for the person to need no correction, besides amount and rules.
const COMPARED: [&str; 3] = ["person_name", "id_number", "line_amount"];

/// The corrections of one list: `now` is the list as the data would make it today, built against what is out
/// (`request.previous`). A supplement holds who came, a withdrawal who left, a correction whose amount, line, rules,
/// name or id changed; none of them where nothing did. Where the month's list was taken back as a whole, the list
/// itself goes out again under its next version.
///
/// `next_version` says which version a further list of a kind gets.
#[must_use]
pub fn split_corrections(
    request: &ListRequest<'_>,
    now: &ReferralList,
    next_version: impl Fn(ListKind) -> u32,
) -> Vec<ReferralList> {
    let standing = request.previous.get(&(now.id.county.to_string(), now.id.office.clone()));
    let renumbered = |kind: ListKind, mut rows: Vec<ListedPerson>| {
        let id = ListId { kind, version: next_version(kind), ..now.id.clone() };
        fill(request, &id, &now.county_name, &mut rows);
        ReferralList { id, rows, ..now.clone() }
    };
    let Some(standing) = standing.filter(|list| list.period == request.period) else {
        return vec![renumbered(now.id.kind, now.rows.clone())];
    };
    let (mut came, mut left, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for row in &now.rows {
        match (row.delta, standing.persons.get(&row.person)) {
            (Delta::New, _) => came.push(row.clone()),
            (Delta::Withdrawn, _) => left.push(row.clone()),
            (Delta::Continuing | Delta::Escalated, Some(was)) if differs(row, was) => {
                changed.push(corrected(row.clone(), was));
            }
            (Delta::Continuing | Delta::Escalated, _) => {}
        }
    }
    let parts = [(ListKind::Withdrawal, left), (ListKind::Correction, changed), (ListKind::Supplement, came)];
    // All of them name the list that they change, not each other.
    parts.into_iter().filter(|(_, rows)| !rows.is_empty()).map(|(kind, rows)| renumbered(kind, rows)).collect()
}

fn differs(row: &ListedPerson, was: &PreviousPerson) -> bool {
    row.measured != was.measured
        || row.rules != was.rules
        || COMPARED.iter().any(|name| row.cells.get(name) != was.cells.get(name))
}

fn corrected(mut row: ListedPerson, was: &PreviousPerson) -> ListedPerson {
    let is_open = row.cells.get("delta_reason").and_then(Cell::as_text).is_some_and(|why| why.starts_with("open:"));
    if row.delta == Delta::Continuing && !is_open {
        let reason =
            if row.measured == was.measured { "corrected".to_owned() } else { format!("was:{}", was.measured) };
        row.cells.insert("delta_reason", Cell::Text(reason));
    }
    row
}

/// What stands of a month's lists after all that changed them, in the order of their numbers: a whole list says
/// everything anew, the others change it, a retraction leaves nothing.
#[must_use]
pub fn standing<P>(lists: impl IntoIterator<Item = (ListKind, Vec<(i64, P)>)>) -> Option<BTreeMap<i64, P>> {
    let mut stands: Option<BTreeMap<i64, P>> = None;
    for (kind, persons) in lists {
        match kind {
            ListKind::Full | ListKind::Nil => stands = Some(persons.into_iter().collect()),
            ListKind::Supplement | ListKind::Correction => stands.get_or_insert_default().extend(persons),
            ListKind::Withdrawal => {
                let left = stands.get_or_insert_default();
                for (person, _) in &persons {
                    left.remove(person);
                }
            }
            ListKind::Retraction => stands = None,
            ListKind::Summary => {}
        }
    }
    stands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_is_the_last_whole_list_and_what_changed_it() {
        use ListKind::{Correction, Full, Nil, Retraction, Supplement, Withdrawal};
        let people = |text: &str| text.bytes().map(|b| (i64::from(b), b)).collect::<Vec<_>>();
        let cases: [(&[(ListKind, &str)], Option<&str>); 7] = [
            (&[(Full, "abc")], Some("abc")),
            (&[(Full, "abc"), (Supplement, "d"), (Withdrawal, "b")], Some("acd")),
            (&[(Nil, ""), (Supplement, "d"), (Correction, "d")], Some("d")),
            (&[(Full, "abc"), (Retraction, "")], None),
            (&[(Full, "abc"), (Retraction, ""), (Full, "x")], Some("x")),
            (&[(Full, "a"), (Full, "b")], Some("b")),
            (&[], None),
        ];
        for (lists, stands) in cases {
            let found = standing(lists.iter().map(|(kind, text)| (*kind, people(text))));
            let expected = stands.map(|text| people(text).into_iter().collect::<BTreeMap<_, _>>());
            assert_eq!(found, expected, "{lists:?}");
        }
        println!("what stands of a month: {} cases", cases.len());
    }
}
