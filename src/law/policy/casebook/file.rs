//! A case book as its file has it: Chinese keys, everything optional that has a default.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::scalar::{Amount, CountyCell, Day, Many, MonthCell, Number, PeriodCell, Word, WordOrTable, YesNo};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BookFile {
    #[serde(rename = "默认", default)]
    pub(super) defaults: DefaultsFile,
    #[serde(rename = "案例")]
    pub(super) cases: Vec<Spanned<CaseFile>>,
}

/// What holds for every case that does not say otherwise.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DefaultsFile {
    #[serde(rename = "规则")]
    pub(super) rule: Option<Spanned<Word>>,
    #[serde(rename = "数据期")]
    pub(super) period: Option<PeriodCell>,
    #[serde(rename = "人员")]
    pub(super) person: PersonFile,
    #[serde(rename = "结算")]
    pub(super) claim: ClaimFile,
    #[serde(rename = "收入")]
    pub(super) income: Many<FigureFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    #[serde(rename = "编号")]
    pub(super) id: Spanned<Word>,
    #[serde(rename = "说明")]
    pub(super) says: Word,
    #[serde(rename = "数据期", default)]
    pub(super) period: Option<PeriodCell>,
    #[serde(rename = "人员", default)]
    pub(super) people: Many<PersonFile>,
    #[serde(rename = "名册", default)]
    pub(super) rosters: Option<Spanned<Word>>,
    #[serde(rename = "收入", default)]
    pub(super) income: Option<Many<FigureFile>>,
    #[serde(rename = "结算", default)]
    pub(super) claims: Many<ClaimFile>,
    #[serde(rename = "后续赔付", default)]
    pub(super) payments: Many<PaymentFile>,
    #[serde(rename = "申请", default)]
    pub(super) applications: Many<ApplicationFile>,
    #[serde(rename = "结果")]
    pub(super) results: Many<ResultFile>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PersonFile {
    #[serde(rename = "名")]
    pub(super) name: Option<Word>,
    #[serde(rename = "身份")]
    pub(super) tags: Option<Many<TagFile>>,
    #[serde(rename = "县区")]
    pub(super) county: Option<CountyCell>,
    #[serde(rename = "农村")]
    pub(super) rural: Option<Spanned<Word>>,
    #[serde(rename = "户口")]
    pub(super) household: Option<Spanned<Word>>,
    #[serde(rename = "城乡分类")]
    pub(super) village_class: Option<Word>,
    #[serde(rename = "死亡")]
    pub(super) dead: Option<YesNo>,
    #[serde(rename = "登记")]
    pub(super) registered: Option<YesNo>,
    #[serde(rename = "同号异名")]
    pub(super) name_conflict: Option<YesNo>,
    #[serde(rename = "其他证件")]
    pub(super) other_document: Option<YesNo>,
}

/// `脱贫人口`, or the tag with its first and last day.
#[derive(Clone)]
pub(super) struct TagFile(pub(super) Result<String, TagTable>);

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TagTable {
    #[serde(rename = "类别")]
    pub(super) tag: Spanned<Word>,
    #[serde(rename = "起", default)]
    pub(super) from: Option<Day>,
    #[serde(rename = "止", default)]
    pub(super) to: Option<Day>,
    #[serde(rename = "名册月份", default)]
    pub(super) roster_month: Option<MonthCell>,
}

impl<'de> Deserialize<'de> for TagFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WordOrTable::new("a tag such as 脱贫人口, or {类别, 起, 止}")).map(Self)
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClaimFile {
    #[serde(rename = "号")]
    pub(super) label: Option<Spanned<Word>>,
    #[serde(rename = "人")]
    pub(super) person: Option<Spanned<Word>>,
    #[serde(rename = "日期")]
    pub(super) settled: Option<Spanned<Day>>,
    #[serde(rename = "出院")]
    pub(super) discharged: Option<Day>,
    #[serde(rename = "年度")]
    pub(super) benefit_year: Option<Number>,
    #[serde(rename = "险种")]
    pub(super) insurance: Option<Spanned<Word>>,
    #[serde(rename = "类别")]
    pub(super) care: Option<Spanned<Word>>,
    #[serde(rename = "支付地点")]
    pub(super) place: Option<Spanned<Word>>,
    #[serde(rename = "住院号")]
    pub(super) visit: Option<Word>,
    #[serde(rename = "参保地")]
    pub(super) area: Option<CountyCell>,
    #[serde(rename = "姓名")]
    pub(super) person_name: Option<Word>,
    #[serde(rename = "退")]
    pub(super) takes_back: Option<Spanned<Word>>,
    #[serde(rename = "补报销")]
    pub(super) supplement: Option<YesNo>,
    #[serde(rename = "作废")]
    pub(super) void: Option<YesNo>,
    #[serde(rename = "中途结算")]
    pub(super) mid_stay: Option<YesNo>,
    #[serde(rename = "总额")]
    pub(super) total: Option<Amount>,
    #[serde(rename = "个人负担")]
    pub(super) personal: Option<Amount>,
    #[serde(rename = "自付")]
    pub(super) self_pay: Option<Amount>,
    #[serde(rename = "全自费")]
    pub(super) outside: Option<Amount>,
    #[serde(rename = "超限价")]
    pub(super) over_limit: Option<Amount>,
    #[serde(rename = "先行自付")]
    pub(super) first_share: Option<Amount>,
    #[serde(rename = "起付线")]
    pub(super) deductible: Option<Amount>,
    #[serde(rename = "基金")]
    pub(super) fund: Option<Amount>,
    #[serde(rename = "医疗救助")]
    pub(super) assistance: Option<Amount>,
    #[serde(rename = "医院承担")]
    pub(super) hospital: Option<Amount>,
    #[serde(rename = "账户")]
    pub(super) account: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentFile {
    #[serde(rename = "结算")]
    pub(super) claim: Spanned<Word>,
    #[serde(rename = "日期")]
    pub(super) paid: Day,
    #[serde(rename = "金额")]
    pub(super) amount: Amount,
    #[serde(rename = "支付方", default)]
    pub(super) payer: Option<Spanned<Word>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FigureFile {
    #[serde(rename = "系列", default)]
    pub(super) series: Option<Spanned<Word>>,
    #[serde(rename = "地区", default)]
    pub(super) geography: Option<Spanned<Word>>,
    #[serde(rename = "年份")]
    pub(super) year: Spanned<Number>,
    #[serde(rename = "金额")]
    pub(super) amount: Amount,
    #[serde(rename = "版次", default)]
    pub(super) release: Option<Number>,
    #[serde(rename = "发布日期", default)]
    pub(super) published: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationFile {
    #[serde(rename = "号", default)]
    pub(super) label: Option<Word>,
    #[serde(rename = "日期")]
    pub(super) applied: Spanned<Day>,
    #[serde(rename = "申请人", default)]
    pub(super) applicant: Option<Spanned<Word>>,
    #[serde(rename = "成员", default)]
    pub(super) members: Many<Word>,
    #[serde(rename = "家庭年收入", default)]
    pub(super) household_income: Option<Amount>,
    #[serde(rename = "财产", default)]
    pub(super) assets: Option<Amount>,
    #[serde(rename = "其他支出", default)]
    pub(super) other_spending: Option<Amount>,
}

/// `列入`, or everything that must come out.
pub(super) struct ResultFile(pub(super) Result<String, Box<ResultTable>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultTable {
    #[serde(rename = "规则", default)]
    pub(super) rule: Option<Spanned<Word>>,
    #[serde(rename = "人", default)]
    pub(super) person: Option<Spanned<Word>>,
    #[serde(rename = "结论")]
    pub(super) status: Spanned<Word>,
    #[serde(rename = "原因", default)]
    pub(super) reason: Option<Spanned<Word>>,
    #[serde(rename = "金额", default)]
    pub(super) measured: Option<Amount>,
    #[serde(rename = "标准", default)]
    pub(super) line: Option<Amount>,
    #[serde(rename = "收入", default)]
    pub(super) income: Option<Amount>,
    #[serde(rename = "超出", default)]
    pub(super) excess: Option<Amount>,
    #[serde(rename = "档位", default)]
    pub(super) band: Option<Word>,
    #[serde(rename = "暂用", default)]
    pub(super) provisional: Option<YesNo>,
    #[serde(rename = "县区", default)]
    pub(super) county: Option<CountyCell>,
    #[serde(rename = "笔数", default)]
    pub(super) claims: Option<Number>,
    #[serde(rename = "住院号", default)]
    pub(super) visit: Option<Word>,
    #[serde(rename = "申请号", default)]
    pub(super) application: Option<Word>,
    #[serde(rename = "条款", default)]
    pub(super) article: Option<Spanned<Word>>,
}

impl<'de> Deserialize<'de> for ResultFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "what must come out, such as 列入, or {规则, 结论, 金额, 标准}";
        from.deserialize_any(WordOrTable::<ResultTable>::new(expected)).map(|entry| Self(entry.map_err(Box::new)))
    }
}

macro_rules! over {
    ($top:ident, $below:ident, $($field:ident),*) => { Self { $($field: $top.$field.or_else(|| $below.$field.clone())),* } };
}

impl PersonFile {
    /// This entry's own cells over the defaults.
    pub(super) fn over(self, below: &Self) -> Self {
        over!(
            self,
            below,
            name,
            tags,
            county,
            rural,
            household,
            village_class,
            dead,
            registered,
            name_conflict,
            other_document
        )
    }
}

impl ClaimFile {
    /// This entry's own cells over the defaults.
    pub(super) fn over(self, below: &Self) -> Self {
        over!(
            self,
            below,
            label,
            person,
            settled,
            discharged,
            benefit_year,
            insurance,
            care,
            place,
            visit,
            area,
            person_name,
            takes_back,
            supplement,
            void,
            mid_stay,
            total,
            personal,
            self_pay,
            outside,
            over_limit,
            first_share,
            deductible,
            fund,
            assistance,
            hospital,
            account
        )
    }
}

impl fmt::Debug for BookFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a case book of {} cases", self.cases.len())
    }
}
