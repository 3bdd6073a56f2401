"""The buckets and actions that a token grants."""

import json

import pytest
from conftest import Running, token
from hypothesis import given
from hypothesis import strategies as st

from quilt_mcp_server.auth.principal import AccessDeniedError, Principal, authorize, may_touch


def test_no_bucket_claim_means_no_bucket(server: Running) -> None:
    for buckets in (None, list[str]()):
        bearer = f"Bearer {token(buckets=buckets)}"
        assert server.call("bucket_list", Authorization=bearer) == {"buckets": []}
        assert "does not grant the bucket" in server.fail(
            "bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer
        )


@pytest.mark.parametrize("action", ["s3:PutObject", "athena:StartQueryExecution"])
def test_permissions_limit_the_actions(server: Running, action: str) -> None:
    bearer = f"Bearer {token(permissions=[action])}"
    message = server.fail("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer)
    assert "s3:ListBucket" in message


def test_patterns_are_case_sensitive_and_match_whole_names() -> None:
    who = Principal("alice", buckets=("quilt-*", "UPPER"))
    assert may_touch(who, "quilt-x")
    for name in ("xquilt-x", "Quilt-x", "quilt-x/y", "UPPER", "upper", "quilt-x-s3alias", "quilt-x--x-s3"):
        assert not may_touch(who, name)


def test_authorize_says_what_may_be_done() -> None:
    with pytest.raises(AccessDeniedError, match="bucket_list shows"):
        authorize(Principal("alice", buckets=("a-bucket",)), "b-bucket", "s3:GetObject")


# Names, and what could be made of two of them.
PARTS = ["alice", "i", "of i", "alice of i", "[", "[]", "", *(json.dumps(pair) for pair in (["i", "alice"], ["", "["]))]


@given(st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(PARTS)), min_size=2, max_size=2, unique=True))
def test_no_subject_imitates_another_s_identity(people: list[tuple[str, str]]) -> None:
    mine, theirs = (Principal(subject, issuer=issuer) for subject, issuer in people)
    assert mine.identity != theirs.identity
