//! A case after its file was checked: who, what was settled, which figures were known, what must come out.

use chrono::NaiveDate;

use crate::domain::{CountyCode, Fen, Month, Period, Tag};
use crate::policy::IncomeFigure;

/// One case: a small world and what a policy's rules must find in it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file it stands in.
    pub file: String,
    /// Its first line.
    pub line: usize,
    /// Its id (编号), of its policy's only one.
    pub id: String,
    /// What it shows, in plain words.
    pub says: String,
    /// The period that is looked at (数据期).
    pub period: Period,
    /// Its people.
    pub people: Vec<CasePerson>,
    /// Whether rosters state every tag that a rule asks for, by people outside the case.
    pub has_rosters: bool,
    /// Published figures.
    pub income: Vec<IncomeFigure>,
    /// Settlements, reversals, supplements.
    pub claims: Vec<CaseClaim>,
    /// Later payers.
    pub payments: Vec<CasePayment>,
    /// Households that applied.
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
    /// Not registered as dead.
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
    /// Which.
    pub tag: Tag,
    /// First day; absent: always, or the roster month's first.
    pub from: Option<NaiveDate>,
    /// Last day; absent: open.
    pub to: Option<NaiveDate>,
    /// The full roster on which the person stands.
    pub roster_month: Option<Month>,
}

/// What a settlement record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimKind {
    /// An ordinary settlement.
    Settlement,
    /// Takes back the claim at this place of the case's list.
    Reversal(usize),
    /// Pays funds later on fees settled before.
    Supplement,
}

/// One settlement record.
#[derive(Debug, Clone)]
pub struct CaseClaim {
    /// Its number within the case.
    pub label: String,
    /// Whose: place in the case's list of people.
    pub person: usize,
    /// What it is.
    pub kind: ClaimKind,
    /// Day of settlement.
    pub settled: NaiveDate,
    /// Last day of care.
    pub discharged: Option<NaiveDate>,
    /// Benefit year, where the record states one.
    pub benefit_year: Option<String>,
    /// Insurance type.
    pub insurance: String,
    /// Care type.
    pub care: String,
    /// Place of payment.
    pub place: Option<String>,
    /// Visit that was settled.
    pub visit: Option<String>,
    /// Insured area.
    pub area: Option<CountyCode>,
    /// Name on the record.
    pub person_name: Option<String>,
    /// False: a later update voids it.
    pub is_valid: bool,
    /// Interim settlement of a long stay.
    pub is_mid_stay: bool,
    /// Its money.
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
    /// All funds together.
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
#[derive(Debug, Clone, Copy)]
pub struct CasePayment {
    /// Place of the claim in the case's list.
    pub claim: usize,
    /// Day of payment.
    pub paid: NaiveDate,
    /// Yuan paid.
    pub amount: Fen,
}

/// A household's application.
#[derive(Debug, Clone)]
pub struct CaseApplication {
    /// Its number within the case.
    pub label: String,
    /// Day of application.
    pub applied: NaiveDate,
    /// Who applied: place in the case's list of people.
    pub applicant: usize,
    /// Everybody of the household, the applicant too.
    pub members: Vec<usize>,
    /// Declared income of the household, yuan a year.
    pub household_income: Option<Fen>,
    /// Declared assets.
    pub assets: Option<Fen>,
    /// Declared other necessary spending (education).
    pub other_spending: Option<Fen>,
}

/// What a rule must find of a person; what is `None` may be anything.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Line in the file.
    pub line: usize,
    /// Place of the person in the case's list.
    pub person: usize,
    /// The rule.
    pub rule: String,
    /// flagged, near, undecided, below or outside.
    pub status: String,
    /// Why; empty: without a reason.
    pub reason: Option<String>,
    /// Measured cost.
    pub measured: Option<Fen>,
    /// The line.
    pub line_amount: Option<Fen>,
    /// The figure from which the line was drawn.
    pub income: Option<Fen>,
    /// Measured cost less the line.
    pub excess: Option<Fen>,
    /// The band; empty: none.
    pub band: Option<String>,
    /// Whether the line is provisional.
    pub is_provisional: Option<bool>,
    /// The county.
    pub county: Option<String>,
    /// Number of claims counted.
    pub claims: Option<i64>,
    /// The visit or the application that was measured.
    pub unit: Option<String>,
    /// The article of the rule's clause.
    pub article: Option<String>,
}
