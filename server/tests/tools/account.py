"""The account that samples are for: what the caller may use, and the same of another owner."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
from conftest import ORIGIN, Running, environment, running, token
from quilt_package import HASH, OTHER_HASH, entry, push, top_hash_of

from quilt_mcp_server.config import load

BUCKET, FOREIGN_BUCKET = "quilt-example", "quilt-secret"
WHOLE = "team/whole"
DATABASE, FOREIGN_DATABASE = "mine", "theirs"
WORKGROUP = "quilt"
EXECUTION = "<an execution of the caller's>"
SECRET = "the secret of another"
# Where a bucket's name is wanted, in every form that could pass for the caller's own.
FOREIGN_BUCKETS = [
    FOREIGN_BUCKET,
    "s3://quilt-secret",
    "s3://quilt-secret/",
    "QUILT-SECRET",
    "quilt-example/../quilt-secret",
    "s3://quilt-example@quilt-secret",
    "s3://quilt-secret#quilt-example",
    "s3://quilt-secret?quilt-example",
    "quilt-secret%2f",
    "quilt%2dsecret",
    "s3://s3://quilt-secret",
    "arn:aws:s3:::quilt-secret",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/quilt-example",
    "quilt-example\n",
    "quilt-example\x00",
    " quilt-secret",
    "quilt-secret.",
    "quilt-example-s3alias",
    "quilt‐secret",  # noqa: RUF001 - a hyphen that is not one
]


@dataclass(frozen=True, slots=True)
class Account:
    """An account with objects, packages, tables and queries, some of them the caller's.

    Attributes:
        execution: Of a query of the caller's.
        foreign_execution: Of a query of somebody else's.
    """

    execution: str
    foreign_execution: str

    def fill(self, value: Any) -> Any:
        """Arguments with the caller's execution in its place."""
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        return self.execution if value == EXECUTION else value

    def foreign(self, value: Any) -> list[Any]:
        """A sample's arguments again and again, each time with one thing of somebody else's in place of an own one."""
        if isinstance(value, dict):
            return [value | {name: each} for name, own in value.items() for each in self.foreign(own)]
        if isinstance(value, list):
            return [[*value[:n], each, *value[n + 1 :]] for n, own in enumerate(value) for each in self.foreign(own)]
        if value == EXECUTION:
            return [self.foreign_execution]
        if value == DATABASE:
            return [FOREIGN_DATABASE, FOREIGN_DATABASE.upper()]
        if value in (BUCKET, f"s3://{BUCKET}"):
            return list(FOREIGN_BUCKETS)
        if isinstance(value, str) and BUCKET in value:
            return [value.replace(BUCKET, each.removeprefix("s3://")) for each in FOREIGN_BUCKETS]
        return []


def whole_hash(bucket: str = BUCKET) -> str:
    """The top hash of the package WHOLE, which is that of its content; the others' is not."""
    return top_hash_of([entry("a.csv", bucket), entry("b/c.csv", bucket)])


@pytest.fixture(scope="session")
def sampled(_moto: str) -> Iterator[Running]:
    """A server with everything that samples need."""
    changes = {"QUILT_MCP_CATALOG_URL": ORIGIN, "QUILT_MCP_ATHENA_WORKGROUP": WORKGROUP}
    with running(load(environment(**changes))) as found:
        yield found


def lay(aws_url: str, server: Running) -> Account:
    """A new account."""
    httpx.post(f"{aws_url}/moto-api/reset", trust_env=False)
    s3, glue, athena = (
        boto3.client(service, endpoint_url=aws_url, region_name="us-east-1") for service in ("s3", "glue", "athena")
    )
    for bucket, database, body in ((BUCKET, DATABASE, "x,y\n1,2\n"), (FOREIGN_BUCKET, FOREIGN_DATABASE, SECRET)):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="objects/a.csv", Body=body.encode())
        push(s3, "team/data", [entry("a.csv", bucket)], OTHER_HASH, bucket)
        push(s3, "team/data", [entry("a.csv", bucket), entry("b/c.csv", bucket)], HASH, bucket)
        push(s3, WHOLE, [entry("a.csv", bucket), entry("b/c.csv", bucket)], whole_hash(bucket), bucket)
        glue.create_database(DatabaseInput={"Name": database})
        storage = {"Location": f"s3://{bucket}/objects/", "Columns": [{"Name": "x", "Type": "int"}]}
        table = {"Name": "orders", "Description": body, "StorageDescriptor": storage}
        glue.create_table(DatabaseName=database, TableInput=table)
    output = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}}
    athena.create_work_group(Name=WORKGROUP, Configuration=output)
    asked = {"query": "select x from orders", "workgroup": WORKGROUP}
    own, foreign = (
        server.call("athena_query_execute", asked | {"database": database}, Authorization=f"Bearer {bearer}")
        for database, bearer in (
            (DATABASE, token()),
            (FOREIGN_DATABASE, token(sub="bob", buckets=[FOREIGN_BUCKET])),
        )
    )
    return Account(own["execution_id"], foreign["execution_id"])
