"""What all peers are told: the columns of the raw files, the rules of Fujian clause 11, the period."""

PERIOD_DAY = "2026-10-31"

# Raw name and accepted name of each column of a claim.
COLUMNS = (
    ("SETL_ID", "claim_id"), ("MDTRT_ID", "visit_id"), ("INIT_SETL_ID", "original_claim_id"),
    ("PSN_NO", "person_no"), ("PSN_CERT_TYPE", "cert_type"), ("CERTNO", "id_number"), ("PSN_NAME", "person_name"),
    ("PSN_TYPE", "person_type"), ("NWB_FLAG", "is_newborn"), ("INSUTYPE", "insurance_type"),
    ("MED_TYPE", "care_type"), ("SETL_TYPE", "settlement_type"), ("PAY_LOC", "payment_place"),
    ("INSU_ADMDVS", "insured_area"), ("EMP_NO", "village_code"), ("YEAR", "benefit_year"),
    ("REFD_SETL_FLAG", "is_refunded"), ("MANL_REIM_REA", "manual_reason"), ("BEGNDATE", "begin_date"),
    ("ENDDATE", "end_date"), ("SETL_TIME", "settled_at"), ("UPDT_TIME", "updated_at"),
    ("MEDFEE_SUMAMT", "total_amount"), ("FULAMT_OWNPAY_AMT", "outside_catalogue_amount"),
    ("OVERLMT_SELFPAY", "over_limit_amount"), ("PRESELFPAY_AMT", "first_share_amount"),
    ("INSCP_AMT", "in_scope_amount"), ("ACT_PAY_DEDC", "deductible_amount"), ("HIFP_PAY", "pooled_fund_amount"),
    ("HIFMI_PAY", "major_illness_amount"), ("HIFOB_PAY", "large_cost_amount"),
    ("MAF_PAY", "medical_assistance_amount"), ("OTHFUND_PAY", "other_fund_amount"),
    ("FUND_PAY_SUMAMT", "fund_amount"), ("OWNPAY_HOSP_PART", "hospital_amount"), ("PSN_PAY", "personal_amount"),
    ("ACCT_PAY", "account_amount"), ("ACCT_MULAID_PAY", "family_account_amount"), ("CASH_PAYAMT", "cash_amount"),
)
MONEY_COLUMNS = tuple(raw for raw, ours in COLUMNS if ours.endswith("_amount"))
PARTS = ("HIFP_PAY", "HIFMI_PAY", "HIFOB_PAY", "MAF_PAY", "OTHFUND_PAY")
SUPPLEMENTS = ("06", "08", "09", "10")

RULES = (
    {"id": "fujian-relapse", "tags": ["lifted_out"], "needs_rural": False, "multiple": "1.0"},
    {"id": "fujian-into-poverty", "tags": [], "needs_rural": True, "multiple": "2.0"},
)
TAGS_OF_THE_COUNTRY = ("lifted_out", "unstable_lifted_out", "vulnerable", "sudden_hardship", "returned_to_poverty")
# Tags that no later roster ends, as pipelines/tables/tags.csv is shipped.
STATED_TAGS = ("lifted_out",)
TAG_NAMES = {
    "特困人员": "special_hardship", "低保对象": "subsistence", "低保边缘": "marginal_subsistence",
    "刚性支出困难": "rigid_expenditure", "返贫致贫人口": "returned_to_poverty", "脱贫人口": "lifted_out",
    "脱贫不稳定户": "unstable_lifted_out", "边缘易致贫户": "vulnerable", "突发严重困难户": "sudden_hardship",
}
