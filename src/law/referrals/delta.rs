//! What changed about a person from one list to the next.

crate::codes! {
    /// What changed about a person since the list before.
    pub enum Delta {
        /// 新增: not on it.
        New = "new",
        /// 延续: on it.
        Continuing = "continuing",
        /// 升级: on it, and now a rule hits that did not.
        Escalated = "escalated",
        /// 撤回: on it, and no longer on this one.
        Withdrawn = "withdrawn",
    }
}
