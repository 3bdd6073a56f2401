"""A manifest being written, in a temporary file because it can be hundreds of megabytes, and its top hash.

Lines, their order and the top hash are quilt3's: the header, the metadata of folders, the entries in the order of their
paths' segments. The top hash covers the header and each entry's hash, path, metadata and size; where an entry's bytes
are and the metadata of folders are left out.
"""

import hashlib
import json
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Self

from mcp.server.mcpserver.exceptions import ToolError

from .locations import logical_problem
from .manifest import entry_key

MAXIMUM_RECORD = 1_000_000  # bytes of a line; quilt3's own limit, for S3 Select and Athena
_IN_MEMORY = 4 * 1024 * 1024  # bytes of a manifest that never become a file

Value = dict[str, Any]


def top_hash_part(value: Value) -> bytes:
    """What an entry's line adds to the top hash.

    Raises:
        ToolError: if it has no hash or no size.
    """
    if not isinstance(value.get("hash"), dict) or not isinstance(value.get("size"), int):
        raise ToolError(
            f"the entry {str(value.get('logical_key'))[:200]!r} has no hash or no size: the package is damaged"
        )
    return _canonical({name: value[name] for name in ("hash", "logical_key", "meta", "size")})


def header_part(header: Value) -> bytes:
    """What the header adds to the top hash."""
    return _canonical({name: value for name, value in header.items() if name != "top_hash"})


def as_written(value: Value) -> Value:
    """An entry's line as quilt3 would write it again."""
    return {
        "logical_key": value["logical_key"],
        "physical_keys": value["physical_keys"][:1],
        "size": value.get("size"),
        "hash": value.get("hash"),
        "meta": value.get("meta") or {},
    }


class Identity:
    """The top hash of a manifest, while it is being read."""

    def __init__(self, header: Value) -> None:
        self._hash = hashlib.sha256(header_part(header))

    def add(self, written: Value) -> bytes:
        """Take the next entry, as quilt3 writes it; what it adds to the hash.

        Raises:
            ToolError: if it has no hash or no size.
        """
        part = top_hash_part(written)
        self._hash.update(part)
        return part

    @property
    def top_hash(self) -> str:
        """The hash of what was taken so far."""
        return self._hash.hexdigest()


class Draft:
    """Takes a package's lines in order. A context manager, which ends the temporary file.

    Attributes:
        header: The first line.
        entries: How many there are.
        size: Bytes of all entries' objects.
        bytes: Of the manifest.
    """

    def __init__(self, header: Value) -> None:
        self.header = header
        self.entries = self.size = self.bytes = 0
        self.file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed by __exit__
        self._last: tuple[str, ...] = ()
        self._hash = hashlib.sha256(header_part(header))
        self._write(header, "the package's metadata")

    def folder(self, value: Value) -> None:
        """Add the metadata of a folder."""
        self._write(value, "a folder's metadata")

    def entry(self, value: Value, part: bytes | None = None) -> None:
        """Add an entry.

        Args:
            value: Its line.
            part: What it adds to the top hash, where that is known.

        Raises:
            ToolError: if it is not behind the one before, or cannot be written.
        """
        key = value["logical_key"]
        segments = tuple(key.split("/"))
        if problem := logical_problem(key):
            raise ToolError(problem)
        if self._last and segments[: len(self._last)] == self._last:
            last = "/".join(self._last)
            said = "is given twice" if segments == self._last else f"cannot be below {last!r}, which is not a folder"
            raise ToolError(f"the entry {key[:200]!r} {said}")
        if segments < self._last:
            raise ToolError(
                "the entries of the package are not in path order, as quilt3 writes them; push it once with quilt3"
            )
        self._last = segments
        self._hash.update(part if part is not None else top_hash_part(value))
        self._write(value, f"the entry {key[:200]!r}")
        self.entries += 1
        self.size += value["size"]

    @property
    def top_hash(self) -> str:
        """The hash of what was added so far."""
        return self._hash.hexdigest()

    def values(self) -> Iterator[Value]:
        """The entries that were added, read back."""
        self.file.seek(0)
        for line in self.file:
            value = json.loads(line)
            if entry_key(value) is not None:
                yield value

    def _write(self, value: Value, what: str) -> None:
        try:
            line = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise ToolError(f"{what} holds what no manifest can: broken text, NaN or infinity") from error
        if len(line) > MAXIMUM_RECORD:
            raise ToolError(f"{what} takes {len(line)} bytes in the manifest, more than {MAXIMUM_RECORD}; shorten it")
        self.bytes += self.file.write(line + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def _canonical(value: Value) -> bytes:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
    except (ValueError, TypeError, RecursionError) as error:
        raise ToolError("the metadata cannot be written as JSON; make it simpler") from error
