"""Buckets that a token does not name cannot be reached, however they are written."""

from typing import Any

import pytest
from conftest import Running, token

from quilt_mcp_server.auth.principal import AccessDeniedError, Principal, authorize, may_touch
from quilt_mcp_server.aws.grants import Grant, NoGrantError, current_grant

SECRET = "the secret of another"
SMUGGLED = [
    "quilt-secret",
    "s3://quilt-secret",
    "s3://quilt-secret/",
    "QUILT-SECRET",
    "quilt-example/../quilt-secret",
    "quilt-example/",
    "s3://quilt-example@quilt-secret",
    "s3://quilt-secret#quilt-example",
    "s3://quilt-secret?quilt-example",
    "quilt-secret%2f",
    "quilt%2dsecret",
    "s3://s3://quilt-secret",
    "arn:aws:s3:::quilt-secret",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/quilt-example",
    "quilt-example\n",
    "quilt-example\x00",
    " quilt-secret",
    "quilt-secret.",
    "quilt-example-s3alias",
    "quilt‐secret",  # noqa: RUF001 - a hyphen that is not one
]


@pytest.fixture
def secret(s3: Any) -> None:
    s3.put_object(Bucket="quilt-secret", Key="k", Body=SECRET.encode())
    s3.put_object(Bucket="quilt-secret", Key=".quilt/named_packages/a/b/latest", Body=b"a" * 64)
    s3.put_object(Bucket="quilt-secret", Key=".quilt/packages/" + "a" * 64, Body=b'{"version":"v0"}\n')


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("written", [form for form in SMUGGLED if form != "quilt-example/"])
def test_a_foreign_bucket_is_refused_everywhere(server: Running, written: str) -> None:
    bare = written.removeprefix("s3://")
    for tool, arguments in (
        ("bucket_objects_list", {"bucket": written}),
        ("check_bucket_access", {"bucket": written}),
        ("bucket_object_text", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_fetch", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_info", {"s3_uri": f"s3://{bare}/k"}),
        ("bucket_object_link", {"s3_uri": f"s3://{bare}/k"}),
        ("discover_permissions", {"buckets": [written]}),
        ("bucket_objects_put", {"bucket": written, "objects": [{"key": "k", "content": "x"}], "overwrite": True}),
        ("catalog_uri", {"registry": written, "package_name": "a/b"}),
        ("packages_list", {"registry": written}),
        ("package_browse", {"registry": written, "package_name": "a/b"}),
        ("package_versions", {"registry": written, "package_name": "a/b"}),
        ("package_entries_search", {"registry": written, "package_name": "a/b", "pattern": "*"}),
        ("package_diff", {"registry": written, "package_name": "a/b", "before": "a" * 64}),
    ):
        message = server.fail(tool, arguments)
        assert SECRET not in message


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    "key", ["../quilt-secret/k", "..%2fquilt-secret%2fk", "/../../quilt-secret/k", "//quilt-secret/k"]
)
def test_a_key_cannot_climb_into_another_bucket(server: Running, key: str) -> None:
    message = server.fail("bucket_object_text", {"s3_uri": f"s3://quilt-example/{key}"})
    assert SECRET not in message


@pytest.mark.usefixtures("secret")
def test_no_bucket_claim_means_no_bucket(server: Running) -> None:
    for buckets in (None, list[str]()):
        bearer = f"Bearer {token(buckets=buckets)}"
        assert server.call("bucket_list", Authorization=bearer) == {"buckets": []}
        assert "may not touch" in server.fail("bucket_objects_list", {"bucket": "quilt-example"}, Authorization=bearer)


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


def test_authorise_says_what_may_be_done() -> None:
    with pytest.raises(AccessDeniedError, match="bucket_list shows"):
        authorize(Principal("alice", buckets=("a-bucket",)), "b-bucket", "s3:GetObject")


class TestSharedClient:
    """The last line: whatever a tool does with the client it was given."""

    @pytest.fixture
    async def client(self, s3: Any) -> Any:
        from conftest import environment

        from quilt_mcp_server.aws.clients import Clients
        from quilt_mcp_server.config import load

        clients = Clients(load(environment()))
        yield await clients.get("s3")
        await clients.close()

    async def test_without_a_grant_nothing_is_sent(self, client: Any) -> None:
        with pytest.raises(NoGrantError):
            await client.list_buckets()
        with pytest.raises(NoGrantError):
            await client.list_objects_v2(Bucket="quilt-example")

    @pytest.mark.usefixtures("secret")
    async def test_a_grant_is_for_one_bucket(self, client: Any) -> None:
        from botocore.credentials import ReadOnlyCredentials

        reset = current_grant.set(Grant(ReadOnlyCredentials("a", "b", None), "quilt-example"))
        try:
            assert (await client.list_objects_v2(Bucket="quilt-example"))["KeyCount"] == 0
            with pytest.raises(NoGrantError):
                await client.get_object(Bucket="quilt-secret", Key="k")
            with pytest.raises(NoGrantError):
                await client.copy_object(Bucket="quilt-example", Key="k", CopySource="quilt-secret/k")
        finally:
            current_grant.reset(reset)
