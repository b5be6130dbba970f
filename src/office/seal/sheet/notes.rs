//! The sheet 填报说明: what the list is, by which rules, what the states mean, how to fill it in.

use law::arrivals::gaps_in_chinese;
use law::domain::{Month, Period};
use law::referrals::{ColumnKind, DeltaCounts, Duty, ListKind, ReferralList, column_called, label};
use rust_xlsxwriter::{Format, RowNum, Worksheet, XlsxError};

use super::feedback::FEEDBACK;
use super::style::{Formats, cell_text, mark, paper, width_of};
use crate::seal::SealContext;

/// Width of the second column in half-width characters; longer texts wrap.
const TEXT_WIDTH: usize = 96;

pub(super) fn write_notes(
    sheet: &mut Worksheet,
    list: &ReferralList,
    seq: u64,
    context: &SealContext<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_name("填报说明")?;
    sheet.set_column_width(0, 22)?.set_column_width(1, 100)?;
    paper(sheet, 1);
    mark(sheet, context);
    sheet.set_row_height(0, 26)?.write_string_with_format(
        0,
        0,
        cell_text(&context.title("填报说明")),
        &formats.title,
    )?;
    let left = formats.wrapped.clone().set_bold();
    for (row, (heading, text)) in (1..).zip(lines(list, seq, context)) {
        write_line(sheet, row, (&heading, &left), (&text, &formats.wrapped))?;
    }
    Ok(())
}

fn write_line(
    sheet: &mut Worksheet,
    row: RowNum,
    heading: (&str, &Format),
    text: (&str, &Format),
) -> Result<(), XlsxError> {
    // Readers do not measure wrapped Chinese reliably, so the height is set.
    let wrapped =
        |text: &str, width: usize| text.lines().map(|line| width_of(line).div_ceil(width).max(1)).sum::<usize>();
    let height = wrapped(text.0, TEXT_WIDTH).max(wrapped(heading.0, 20));
    sheet.set_row_height(row, u32::try_from(4 + 17 * height.max(1)).unwrap_or(20))?;
    sheet.write_string_with_format(row, 0, cell_text(heading.0), heading.1)?;
    sheet.write_string_with_format(row, 1, cell_text(text.0), text.1)?;
    Ok(())
}

fn lines(list: &ReferralList, seq: u64, context: &SealContext<'_>) -> Vec<(String, String)> {
    let counts = DeltaCounts::of(&list.rows);
    let id = &list.id;
    let mut lines = vec![
        ("一、本名单", purpose(list)),
        ("名单编号", format!("{id}，本单位第 {seq} 号；编号连续，缺号请立即与发送单位联系")),
        ("数据所属期", data_months(id.period, context.first_month)),
        ("发送单位", context.sender.to_owned()),
        ("接收单位", format!("{}{}", list.county_name, list.office.name)),
        (
            "人数",
            format!(
                "名单内 {} 人：新增 {}，延续 {}，升级 {}；另列撤回 {} 人（灰色、删除线）",
                counts.persons(),
                counts.new,
                counts.continuing,
                counts.escalated,
                counts.withdrawn
            ),
        ),
        ("上期名单", list.previous.as_ref().map_or_else(|| "本年度首期".to_owned(), |(id, _)| id.clone())),
    ];
    lines.extend(kind_line(id.kind).map(|(head, text)| (head, text.to_owned())));
    lines.extend(gap_line(list).map(|text| ("数据缺口", text)));
    let mut all: Vec<(String, String)> = lines.into_iter().map(|(head, text)| (head.to_owned(), text)).collect();
    all.push((
        "二、判定规则".to_owned(),
        "同一人命中多条规则的只列一行，以排在前面的规则为主，其余列于“命中规则”。".to_owned(),
    ));
    for rule in context.rules {
        if list.office.is_referral() && !rule.recipients.contains(&list.office.code) {
            continue;
        }
        let basis = column_called("basis").map_or_else(String::new, |column| match column.kind {
            ColumnKind::Coded(table) => label(table, &rule.basis),
            _ => rule.basis.clone(),
        });
        let text = format!(
            "{}\n依据：{}\n费用口径：{basis}\n监测线：{}\n规则版本：{}",
            rule.text, rule.clause, rule.line, rule.version
        );
        all.push((rule.name.clone(), text));
    }
    all.extend(states(list.office.duty));
    if list.office.is_referral() {
        all.extend(filling(context));
    }
    all.push((
        "保密要求".to_owned(),
        "本名单含敏感个人信息，依据《中华人民共和国个人信息保护法》第十三条第三项、第三十四条为履行法定职责所必需而提供；\
         仅限经办人员用于防止返贫致贫监测帮扶，不得转发、公示或另作他用，用毕按规定保存或销毁。"
            .to_owned(),
    ));
    all
}

/// The months that the list is about, and since when there are data where that is later.
fn data_months(period: Period, first: Option<Month>) -> String {
    let months = format!("{}年1月至{}", period.year(), period.chinese());
    match first {
        Some(first) if first.year() == period.year() && first.number() > 1 => {
            format!("{months}；本系统自{}年{}月起有数据，此前月份未计入", first.year(), first.number())
        }
        _ => months,
    }
}

/// Which of the county's data have not come, and what that means for the list.
fn gap_line(list: &ReferralList) -> Option<String> {
    if list.gaps.is_empty() {
        return None;
    }
    let missing = gaps_in_chinese(&list.gaps);
    Some(format!("{missing}。本名单按已收到的数据编制，已列入人员暂不撤回；数据补齐后如有变动，随下期补充。"))
}

/// What a list of that kind is, where it is no plain list of its month.
const fn kind_line(kind: ListKind) -> Option<(&'static str, &'static str)> {
    match kind {
        ListKind::Full | ListKind::Summary => None,
        ListKind::Nil => Some(("零报告", "本期无人列入。零报告同样发送，以免漏报与无人列入混淆。")),
        ListKind::Supplement => Some(("补充名单", "上列名单发出后，因新到数据应当列入的人员。")),
        ListKind::Correction => Some(("更正名单", "上列名单中内容有误或已变动的人员，以本名单为准。")),
        ListKind::Withdrawal => Some(("撤回名单", "上列名单中不应再列入的人员，请停止核查并删除其信息。")),
        ListKind::Retraction => Some(("收回通知", "上列名单整份收回，请立即删除全部文件及副本，并回告删除情况。")),
    }
}

fn purpose(list: &ReferralList) -> String {
    match list.office.duty {
        Duty::Referral | Duty::Summary => {
            "医保结算数据显示个人自付费用超过监测线的人员。列入名单只表示需要入户核查，不等于认定返贫致贫，也不直接产生待遇。"
        }
        Duty::Undecided => "因数据缺失或矛盾，暂不能判定是否超过监测线的人员，由医疗保障局核实，不对外发送。",
        Duty::Near => "自付费用接近但未超过监测线的人员，供医疗保障局日常关注，不对外发送。",
    }
    .to_owned()
}

fn states(duty: Duty) -> Vec<(String, String)> {
    let mut states = vec![
        ("三、变动情况", "与本年度上一期已封存的同类名单比较；每年1月重新开始。"),
        ("新增", "上期名单没有，本期列入。"),
        ("延续", "上期名单已有，本期仍在；金额以本期为准。"),
        ("升级", "上期名单已有，本期又命中其他规则，见“变动说明”。"),
        (
            "撤回",
            "上期名单已有，本期不再列入（退费、补助到账、身份变化等），原因见“变动说明”；金额为上期金额，不计入合计。",
        ),
    ];
    if duty == Duty::Undecided {
        states.push(("待核实原因", "按所列原因补充或更正数据，下次运行后自动重新判定。"));
    }
    states.into_iter().map(|(head, text)| (head.to_owned(), text.to_owned())).collect()
}

fn filling(context: &SealContext<'_>) -> Vec<(String, String)> {
    let mut lines = vec![
        (
            "四、填报方法".to_owned(),
            "只填写黄色标题的反馈栏，不改动其他栏目、不增删行、不改列名；“行标识”用于回收时对应到人，请保留。撤回人员不需填报。"
                .to_owned(),
        ),
    ];
    for column in FEEDBACK {
        let choices = if column.choices().is_empty() {
            String::new()
        } else {
            format!("（可选：{}）", column.choices().join("、"))
        };
        lines.push((column.heading.to_owned(), format!("{}{choices}", column.hint)));
    }
    lines.push(("反馈期限".to_owned(), format!("请于收到名单之日起 {} 日内完成核查并反馈。", context.feedback_days)));
    lines
}
