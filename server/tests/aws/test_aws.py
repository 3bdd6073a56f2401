"""The AWS code as it is, over HTTP, against the sandbox's S3, Athena, Glue, STS and IAM. Nothing is mocked."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from conftest import HOST, Running, token

from .conftest import Sandbox

Start = Callable[..., Running]
RAW, EXAMPLE = "quilt-sales-raw", "quilt-example"
DATABASE, WORKGROUP = "quilt_sales_prod", "quilt-sales-prod"
USERS = 200


def bearer(sub: str, *buckets: str, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(sub=sub, buckets=list(buckets), **claims)}"}


def test_packages_of_the_stack(start: Start) -> None:
    server, ada = start(), bearer("ada", RAW)
    asked = {"registry": f"s3://{RAW}", "package_name": "sales/orders"}
    assert server.call("packages_list", {"registry": RAW}, **ada)["packages"] == ["sales/orders"]
    new, old = (each["top_hash"] for each in server.call("package_versions", asked, **ada)["versions"])
    contents = server.call("package_browse", asked, **ada)
    assert (contents["top_hash"], contents["meta"]) == (new, {"owner": "sales", "quarters": 2})
    assert [item["logical_key"] for item in contents["entries"]] == ["2026-q1.csv", "2026-q2.csv", "README.md"]
    text = server.call("bucket_object_text", {"s3_uri": contents["entries"][2]["s3_uri"]}, **ada)["text"]
    assert text.startswith("# Orders")
    diff = server.call("package_diff", asked | {"before": old}, **ada)
    assert (diff["added"], diff["unchanged"], diff["changes"][0]["logical_key"]) == (1, 2, "2026-q2.csv")
    link = server.call("bucket_object_link", {"s3_uri": contents["entries"][2]["s3_uri"]}, **ada)["url"]
    assert httpx.get(link, trust_env=False).text == text


def test_an_object_is_not_written_over(start: Start) -> None:
    server, ada = start(), bearer("ada", EXAMPLE)
    asked = {"bucket": EXAMPLE, "objects": [{"key": "new.txt", "content": "one"}]}
    assert server.call("bucket_objects_put", asked, **ada)["results"][0]["problem"] is None
    again = server.call("bucket_objects_put", asked, **ada)["results"][0]
    assert "PreconditionFailed" in again["problem"] and "overwrite" in again["problem"]


async def test_two_hundred_users_at_once(start: Start, sandbox: Sandbox) -> None:
    """Each reads an object and a list of a bucket of its own; nobody gets another's, or signs as another."""
    server, s3 = start(), sandbox.client("s3")
    users = [f"user-{number:03}" for number in range(USERS)]
    for user in users:
        s3.create_bucket(Bucket=f"of-{user}")
        s3.put_object(Bucket=f"of-{user}", Key="mine", Body=f"the secret of {user}".encode())
    sandbox.calls()

    async with httpx.AsyncClient(
        base_url=server.url, timeout=120, limits=httpx.Limits(max_connections=USERS), trust_env=False
    ) as http:

        async def ask(user: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
            params = {"name": tool, "arguments": arguments}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            headers = {"Host": HOST, "Accept": "application/json"} | bearer(user, f"of-{user}")
            found: dict[str, Any] = (await http.post("/mcp", json=body, headers=headers)).json()["result"]
            return found

        async def work(user: str, other: str) -> None:
            text = await ask(user, "bucket_object_text", {"s3_uri": f"s3://of-{user}/mine"})
            assert text["structuredContent"]["text"] == f"the secret of {user}"
            refused = await ask(user, "bucket_object_text", {"s3_uri": f"s3://of-{other}/mine"})
            assert refused["isError"] and "does not grant the bucket" in refused["content"][0]["text"]
            listed = await ask(user, "bucket_objects_list", {"bucket": f"of-{user}"})
            assert [item["key"] for item in listed["structuredContent"]["objects"]] == ["mine"]

        await asyncio.gather(*(work(user, other) for user, other in zip(users, users[1:] + users[:1], strict=True)))
    calls = sandbox.calls()
    reads = [call for call in calls if call.service == "s3"]
    assert Counter(call.signer for call in reads) == dict.fromkeys(users, 2)
    assert all(call.path.startswith(f"/of-{call.signer}") for call in reads)
    assert Counter((call.operation, call.signer) for call in calls if call.service != "s3") == {
        ("AssumeRole", "ambient"): USERS
    }


@pytest.mark.parametrize("why", ["no such role", "throttled", "failing"])
def test_the_ambient_role_is_never_used_when_a_users_credentials_cannot_be_had(
    start: Start, sandbox: Sandbox, why: str
) -> None:
    role = f"{sandbox.role}{'None' if why == 'no such role' else ''}"
    server = start(QUILT_MCP_ASSUME_ROLES=role)
    if why != "no such role":
        sandbox.ask(f"fault sts AssumeRole {'throttle' if why == 'throttled' else 'error'} 100")
    sandbox.calls()
    for tool, arguments in (
        ("bucket_object_text", {"s3_uri": f"s3://{EXAMPLE}/hello/README.md"}),
        ("bucket_objects_put", {"bucket": EXAMPLE, "objects": [{"key": "x", "content": "y"}]}),
        ("package_browse", {"registry": EXAMPLE, "package_name": "examples/hello"}),
        ("athena_databases_list", {}),
        ("bucket_list", {}),
    ):
        asked: dict[str, Any] = {"name": tool, "arguments": arguments}
        result = server.rpc("tools/call", asked, **bearer("ada", EXAMPLE, "quilt-*"))
        assert result["isError"] or result["structuredContent"].get("results", [{}])[0].get("problem"), result
    calls = sandbox.calls()
    assert {call.operation for call in calls} == {"AssumeRole"}
    assert {call.signer for call in calls} == {"ambient"}


def query(text: str, database: str = DATABASE) -> dict[str, Any]:
    return {"query": text, "database": database, "workgroup": WORKGROUP}


def test_athena_runs_what_lies_in_the_callers_buckets(start: Start, sandbox: Sandbox) -> None:
    server, ada = start(), bearer("ada", RAW)
    assert server.call("athena_databases_list", {}, **ada) == {"databases": [DATABASE]}
    assert server.call("athena_tables_list", {"database": DATABASE}, **ada)["tables"] == ["orders"]
    columns = server.call("athena_table_schema", {"database": DATABASE, "table": "orders"}, **ada)["columns"]
    assert [column["name"] for column in columns] == ["order_id", "region", "amount"]
    sandbox.calls()
    page = server.call("athena_query_execute", query("select region from orders"), **ada)
    assert page["state"] == "SUCCEEDED"
    calls = [call for call in sandbox.calls() if call.service in ("athena", "glue")]
    assert {call.signer for call in calls} == {"ada"}
    assert Counter(call.operation for call in calls)["StartQueryExecution"] == 1
    assert "you started no query" in server.fail(
        "athena_query_result", {"execution_id": page["execution_id"]}, **bearer("eve", RAW)
    )


def test_athena_refuses_a_foreign_database(start: Start, sandbox: Sandbox) -> None:
    glue = sandbox.client("glue")
    glue.create_database(DatabaseInput={"Name": "foreign_one"})
    storage = {"Location": f"s3://{EXAMPLE}/people/", "Columns": [{"Name": "id", "Type": "int"}]}
    glue.create_table(DatabaseName="foreign_one", TableInput={"Name": "people", "StorageDescriptor": storage})
    server, ada = start(), bearer("ada", RAW)
    sandbox.calls()
    for text, database in (
        ("select * from foreign_one.people", DATABASE),
        ('select * from "awsdatacatalog"."foreign_one"."people"', DATABASE),
        ("select * from people", "foreign_one"),
        ("select * from orders where order_id in (select id from FOREIGN_ONE.PEOPLE)", DATABASE),
        ("with x as (select * from foreign_one/**/./**/people) select * from x", DATABASE),
    ):
        assert "you may read" in server.fail("athena_query_execute", query(text, database), **ada)
        assert server.call("athena_query_validate", query(text, database), **ada)["valid"] is False
    assert not [call for call in sandbox.calls() if call.operation == "StartQueryExecution"]
    glue.delete_database(Name="foreign_one")


@pytest.mark.parametrize(
    ("kind", "times", "well"), [("throttle", 1, True), ("throttle", 9, False), ("error", 9, False)]
)
def test_what_aws_disturbs_is_tried_again_and_then_said(
    start: Start, sandbox: Sandbox, kind: str, times: int, well: bool
) -> None:
    server, ada = start(), bearer("ada", EXAMPLE)
    sandbox.ask(f"fault s3 GetObject {kind} {times}")
    asked = {"s3_uri": f"s3://{EXAMPLE}/hello/README.md"}
    if well:
        assert server.call("bucket_object_text", asked, **ada)["text"].startswith("# Hello")
    else:
        message = server.fail("bucket_object_text", asked, **ada)
        assert "reading s3://quilt-example/hello/README.md failed: AWS answered" in message
