//! What each sender is told the same night (回执单): one page per sender that an officer can forward. What came of each
//! file, in rows and money; what was rejected and why; what is asked. Counts only, nobody's data.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use engine::{Context, PipelineError};
use intake::{FileSummary, IntakeSummary, Verdict};
use law::arrivals::{Gap, Sender, gaps_in_chinese};
use law::contracts::{Feed, OpenRejects, Outcome, Tally};
use law::domain::{CountyCode, Fen, official_day};
use law::texts::{Table, zh};
use store::durable::{self, At as _, Readers};

use crate::arrivals::due_by;

/// Writes the pages about what a run of intake decided; answers where they lie.
pub(crate) fn acknowledge(context: &Context, summary: &IntakeSummary) -> Result<Vec<PathBuf>, PipelineError> {
    let is_news = |file: &&FileSummary| {
        matches!(file.verdict, Verdict::Taken(_) | Verdict::Refused { .. } | Verdict::Arriving(_))
    };
    let mut pages: BTreeMap<(Feed, String), Vec<&FileSummary>> = BTreeMap::new();
    for file in summary.files.iter().filter(is_news) {
        let sender = sender_of(context, file)?;
        let name = sender.map_or_else(|| file.name.clone(), |sender| sender.name.clone());
        pages.entry((file.feed, name)).or_default().push(file);
    }
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let gaps = due_by(context)?;
    let folder = context.workspace.layout.acknowledgements().join(official_day(context.now).to_string());
    fs::create_dir_all(&folder).at(&folder)?;
    let mut written = Vec::new();
    for ((feed, name), files) in pages {
        let sender = context.senders.iter().find(|sender| sender.feed == feed && sender.name == name);
        let path = free_path(&folder, feed, &name);
        let own: Vec<Gap> =
            gaps.iter().filter(|(county, gap)| is_own(sender, county, gap)).map(|(_, gap)| gap.clone()).collect();
        let text = page(context, (feed, &name), &files, &own);
        durable::write(&path, text.as_bytes(), Readers::Owner)?;
        written.push(path);
    }
    Ok(written)
}

/// Whether a gap is one that the sender must fill.
fn is_own(sender: Option<&Sender>, county: &CountyCode, gap: &Gap) -> bool {
    sender.is_some_and(|sender| sender.feed == gap.feed && sender.covers(county) && sender.counties.is_some())
}

/// Who sent a file: the sender that its name names, the one whose counties it is about, the only one of the feed.
fn sender_of<'a>(context: &'a Context, file: &FileSummary) -> Result<Option<&'a Sender>, PipelineError> {
    let of_feed: Vec<&Sender> = context.senders.iter().filter(|sender| sender.feed == file.feed).collect();
    if let Some(named) = of_feed.iter().find(|sender| file.name.contains(&sender.name)) {
        return Ok(Some(named));
    }
    if let [only] = of_feed.as_slice() {
        return Ok(Some(only));
    }
    let parts = context.ledger.arrived()?;
    let own: Vec<&CountyCode> = parts
        .iter()
        .filter(|part| part.feed == file.feed && part.file == file.name)
        .filter_map(|part| part.county.as_ref())
        .collect();
    let covers = |sender: &&&Sender| {
        let in_name = |codes: &Vec<CountyCode>| codes.iter().any(|code| file.name.contains(code.as_str()));
        let has_all = !own.is_empty() && own.iter().all(|county| sender.covers(county));
        has_all || sender.counties.as_ref().is_some_and(in_name)
    };
    // The one with the fewest counties that covers them all.
    let reach = |sender: &&&Sender| sender.counties.as_ref().map_or(usize::MAX, Vec::len);
    Ok(of_feed.iter().filter(covers).min_by_key(reach).copied())
}

/// A path where nothing lies yet; a page that was given out stays as it is.
fn free_path(folder: &std::path::Path, feed: Feed, name: &str) -> PathBuf {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).take(40).collect();
    let path = |suffix: &str| folder.join(format!("{feed}-{plain}{suffix}.html"));
    let numbered = (2..1000).map(|number| path(&format!("-{number}")));
    std::iter::once(path("")).chain(numbered).find(|path| !path.exists()).unwrap_or_else(|| path("-more"))
}

fn page(context: &Context, (feed, name): (Feed, &str), files: &[&FileSummary], gaps: &[Gap]) -> String {
    let bureau = &context.workspace.settings.bureau;
    let title = format!("数据接收回执单（{}）", zh(Table::Feed, feed.name()));
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>{0}</title>\n<style>body{{font-family:sans-serif;\
         max-width:50em;margin:2em auto}}table{{border-collapse:collapse;width:100%}}td,th{{border:1px solid #888;padding:4px \
         8px;text-align:left}}td.n{{text-align:right}}</style>\n<body>\n<h1>{0}</h1>\n<p>报送单位：{1}<br>接收单位：{2}<br>\
         接收日期：{3}</p>\n",
        escaped(&title),
        escaped(name),
        escaped(&bureau.name),
        official_day(context.now)
    );
    for file in files {
        let _ = writeln!(text, "<h2>{}</h2>", escaped(&file.name));
        match &file.verdict {
            Verdict::Taken(outcome) => {
                text += &taken(feed, outcome, file.rejects.is_some());
                text += &mended(&file.mended);
            }
            Verdict::Refused { reason, .. } => {
                let _ = writeln!(
                    text,
                    "<p>结果：整份未通过校验，未入库。</p>\n<p>原因：{}</p>\n<p>请按原因改正后重新报送（文件名可不变）。</p>",
                    escaped(reason)
                );
            }
            Verdict::Arriving(why) => {
                let _ = writeln!(
                    text,
                    "<p>结果：文件未传完或与清单不符，暂未入库。</p>\n<p>情况：{}</p>\n<p>请补传文件或更正清单。</p>",
                    escaped(why)
                );
            }
            _ => {}
        }
    }
    if !gaps.is_empty() {
        let _ = writeln!(text, "<h2>尚未到齐的数据</h2>\n<p>{}。请尽快补报。</p>", escaped(&gaps_in_chinese(gaps)));
    }
    text + "<p>本回执只列行数和金额，不含个人信息。</p>\n</body></html>\n"
}

fn taken(feed: Feed, outcome: &Outcome, has_rejects: bool) -> String {
    let has_money = feed.contract().control.is_some();
    let mut text = "<table>\n<tr><th>项目</th><th>行数</th>".to_owned();
    text += if has_money { "<th>金额（元）</th></tr>\n" } else { "</tr>\n" };
    let mut line = |what: &str, tally: Tally| {
        let _ = write!(text, "<tr><td>{}</td><td class=\"n\">{}</td>", escaped(what), tally.rows);
        let _ = if has_money {
            writeln!(text, "<td class=\"n\">{}</td></tr>", yuan(tally.fen))
        } else {
            writeln!(text, "</tr>")
        };
    };
    line("收到", outcome.read);
    line("入库", outcome.accepted);
    line("被后续更新替换", outcome.superseded);
    line("重复", outcome.duplicate);
    line("待匹配（如退费待原结算）", outcome.held);
    line("退回", outcome.rejected_total());
    text += "</table>\n";
    if outcome.rejected.is_empty() {
        return text + "<p>全部记录可用，无需处理。</p>\n";
    }
    text += "<p>退回原因与处理要求：</p>\n<table>\n<tr><th>代码</th><th>处理要求</th><th>行数</th></tr>\n";
    for (code, tally) in &outcome.rejected {
        let remedy = zh(Table::Reject, code.code());
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
            code.code(),
            escaped(remedy),
            tally.rows
        );
    }
    text += "</table>\n";
    if has_rejects {
        text += "<p>退回记录的行号和内容见随附的退回明细（XLSX，另有CSV），请改正后连同明细所列记录重新报送。</p>\n";
    }
    text
}

/// How the earlier files stand whose rejected rows a file has mended.
fn mended(earlier: &[OpenRejects]) -> String {
    let line = |file: &OpenRejects| {
        let (name, mended, open) = (escaped(&file.name), file.mended, file.open());
        let rest = if open == 0 { "已全部更正".to_owned() } else { format!("尚有{open}行待更正") };
        format!("<p>此前退回的记录：{name}退回{}行，已更正{mended}行，{rest}。</p>\n", file.rows)
    };
    earlier.iter().map(line).collect()
}

fn yuan(fen: i128) -> String {
    i64::try_from(fen).map_or_else(|_| format!("{}", fen / 100), |fen| Fen(fen).to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
