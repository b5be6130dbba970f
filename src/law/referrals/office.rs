//! Offices and the days on which they are in force: which one gets what a rule refers, after offices have merged.

use chrono::NaiveDate;

use crate::cases::FindingStatus;
use crate::rosters::Succession;

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// Flagged persons, for an office outside the bureau.
    Referral,
    /// Persons whom the rules cannot decide on (待核实名单), for the bureau itself.
    Undecided,
    /// Persons near a line (关注名单), for the bureau itself; never sent.
    Near,
    /// Counts and sums of the whole area (汇总表).
    Summary,
}

/// The bureau's own lists by their codes; all other codes are offices that rules refer to.
const OWN: [(&str, Duty); 3] = [("YBU", Duty::Undecided), ("YBN", Duty::Near), ("YB", Duty::Summary)];

/// The bureau's desk, which gets whom an office gives back.
const DESK: &str = "YBU";

/// Which columns a recipient may see (PIPL articles 6, 19: the least that the purpose needs).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    #[default]
    Default,
    /// All columns, for recipients whose agreement names them.
    Contact,
}

impl Profile {
    /// The word in the table of offices.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "default" => Some(Self::Default),
            "contact" => Some(Self::Contact),
            _ => None,
        }
    }
}

/// What goes with the mail that tells of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// Nothing: the office fetches its list from its folder.
    #[default]
    None,
    /// The workbook, encrypted as Excel and WPS do (ECMA-376 agile, AES-256).
    Xlsx,
    /// All files in a ZIP archive with AES-256.
    Zip,
}

impl Attachment {
    /// The word in the table of offices.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "none" => Some(Self::None),
            "xlsx" => Some(Self::Xlsx),
            "zip" => Some(Self::Zip),
            _ => None,
        }
    }
}

/// Who gets a list, and of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Office {
    /// The letters in a list's id, with the mark of its series.
    pub code: String,
    /// The office's Chinese name, without its county.
    pub name: String,
    /// What the list is called.
    pub list_title: String,
    /// What the list is for.
    pub duty: Duty,
    pub profile: Profile,
    /// What goes with the mail that tells of it.
    pub attachment: Attachment,
}

impl Office {
    /// The findings that the list holds.
    #[must_use]
    pub const fn status(&self) -> FindingStatus {
        match self.duty {
            Duty::Referral | Duty::Summary => FindingStatus::Flagged,
            Duty::Undecided => FindingStatus::Undecided,
            Duty::Near => FindingStatus::Near,
        }
    }

    /// Whether the list leaves the bureau.
    #[must_use]
    pub const fn is_referral(&self) -> bool {
        matches!(self.duty, Duty::Referral)
    }

    /// The office that a list's code means, without the mark of its series.
    #[must_use]
    pub fn letters_of(code: &str) -> &str {
        code.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    /// Code of the bureau's desk in the series of a list with that code.
    #[must_use]
    pub fn desk_of(code: &str) -> String {
        let mark = code.get(Self::letters_of(code).len()..).unwrap_or_default();
        format!("{DESK}{mark}")
    }

    /// Whether a list with that code leaves the bureau, whatever its series.
    #[must_use]
    pub fn is_referral_code(code: &str) -> bool {
        let letters = Self::letters_of(code);
        OWN.iter().all(|(own, _)| *own != letters)
    }
}

/// A row of the table of offices: an office under one name and code, while it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeTerm {
    /// Line of the table, for whoever must mend it.
    pub line: usize,
    pub code: String,
    /// The word by which rules name it.
    pub recipient: String,
    pub name: String,
    /// What its lists are called.
    pub list_title: String,
    /// First day; `None`: ever.
    pub from: Option<NaiveDate>,
    /// Last day; `None`: still in force.
    pub to: Option<NaiveDate>,
    /// Whose word takes over after the last day.
    pub successor: Option<String>,
    /// Which columns its lists show.
    pub profile: Profile,
    /// What goes with its mail.
    pub attachment: Attachment,
}

impl OfficeTerm {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| matches!((a.to, b.from), (Some(to), Some(from)) if to < from);
        !before(self, other) && !before(other, self)
    }

    fn duty(&self) -> Duty {
        OWN.iter().find(|(code, _)| *code == self.code).map_or(Duty::Referral, |(_, duty)| *duty)
    }
}

/// A fault of the table: its line, what is wrong, how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeFault {
    pub line: usize,
    pub message: String,
    pub hint: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offices {
    terms: Vec<OfficeTerm>,
}

impl Offices {
    /// Checks the table: codes, overlapping terms, unknown successors, circles.
    pub fn new(terms: Vec<OfficeTerm>) -> Result<Self, Vec<OfficeFault>> {
        let table = Self { terms };
        let mut faults: Vec<OfficeFault> =
            table.terms.iter().enumerate().flat_map(|(at, _)| table.faults(at)).collect();
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(table) } else { Err(faults) }
    }

    /// All faults of one row.
    fn faults(&self, at: usize) -> Vec<OfficeFault> {
        let term = &self.terms[at];
        let mut faults = Vec::new();
        let mut fault = |message: String, hint: &str| {
            faults.push(OfficeFault { line: term.line, message, hint: hint.to_owned() });
        };
        if term.code.is_empty() || !term.code.bytes().all(|b| b.is_ascii_uppercase()) {
            fault(format!("`{}` is not a valid office code", term.code), "capital letters A to Z, e.g. MZ");
        }
        if matches!((term.from, term.to), (Some(from), Some(to)) if to < from) {
            fault(format!("office {} ends before it begins", term.code), "swap valid_from and valid_to");
        }
        for earlier in self.terms[..at].iter().filter(|earlier| earlier.overlaps(term)) {
            if term.duty() == Duty::Referral && earlier.recipient == term.recipient {
                let message =
                    format!("`{}` is in force twice on the same day, see line {}", term.recipient, earlier.line);
                fault(message, "end the older one with valid_to the day before valid_from of the newer one");
            } else if earlier.code == term.code && earlier.recipient != term.recipient {
                let message = format!("code {} stands for two offices, see line {}", term.code, earlier.line);
                fault(message, "give each office a code of its own: it numbers its lists");
            }
        }
        match &term.successor {
            None => {}
            Some(_) if term.to.is_none() => {
                fault(format!("office {} has a successor and no last day", term.code), "say valid_to");
            }
            Some(next) if self.terms.iter().all(|other| other.recipient != *next) => {
                let known = self.terms.iter().map(|other| other.recipient.as_str());
                let hint = crate::config::nearest(next, known).map_or_else(
                    || "it names another row's recipient".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                fault(format!("there is no office `{next}` to succeed {}", term.code), &hint);
            }
            Some(_) if self.is_circle(&term.recipient) => {
                fault(
                    format!("the successors of `{}` lead back to it", term.recipient),
                    "one of them must stay in force",
                );
            }
            Some(_) => {}
        }
        faults
    }

    fn is_circle(&self, start: &str) -> bool {
        let mut at = start;
        for _ in 0..=self.terms.len() {
            let next = self.terms.iter().filter(|term| term.recipient == at).find_map(|term| term.successor.as_deref());
            match next {
                None => return false,
                Some(next) if next == start => return true,
                Some(next) => at = next,
            }
        }
        true
    }

    /// Whether rules may name the word at all.
    #[must_use]
    pub fn knows(&self, recipient: &str) -> bool {
        self.terms.iter().any(|term| term.recipient == recipient && term.duty() == Duty::Referral)
    }

    /// Whether lists go to an office with that code, whatever the day.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.terms.iter().any(|term| term.code == code && term.duty() == Duty::Referral)
    }

    /// Name of the office with a list's code.
    #[must_use]
    pub fn name_of(&self, code: &str) -> Option<&str> {
        let letters = Office::letters_of(code);
        self.terms.iter().rev().find(|term| term.code == letters).map(|term| term.name.as_str())
    }

    /// Whether the office with a list's code has passed its tasks on by a day.
    #[must_use]
    pub fn has_passed_on(&self, code: &str, day: NaiveDate) -> bool {
        let own = || self.terms.iter().filter(|term| term.code == Office::letters_of(code));
        let is_over = |term: &OfficeTerm| term.successor.is_some() && term.to.is_some_and(|to| to < day);
        own().any(is_over) && !own().any(|term| term.holds(day))
    }

    /// What goes with the mail about lists of an office's code on a day, whatever series mark the code ends in.
    #[must_use]
    pub fn attachment_of(&self, code: &str, day: NaiveDate) -> Attachment {
        let letters = Office::letters_of(code);
        let own = self.terms.iter().find(|term| term.code == letters && term.holds(day));
        own.map_or(Attachment::None, |term| term.attachment)
    }

    /// The words that rules may name.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| term.duty() == Duty::Referral).map(|term| term.recipient.as_str())
    }

    /// Who gets what a rule refers to `recipient` on a day: the office itself, or who has taken over from it.
    #[must_use]
    pub fn in_force(&self, recipient: &str, day: NaiveDate) -> Option<&OfficeTerm> {
        let mut word = recipient;
        for _ in 0..=self.terms.len() {
            let own = self.terms.iter().filter(|term| term.recipient == word && term.duty() == Duty::Referral);
            if let Some(term) = own.clone().find(|term| term.holds(day)) {
                return Some(term);
            }
            let ended = own.filter(|term| term.to.is_some_and(|to| to < day)).max_by_key(|term| term.to);
            word = ended?.successor.as_deref()?;
        }
        None
    }

    /// The first day from `from` to `to` on which nobody would get what a rule refers to `recipient`.
    #[must_use]
    pub fn first_gap(&self, recipient: &str, from: NaiveDate, to: Option<NaiveDate>) -> Option<NaiveDate> {
        let after = self.terms.iter().filter_map(|term| term.to.and_then(|to| to.succ_opt()));
        let mut days: Vec<NaiveDate> = after.filter(|day| *day > from && to.is_none_or(|to| *day <= to)).collect();
        days.push(from);
        days.sort_unstable();
        days.into_iter().find(|day| self.in_force(recipient, *day).is_none())
    }

    /// Which offices have passed their tasks to which, by their names.
    pub fn successions(&self) -> impl Iterator<Item = Succession> {
        let ended = self.terms.iter().filter(|term| term.duty() == Duty::Referral);
        ended.filter_map(|term| {
            let last_day = term.to?;
            let heir = self.in_force(term.successor.as_deref()?, last_day.succ_opt()?)?;
            Some(Succession { old: term.name.clone(), new: heir.name.clone(), last_day })
        })
    }

    /// Codes of the offices that `code` has taken over from by a day.
    #[must_use]
    pub fn predecessors(&self, code: &str, day: NaiveDate) -> Vec<&str> {
        let ended = self.terms.iter().filter(|term| term.code != code && term.to.is_some_and(|to| to < day));
        let mut codes: Vec<&str> = ended
            .filter(|term| self.in_force(&term.recipient, day).is_some_and(|heir| heir.code == code))
            .map(|term| term.code.as_str())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The offices that get lists on a day: those that `recipients` name or their heirs, and the bureau. `series`
    /// marks the codes of lists that are sealed at another rhythm and number and continue on their own.
    #[must_use]
    pub fn of_lists<'r>(
        &self,
        recipients: impl IntoIterator<Item = &'r str>,
        day: NaiveDate,
        series: &str,
    ) -> Vec<Office> {
        let heirs = recipients.into_iter().filter_map(|word| self.in_force(word, day));
        let mut found: Vec<Office> = heirs.map(|term| office(term, series)).collect();
        for (code, duty) in OWN {
            let own = self.terms.iter().find(|term| term.code == code && term.holds(day));
            let list_title = match duty {
                Duty::Undecided => "待核实名单",
                Duty::Near => "关注名单",
                Duty::Summary | Duty::Referral => "汇总表",
            };
            let (name, list_title) =
                own.map_or(("医疗保障局", list_title), |term| (term.name.as_str(), term.list_title.as_str()));
            let (name, list_title) = (name.to_owned(), list_title.to_owned());
            let (profile, attachment) = (Profile::default(), Attachment::None);
            found.push(Office { code: format!("{code}{series}"), name, list_title, duty, profile, attachment });
        }
        found.sort();
        found.dedup();
        found
    }
}

fn office(term: &OfficeTerm, series: &str) -> Office {
    Office {
        code: format!("{}{series}", term.code),
        name: term.name.clone(),
        list_title: term.list_title.clone(),
        duty: Duty::Referral,
        profile: term.profile,
        attachment: term.attachment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        crate::domain::parse_date(text).unwrap()
    }

    /// `recipient code from to successor`, `-` for nothing.
    fn table(rows: &[&str]) -> Result<Offices, Vec<OfficeFault>> {
        let term = |(at, row): (usize, &&str)| {
            let cells: Vec<Option<&str>> = row.split(' ').map(|cell| Some(cell).filter(|cell| *cell != "-")).collect();
            OfficeTerm {
                line: at + 2,
                code: cells[1].unwrap_or_default().to_owned(),
                recipient: cells[0].unwrap_or_default().to_owned(),
                name: format!("{}局", cells[1].unwrap_or_default()),
                list_title: "名单".to_owned(),
                from: cells[2].map(day),
                to: cells[3].map(day),
                successor: cells[4].map(str::to_owned),
                profile: Profile::Default,
                attachment: Attachment::None,
            }
        };
        Offices::new(rows.iter().enumerate().map(term).collect())
    }

    #[test]
    fn a_merged_office_passes_its_lists_on() {
        let offices = table(&[
            "poverty FP - 2021-02-24 revitalisation",
            "revitalisation XC 2021-02-25 2026-06-30 rural",
            "rural NC - - -",
        ])
        .unwrap();
        let code = |word, on| offices.in_force(word, day(on)).map(|term| term.code.as_str());
        assert_eq!(code("revitalisation", "2026-06-30"), Some("XC"));
        assert_eq!(code("revitalisation", "2026-07-01"), Some("NC"));
        assert_eq!(code("poverty", "2026-07-01"), Some("NC"), "a chain");
        assert_eq!(code("revitalisation", "2021-02-24"), None, "not yet there");
        assert_eq!(offices.predecessors("NC", day("2026-07-31")), ["FP", "XC"]);
        assert_eq!(offices.predecessors("NC", day("2026-06-30")), Vec::<&str>::new());
        let names: Vec<_> = offices.successions().map(|one| (one.old, one.new)).collect();
        assert_eq!(names, [("FP局", "XC局"), ("XC局", "NC局")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(offices.first_gap("revitalisation", day("2021-01-01"), None), Some(day("2021-01-01")));
        assert!(offices.has_passed_on("XC3", day("2026-07-01")) && !offices.has_passed_on("XC", day("2026-06-30")));
        assert!(!offices.has_passed_on("NC", day("2026-07-01")));
        assert_eq!((Office::desk_of("XC3"), offices.name_of("XC3")), ("YBU3".to_owned(), Some("XC局")));
        assert_eq!(offices.first_gap("revitalisation", day("2022-01-01"), None), None);
        let lists = offices.of_lists(["revitalisation", "rural"], day("2026-07-31"), "");
        assert_eq!(lists.iter().map(|office| office.code.as_str()).collect::<Vec<_>>(), ["NC", "YB", "YBN", "YBU"]);
    }

    #[test]
    fn faults_name_their_line() {
        for (rows, line, said) in [
            (&["a MZ - 2025-06-30 -", "a MZ 2025-06-30 - -"][..], 3, "twice on the same day, see line 2"),
            (&["a MZ - 2025-06-30 b"], 2, "no office `b`"),
            (&["rural_affairs NC - - -", "x XC - 2025-06-30 rural_afairs"], 3, "no office `rural_afairs`"),
            (&["a AA - 2025-06-30 b", "b BB - 2025-07-31 a"], 2, "lead back"),
            (&["a AA - 2025-06-30 a"], 2, "lead back"),
            (&["a aa - - -"], 2, "not a valid office code"),
            (&["a AA 2025-01-01 2024-01-01 -"], 2, "ends before it begins"),
            (&["a AA - - b", "b BB - - -"], 2, "no last day"),
            (&["a AA - - -", "b AA - - -"], 3, "stands for two offices"),
        ] {
            let faults = table(rows).unwrap_err();
            assert_eq!(faults[0].line, line, "{faults:?}");
            assert!(faults[0].message.contains(said), "{said}: {faults:?}");
        }
    }
}
