//! Income figures beside those of the year before: a figure in 万元, a slip of a digit, last year's table again.

use rust_decimal::Decimal;

use super::{Bounds, FigureSeen, share_text};
use crate::domain::Fen;
use crate::questions::{Bound, Surprise};

/// Which of a file's figures are surprising beside the known ones and beside each other. Series that are no income
/// (standards, wages) move by other rules and are not weighed.
#[must_use]
pub fn income_surprises(bounds: &Bounds, figures: &[FigureSeen], known: &[FigureSeen]) -> Vec<Surprise> {
    let mut found = Vec::new();
    // What was taken before is usual, whatever release says it again.
    let is_known = |figure: &FigureSeen| {
        known.iter().any(|other| FigureSeen { release: figure.release, ..other.clone() } == *figure)
    };
    for figure in figures.iter().filter(|figure| figure.indicator.contains("income") && !is_known(figure)) {
        let yuan = Decimal::new(figure.fen, 2);
        let text = |yuan: Decimal| yuan.normalize().to_string();
        if yuan < bounds.income.least_yuan || yuan > bounds.income.most_yuan {
            let (low, high) = (text(bounds.income.least_yuan), text(bounds.income.most_yuan));
            let rest = [("low", low), ("high", high), ("found", Fen(figure.fen).to_string())];
            found.push(named(Bound::IncomeImplausible, figure, rest));
            continue;
        }
        let before = figures.iter().chain(known).filter(|other| {
            other.indicator == figure.indicator
                && other.geography == figure.geography
                && other.year == figure.year - 1
                && other.fen > 0
        });
        let Some(before) = before.max_by_key(|other| other.release) else { continue };
        let usual = Decimal::new(before.fen, 2);
        let change = (yuan - usual) / usual;
        if change < bounds.income.low || change > bounds.income.high {
            let (low, high) = (share_text(bounds.income.low), share_text(bounds.income.high));
            let rest = [
                ("usual", Fen(before.fen).to_string()),
                ("share", share_text(change)),
                ("low", low),
                ("high", high),
                ("found", Fen(figure.fen).to_string()),
            ];
            found.push(named(Bound::IncomeChange, figure, rest));
        }
    }
    found
}

fn named<const N: usize>(bound: Bound, figure: &FigureSeen, rest: [(&str, String); N]) -> Surprise {
    let mut surprise = Surprise::new(bound, rest);
    let FigureSeen { indicator, geography, year, .. } = figure;
    for (name, text) in [("series", indicator.clone()), ("place", geography.clone()), ("year", year.to_string())] {
        surprise.figures.insert(name.to_owned(), text);
    }
    surprise
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(year: i32, release: i32, yuan: &str) -> FigureSeen {
        FigureSeen {
            indicator: "rural_disposable_income".into(),
            geography: "990000".into(),
            year,
            release,
            fen: Fen::parse(yuan).unwrap().0,
        }
    }

    #[test]
    fn figures_are_held_beyond_their_bounds_and_not_at_them() {
        let bounds = Bounds::default();
        let bound = |file: &[FigureSeen], known: &[FigureSeen]| -> Vec<Bound> {
            income_surprises(&bounds, file, known).into_iter().map(|surprise| surprise.bound).collect()
        };
        let known = [figure(2024, 1, "20000"), figure(2024, 2, "26722.00")];
        assert_eq!(bound(&[figure(2025, 1, "28134.00")], &known), []);
        assert_eq!(bound(&[figure(2025, 1, "30730.30")], &known), [], "15 %");
        assert_eq!(bound(&[figure(2025, 1, "30730.31")], &known), [Bound::IncomeChange]);
        assert_eq!(bound(&[figure(2025, 1, "25920.34")], &known), [], "-3 %");
        assert_eq!(bound(&[figure(2025, 1, "25920.33")], &known), [Bound::IncomeChange]);
        assert_eq!(bound(&[figure(2024, 1, "2.67"), figure(2025, 1, "2.81")], &[]), [Bound::IncomeImplausible; 2]);
        for (yuan, held) in [("1000", 0), ("999.99", 1), ("200000", 0), ("200000.01", 1)] {
            assert_eq!(bound(&[figure(2025, 1, yuan)], &[]).len(), held, "{yuan}");
        }
        assert_eq!(bound(&[figure(2025, 2, "40000")], &[figure(2025, 1, "40000"), known[1].clone()]), [], "known");
        let wage = FigureSeen { indicator: "minimum_wage".into(), ..figure(2025, 1, "210") };
        assert_eq!(bound(&[wage], &known), []);
    }
}
