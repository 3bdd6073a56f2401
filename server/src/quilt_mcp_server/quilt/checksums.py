"""The hashes of entries, as quilt3 8 calculates them.

SHA256             SHA-256 of the whole, in hexadecimal; what old packages have
sha2-256-chunked   SHA-256 of the parts' SHA-256s, in base64; parts of 8 MiB, doubled while there are more than 10,000
CRC64NVME          CRC-64/NVME of the whole, 8 bytes, the highest first, in base64; S3's own form of it
"""

import base64
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

SHA256 = "SHA256"
CHUNKED = "sha2-256-chunked"
CRC64NVME = "CRC64NVME"
KINDS = (SHA256, CHUNKED, CRC64NVME)

PART = 8 * 1024 * 1024  # bytes
MAXIMUM_PARTS = 10_000
_POLYNOMIAL = 0x9A6C9329AC4BC9B5  # reflected
_ALL = 0xFFFFFFFFFFFFFFFF


class Digest(Protocol):
    """A hash that is fed piece by piece."""

    def update(self, data: bytes) -> None: ...

    def value(self) -> str:
        """The hash in the form of its kind, once all bytes were fed."""


def digest(kind: str, size: int) -> Digest:
    """A calculation of one of KINDS for an object of `size` bytes.

    Raises:
        KeyError: for another kind.
    """
    kinds: dict[str, Callable[[int], Digest]] = {SHA256: _Whole, CHUNKED: _Chunked, CRC64NVME: _Crc}
    return kinds[kind](size)


def part_size(size: int) -> int:
    """The bytes of each part but the last of an object of `size` bytes."""
    part = PART
    while math.ceil(size / part) > MAXIMUM_PARTS:
        part *= 2
    return part


class _Whole:
    def __init__(self, size: int) -> None:
        self._hash = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def value(self) -> str:
        return self._hash.hexdigest()


class _Chunked:
    def __init__(self, size: int) -> None:
        self._part_size = part_size(size)
        self._parts = hashlib.sha256()
        self._part = hashlib.sha256()
        self._left = self._part_size

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            piece, view = view[: self._left], view[self._left :]
            self._part.update(piece)
            self._left -= len(piece)
            if not self._left:
                self._end_part()

    def _end_part(self) -> None:
        self._parts.update(self._part.digest())
        self._part, self._left = hashlib.sha256(), self._part_size

    def value(self) -> str:
        # Nothing at all is no part, not an empty one.
        if self._left < self._part_size:
            self._end_part()
        return base64.b64encode(self._parts.digest()).decode()


class _Crc:
    """Byte by byte, some MB a second: for what S3 keeps no checksum of, and only where such an entry is verified."""

    def __init__(self, size: int) -> None:
        self._crc = _ALL

    def update(self, data: bytes) -> None:
        crc, table = self._crc, _crc_table()
        for byte in data:
            crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        self._crc = crc

    def value(self) -> str:
        return base64.b64encode((self._crc ^ _ALL).to_bytes(8, "big")).decode()


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


def kept_by_s3(head: Mapping[str, Any], part_sizes: Sequence[int] = ()) -> dict[str, str]:
    """The hashes that follow from the checksums that S3 keeps, by kind; nothing is read for them.

    Args:
        head: The answer to HeadObject with ChecksumMode=ENABLED.
        part_sizes: Bytes of each part of a multipart upload, where they are known.
    """
    found = {}
    size = head["ContentLength"]
    sha256, _, parts = str(head.get("ChecksumSHA256") or "").partition("-")
    if (raw := _decode(sha256, 32)) is not None:
        if parts:
            if list(part_sizes) == expected_parts(size):
                found[CHUNKED] = sha256
        else:
            found[SHA256] = raw.hex()
            if size < PART:
                found[CHUNKED] = sha256 if not size else base64.b64encode(hashlib.sha256(raw).digest()).decode()
    crc = str(head.get("ChecksumCRC64NVME") or "")
    if _decode(crc, 8) is not None:
        found[CRC64NVME] = crc
    return found


def in_parts(head: Mapping[str, Any]) -> bool:
    """Whether the object was uploaded in parts whose SHA-256s S3 keeps, as many as quilt3 would make."""
    _, _, parts = str(head.get("ChecksumSHA256") or "").partition("-")
    return parts == str(len(expected_parts(head["ContentLength"])))


def expected_parts(size: int) -> list[int]:
    """Bytes of the parts that sha2-256-chunked cuts an object into."""
    part = part_size(size)
    return [min(part, size - start) for start in range(0, size, part)]


def _decode(text: str, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw if len(raw) == length else None
