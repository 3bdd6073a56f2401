"""Defense in depth: no use of a client by a tool reaches another bucket."""

from typing import Any

import pytest

from quilt_mcp_server.aws.grants import Grant, NoGrantError, current_grant


class TestSharedClient:
    """Defense in depth: no use of a client by a tool reaches another bucket."""

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

    async def test_a_grant_is_for_one_bucket(self, client: Any, s3: Any) -> None:
        s3.put_object(Bucket="quilt-secret", Key="k", Body=b"the secret of another")
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
