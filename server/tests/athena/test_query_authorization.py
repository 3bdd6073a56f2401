"""Every known attempt to bypass query authorization, over Athena's and Glue's API."""

from typing import Any

import pytest
from athena_tables import FOREIGN, run, started
from conftest import Running, token


@pytest.mark.parametrize(
    "query",
    [
        "select * from orders",
        "select * from MINE.Orders o join good_view v on o.id = v.id",
        'select "id" from awsdatacatalog.mine."orders"',
        "with people as (select * from orders) select people.id from people",
        "select * from parted where day = '1'",
        "select 'secret.people' from orders",
    ],
)
def test_what_is_the_callers_runs(server: Running, athena: Any, query: str) -> None:
    assert server.call("athena_query_execute", run(query))["state"] == "SUCCEEDED"
    checked = server.call("athena_query_validate", run(query))
    assert (checked["valid"], checked["problem"]) == (True, None)
    assert started(athena)[-1].startswith("EXPLAIN (TYPE VALIDATE) ")


PASSING_BY = [
    "select * from secret.people",
    "select * from SECRET.People",
    'select * from "secret"."people"',
    "select * from secret /* x */ . /* y */ people",
    "select * from secret.-- x\npeople",
    "select * from awsdatacatalog.secret.people",
    'select * from "AwsDataCatalog"."secret"."people"',
    "select * from other_catalog.secret.people",
    'select * from "lambda:x".secret.people',
    'select * from "s3tablescatalog/b".secret.people',
    "select * from orders where id in (select id from secret.people)",
    "select (select max(id) from secret.people) from orders",
    "with orders as (select * from secret.people) select * from orders",
    "with secret as (select 1) select * from secret.people",
    "select * from orders, secret.people",
    "select * from orders union all table secret.people",
    "select * from orders cross join lateral (select * from secret.people)",
    "select * from foreign_orders",
    "select * from orders o, foreign_orders",
    "table foreign_orders",
    "select * from (foreign_orders)",
    "select * from bad_view",
    "select * from deep_view",
    "select * from elsewhere_view",
    "select * from endless_view",
    "select * from odd_view",
    "select * from astray",
    "select * from projected",
    "select * from links",
    "select * from ice",
    "select * from dynamo",
    "select * from information_schema.tables",
    'select * from "foreign_orders$partitions"',
    "select * from table(system.query(query => 'select * from secret.people'))",
    "create table mine.x with (external_location = 's3://quilt-example/x') as select * from orders",
    "insert into foreign_orders select * from orders",
    "unload (select * from orders) to 's3://quilt-secret/x' with (format = 'json')",
    "select 1; select * from secret.people",
    "explain analyze select * from secret.people",
    "show tables in secret",
    "drop table orders",
    "msck repair table orders",
]


@pytest.mark.parametrize("query", PASSING_BY)
def test_nothing_passes_by_the_judge(server: Running, athena: Any, query: str) -> None:
    message = server.fail("athena_query_execute", run(query))
    checked = server.call("athena_query_validate", run(query))
    assert checked["valid"] is False and checked["problem"]
    assert FOREIGN not in message.replace(query, "")
    assert started(athena) == []


def test_a_foreign_database_cannot_be_the_context(server: Running, athena: Any) -> None:
    server.fail("athena_query_execute", run("select * from people", database="secret"))
    queries = ("select * from secret.people", "select * from secret.nobody")
    same = [server.fail("athena_query_execute", run(query)) for query in queries]
    assert same[0].replace("people", "nobody") == same[1]
    assert started(athena) == []


def test_permissions_limit_queries(server: Running, athena: Any) -> None:
    bearer = f"Bearer {token(permissions=['s3:GetObject', 'glue:GetTables'])}"
    message = server.fail("athena_query_execute", run("select 1"), Authorization=bearer)
    assert "athena:StartQueryExecution" in message
    assert started(athena) == []
