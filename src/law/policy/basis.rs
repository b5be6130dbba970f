//! The cost bases that a rule may measure (domain notes §3: B1 to B6).

use serde::{Deserialize, Serialize};

use crate::texts::{Table, zh};

/// What counts as the person's own cost (自付口径). All are computed; the rule chooses; lists show all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// B1 个人负担总额: everything that the person bears.
    PersonalBurden,
    /// B2 目录内自付: less what lies outside the catalogue and above price limits.
    InCatalogueSelfPay,
    /// B2h: less what lies outside the catalogue only (Hengshui's reading).
    SelfPayWithOverLimit,
    /// B3 政策范围内自付: less the first share of class-B items as well.
    InScopeSelfPay,
    /// B4: over limit + first share + deductible, the parts added up.
    ComponentSelfPay,
    /// B5 现金: paid in cash, without account money.
    Cash,
    /// B6 净负担: B1 less later reimbursements and other payers.
    NetBurden,
}

impl Basis {
    /// All bases, in the order of the domain notes.
    pub const ALL: [Self; 7] = [
        Self::PersonalBurden,
        Self::InCatalogueSelfPay,
        Self::SelfPayWithOverLimit,
        Self::InScopeSelfPay,
        Self::ComponentSelfPay,
        Self::Cash,
        Self::NetBurden,
    ];

    /// Its name in policies and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PersonalBurden => "personal_burden",
            Self::InCatalogueSelfPay => "in_catalogue_self_pay",
            Self::SelfPayWithOverLimit => "self_pay_with_over_limit",
            Self::InScopeSelfPay => "in_scope_self_pay",
            Self::ComponentSelfPay => "component_self_pay",
            Self::Cash => "cash",
            Self::NetBurden => "net_burden",
        }
    }

    /// The term that sentences use.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        zh(Table::Cost, self.name())
    }
}
