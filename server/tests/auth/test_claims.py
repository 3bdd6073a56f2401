"""The frontend's claims, in full and compressed."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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
        ({"_type": "groups", "_data": {"quilt": ["quilt-data", "quilt"]}}, ("quilt-quilt-data", "quilt")),
        (
            {"_type": "groups", "_data": {"cell": ["cellpainting-gallery", "x"]}},
            ("cell-cellpainting-gallery", "cell-x"),
        ),
        ({"_type": "groups", "_data": {"*": ["*"], "quilt": ["*"]}}, ("*", "quilt-*")),
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


def written(names: list[str]) -> Any:
    """The claim as the frontend's buildBucketCompression() writes it (EnhancedTokenGenerator.js of the catalog)."""
    groups: dict[str, list[str]] = {}
    patterns: dict[str, list[str]] = {}
    for name in names:
        prefix = name.split("-")[0]
        groups.setdefault(prefix, []).append(name.replace(f"{prefix}-", "", 1))
        pattern = "quilt" if name.startswith("quilt-") else "cell" if name.startswith("cell") else "other"
        patterns.setdefault(pattern, []).append(name.replace("quilt-", "", 1) if pattern == "quilt" else name)
    forms: list[tuple[str, Any]] = [("groups", groups)] if len(groups) < len(names) * 0.6 else []
    forms.append(("compressed", packed(names)["_data"]))
    forms += [("patterns", patterns)] if len(patterns) < len(names) * 0.7 else []
    return [{"_type": kind, "_data": data} for kind, data in forms]


PART = st.text("abcq0", min_size=1, max_size=3)
NAMES = st.one_of(
    st.lists(PART, min_size=1, max_size=4).map("-".join),
    st.lists(st.sampled_from(["quilt", "cell", "cellx", "data", "other", "x"]), min_size=1, max_size=4).map("-".join),
)


def is_doubled(name: str) -> bool:
    """Whether a name is x-x, which the frontend writes as x."""
    first, hyphen, rest = name.partition("-")
    return bool(hyphen) and first == rest


@given(st.lists(NAMES, min_size=1, max_size=40, unique=True))
@example(["quilt-quilt-data", "quilt-data", "quilt", "quilt-raw", "cellx-cellx-a"] + [f"quilt-{n}" for n in range(12)])
@settings(deadline=None, max_examples=300)
def test_every_form_is_read_as_it_was_written(names: list[str]) -> None:
    """Of every name but x-x exactly that bucket is granted, in every form that the frontend may choose."""
    for claim in written(names):
        granted = read(b=claim).buckets
        doubled = {name for name in names if is_doubled(name)} if claim["_type"] == "groups" else set()
        assert set(granted) == {name.partition("-")[0] if name in doubled else name for name in names}
        assert len(granted) == len(names)


def test_a_doubled_name_is_read_as_its_half_and_never_as_both() -> None:
    names = ["x-x", *(f"x-{n}" for n in range(20))]
    (groups,) = (claim for claim in written(names) if claim["_type"] == "groups")
    who = read(b=groups)
    assert "x" in who.buckets and "x-x" not in who.buckets
    assert read(b={"_type": "groups", "_data": {"quilt": ["quilt-data"]}}).buckets == ("quilt-quilt-data",)
