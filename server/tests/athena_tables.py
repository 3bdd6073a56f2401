"""Databases, views and a workgroup, of which some are the caller's."""

import base64
import json
from typing import Any

import boto3
import httpx
import pytest
from conftest import Running, token

MINE, FOREIGN = "quilt-example", "quilt-secret"


GROUP = "quilt"


def table(name: str, location: str, **more: Any) -> dict[str, Any]:
    storage = {"Location": location, "Columns": [{"Name": "id", "Type": "bigint"}]} | more.pop("storage", {})
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage} | more


def view(name: str, sql: str, schema: str = "mine") -> dict[str, Any]:
    raw = json.dumps({"originalSql": sql, "catalog": "awsdatacatalog", "schema": schema})
    text = f"/* Presto View: {base64.b64encode(raw.encode()).decode()} */"
    return {"Name": name, "TableType": "VIRTUAL_VIEW", "ViewOriginalText": text, "StorageDescriptor": {}}


@pytest.fixture
def glue(server: Running, aws_url: str) -> Any:
    client = boto3.client("glue", endpoint_url=aws_url, region_name="us-east-1")
    here, there = f"s3://{MINE}/data/", f"s3://{FOREIGN}/data/"
    days = [{"Name": "day", "Type": "string"}]
    for database, tables in {
        "mine": [
            table("orders", here),
            table("foreign_orders", there),
            table("parted", here, PartitionKeys=days),
            table("astray", here, PartitionKeys=days),
            table("projected", here, Parameters={"storage.location.template": f"s3://{FOREIGN}/${{day}}"}),
            table("links", here, storage={"InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}),
            table("ice", here, Parameters={"table_type": "ICEBERG", "metadata_location": f"{here}m.json"}),
            table("dynamo", "arn:aws:dynamodb:us-east-1:1:table/x"),
            view("good_view", "select id from orders"),
            view("bad_view", "select id from secret.people"),
            view("deep_view", "select id from bad_view"),
            view("elsewhere_view", "select id from people", schema="secret"),
            view("endless_view", "select id from endless_view"),
            {"Name": "odd_view", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "x", "StorageDescriptor": {}},
        ],
        "secret": [table("people", there)],
    }.items():
        client.create_database(DatabaseInput={"Name": database})
        for item in tables:
            client.create_table(DatabaseName=database, TableInput=item)
    for name, place in (("parted", here), ("astray", there)):
        client.create_partition(
            DatabaseName="mine",
            TableName=name,
            PartitionInput={"Values": ["1"], "StorageDescriptor": {"Location": f"{place}day=1/", "Columns": []}},
        )
    return client


@pytest.fixture
def athena(glue: Any, aws_url: str) -> Any:
    client = boto3.client("athena", endpoint_url=aws_url, region_name="us-east-1")
    output = {"OutputLocation": f"s3://{MINE}/results/"}
    client.create_work_group(Name=GROUP, Configuration={"ResultConfiguration": output})
    return client


def started(athena: Any) -> list[str]:
    ids = athena.list_query_executions(WorkGroup=GROUP)["QueryExecutionIds"]
    return [athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Query"] for each in ids]


def transition(aws_url: str, **how: Any) -> None:
    body = {"model_name": "athena::execution", "transition": how}
    httpx.post(f"{aws_url}/moto-api/state-manager/set-transition", json=body, trust_env=False)


def run(query: str, **more: Any) -> dict[str, Any]:
    return {"query": query, "database": "mine", "workgroup": GROUP} | more


BOB = f"Bearer {token(sub='bob')}"
