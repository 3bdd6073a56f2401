"""A registry's names, versions and manifests."""

from typing import Any

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from quilt_mcp_server.quilt.registry import version_times


async def test_the_newest_of_many_versions_are_not_missing() -> None:
    class S3:
        """Answers a listing page by page, the oldest first."""

        def __init__(self, count: int) -> None:
            self.tags = [str(1_600_000_000 + n) for n in range(count)]

        async def list_objects_v2(self, Prefix: str, ContinuationToken: str = "0", **_: Any) -> dict[str, Any]:
            end = int(ContinuationToken) + 1000
            listed = [{"Key": Prefix + tag} for tag in self.tags[end - 1000 : end]]
            return {"Contents": listed, "IsTruncated": end < len(self.tags), "NextContinuationToken": str(end)}

    times = await version_times(S3(12_000), "b", "team/data")
    assert (len(times), times[0]) == (12_000, 1_600_011_999)
    with pytest.raises(ToolError, match="too many to be listed"):
        await version_times(S3(100_001), "b", "team/data")
