"""Whether a manifest is what its name, the top hash, says."""

import asyncio
from collections import OrderedDict
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError

from .draft import Identity, as_written
from .manifest import entry_key, lines
from .registry import open_manifest

MAXIMUM_CHECKED = 8 * 1024 * 1024  # bytes of a manifest whose hash is taken while somebody waits
CHECK_SECONDS = 10.0
REMEMBERED = 1024  # manifests
_TURN = 100  # entries, after which others get their turn

Integrity = Literal["verified", "damaged", "not verified (too large)"]


class IntegrityChecks:
    """Checks manifests, and remembers what was found: for an object that has not changed since, by its ETag."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], Integrity] = OrderedDict()

    async def check(self, s3: Any, bucket: str, top_hash: str, etag: str, size: int | None) -> Integrity:
        """Whether a manifest is verified.

        Args:
            s3: The client, under a grant for the bucket.
            bucket: The registry.
            top_hash: Which manifest.
            etag: The state of that object; empty where S3 does not say it.
            size: Its bytes, where S3 says them.
        """
        if not etag or size is None or size > MAXIMUM_CHECKED:
            return "not verified (too large)"
        key = (bucket, top_hash, etag)
        found = self._known.get(key)
        if found is None:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    found = "verified" if await _hash_of(s3, bucket, top_hash) == top_hash else "damaged"
            except TimeoutError:
                return "not verified (too large)"
            except ToolError:
                # It cannot be read as a manifest.
                found = "damaged"
            self._known[key] = found
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return found


async def _hash_of(s3: Any, bucket: str, top_hash: str) -> str | None:
    """The top hash of a manifest's content; None if it has none.

    Raises:
        ToolError: if it is damaged.
    """
    identity, count = None, 0
    async with await open_manifest(s3, bucket, top_hash, 0) as body:
        async for line in lines(body):
            if identity is None:
                if entry_key(line.value) is not None:
                    return None
                identity = Identity(line.value)
            elif entry_key(line.value) is not None:
                identity.add(as_written(line.value))
                count += 1
                if count % _TURN == 0:
                    await asyncio.sleep(0)
            del line
    return None if identity is None else identity.top_hash
