//! The income feed: published statistical figures, from which the lines are drawn.

use super::Kind::{Code, Count, Date, Money, Text};
use super::Presence::{Optional, Required};
use super::{Column, Contract, Feed, Format, column};

/// One figure and release per row; a correction is a new release, never an overwrite.
pub(super) static CONTRACT: Contract = Contract {
    feed: Feed::Income,
    version: 1,
    grain: "one figure of one indicator, place and year in one release",
    formats: &[Format::Parquet, Format::Csv],
    columns: COLUMNS,
    unread: &["备注", "note"],
    control: Some("amount"),
};

static COLUMNS: &[Column] = &[
    column("indicator", Code, Required, &["指标"], "series, e.g. rural_disposable_income (农村居民人均可支配收入)"),
    column(
        "geography",
        Code,
        Required,
        &["区划代码", "地区"],
        "six-digit code of the nation (000000), province, prefecture or county",
    ),
    column("year", Count, Required, &["年份"], "year that the figure describes"),
    column("amount", Money, Required, &["value", "数值"], "yuan per head and year"),
    column(
        "release",
        Count,
        Optional,
        &["版次"],
        "1 for the first publication, 2 for its first correction, ...; absent: 1",
    ),
    column("published_date", Date, Optional, &["发布日期"], "day of publication; absent: always known"),
    column("source", Text, Optional, &["来源"], "publication that states the figure"),
];
