"""What the lexer finds in a statement, and what it refuses."""

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from quilt_mcp_server.athena.sql import read


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("select 1", {("select",)}),
        ("SELECT * FROM Orders;", {("select",), ("from",), ("orders",)}),
        ('select a.b from "DB"."Or ders" a', {("select",), ("a", "b"), ("from",), ("db", "or ders"), ("a",)}),
        ("select 1 from db /* x */ . -- y\n t", {("select",), ("from",), ("db", "t")}),
        ("(select 1 from x.y.z)", {("select",), ("from",), ("x", "y", "z")}),
        ("with c as (table foreign_t) select * from c", {("with",), ("c",), ("as",), ("table",), ("foreign_t",)}),
        ("select 'from secret.t' as x", {("select",), ("as",), ("x",)}),
        ("select 'it''s' || \"$path\" as x", {("select",), ("$path",), ("as",), ("x",)}),
        ("select 1.5e3, .5, t.* from t", {("select",), ("t",), ("from",)}),
    ],
)
def test_names(query: str, names: set[tuple[str, ...]]) -> None:
    found = read(query).names
    assert names <= found
    assert found - names <= {("select",), ("from",), ("as",)}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "-- only a comment",
        "drop table t",
        "INSERT INTO t SELECT * FROM u",
        "create table x as select * from t",
        "UNLOAD (select * from t) to 's3://quilt-secret/x' with (format = 'json')",
        "with x as (select 1) insert into t select * from x",
        "select 1; select 2",
        "select 1; drop table t",
        "explain analyze select 1",
        "show tables in other",
        "describe other.t",
        "/* select */ delete from t",
        "execute p",
        "using external function f(x int) returns int lambda 'l' select f(1)",
        "select * from table(system.query(query => 'select 1'))",
        "select * from TABLE /* c */ (system.query(query => 'x'))",
        "select * from information_schema.tables",
        'select * from awsdatacatalog."INFORMATION_SCHEMA".tables',
        "select * from `other`.t",
        'select * from "orders$partitions"',
        "select * from orders$files",
        'select * from "orders@1"',
        'select * from U&"\\006f"',
        'select * from "a""b"',
        "select * from \u00a0t",
        'select * from "\u212aelvin"',
        "select 'unterminated",
        'select "unterminated',
        "select 1 /* unterminated",
        "select * from db.1t",
        "select ?",
        "select 1 " + "x" * 70_000,
    ],
)
def test_what_cannot_be_judged_is_refused(query: str) -> None:
    with pytest.raises(ToolError):
        read(query)


def test_only_what_was_understood_is_sent() -> None:
    text = read("select /*+ hint */ a , -- x\n 'a -- b /*' from db . t -- drop table t").text
    assert text == "select a , 'a -- b /*' from db.t"
    # Signs that stood apart do not grow into a comment.
    for query in ("select 1 - -1", "select 1 - /**/ -1", "select 1 / /**/ * 2"):
        sent = read(query).text
        assert "--" not in sent and "/*" not in sent
    assert read(read("select a.b, x -> y from t").text).text == "select a.b , x -> y from t"
