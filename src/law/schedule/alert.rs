//! What the operator must be told: a pure function of status and history. No personal data: jobs, periods, feeds, counts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{Month, Period};
use crate::texts::{Table, zh};

/// What is wrong, in a word that monitors can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// The audit chain does not hold: somebody changed or cut it.
    AuditBroken,
    RunFailed,
    /// A run is due and not done.
    RunLate,
    /// A feed has had no new file for longer than it may.
    FeedMissing,
    /// A question waits for an answer.
    QuestionOpen,
    /// A landed file was refused and nobody has mended it.
    FileRefused,
    /// A landed file has waited for longer than a day.
    FileWaiting,
    /// Data of a month have not come whole.
    DataMissing,
    /// The calendar of working days does not have the next year.
    CalendarMissing,
    /// Mail cannot be delivered, or nobody knows whether it was.
    MailUndeliverable,
}

impl AlertKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::AuditBroken,
        Self::RunFailed,
        Self::RunLate,
        Self::FeedMissing,
        Self::QuestionOpen,
        Self::FileRefused,
        Self::FileWaiting,
        Self::DataMissing,
        Self::CalendarMissing,
        Self::MailUndeliverable,
    ];

    /// Its word in keys and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AuditBroken => "audit_broken",
            Self::RunFailed => "run_failed",
            Self::RunLate => "run_late",
            Self::FeedMissing => "feed_missing",
            Self::QuestionOpen => "question_open",
            Self::FileRefused => "file_refused",
            Self::FileWaiting => "file_waiting",
            Self::DataMissing => "data_missing",
            Self::CalendarMissing => "calendar_missing",
            Self::MailUndeliverable => "mail_undeliverable",
        }
    }
}

/// One thing that somebody must look at. It is raised once, stands while its cause stands, and is cleared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub kind: AlertKind,
    /// The job, feed or state that it is about; with the kind it makes the key by which it is raised only once.
    pub subject: String,
    pub chinese: String,
    pub english: String,
}

impl Alert {
    /// `run_late:monthly 2026-10`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind.word(), self.subject)
    }
}

/// The state of things that alerts are made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Jobs whose last run failed.
    pub failed: Vec<FailedRun>,
    pub late: Vec<LateRun>,
    pub feeds: Vec<MissingFeed>,
    /// Questions that wait for an answer.
    pub questions: Vec<OpenQuestion>,
    /// Landed files that are not taken.
    pub lying: Vec<LyingFact>,
    /// Months whose data have not come whole.
    pub missing: Vec<MissingData>,
    /// The year that the calendar of working days should have by now and does not.
    pub calendar: Option<i32>,
    /// Letters from which nothing comes by itself, by county and state of the outbox.
    pub mail: BTreeMap<(String, String), u64>,
    /// The first entry at which the audit chain does not hold.
    pub audit_broken_at: Option<i64>,
}

/// A job whose last run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRun {
    pub job: String,
    pub period: String,
    pub run_id: i64,
    pub at: DateTime<Utc>,
}

/// A question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    pub question_id: i64,
    /// What is asked, in Chinese and English.
    pub said: (String, String),
    /// Who has it today.
    pub owner: String,
    /// Last day on which its first owner answers it.
    pub due: NaiveDate,
}

/// A run that is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRun {
    pub job: String,
    pub period: Period,
    /// When it was due, in the schedule's zone.
    pub due: String,
    /// How often it has failed since.
    pub failures: u32,
}

/// A feed that is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFeed {
    pub feed: &'static str,
    /// Day of its newest file.
    pub newest: Option<NaiveDate>,
    /// How many days its newest file may be old.
    pub max_age_days: u32,
}

/// A landed file that is not taken. Its name may name a person: alerts tell it by its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LyingFact {
    pub feed: &'static str,
    /// What `status` shows beside its name.
    pub mark: String,
    /// Whether it was refused; it waits for the rest of it otherwise.
    pub is_refused: bool,
    pub since: NaiveDate,
}

/// A month of a feed that has not come whole for some counties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingData {
    pub feed: &'static str,
    pub month: Month,
    /// Names of the counties.
    pub counties: Vec<String>,
}

/// States of a mail from which nothing comes by itself: somebody must act.
const STUCK: [(&str, &str); 3] = [("rejected", "被拒收"), ("bounced", "被退回"), ("unknown", "结果不明")];

/// All alerts that the facts give, the gravest first, in a fixed order.
#[must_use]
pub fn alerts(facts: &Facts) -> Vec<Alert> {
    let mut found = Vec::new();
    if let Some(seq) = facts.audit_broken_at {
        found.push(Alert {
            kind: AlertKind::AuditBroken,
            subject: "chain".to_owned(),
            chinese: format!("审计链在第 {seq} 条处断裂：有记录被改动或删除。名单停止外发，请立即核查。"),
            english: format!("The audit chain does not hold from entry {seq} on: `poverty-watch audit verify`."),
        });
    }
    found.extend(facts.failed.iter().map(failed));
    found.extend(facts.late.iter().map(late));
    found.extend(facts.feeds.iter().map(missing));
    found.extend(facts.questions.iter().map(question));
    found.extend(facts.lying.iter().map(lying));
    found.extend(facts.missing.iter().map(missing_data));
    found.extend(facts.calendar.map(calendar));
    found.extend(facts.mail.iter().filter_map(|((county, state), count)| undeliverable(county, state, *count)));
    found
}

fn failed(run: &FailedRun) -> Alert {
    let FailedRun { job, period, run_id, at } = run;
    let at = at.format("%Y-%m-%d %H:%M UTC");
    Alert {
        kind: AlertKind::RunFailed,
        subject: job.clone(),
        chinese: format!("作业 {job}（{period}）上次运行失败（第 {run_id} 次运行，{at}）。已发布的数据不受影响。"),
        english: format!("Run {run_id} of {job} for {period} failed at {at}; what was published stands. See `status`."),
    }
}

fn question(open: &OpenQuestion) -> Alert {
    let OpenQuestion { question_id, said: (chinese, english), owner, due } = open;
    Alert {
        kind: AlertKind::QuestionOpen,
        subject: question_id.to_string(),
        chinese: format!("待确认事项第 {question_id} 号（{owner}，{due} 前答复）：{chinese}。"),
        english: format!(
            "Question {question_id}, due {due}: {english}. `poverty-watch questions show {question_id}`; names stand there."
        ),
    }
}

fn late(run: &LateRun) -> Alert {
    let LateRun { job, period, due, failures } = run;
    let (tried, attempts) = match failures {
        0 => ("尚未运行".to_owned(), "it has not been run".to_owned()),
        1 => ("已失败 1 次".to_owned(), "it has failed once".to_owned()),
        n => (format!("已失败 {n} 次"), format!("it has failed {n} times")),
    };
    Alert {
        kind: AlertKind::RunLate,
        subject: format!("{job} {period}"),
        chinese: format!("作业 {job}（{}）应于 {due} 运行，{tried}。", period.chinese()),
        english: format!("{job} for {period} was due at {due}: {attempts}. `poverty-watch run {job} --scheduled`."),
    }
}

fn undeliverable(county: &str, state: &str, count: u64) -> Option<Alert> {
    let (state, chinese) = STUCK.iter().find(|(code, _)| *code == state)?;
    Some(Alert {
        kind: AlertKind::MailUndeliverable,
        subject: format!("{county} {state}"),
        chinese: format!("{county} 有 {count} 封名单通知邮件{chinese}，收件单位可能不知道有名单待领取。"),
        english: format!(
            "{county}: letters {state}: {count}; their offices may not know of a list. `poverty-watch deliver show`."
        ),
    })
}

fn missing(late: &MissingFeed) -> Alert {
    let MissingFeed { feed, newest, max_age_days } = late;
    let (since, from) = newest.map_or_else(
        || ("从未收到文件".to_owned(), "no file has ever come".to_owned()),
        |day| (format!("最近一份文件收于 {day}"), format!("its newest file came on {day}")),
    );
    Alert {
        kind: AlertKind::FeedMissing,
        subject: (*feed).to_owned(),
        chinese: format!("数据 {feed} 未按时报送：{since}，时限 {max_age_days} 天。名单可能漏人。"),
        english: format!("Feed {feed} is late: {from}, it may be {max_age_days} days old. Lists may miss people."),
    }
}

fn lying(file: &LyingFact) -> Alert {
    let LyingFact { feed, mark, is_refused, since } = file;
    let name = zh(Table::Feed, feed);
    let (kind, chinese, english) = if *is_refused {
        (
            AlertKind::FileRefused,
            format!(
                "{name}有一份文件（{mark}）未通过校验，自 {since} 起未入库；请按 status 所示原因改正后重报，或移出报送目录。"
            ),
            format!(
                "A {feed} file ({mark}) has been refused since {since}: mend it as `status` says, or take it out of landing."
            ),
        )
    } else {
        (
            AlertKind::FileWaiting,
            format!("{name}有一份文件（{mark}）自 {since} 起未传完或缺少清单，尚未入库；请联系报送单位补传。"),
            format!(
                "A {feed} file ({mark}) has waited since {since} for the rest of it or its manifest: ask its sender."
            ),
        )
    };
    Alert { kind, subject: format!("{feed} {mark}"), chinese, english }
}

fn missing_data(missing: &MissingData) -> Alert {
    let MissingData { feed, month, counties } = missing;
    let (name, count, counties) = (zh(Table::Feed, feed), counties.len(), counties.join("、"));
    Alert {
        kind: AlertKind::DataMissing,
        subject: format!("{feed} {month}"),
        chinese: format!(
            "{}年{}月{name}未到齐：{count} 个县（市、区）：{counties}。其名单只增不减，不作零报告；请催报。",
            month.year(),
            month.number()
        ),
        english: format!(
            "{feed} of {month} have not come whole for {count} counties: {counties}. Nobody leaves their lists, none is NIL."
        ),
    }
}

fn calendar(year: i32) -> Alert {
    Alert {
        kind: AlertKind::CalendarMissing,
        subject: year.to_string(),
        chinese: format!("工作日历缺少 {year} 年：请按国务院办公厅放假通知补入 pipelines/tables/workdays.csv。"),
        english: format!("The calendar of working days lacks {year}: add its days to pipelines/tables/workdays.csv."),
    }
}
