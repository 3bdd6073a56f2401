"""Athena's workgroup and table, and the secret with the keys that sign tokens."""

from __future__ import annotations

import json
import secrets

from sandbox.clients import Clients
from sandbox.seed.stack import Quilt, Stack
from sandbox.tokens import KID


def lay(aws: Clients, stack: Stack, quilt: Quilt) -> None:
    _athena(aws, stack, quilt)
    aws("secretsmanager").create_secret(
        Name=quilt.jwt_secret,
        SecretString=json.dumps({KID: secrets.token_urlsafe(48)}),
        Description="Keys that sign tokens of the Quilt frontend, by kid",
        Tags=stack.tags(),
    )


def _athena(aws: Clients, stack: Stack, quilt: Quilt) -> None:
    aws("athena").create_work_group(
        Name=quilt.workgroup,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{quilt.results_bucket}/athena-results/"}},
        Tags=stack.tags(),
    )
    glue = aws("glue")
    glue.create_database(
        DatabaseInput={"Name": quilt.glue_database, "Description": f"Packages of the stack {stack.name}"}
    )
    glue.create_table(
        DatabaseName=quilt.glue_database,
        TableInput={
            "Name": "orders",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "order_id", "Type": "bigint"},
                    {"Name": "region", "Type": "string"},
                    {"Name": "amount", "Type": "double"},
                ],
                "Location": f"s3://{quilt.orders_bucket}/orders/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
            },
        },
    )
