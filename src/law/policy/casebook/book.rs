//! A case after its file was checked: who, what was settled, which figures were known, what must come out.

use chrono::NaiveDate;

use crate::cases::Outcome;
use crate::domain::{CountyCode, Fen, Month, Period, Tag};
use crate::policy::IncomeFigure;

/// One case: a small world and what a policy's rules must find in it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file it stands in.
    pub file: String,
    pub line: usize,
    /// Its id (编号), of its policy's only one.
    pub id: String,
    /// What it shows, in plain words.
    pub says: String,
    /// The period that is looked at (数据期).
    pub period: Period,
    pub people: Vec<CasePerson>,
    /// Whether rosters state every tag that a rule asks for, by people outside the case.
    pub has_rosters: bool,
    pub income: Vec<IncomeFigure>,
    pub claims: Vec<CaseClaim>,
    pub payments: Vec<CasePayment>,
    pub applications: Vec<CaseApplication>,
    /// What must come out; every other rule may find nobody of the case.
    pub results: Vec<Expected>,
}

/// A person of a case.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that a register states of a person, each by itself")]
pub struct CasePerson {
    /// 甲, 乙, ...
    pub name: String,
    /// Where the person lives; `None`: nobody knows.
    pub county: Option<CountyCode>,
    /// Tags (身份标识).
    pub tags: Vec<CaseTag>,
    /// What the register says of being rural.
    pub is_rural: Option<bool>,
    /// Kind of household register (户口性质).
    pub household_type: Option<String>,
    /// Urban or rural class of the village.
    pub village_class: Option<String>,
    pub is_alive: bool,
    /// Whether the person register has a row.
    pub is_registered: bool,
    /// Whether the register knows the document number under two names.
    pub has_name_conflict: bool,
    /// Known by a document other than a resident id.
    pub has_other_document: bool,
}

/// A tag of a person.
#[derive(Debug, Clone)]
pub struct CaseTag {
    pub tag: Tag,
    /// First day; absent: always, or the roster month's first.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// The full roster on which the person stands.
    pub roster_month: Option<Month>,
}

/// What a settlement record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimKind {
    Settlement,
    /// Takes back the claim at this place of the case's list.
    Reversal(usize),
    /// Pays funds later on fees settled before.
    Supplement,
}

#[derive(Debug, Clone)]
pub struct CaseClaim {
    /// Its number within the case.
    pub label: String,
    /// Whose: place in the case's list of people.
    pub person: usize,
    pub kind: ClaimKind,
    pub settled: NaiveDate,
    pub discharged: Option<NaiveDate>,
    /// Benefit year, where the record states one.
    pub benefit_year: Option<String>,
    pub insurance: String,
    pub care: String,
    pub place: Option<String>,
    pub visit: Option<String>,
    pub area: Option<CountyCode>,
    pub person_name: Option<String>,
    /// False: a later update voids it.
    pub is_valid: bool,
    /// Interim settlement of a long stay.
    pub is_mid_stay: bool,
    pub amounts: Amounts,
}

/// The money of a settlement record; the parts add up as the national table asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// 医疗费总额.
    pub total: Fen,
    /// 全自费.
    pub outside: Fen,
    /// 超限价自费.
    pub over_limit: Fen,
    /// 先行自付.
    pub first_share: Fen,
    /// 符合政策范围.
    pub in_scope: Fen,
    /// 起付线, as paid.
    pub deductible: Fen,
    pub fund: Fen,
    /// 医疗救助, a part of the funds.
    pub assistance: Fen,
    /// 医院承担.
    pub hospital: Fen,
    /// 个人负担总额.
    pub personal: Fen,
    /// 个人账户.
    pub account: Fen,
}

/// A later payer's payment for one claim.
#[derive(Debug, Clone)]
pub struct CasePayment {
    /// Place of the claim in the case's list.
    pub claim: usize,
    pub paid: NaiveDate,
    pub amount: Fen,
    /// Kind of payer; `None`: nobody says.
    pub payer: Option<String>,
}

#[derive(Debug, Clone)]
pub struct CaseApplication {
    /// Its number within the case.
    pub label: String,
    pub applied: NaiveDate,
    /// Who applied: place in the case's list of people.
    pub applicant: usize,
    /// Everybody of the household, the applicant too.
    pub members: Vec<usize>,
    /// Declared income of the household, yuan a year.
    pub household_income: Option<Fen>,
    pub assets: Option<Fen>,
    /// Declared other necessary spending (education).
    pub other_spending: Option<Fen>,
}

/// What a rule must find of a person; what is `None` may be anything.
#[derive(Debug, Clone)]
pub struct Expected {
    pub line: usize,
    /// Place of the person in the case's list.
    pub person: usize,
    pub rule: String,
    /// flagged, near, undecided, below or outside.
    pub status: Outcome,
    /// Why; empty: without a reason.
    pub reason: Option<String>,
    pub measured: Option<Fen>,
    pub line_amount: Option<Fen>,
    /// The figure from which the line was drawn.
    pub income: Option<Fen>,
    /// Measured cost less the line.
    pub excess: Option<Fen>,
    pub band: Option<String>,
    /// Whether the line is provisional.
    pub is_provisional: Option<bool>,
    pub county: Option<String>,
    pub claims: Option<i64>,
    /// The visit or the application that was measured.
    pub unit: Option<String>,
    /// The article of the rule's clause.
    pub article: Option<String>,
}
