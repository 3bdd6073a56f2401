"""Samples of the tools that show databases, tables and workgroups."""

from tools.account import DATABASE, WORKGROUP
from tools.sample import Sample

SAMPLES = {
    "athena_databases_list": Sample({}, {"databases": [DATABASE]}),
    "athena_tables_list": Sample({"database": DATABASE, "limit": 10}, {"tables": ["orders"], "next_cursor": None}),
    "athena_table_schema": Sample(
        {"database": DATABASE, "table": "orders"}, {"columns": [{"name": "x", "type": "int"}], "partition_keys": []}
    ),
    "athena_workgroups_list": Sample({}, {"default": WORKGROUP}),
}
