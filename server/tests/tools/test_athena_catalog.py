"""Databases, tables and workgroups, as far as they are the caller's."""

import pytest
from conftest import Running, token


@pytest.mark.usefixtures("glue")
def test_only_the_callers_tables_are_shown(server: Running) -> None:
    assert server.call("athena_databases_list") == {"databases": ["mine"]}
    shown = server.call("athena_tables_list", {"database": "MINE"})["tables"]
    assert shown == ["astray", "good_view", "orders", "parted"]
    first = server.call("athena_tables_list", {"database": "mine", "limit": 3})
    rest = server.call("athena_tables_list", {"database": "mine", "limit": 3, "cursor": first["next_cursor"]})
    assert first["tables"] + rest["tables"] == shown
    assert "no database" in server.fail("athena_tables_list", {"database": "secret"})
    schema = server.call("athena_table_schema", {"database": "mine", "table": "Parted"})
    assert schema["columns"] == [{"name": "id", "type": "bigint", "comment": None}]
    assert [key["name"] for key in schema["partition_keys"]] == ["day"]
    assert "no table" in server.fail("athena_table_schema", {"database": "secret", "table": "people"})
    assert server.call("athena_databases_list", Authorization=f"Bearer {token(buckets=[])}") == {"databases": []}
