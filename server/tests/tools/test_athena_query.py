"""The Athena tools against Athena's and Glue's API over HTTP."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from athena_tables import BOB, GROUP, MINE, run, started, transition
from conftest import ACCOUNT, Running, token
from moto.athena.responses import AthenaResponse

from quilt_mcp_server.athena import executions
from quilt_mcp_server.athena.watching import MAXIMUM_OPEN
from quilt_mcp_server.auth.principal import Principal


def test_runs_a_query_and_pages_its_rows(server: Running, athena: Any, aws_url: str) -> None:
    columns = [
        {
            "Name": name,
            "Type": "varchar",
            "CatalogName": "x",
            "SchemaName": "",
            "TableName": "",
            "Label": name,
            "Precision": 1,
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": True,
        }
        for name in ("id", "note")
    ]
    rows = [[{"VarCharValue": "id"}, {"VarCharValue": "note"}], [{"VarCharValue": "1"}, {}]]
    results = {"results": [{"rows": [{"Data": row} for row in rows], "column_info": columns}]}
    httpx.post(f"{aws_url}/moto-api/static/athena/query-results", json=results, trust_env=False)
    page = server.call("athena_query_execute", run("select id, note from orders -- mine"))
    assert (page["state"], page["columns"], page["rows"]) == ("SUCCEEDED", ["id", "note"], [["1", None]])
    again = server.call("athena_query_result", {"execution_id": page["execution_id"]})
    assert again == page
    [sent] = started(athena)
    assert sent.startswith("select id , note from orders\n-- quilt-mcp ")
    execution = athena.get_query_execution(QueryExecutionId=page["execution_id"])["QueryExecution"]
    assert execution["QueryExecutionContext"] == {"Catalog": "AwsDataCatalog", "Database": "mine"}


def test_queries_are_their_owners(server: Running, athena: Any) -> None:
    mine = server.call("athena_query_execute", run("select id from orders"))["execution_id"]
    other = athena.start_query_execution(QueryString="select * from secret.people", WorkGroup=GROUP)
    for execution_id, headers in ((mine, {"Authorization": BOB}), (other["QueryExecutionId"], {})):
        for tool in ("athena_query_result", "athena_query_cancel"):
            assert "you started no query" in server.fail(tool, {"execution_id": execution_id}, **headers)
    assert "you started no query" in server.fail("athena_query_result", {"execution_id": "../x"})
    assert server.call("athena_query_validate", run("select id from orders"))["valid"]
    [known] = server.call("athena_query_history", {"workgroup": GROUP})["queries"]
    assert (known["execution_id"], known["query"], known["database"]) == (mine, "select id from orders", "mine")
    assert server.call("athena_query_history", {"workgroup": GROUP}, Authorization=BOB)["queries"] == []


def test_rows_are_withheld_when_the_right_is_withdrawn(server: Running, athena: Any) -> None:
    mine = server.call("athena_query_execute", run("select id from orders"))["execution_id"]
    bearer = f"Bearer {token(buckets=['quilt-other'])}"
    assert "no table" in server.fail("athena_query_result", {"execution_id": mine}, Authorization=bearer)


def test_a_slow_query_is_handed_over_and_cancelled(server: Running, athena: Any, aws_url: str) -> None:
    transition(aws_url, progression="manual", times=1000)
    try:
        page = server.call("athena_query_execute", run("select id from orders", wait_seconds=1))
        assert (page["state"], page["rows"]) == ("QUEUED", [])
        asked = {"execution_id": page["execution_id"]}
        assert server.call("athena_query_result", asked)["state"] == "QUEUED"
        assert server.call("athena_query_cancel", asked)["state"] == "CANCELLED"
    finally:
        transition(aws_url, progression="immediate")


def test_a_query_that_scans_too_much_is_stopped(
    server: Running, athena: Any, aws_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = AthenaResponse.get_query_execution

    def scanning(self: AthenaResponse) -> str:
        return str(answer(self)).replace('"DataScannedInBytes": 0', f'"DataScannedInBytes": {200 * 1024**3}')

    transition(aws_url, progression="manual", times=1000)
    monkeypatch.setattr(AthenaResponse, "get_query_execution", scanning)
    try:
        assert "scanned more than" in server.fail("athena_query_execute", run("select id from orders"))
        [known] = server.call("athena_query_history", {"workgroup": GROUP})["queries"]
        assert known["state"] == "CANCELLED"
    finally:
        transition(aws_url, progression="immediate")


def test_the_workgroup_says_where_rows_go(server: Running, athena: Any) -> None:
    found = server.call("athena_workgroups_list")
    assert {item["name"] for item in found["workgroups"]} == {"primary", GROUP}
    assert found["default"] == "primary"
    assert "no place in S3" in server.fail("athena_query_execute", run("select 1", workgroup="primary"))


def test_files_that_name_other_files_are_read_only_where_results_are_the_callers_own(
    serve: Callable[..., Running], athena: Any
) -> None:
    """Such a file could name the results of others, which a session for one place of everybody reaches."""
    output = {"ResultConfiguration": {"OutputLocation": f"s3://{MINE}/results"}}
    athena.create_work_group(Name="free", Configuration=output | {"EnforceWorkGroupConfiguration": False})
    role = f"arn:aws:iam::{ACCOUNT}:role/Reader"
    server = serve(QUILT_MCP_CREDENTIALS="assume_role", QUILT_MCP_ASSUME_ROLES=role)
    for query in ("select * from ice", "select * from links"):
        asked = run(query)
        assert "cannot be judged" in server.fail("athena_query_execute", asked)
        page = server.call("athena_query_execute", asked | {"workgroup": "free"})
        assert page["state"] == "SUCCEEDED"
        assert server.call("athena_query_result", {"execution_id": page["execution_id"]}) == page
    places = [
        athena.get_query_execution(
            QueryExecutionId=server.call(
                "athena_query_execute", run("select id from orders", workgroup="free"), Authorization=who
            )["execution_id"]
        )["QueryExecution"]["ResultConfiguration"]["OutputLocation"]
        for who in (BOB, BOB, f"Bearer {token(sub='carol')}")
    ]
    folders = [place.rpartition("/")[0] for place in places]
    assert folders[0] == folders[1] != folders[2]


def test_a_short_time_for_tools_hands_the_query_over(serve: Callable[..., Running], athena: Any, aws_url: str) -> None:
    transition(aws_url, progression="manual", times=1000)
    try:
        page = serve(QUILT_MCP_TOOL_TIMEOUT="3").call("athena_query_execute", run("select id from orders"))
        assert page["state"] == "QUEUED" and page["execution_id"]
    finally:
        transition(aws_url, progression="immediate")


@contextmanager
def never_done(aws_url: str) -> Iterator[None]:
    """Queries that stay queued."""
    transition(aws_url, progression="manual", times=1000)
    try:
        yield
    finally:
        transition(aws_url, progression="immediate")


def scanning(monkeypatch: pytest.MonkeyPatch, count: int = 200 * 1024**3) -> None:
    """From now on every query has read that much."""
    answer = AthenaResponse.get_query_execution

    def scanned(self: AthenaResponse) -> str:
        return str(answer(self)).replace('"DataScannedInBytes": 0', f'"DataScannedInBytes": {count}')

    monkeypatch.setattr(AthenaResponse, "get_query_execution", scanned)


def states(athena: Any) -> list[str]:
    ids = athena.list_query_executions(WorkGroup=GROUP)["QueryExecutionIds"]
    return [athena.get_query_execution(QueryExecutionId=each)["QueryExecution"]["Status"]["State"] for each in ids]


def test_what_limits_a_running_query_is_said(server: Running, athena: Any, aws_url: str) -> None:
    output = {"ResultConfiguration": {"OutputLocation": f"s3://{MINE}/results"}}
    athena.create_work_group(Name="cut", Configuration=output | {"BytesScannedCutoffPerQuery": 10_000_000})
    assert server.call("athena_query_execute", run("select id from orders"))["scan_limit"] is None
    with never_done(aws_url):
        said = server.call("athena_query_execute", run("select id from orders", wait_seconds=0))["scan_limit"]
        assert said == (
            f"this server stops it above {100 * 1024**3} scanned bytes; the workgroup quilt has no limit of its own "
            "(BytesScannedCutoffPerQuery)"
        )
        page = server.call("athena_query_execute", run("select id from orders", wait_seconds=0, workgroup="cut"))
        assert page["scan_limit"].endswith("; the workgroup cut stops it above 10000000 scanned bytes")


def test_until_when_the_limit_holds_is_said(serve: Callable[..., Running], athena: Any, aws_url: str) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/Reader"
    server = serve(QUILT_MCP_CREDENTIALS="assume_role", QUILT_MCP_ASSUME_ROLES=role)
    ends = int(time.time()) + 7200
    bearer = f"Bearer {token(exp=ends)}"
    with never_done(aws_url):
        asked = run("select id from orders", wait_seconds=0)
        page = server.call("athena_query_execute", asked, Authorization=bearer)
        until = f"until {datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}, when your credentials end"
        assert until in page["scan_limit"]
        again = server.call("athena_query_result", {"execution_id": page["execution_id"]}, Authorization=bearer)
        assert until in again["scan_limit"]


@pytest.mark.parametrize("tool", ["athena_query_result", "athena_query_history"])
def test_the_watch_goes_on_after_a_restart(
    server: Running, athena: Any, aws_url: str, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    with never_done(aws_url):
        # As an earlier process of the server has left it.
        started = athena.start_query_execution(
            QueryString=executions.signed(Principal("alice"), "select id from orders"),
            QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": "mine"},
            WorkGroup=GROUP,
        )["QueryExecutionId"]
        if tool == "athena_query_result":
            assert "this server stops it above" in server.call(tool, {"execution_id": started})["scan_limit"]
        else:
            assert server.call(tool, {"workgroup": GROUP})["queries"]
        scanning(monkeypatch)
        deadline = time.monotonic() + 10
        while states(athena) != ["CANCELLED"]:
            assert time.monotonic() < deadline, "nobody watches it"
            time.sleep(0.1)


def test_running_queries_of_a_user_are_bounded(server: Running, athena: Any, aws_url: str) -> None:
    asked = run("select id from orders", wait_seconds=0)
    carol, dave = f"Bearer {token(sub='carol')}", f"Bearer {token(sub='dave')}"
    with never_done(aws_url):
        ids = [
            server.call("athena_query_execute", asked, Authorization=carol)["execution_id"] for _ in range(MAXIMUM_OPEN)
        ]
        for tool in ("athena_query_execute", "athena_query_validate"):
            arguments = asked if tool == "athena_query_execute" else run("select id from orders")
            assert "wait until one is done" in server.fail(tool, arguments, Authorization=carol)
        assert len(states(athena)) == MAXIMUM_OPEN
        server.call("athena_query_execute", asked, Authorization=dave)
        server.call("athena_query_cancel", {"execution_id": ids[0]}, Authorization=carol)
        server.call("athena_query_execute", asked, Authorization=carol)


def test_a_token_that_may_not_look_at_queries_starts_none(server: Running, athena: Any) -> None:
    granted = ["athena:StartQueryExecution", "glue:GetTables", "s3:GetObject"]
    bearer = f"Bearer {token(permissions=granted)}"
    refused = server.fail("athena_query_execute", run("select id from orders"), Authorization=bearer)
    assert "athena:GetQueryExecution" in refused
    assert states(athena) == []
