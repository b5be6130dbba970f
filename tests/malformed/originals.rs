//! Whole files of each format, small: what is looked for is in their forms, not in their number of rows.

use std::path::Path;

use arrow::array::RecordBatch;
use intake::GateJob;
use law::contracts::{Feed, TagAliases};
use law::profiles::{Profiles, parse_profiles};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::gate::{Bench, columns};

/// Data rows of the files that are made here.
const ROWS: usize = 8;

/// A whole file and what its gate needs.
pub(super) struct Original {
    feed: Feed,
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    profiles: Profiles,
}

impl Original {
    pub(super) fn job(&self, bench: &Bench) -> GateJob {
        let whole = bench.job(self.feed, &bench.path(self.name));
        // The tables are read anew for each file: as much of them as these files need.
        let tag_aliases = whole.tag_aliases.iter().filter(|row| row.alias == "低保").cloned().collect();
        let needed = ["390", "21", "01"];
        let codes = whole.codes.iter().filter(|row| needed.contains(&row.code.as_str())).cloned().collect();
        // One bucket: its rows stand in the file's order.
        GateJob { profiles: self.profiles.clone(), buckets: 1, threads: 1, tag_aliases, codes, ..whole }
    }

    pub(super) const fn feed(&self) -> Feed {
        self.feed
    }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms").join(name)).unwrap()
}

/// A roster that LibreOffice wrote, with hidden rows that are read.
pub(super) fn roster(name: &'static str) -> Original {
    let aliases = TagAliases::new([("低保", "subsistence")]).unwrap();
    let text = "[[files]]\nmatch = \"hidden*\"\nhidden_rows = \"read\"\nhidden_columns = \"read\"\n";
    let profiles = parse_profiles(Feed::Rosters, "profiles", text, &aliases).unwrap();
    Original { feed: Feed::Rosters, name, bytes: fixture(name), profiles }
}

/// A roster whose days and months are numbers.
pub(super) fn typed_roster() -> Original {
    let mut book = Workbook::new();
    book.set_properties(
        &rust_xlsxwriter::DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1).unwrap()),
    );
    let (sheet, day) = (book.add_worksheet(), Format::new().set_num_format("yyyy-mm-dd"));
    for (at, heading) in (0..).zip(["姓名", "证件号码", "类别", "起始日期", "终止日期", "来源单位", "名册月份"])
    {
        sheet.write_string(0, at, heading).unwrap();
    }
    for row in 1..=ROWS as u32 {
        let id = crate::workspace::whole_id(&format!("99010319620305{row:03}"));
        for (at, text) in [(0, format!("陈 甲{row}")), (1, id), (2, "低保".to_owned()), (5, "甲县民政局".to_owned())]
        {
            sheet.write_string(row, at, text).unwrap();
        }
        let starts = ExcelDateTime::from_ymd(2025, row as u8, 15).unwrap();
        sheet.write_datetime_with_format(row, 3, &starts, &day).unwrap();
        if row % 2 == 0 {
            let ends = ExcelDateTime::from_ymd(2026, 12, 20 + row as u8).unwrap();
            sheet.write_datetime_with_format(row, 4, &ends, &day).unwrap();
        }
        sheet.write_number(row, 6, 202_609.0).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    Original { feed: Feed::Rosters, name: "typed.xlsx", bytes, profiles: Profiles::default() }
}

pub(super) fn claims_csv() -> Original {
    let mut text =
        "setl_id,certno,psn_name,insutype,med_type,setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,\
                    preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay\n"
            .to_owned();
    for row in 0..ROWS {
        let id = crate::workspace::whole_id(&format!("99010319620305{row:03}"));
        let name = ["陈甲", "\"古丽,米娜\"", "O'Neil", "欧阳乙"][row % 4];
        let month = row % 12 + 1;
        text += &format!(
            "S{row:04},{id},{name},390,21,2026-{month:02}-05 10:00:00,100.00,10.00,5.00,5.00,80.00,60.00,40.00\n"
        );
    }
    Original { feed: Feed::Claims, name: "c.csv", bytes: text.into_bytes(), profiles: Profiles::default() }
}

/// Without the writer's own schema, which no reader but Arrow's knows, and without statistics.
pub(super) fn claims_parquet() -> Original {
    let batch = RecordBatch::try_from_iter(columns(ROWS)).unwrap();
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    Original { feed: Feed::Claims, name: "c.parquet", bytes, profiles: Profiles::default() }
}

/// A file whose pages carry checksums; pyarrow wrote it.
pub(super) fn checked_parquet() -> Original {
    let name = "checksums.parquet";
    Original { feed: Feed::Claims, name, bytes: fixture(name), profiles: Profiles::default() }
}
