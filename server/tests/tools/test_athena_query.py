"""The Athena tools against Athena's and Glue's API over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from athena_tables import BOB, GROUP, MINE, run, started, transition
from conftest import ACCOUNT, Running, token
from moto.athena.responses import AthenaResponse


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
