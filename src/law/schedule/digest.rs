//! The day's digest: what happened of which nobody has to be told at once. A pure function of counts, no personal data.

use std::collections::BTreeMap;

use super::AlertMail;
use crate::contracts::{Feed, Tally};
use crate::texts::{Table, zh};

/// What a day was like, in counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayFacts {
    /// The last run that looked for people.
    pub night: Option<NightFacts>,
    /// What was taken in, by feed.
    pub taken: BTreeMap<Feed, TakenFacts>,
    pub taken_back: u64,
    /// Questions that wait for an answer, and those of them that are overdue.
    pub questions: (u64, u64),
    /// Landed files that are not taken.
    pub lying: u64,
    /// Months of counties that have not come whole.
    pub gaps: u64,
    /// Months that senders owe or delivered late.
    pub late: u64,
}

/// A run, by what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NightFacts {
    pub job: String,
    pub period: String,
    /// When it ended.
    pub at: String,
    pub is_done: bool,
    pub flagged: u64,
    pub near: u64,
    pub undecided: u64,
}

/// Files of one feed that were taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenFacts {
    pub files: u64,
    pub read: Tally,
    pub accepted: Tally,
    pub rejected: Tally,
    pub held: Tally,
}

/// The digest's lines, in Chinese and English.
#[must_use]
pub fn digest(facts: &DayFacts) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = facts.night.iter().map(night).collect();
    lines.extend(facts.taken.iter().map(|(feed, taken)| of_feed(*feed, taken)));
    if facts.taken.is_empty() {
        lines.push(("一日内无新文件入库。".to_owned(), "No file was taken in within a day.".to_owned()));
    }
    let mut count = |count: u64, chinese: &str, english: &str| {
        if count > 0 {
            let fill = |text: &str| text.replace("{count}", &count.to_string());
            lines.push((fill(chinese), fill(english)));
        }
    };
    count(facts.taken_back, "撤回已入库文件{count}份。", "{count} accepted files were taken back.");
    count(facts.questions.0, "待确认事项{count}项。", "{count} questions wait for an answer.");
    count(facts.questions.1, "其中逾期未答复{count}项。", "{count} of them are overdue.");
    count(facts.lying, "报送目录中未入库文件{count}份。", "{count} landed files are not taken.");
    count(facts.gaps, "县（市、区）月度数据未到齐{count}项。", "{count} months of counties have not come whole.");
    count(facts.late, "报送单位逾期{count}项。", "{count} months came late from their senders, or have not come.");
    lines
}

fn night(night: &NightFacts) -> (String, String) {
    let NightFacts { job, period, at, is_done, flagged, near, undecided } = night;
    if !is_done {
        return (
            format!("作业 {job}（{period}）{at} 未正常结束。"),
            format!("{job} for {period} did not end well at {at}."),
        );
    }
    (
        format!("作业 {job}（{period}）{at} 正常结束：越线{flagged}项，关注{near}项，待核实{undecided}项。"),
        format!(
            "{job} for {period} ended well at {at}: {flagged} findings flagged, {near} near, {undecided} undecided."
        ),
    )
}

fn of_feed(feed: Feed, taken: &TakenFacts) -> (String, String) {
    let TakenFacts { files, read, accepted, rejected, held } = taken;
    let (name, read, accepted, rejected, held) =
        (zh(Table::Feed, feed.name()), read.rows, accepted.rows, rejected.rows, held.rows);
    (
        format!("{name}：入库文件{files}份，共{read}行，采用{accepted}行，退回{rejected}行，待匹配{held}行。"),
        format!("{feed}: {files} files with {read} rows, {accepted} accepted, {rejected} rejected, {held} held."),
    )
}

/// The mail with a day's digest; `workspace` says where, `day` is the day as the offices write it.
#[must_use]
pub fn digest_mail(lines: &[(String, String)], workspace: &str, day: &str) -> AlertMail {
    let side = |pick: fn(&(String, String)) -> &String| {
        let numbered = lines.iter().enumerate().map(|(at, line)| format!("{}. {}\n", at + 1, pick(line)));
        numbered.collect::<String>()
    };
    let (chinese, english) = (side(|line| &line.0), side(|line| &line.1));
    let subject = format!("[poverty-watch] 每日摘要 / daily digest, {day}");
    let body = format!(
        "{workspace}，{day}，供了解，无需回复：\n\n{chinese}\n--\n{workspace}, {day}, for information:\n\n{english}\n详情 / details: \
         poverty-watch status\n"
    );
    AlertMail { subject, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_both_languages_and_what_is_nothing_is_not() {
        let night = NightFacts {
            job: "nightly".to_owned(),
            period: "2026-10".to_owned(),
            at: "2026-11-01 02:10".to_owned(),
            is_done: true,
            flagged: 7,
            near: 3,
            undecided: 1,
        };
        let tally = |rows| Tally { rows, fen: 0 };
        let taken = TakenFacts { files: 2, read: tally(90), accepted: tally(88), rejected: tally(2), held: tally(0) };
        let facts = DayFacts {
            night: Some(night),
            taken: [(Feed::Claims, taken)].into(),
            questions: (2, 1),
            ..DayFacts::default()
        };
        let lines = digest(&facts);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].0.contains("越线7项") && lines[1].0.contains("退回2行"), "{lines:?}");
        let mail = digest_mail(&lines, "演示市", "2026-11-01");
        assert!(mail.body.contains("4. 其中逾期未答复1项。") && mail.body.contains("4. 1 of them are overdue."));
        assert!(digest(&DayFacts::default())[0].1.contains("No file"));
    }
}
