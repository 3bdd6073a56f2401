"""The frontend's claims, in full and compressed."""

import base64
import json
from typing import Any

import pytest

from quilt_mcp_server.auth.claims import principal_from
from quilt_mcp_server.auth.principal import Principal


def read(**claims: Any) -> Principal:
    return principal_from({"sub": "alice", "exp": 1} | claims)


def packed(value: Any) -> dict[str, Any]:
    return {"_type": "compressed", "_data": base64.b64encode(json.dumps(value).encode()).decode()}


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (["a-b", "c-d"], ("a-b", "c-d")),
        ({"_type": "groups", "_data": {"quilt": ["raw", "sales-raw"]}}, ("quilt-raw", "quilt-sales-raw")),
        ({"_type": "groups", "_data": {"cell": ["cellpainting-gallery", "x"]}}, ("cellpainting-gallery", "cell-x")),
        ({"_type": "patterns", "_data": {"quilt": ["raw"], "other": ["data-drop"]}}, ("quilt-raw", "data-drop")),
        (packed(["a-b"]), ("a-b",)),
        ({"_type": "groups", "_data": {}}, ()),
    ],
)
def test_buckets(claim: Any, expected: tuple[str, ...]) -> None:
    assert read(b=claim).buckets == expected


def test_permissions_and_roles() -> None:
    who = read(p=["g", "l", "athena:StartQueryExecution"], r=["Reader"])
    assert who.permissions == frozenset({"s3:GetObject", "s3:ListBucket", "athena:StartQueryExecution"})
    assert who.roles == ("Reader",)


def test_the_full_form_wins_even_when_it_grants_less() -> None:
    who = read(buckets=[], b=["a-b"], permissions=[], p=["g"], roles=[], r=["Admin"])
    assert (who.buckets, who.permissions, who.roles) == ((), frozenset(), ())


def test_nothing_said_is_nothing_granted() -> None:
    assert (read().buckets, read().roles, read().permissions) == ((), (), None)


@pytest.mark.parametrize(
    "claim",
    [
        "a-b",
        5,
        [5],
        {},
        {"_type": "zip", "_data": []},
        {"_type": "groups", "_data": ["a"]},
        {"_type": "groups", "_data": {"quilt": "raw"}},
        {"_type": "compressed", "_data": "?"},
        {"_type": "compressed", "_data": None},
        packed({"a": 1}),
        packed([["a"]]),
    ],
)
def test_what_cannot_be_understood_is_an_error(claim: Any) -> None:
    with pytest.raises(ValueError):
        read(b=claim)
