//! The one place that says how a case moves.

use super::{Case, CaseEvent, CaseState, EventKind, FindingState, FindingStatus};
use crate::domain::Period;

/// What tonight's finding for `period` does to a case of the same person, rule and benefit year; `None`: nothing.
///
/// A run for an earlier period than the case's last never turns the case back: its history belongs to
/// the newer run.
#[must_use]
pub fn next(previous: Option<&Case>, finding: Option<&FindingState>, period: Period) -> Option<CaseEvent> {
    if previous.is_some_and(|case| period < case.last_period) {
        return None;
    }
    match (previous, finding) {
        (None, None) => None,
        (None, Some(finding)) => Some(event(EventKind::Opened, None, finding)),
        (Some(case), None) => case.state.is_open().then(|| CaseEvent {
            kind: EventKind::Withdrawn,
            from: Some(case.state),
            to: CaseState::Withdrawn,
            measured: case.measured,
            reason: "no_finding".to_owned(),
        }),
        (Some(case), Some(finding)) => moved(case, finding),
    }
}

/// Why a case stays flagged although the published line lies above it.
const KEPT: &str = "kept";

/// Whether the policy keeps somebody who was over the provisional line, and is not over the published one.
fn is_kept(case: &Case, finding: &FindingState) -> bool {
    case.state == CaseState::Flagged && finding.status == FindingStatus::Near && finding.reason == "over_provisional"
}

fn moved(case: &Case, finding: &FindingState) -> Option<CaseEvent> {
    if is_kept(case, finding) {
        let kept = FindingState { status: FindingStatus::Flagged, measured: finding.measured, reason: KEPT.to_owned() };
        let is_news = case.measured != kept.measured || case.reason != kept.reason;
        return is_news.then(|| event(EventKind::Continued, Some(case.state), &kept));
    }
    let to = finding.status.state();
    let kind = match (case.state, to) {
        (CaseState::Withdrawn | CaseState::Closed, _) => EventKind::Reopened,
        (from, to) if from == to => {
            if case.measured == finding.measured && case.reason == finding.reason {
                return None;
            }
            EventKind::Continued
        }
        (_, CaseState::Flagged) => EventKind::Escalated,
        (_, CaseState::Watching) => EventKind::Eased,
        _ => EventKind::Unsettled,
    };
    Some(event(kind, Some(case.state), finding))
}

fn event(kind: EventKind, from: Option<CaseState>, finding: &FindingState) -> CaseEvent {
    let (to, measured, reason) = (finding.status.state(), finding.measured, finding.reason.clone());
    CaseEvent { kind, from, to, measured, reason }
}

/// Closes an open case of `year` once a run for a later year's period comes by: calendar windows start anew,
/// and the person's next case is another one.
#[must_use]
pub fn year_end(case: &Case, year: i32, period: Period) -> Option<CaseEvent> {
    (period.year() > year && case.state.is_open()).then(|| CaseEvent {
        kind: EventKind::Closed,
        from: Some(case.state),
        to: CaseState::Closed,
        measured: case.measured,
        reason: "year_over".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Fen;

    fn month(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    fn case(state: CaseState, fen: i64) -> Case {
        Case { state, measured: Fen(fen), reason: String::new(), last_period: month("2026-03") }
    }

    fn finding(status: FindingStatus, fen: i64) -> FindingState {
        FindingState { status, measured: Fen(fen), reason: String::new() }
    }

    fn kind(previous: Option<&Case>, finding: Option<&FindingState>) -> Option<EventKind> {
        next(previous, finding, month("2026-04")).map(|event| event.kind)
    }

    #[test]
    fn every_state_meets_every_finding() {
        use CaseState::{Closed, Flagged, Undecided, Watching, Withdrawn};
        use EventKind as E;
        use FindingStatus as F;
        let table = [
            (Watching, [Some(E::Continued), Some(E::Escalated), Some(E::Unsettled), Some(E::Withdrawn)]),
            (Flagged, [Some(E::Eased), Some(E::Continued), Some(E::Unsettled), Some(E::Withdrawn)]),
            (Undecided, [Some(E::Eased), Some(E::Escalated), Some(E::Continued), Some(E::Withdrawn)]),
            (Withdrawn, [Some(E::Reopened), Some(E::Reopened), Some(E::Reopened), None]),
            (Closed, [Some(E::Reopened), Some(E::Reopened), Some(E::Reopened), None]),
        ];
        for (state, expected) in table {
            let case = case(state, 100);
            let findings = [F::Near, F::Flagged, F::Undecided].map(|status| Some(finding(status, 200)));
            for (found, expected) in findings.into_iter().chain([None]).zip(expected) {
                assert_eq!(kind(Some(&case), found.as_ref()), expected, "{state:?} meets {found:?}");
            }
        }
        assert_eq!(kind(None, Some(&finding(F::Near, 1))), Some(E::Opened));
        assert_eq!(kind(None, None), None);
    }

    #[test]
    fn the_same_finding_again_is_no_event() {
        assert_eq!(kind(Some(&case(CaseState::Flagged, 100)), Some(&finding(FindingStatus::Flagged, 100))), None);
    }

    #[test]
    fn who_was_over_the_provisional_line_stays_flagged() {
        let near = FindingState { reason: "over_provisional".to_owned(), ..finding(FindingStatus::Near, 100) };
        let kept = next(Some(&case(CaseState::Flagged, 100)), Some(&near), month("2026-04")).unwrap();
        assert_eq!((kept.kind, kept.to, kept.reason.as_str()), (EventKind::Continued, CaseState::Flagged, "kept"));
        let stays = Case { reason: "kept".to_owned(), ..case(CaseState::Flagged, 100) };
        assert_eq!(next(Some(&stays), Some(&near), month("2026-05")), None);
        assert_eq!(kind(Some(&case(CaseState::Watching, 100)), Some(&near)), Some(EventKind::Continued));
        assert_eq!(kind(Some(&stays), Some(&finding(FindingStatus::Near, 100))), Some(EventKind::Eased));
    }

    #[test]
    fn an_earlier_period_never_turns_a_case_back() {
        assert_eq!(next(Some(&case(CaseState::Flagged, 100)), None, month("2026-02")), None);
    }

    #[test]
    fn a_year_ends_when_the_next_one_is_run() {
        let open = case(CaseState::Watching, 100);
        assert_eq!(year_end(&open, 2026, month("2026-12")), None);
        assert_eq!(year_end(&open, 2026, month("2027-01")).unwrap().to, CaseState::Closed);
        assert_eq!(year_end(&case(CaseState::Withdrawn, 1), 2026, month("2027-01")), None);
    }
}
