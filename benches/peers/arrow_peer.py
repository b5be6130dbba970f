"""Nothing but decoding: the floor of every work that reads the accepted files."""

import glob

import pyarrow
import pyarrow.parquet

# The columns of a claim that the statement of the totals reads.
NEEDED = [
    "person_key", "claim_id", "claim_kind", "original_claim_id", "visit_id", "insurance_type", "care_type",
    "payment_place", "insured_area", "person_name", "settled_at", "end_date", "benefit_year", "is_valid",
    "total_amount", "outside_catalogue_amount", "over_limit_amount", "first_share_amount", "in_scope_amount",
    "deductible_amount", "fund_amount", "medical_assistance_amount", "personal_amount", "account_amount",
    "cash_amount",
]


def decode(job):
    """Decodes the needed columns of every accepted file on two threads."""
    pyarrow.set_cpu_count(2)
    pyarrow.set_io_thread_count(2)
    rows = 0
    for path in sorted(glob.glob(f"{job['accepted']}/claims/*/*/*.parquet")):
        rows += pyarrow.parquet.ParquetFile(path).read(columns=NEEDED, use_threads=True).num_rows
    return {"rows": rows}


WORKS = {"decode": decode}
