//! Files as senders name and lay them out: profiles, workbooks of all formats, text in all its dresses.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Date32Type;
use chrono::{Days, NaiveDate};
use intake::{GateReport, GateVerdict, run_gate};
use law::contracts::{Feed, RejectCode, TagAliases};
use law::profiles::{Profiles, parse_profiles};
use rust_xlsxwriter::Workbook;

use crate::gate::{Bench, PROGRAM, csv_with};
use crate::workspace::Workspace;

const IDS: [&str; 3] = ["990103196203050018", "990103196203050026", "990103196203050034"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The profiles that the program ships for a feed.
fn shipped(feed: Feed) -> Profiles {
    let path = root().join(format!("pipelines/feeds/{feed}.toml"));
    profiles(feed, &std::fs::read_to_string(path).unwrap())
}

fn profiles(feed: Feed, text: &str) -> Profiles {
    let mut reader = csv::Reader::from_path(root().join("pipelines/tables/tag_aliases.csv")).unwrap();
    let rows: Vec<_> =
        reader.records().map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).unwrap()).collect();
    let aliases = TagAliases::new(rows.iter().map(|(alias, tag)| (alias.as_str(), tag.as_str()))).unwrap();
    parse_profiles(feed, "profiles", text, &aliases).unwrap()
}

/// Sends a file through the gate by these profiles, in a bureau of two counties.
fn open(bench: &Bench, feed: Feed, name: &str, bytes: &[u8], profiles: Profiles) -> Result<GateReport, String> {
    let path = bench.path(name);
    std::fs::write(&path, bytes).unwrap();
    let mut job = bench.job(feed, &path);
    job.profiles = profiles;
    let counties = [("青屏县", "990103"), ("云麓县", "990104")];
    job.counted.county_names = counties.map(|(name, code)| (name.to_owned(), code.to_owned())).into();
    match run_gate(Path::new(PROGRAM), &job).unwrap() {
        GateVerdict::Staged(report) => Ok(*report),
        GateVerdict::Refused { reason } => Err(reason),
    }
}

/// Every accepted row of a roster: name, tag, first day, last day, office, county, month.
fn members(bench: &Bench) -> Vec<String> {
    let mut rows = Vec::new();
    let day = |days: i32| NaiveDate::default() + Days::new(days.try_into().unwrap());
    for batch in bench.staged() {
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            if column.is_valid(row) { column.value(row).to_owned() } else { "-".to_owned() }
        };
        let date = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_primitive::<Date32Type>();
            if column.is_valid(row) { day(column.value(row)).to_string() } else { "-".to_owned() }
        };
        for row in 0..batch.num_rows() {
            rows.push(format!(
                "{} {} {} {} {} {} {}",
                text("person_name", row),
                text("tag", row),
                date("from_date", row),
                date("to_date", row),
                text("source_office", row),
                text("county_code", row),
                date("roster_month", row),
            ));
        }
    }
    rows.sort();
    rows
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures/forms").join(name)).unwrap()
}

#[test]
fn a_county_form_lands_unedited_from_every_kind_of_workbook() {
    let bench = Bench::new();
    let expected = [
        "李丙 subsistence 2025-09-01 - 青屏县民政局 990103 2025-09-01",
        "陈乙 subsistence 2024-01-01 - 青屏县民政局 990103 2025-09-01",
        "陈甲 subsistence 2024-01-01 - 青屏县民政局 990103 2025-09-01",
    ];
    for (name, form) in [
        ("青屏县民政局农村低保备案表202509.xls", "low.xls"),
        ("青屏县民政局农村低保备案表（2025年9月）.ods", "low.ods"),
        ("附件2 青屏县民政局 农村低保备案表 2025-09.et", "low.xls"),
    ] {
        let report = open(&bench, Feed::Rosters, name, &fixture(form), shipped(Feed::Rosters)).unwrap();
        assert_eq!(report.outcome.accepted.rows, 3, "{name}: {}", bench.rejects());
        assert_eq!(members(&bench), expected, "{name}");
        assert!(report.notes[0].contains("roster_month 2025-09"), "{:?}", report.notes);
    }
    // What the name does not state is told, or wanting.
    let report =
        open(&bench, Feed::Rosters, "农村低保备案表.xls", &fixture("low.xls"), shipped(Feed::Rosters)).unwrap();
    assert!(report.notes.iter().any(|note| note.contains("states no month")), "{:?}", report.notes);
    assert_eq!(members(&bench)[0], "李丙 subsistence 2025-09-01 - 民政局 - -");
    let reason = open(&bench, Feed::Rosters, "备案表.xls", &fixture("low.xls"), shipped(Feed::Rosters)).unwrap_err();
    assert!(reason.contains("tag is missing") && reason.contains("source_office is missing"), "{reason}");
    for (name, part) in [
        ("低保特困备案表202509.xls", "two categories, 低保对象 and 特困人员"),
        ("低保备案表202509至202510.xls", "two months, 2025-09 and 2025-10"),
        ("青屏县云麓县低保备案表202509.xls", "two counties, 990104 and 990103"),
    ] {
        let reason = open(&bench, Feed::Rosters, name, &fixture("low.xls"), shipped(Feed::Rosters)).unwrap_err();
        assert!(reason.contains(part), "{name}: {reason}");
    }
}

#[test]
fn the_watched_end_on_their_day_or_with_the_month_before() {
    let bench = Bench::new();
    let name = "防止返贫致贫监测对象信息_20250902-风险未消除608人（青屏县）.xlsx";
    let report = open(&bench, Feed::Rosters, name, &fixture("watch.xlsx"), shipped(Feed::Rosters)).unwrap();
    assert_eq!(report.outcome.accepted.rows, 3, "{}", bench.rejects());
    let expected = [
        "李丙 sudden_hardship 2022-08-01 2025-08-31 农业农村局 990103 2025-09-01",
        "陈乙 vulnerable 2022-01-01 2024-12-31 农业农村局 990103 2025-09-01",
        "陈甲 unstable_lifted_out 2023-01-01 - 农业农村局 990103 2025-09-01",
    ];
    assert_eq!(members(&bench), expected);
    // Without a month nobody knows when it ended.
    open(&bench, Feed::Rosters, "监测对象.xlsx", &fixture("watch.xlsx"), shipped(Feed::Rosters)).unwrap();
    assert_eq!(members(&bench).len(), 2, "{}", bench.rejects());
}

#[test]
fn the_national_export_is_two_rows_where_it_states_two_categories() {
    let bench = Bench::new();
    let header = "序号,数据日期,\"县(市、区、旗)\",乡(镇),行政村,户编号,人编号,姓名,证件号码,人数,与户主关系,民族,健康状况,户类型,易返贫致贫户(监测对象)类型,风险是否消除,风险识别时间,风险消除时间,人员识别时间";
    let line = |name: &str, id: &str, county: &str, watched: &str| {
        format!(
            "1,202610,{county},东坪乡,上林村,990000000001,990000000002,{name},{id},3,户主,汉族,健康,脱贫户,{watched},201401"
        )
    };
    let rows = [
        line("甲", IDS[0], "青屏县", "突发严重困难户,是,202401,202506"),
        line("乙", IDS[1], "某省某市云麓县", "脱贫不稳定户,否,202401,"),
        line("丙", IDS[2], "远县", ",,,"),
    ];
    let name = "已脱贫人口名单.csv";
    let report = open(&bench, Feed::Rosters, name, &csv_with(header, &rows), shipped(Feed::Rosters)).unwrap();
    assert_eq!((report.outcome.read.rows, report.outcome.accepted.rows), (5, 5), "{}", bench.rejects());
    let rows = members(&bench);
    assert!(rows[0].starts_with("丙 lifted_out 2014-01-01 - 农业农村局 - 2026-10-01"), "{rows:?}");
    assert!(rows[1].starts_with("乙 lifted_out 2014-01-01 - 农业农村局 990104 2026-10-01"), "{rows:?}");
    assert!(rows[2].starts_with("乙 unstable_lifted_out 2024-01-01 - 农业农村局 990104"), "{rows:?}");
    assert!(rows[4].starts_with("甲 sudden_hardship 2024-01-01 2025-06-30 农业农村局 990103"), "{rows:?}");
    let notes = report.notes.join("\n");
    assert!(notes.contains("1 rows name a county") && notes.contains("远县 (1)"), "{notes}");
    assert!(!notes.contains("states no month"), "{notes}");
    assert!(notes.contains("3 lines state more than one category: 5 rows"), "{notes}");
    // A list of another layout under the same name is read by the next profile.
    let bytes = csv_with("姓名,身份证号", &[format!("甲,{}", IDS[0])]);
    open(&bench, Feed::Rosters, "脱贫人口2026年3月.csv", &bytes, shipped(Feed::Rosters)).unwrap();
    assert_eq!(members(&bench), ["甲 lifted_out - - 农业农村局 - 2026-03-01"]);
}

#[test]
fn a_sender_has_own_names_and_a_sheet_for_each_category() {
    let bench = Bench::new();
    let mut book = Workbook::new();
    for (name, id, title) in [("特困人员", IDS[0], "编码"), ("低保", IDS[1], "证件"), ("说明", "见各表", "内容")]
    {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.write_string(0, 0, "本表由青屏县民政局填报").unwrap();
        sheet.write_string(2, 0, title).unwrap();
        sheet.write_string(2, 1, "人名").unwrap();
        sheet.write_string(2, 2, "内部备注").unwrap();
        sheet.write_string(3, 0, id).unwrap();
        sheet.write_string(3, 1, "甲").unwrap();
        if title == "证件" {
            sheet.write_string(4, 0, "990103196203050019").unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let text = "[[files]]\nmatch = \"汇总*\"\ntag = \"from sheet\"\nsource_office = \"青屏县民政局\"\ncounty_code = \"990103\"\n\
                month = \"2026-03\"\nheader_row = 3\nsheets = [\"特困*\", \"低保\"]\nignore_columns = [\"内部备注\"]\n\
                [files.columns]\n\"编码\" = \"id_number\"\n\"证件\" = \"id_number\"\n\"人名\" = \"person_name\"\n";
    let report = open(&bench, Feed::Rosters, "汇总.xlsx", &bytes, profiles(Feed::Rosters, text)).unwrap();
    assert_eq!(report.outcome.accepted.rows, 2, "{}", bench.rejects());
    assert_eq!(
        members(&bench),
        ["甲 special_hardship - - 青屏县民政局 990103 2026-03-01", "甲 subsistence - - 青屏县民政局 990103 2026-03-01"]
    );
    // A row that is wrong is told with its sheet.
    assert!(bench.rejects().contains("汇总.xlsx[低保],5,"), "{}", bench.rejects());
    let reason = open(&bench, Feed::Rosters, "汇总.xlsx", &bytes, Profiles::default()).unwrap_err();
    assert!(reason.contains("no header"), "{reason}");
}

#[test]
fn exports_of_the_register_land_unedited() {
    let bench = Bench::new();
    let insured = "PSN_INSU_RLTS_ID,PSN_NO,PSN_NAME,PSN_CERT_TYPE,CERTNO,GEND,INSUTYPE,PSN_INSU_STAS,INSU_ADMDVS,EMP_NO,EMP_NAME,PSN_INSU_DATE,PAUS_INSU_DATE,BEGNDATE,ENDDATE,SURV_STAS,RID,UPDT_TIME,POOLAREA_NO,OPTINS_NO";
    let row = format!(
        "1,P1,甲,01,{},1,390,1,990103,990103001001,上林村,2020-01-01,,2020-01-01,,1,r,2026-01-01 10:00:00,990100,1",
        IDS[0]
    );
    let paid = "EMP_NO,EMP_NAME,PSN_NO,PSN_NAME,CERTNO,PSN_INSU_RLTS_ID,INSUTYPE,PSN_TYPE,PSN_IDET_TYPE,INSU_IDET,ELEC_TAXRPT_NO,CASHYM,ACCRYM_BEGN,ACCRYM_END,PSN_CLCT_AMT,REVS_FLAG,CLCT_FLAG,CLCT_TYPE,CLCT_TIME,POOLAREA_NO,RID,UPDT_TIME";
    let pay = format!(
        "990104001001,东坪村,P2,乙,{},2,城乡居民基本医疗保险,居民(成年),,,,202601,20260101,20261231,400,正常,已缴费,正常应缴,2025-11-03,某市,r,2025-11-03 10:00:00",
        IDS[1]
    );
    for (name, header, row, county) in
        [("PSN_INSU_D_20260101.csv", insured, row, "990103"), ("rsdt_psn_clct_detl_d.csv", paid, pay, "990104")]
    {
        let report = open(&bench, Feed::Residents, name, &csv_with(header, &[row]), shipped(Feed::Residents)).unwrap();
        assert_eq!(report.outcome.accepted.rows, 1, "{name}: {}", bench.rejects());
        let counties: BTreeMap<_, _> = bench.staged_texts("county_code", "insurance_type");
        assert_eq!(counties, [(county.to_owned(), Some("390".to_owned()))].into(), "{name}");
    }
}

#[test]
fn text_in_all_its_dresses_is_one_table() {
    let bench = Bench::new();
    let text = format!(
        "证件号码,姓名,人员类别,起始日期,终止日期,来源单位\n{},甲,脱贫人口,2020-01-01,,甲县农业农村局\n",
        IDS[0]
    );
    let wide = |text: &str, is_big: bool, is_marked: bool| {
        let units = is_marked.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let tabs = text.replace(',', "\t");
    let cases = [
        ("tabs", tabs.clone().into_bytes()),
        ("semicolons", text.replace(',', ";").into_bytes()),
        ("bars", text.replace(',', "|").into_bytes()),
        ("sep", format!("sep=;\n{}", text.replace(',', ";")).into_bytes()),
        ("quoted sep", format!("\"sep=\t\"\n{tabs}").into_bytes()),
        ("Unicode text", wide(&tabs, false, true)),
        ("big endian", wide(&text, true, true)),
        ("no mark", wide(&text, false, false)),
        ("no mark, big endian", wide(&text, true, false)),
        ("wide, CR LF", wide(&tabs.replace('\n', "\r\n"), false, true)),
        ("wide, CR", wide(&tabs.replace('\n', "\r"), false, true)),
        ("GB18030 with mark", encoding_rs::GB18030.encode(&format!("\u{feff}{tabs}")).0.into_owned()),
        ("title, blank lines", format!("甲县名册,,,,,,\n\n{text}\n,,,,,\n\n").into_bytes()),
        ("trailing columns", text.replace('\n', ",,,\n").into_bytes()),
    ];
    for (dress, bytes) in &cases {
        let report = open(&bench, Feed::Rosters, "r.txt", bytes, Profiles::default());
        let report = report.unwrap_or_else(|reason| panic!("{dress}: {reason}"));
        assert_eq!((report.outcome.read.rows, report.outcome.accepted.rows), (1, 1), "{dress}: {}", bench.rejects());
    }
    // A decimal comma stays no amount, whatever parts the cells.
    let amounts = "报销编号;结算ID;证件号码;金额;支付日期\nA;C;990103196203050018;12,50;2026-01-01\n";
    let report = open(&bench, Feed::Adjustments, "a.csv", amounts.as_bytes(), Profiles::default()).unwrap();
    assert_eq!(report.outcome.rejected.keys().collect::<Vec<_>>(), [&RejectCode::NotMoney]);
    println!("gate dresses: {} cases", cases.len() + 1);
}

#[test]
fn as_many_lines_as_a_sheet_holds_are_a_sheet_that_was_cut() {
    let bench = Bench::new();
    let row = "rural_disposable_income,990000,2024,26722.00,1";
    let of_rows = |rows: usize| csv_with("指标,区划代码,年份,数值,版次", &vec![row.to_owned(); rows]);
    for rows in [65_535, 65_536] {
        let reason = open(&bench, Feed::Income, "i.csv", &of_rows(rows), Profiles::default()).unwrap_err();
        assert!(reason.contains("exactly 65536 lines"), "{reason}");
    }
    let report = open(&bench, Feed::Income, "i.csv", &of_rows(65_537), Profiles::default()).unwrap();
    assert_eq!(report.outcome.read.rows, 65_537);
}

#[test]
fn the_shipped_profiles_are_those_of_a_new_workspace() {
    let workspace = Workspace::new("fujian", "990100");
    workspace.write("pipelines/tables/counties.csv", "code,name,level\n990103,青屏县,rural\n".as_bytes());
    workspace.land("rosters", "青屏县民政局农村低保备案表202510.xls", &fixture("low.xls"));
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("3 rows = accepted 3") && told.contains("county_code 990103"), "{told}");
    // Own profiles take the place of those; a refused file is tried again when they change.
    workspace.land("rosters", "名册.ods", &fixture("low.ods"));
    assert!(!workspace.run(&["intake"]).status.success());
    let own = "[[files]]\nmatch = \"名册*\"\ntag = \"特困\"\nsource_office = \"青屏县民政局\"\nmonth = \"2026-09\"\n";
    workspace.write("pipelines/feeds/rosters.toml", own.as_bytes());
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("rosters/名册.ods: 3 rows"), "{told}");
    workspace.write("pipelines/feeds/rosters.toml", own.replace("特困", "特苦").as_bytes());
    let refused = workspace.run(&["intake"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("pipelines/feeds/rosters.toml:2: no tag is called `特苦`"),
        "{told}"
    );
}

#[test]
fn a_file_that_nobody_knows_gets_a_profile_proposed() {
    let workspace = Workspace::new("fujian", "990100");
    workspace.write("pipelines/tables/counties.csv", "code,name,level\n990103,青屏县,rural\n".as_bytes());
    workspace.write("pipelines/feeds/rosters.toml", b"files = []\n");
    workspace.write("in/青屏县民政局农村低保备案表202510.xls", &fixture("low.xls"));
    let file = workspace.root().join("in/青屏县民政局农村低保备案表202510.xls");
    let told = workspace.ok(&["contract", "rosters", "--from", file.to_str().unwrap()]);
    for part in [
        "does not read as it is",
        "match = \"*农村低保备案表*\"",
        "header_row = 3",
        "By it the file reads: 3 rows = accepted 3",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("陈甲") && !told.contains("990103196203050018"), "{told}");
    let entry = told.split_once("[[files]]").unwrap().1.split_once("\n\n").unwrap().0;
    workspace.write("pipelines/feeds/rosters.toml", format!("[[files]]{entry}\n").as_bytes());
    let told = workspace.ok(&["contract", "rosters", "--from", file.to_str().unwrap()]);
    assert!(told.contains("reads as it is: 3 rows = accepted 3") && !told.contains("look over"), "{told}");
    assert!(workspace.versions().is_empty());
    workspace.write("in/x.csv", b"1,2,3\n4,5,6\n");
    let output = workspace.run(&["contract", "rosters", "--from", workspace.root().join("in/x.csv").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn category_words_are_known_or_told_with_the_nearest() {
    let bench = Bench::new();
    let known = [
        ("防止返贫致贫对象", "prevention_target"),
        ("监测对象", "prevention_target"),
        ("防返贫监测对象（风险未消除）", "prevention_target"),
        ("孤儿/事实无人抚养儿童", "orphan"),
        ("因病致贫重病患者", "illness_poverty_patient"),
        ("脱贫户（继续享受政策）", "lifted_out"),
        ("农村居民最低生活保障", "subsistence"),
        ("低保边缘家庭成员", "marginal_subsistence"),
        ("支出型困难家庭人员", "rigid_expenditure"),
        ("分散供养特困人员", "special_hardship"),
        ("边缘易致贫监测户", "vulnerable"),
        ("突发困难监测户", "sudden_hardship"),
        ("脱贫监测户", "unstable_lifted_out"),
    ];
    let header = "证件号码,姓名,人员类别,起始日期,来源单位";
    for (word, tag) in known {
        let row = format!("{},甲,{word},2020-01-01,甲县民政局", IDS[0]);
        open(&bench, Feed::Rosters, "r.csv", &csv_with(header, &[row]), Profiles::default()).unwrap();
        assert!(members(&bench)[0].starts_with(&format!("甲 {tag} ")), "{word}: {}", bench.rejects());
    }
    let row = format!("{},甲,农村低保重残补贴户,2020-01-01,甲县民政局", IDS[0]);
    open(&bench, Feed::Rosters, "r.csv", &csv_with(header, &[row]), Profiles::default()).unwrap();
    let rejects = bench.rejects();
    assert!(rejects.contains("相近的规范名称：低保对象") && rejects.contains(",农村低保重残补贴户"), "{rejects}");
}

#[test]
fn hidden_rows_are_what_the_profile_says_and_never_a_whole_roster() {
    let bench = Bench::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [
        ["证件号码", "姓名", "人员类别", "起始日期", "来源单位"],
        [IDS[0], "甲", "低保", "2020-01-01", "甲县民政局"],
        [IDS[1], "乙", "低保", "2020-01-01", "甲县民政局"],
    ]
    .iter()
    .enumerate()
    {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(u32::try_from(row).unwrap(), column, *cell).unwrap();
        }
    }
    sheet.set_row_hidden(2).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let reason = open(&bench, Feed::Rosters, "r.xlsx", &bytes, Profiles::default()).unwrap_err();
    assert!(reason.contains("1 rows are hidden"), "{reason}");
    for (word, rows) in [("read", 2), ("leave out", 1)] {
        let text = format!("[[files]]\nmatch = \"r*\"\nhidden_rows = \"{word}\"\n");
        let report = open(&bench, Feed::Rosters, "r.xlsx", &bytes, profiles(Feed::Rosters, &text)).unwrap();
        assert_eq!((report.outcome.accepted.rows, report.is_filtered), (rows, true));
    }
}

#[test]
fn what_workbooks_of_every_kind_hide_is_told() {
    let (bench, mut cases) = (Bench::new(), 0);
    for name in ["hidden.xls", "hidden.ods", "hidden.xlsx"] {
        let bytes = fixture(name);
        let read = |keys: &str| {
            let text = format!("[[files]]\nmatch = \"hidden*\"\n{keys}");
            open(&bench, Feed::Rosters, name, &bytes, profiles(Feed::Rosters, &text))
        };
        let reason = open(&bench, Feed::Rosters, name, &bytes, Profiles::default()).unwrap_err();
        assert!(reason.contains("1 columns are hidden (E \"终止日期\")"), "{name}: {reason}");
        let reason = read("hidden_columns = \"read\"\n").unwrap_err();
        assert!(reason.contains("2 rows are hidden or filtered out (row 4 is the first)"), "{name}: {reason}");
        for (rows, columns, people, ended) in [
            ("read", "read", "甲乙丙丁", "乙丁"),
            ("leave out", "read", "甲丁", "丁"),
            ("read", "leave out", "甲乙丙丁", ""),
            ("leave out", "leave out", "甲丁", ""),
        ] {
            let report = read(&format!("hidden_rows = \"{rows}\"\nhidden_columns = \"{columns}\"\n")).unwrap();
            let found = members(&bench);
            let mut all: Vec<&str> = found.iter().map(|row| row.split(' ').next().unwrap()).collect();
            let mut left: Vec<&str> = found
                .iter()
                .filter(|row| row.contains(" 2026-03-31 "))
                .map(|row| row.split(' ').next().unwrap())
                .collect();
            all.sort_by_key(|name| "甲乙丙丁".find(name));
            left.sort_by_key(|name| "甲乙丙丁".find(name));
            assert_eq!((all.concat().as_str(), left.concat().as_str()), (people, ended), "{name} {rows} {columns}");
            let notes = report.notes.join("\n");
            assert!(report.is_filtered && notes.contains("the hidden sheet \"旧表\" was passed over"), "{notes}");
            cases += 1;
        }
        let all = "hidden_rows = \"read\"\nhidden_columns = \"read\"\nhidden_sheets = \"read\"\nsheets = \"*\"\n";
        assert_eq!(read(all).unwrap().outcome.accepted.rows, 5, "{name}");
        cases += 3;
    }
    println!("gate hidden parts: {cases} cases");
}

#[test]
fn a_hidden_sheet_leaves_a_roster_incomplete_until_its_profile_says_what_it_is() {
    let bench = Bench::new();
    let mut book = Workbook::new();
    for (name, id) in [("本月", IDS[0]), ("上月", IDS[1])] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        let columns = [("证件号码", id), ("姓名", "甲"), ("人员类别", "低保"), ("起始日期", "2020-01-01")];
        let others = [("来源单位", "甲县民政局"), ("备注", "无")];
        for (at, (header, cell)) in columns.into_iter().chain(others).enumerate() {
            let column = u16::try_from(at).unwrap();
            sheet.write_string(0, column, header).unwrap();
            sheet.write_string(1, column, cell).unwrap();
        }
        sheet.set_column_hidden(5).unwrap();
        sheet.set_hidden(name == "上月");
    }
    let bytes = book.save_to_buffer().unwrap();
    let ignored = "ignore_columns = [\"备注\"]\n";
    for (keys, is_filtered) in [("", true), ("hidden_sheets = \"leave out\"\n", false), ("sheets = \"本月\"\n", false)]
    {
        let text = format!("[[files]]\nmatch = \"r*\"\n{ignored}{keys}");
        let report = open(&bench, Feed::Rosters, "r.xlsx", &bytes, profiles(Feed::Rosters, &text)).unwrap();
        assert_eq!((report.outcome.accepted.rows, report.is_filtered), (1, is_filtered), "{keys}");
        // What nobody reads may be hidden.
        assert!(report.notes.contains(&"1 hidden columns are not read".to_owned()), "{:?}", report.notes);
    }
}

#[test]
fn one_folder_that_cannot_be_read_stops_no_other() {
    let workspace = Workspace::new("fujian", "990100");
    std::fs::remove_dir_all(workspace.root().join("landing/residents")).unwrap();
    workspace.write("landing/residents", b"a file in place of the folder");
    workspace.land("rosters", "低保202510.xls", &fixture("low.xls"));
    let output = workspace.run(&["intake"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(
        told.contains("residents/.: refused: its folder cannot be read") && told.contains("3 rows = accepted 3"),
        "{told}"
    );
}

#[test]
fn a_filled_template_lands() {
    let workspace = Workspace::new("fujian", "990100");
    let path = workspace.root().join("empty.xlsx");
    workspace.ok(&["contract", "rosters", "--xlsx", path.to_str().unwrap()]);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let header = calamine::Reader::worksheet_range(&mut book, "数据").unwrap();
    let names: Vec<String> = header.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert!(names.contains(&"*人员类别".to_owned()) && names.contains(&"证件类型".to_owned()), "{names:?}");
    let archive = std::fs::read(&path).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let sheet = std::io::read_to_string(archive.by_name("xl/worksheets/sheet1.xml").unwrap()).unwrap();
    assert_eq!(sheet.matches("<dataValidation ").count(), 2, "category and kind of document");
    let cells = |name: &String| match name.trim_start_matches('*') {
        "证件号码" => IDS[0],
        "证件类型" => "居民身份证（户口簿）",
        "姓名" => "甲",
        "人员类别" => "低保对象",
        "起始日期" => "2020-01-01",
        "来源单位" => "甲县民政局",
        _ => "",
    };
    let row = names.iter().map(cells).collect::<Vec<_>>().join(",");
    workspace.land("rosters", "filled.csv", &csv_with(&names.join(","), &[row]));
    let told = workspace.ok(&["intake"]);
    assert!(told.contains("1 rows = accepted 1"), "{told}");
}
