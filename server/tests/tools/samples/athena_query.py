"""Samples of the tools that run queries."""

from tools.account import DATABASE, EXECUTION, WORKGROUP
from tools.sample import Sample

QUERY = {"query": "select x from orders", "database": DATABASE, "workgroup": WORKGROUP}

SAMPLES = {
    "athena_query_validate": Sample(QUERY, {"valid": True, "tables": ["mine.orders"]}, refused={"valid": False}),
    "athena_query_execute": Sample({**QUERY, "wait_seconds": 5, "limit": 10}, {"state": "SUCCEEDED"}),
    "athena_query_result": Sample({"execution_id": EXECUTION, "limit": 10}, {"state": "SUCCEEDED"}),
    "athena_query_cancel": Sample({"execution_id": EXECUTION}, {"state": "SUCCEEDED"}),
    "athena_query_history": Sample({"workgroup": WORKGROUP}, {"queries": [{"query": "select x from orders"}]}),
}
