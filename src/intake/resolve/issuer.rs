//! Numbers belong to their issuer: the same number from another one is another thing.

/// Who gave a number, as far as the row says: hashes, because nothing but equality is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Issuer {
    /// The institution that settled, or who paid.
    pub institution: Option<u64>,
    /// The area of insurance, or the claim that was paid for: it tells issuers apart where an institution is not stated.
    pub area: Option<u64>,
}

impl Issuer {
    /// Whether both may be the same issuer.
    pub(crate) fn may_be(self, other: Self) -> bool {
        match (self.institution, other.institution) {
            (Some(own), Some(other)) => own == other,
            _ => self.area.is_none() || other.area.is_none() || self.area == other.area,
        }
    }

    /// Whether nothing that both state differs.
    fn agrees_with(self, other: Self) -> bool {
        let agree = |own: Option<u64>, other: Option<u64>| own.is_none() || other.is_none() || own == other;
        agree(self.institution, other.institution) && agree(self.area, other.area)
    }

    /// Whether both state the same institution.
    pub(super) fn shares_institution(self, other: Self) -> bool {
        self.institution.is_some() && self.institution == other.institution
    }

    /// What both say together.
    const fn with(self, other: Self) -> Self {
        let institution = if self.institution.is_some() { self.institution } else { other.institution };
        let area = if self.area.is_some() { self.area } else { other.area };
        Self { institution, area }
    }
}

/// The rows of one number (by index, from the oldest to the latest) by issuer, each group again from the oldest to the
/// latest. `is_one`: whether two rows are one thing whatever area they state.
///
/// A row that states less than the others joins an issuer that it may be of: one with a row that is one with it, else
/// the first.
pub(super) fn by_issuer<R>(
    rows: &[R],
    number: &[u32],
    issuer: impl Fn(&R) -> Issuer,
    is_one: impl Fn(&R, &R) -> bool,
) -> Vec<Vec<u32>> {
    let of = |index: u32| issuer(&rows[index as usize]);
    let Some(first) = number.first().map(|first| of(*first)) else { return Vec::new() };
    if number.iter().all(|index| of(*index) == first) {
        return vec![number.to_vec()];
    }
    let mut order = number.to_vec();
    // those that say most come first; the sort is stable
    order.sort_by_key(|index| {
        let issuer = of(*index);
        (issuer.institution.is_none(), issuer.area.is_none(), issuer)
    });
    let mut groups: Vec<(Issuer, Vec<u32>)> = Vec::new();
    for index in order {
        let own = of(index);
        let is_one = |(_, members): &&mut (Issuer, Vec<u32>)| {
            members.iter().any(|member| is_one(&rows[*member as usize], &rows[index as usize]))
        };
        let differs =
            |a: Issuer| a.institution.is_some() && own.institution.is_some() && a.institution != own.institution;
        let known = groups.iter_mut().filter(|(known, _)| !differs(*known)).find(is_one).map(|group| group.0);
        let known = known.or_else(|| groups.iter().map(|(known, _)| *known).find(|known| known.agrees_with(own)));
        match known.and_then(|known| groups.iter_mut().find(|(issuer, _)| *issuer == known)) {
            Some((issuer, members)) => {
                *issuer = issuer.with(own);
                members.push(index);
            }
            None => groups.push((own, vec![index])),
        }
    }
    let mut groups: Vec<Vec<u32>> = groups.into_iter().map(|(_, members)| members).collect();
    let place = |index: &u32| number.iter().position(|known| known == index);
    groups.iter_mut().for_each(|members| members.sort_by_key(place));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(institution: Option<u64>, area: Option<u64>) -> Issuer {
        Issuer { institution, area }
    }

    fn groups(rows: &[Issuer]) -> Vec<Vec<u32>> {
        let all: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
        by_issuer(rows, &all, |row| *row, |_, _| false)
    }

    #[test]
    fn another_institution_or_another_area_is_another_issuer() {
        assert_eq!(groups(&[row(Some(1), Some(7)), row(Some(2), Some(7))]), [vec![0], vec![1]]);
        assert_eq!(groups(&[row(None, Some(7)), row(None, Some(8))]), [vec![0], vec![1]]);
        // one hospital's counter for each county that insures its patients
        assert_eq!(groups(&[row(Some(1), Some(7)), row(Some(1), Some(8))]), [vec![0], vec![1]]);
    }

    #[test]
    fn a_row_that_states_less_joins() {
        assert_eq!(groups(&[row(None, Some(7)), row(Some(1), Some(7))]), [vec![0, 1]]);
        assert_eq!(groups(&[row(None, None), row(None, Some(7))]), [vec![0, 1]]);
        assert_eq!(groups(&[row(None, Some(8)), row(Some(1), Some(7))]), [vec![1], vec![0]]);
    }

    #[test]
    fn one_settlement_sent_again_with_its_area_mended_is_one() {
        let rows = [row(None, Some(7)), row(None, Some(8))];
        assert_eq!(by_issuer(&rows, &[0, 1], |row| *row, |_, _| true), [vec![0, 1]]);
        let rows = [row(Some(1), Some(7)), row(Some(2), Some(7))];
        assert_eq!(by_issuer(&rows, &[0, 1], |row| *row, |_, _| true).len(), 2);
    }
}
