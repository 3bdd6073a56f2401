"""The buckets and actions that a token grants."""

import pytest
from conftest import Running, token

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
