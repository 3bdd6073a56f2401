"""The hashes of entries. That quilt3 calculates the same: tests/oracle."""

import base64
import hashlib
from typing import Any

import pytest

from quilt_mcp_server.quilt import checksums

MIB = 1024 * 1024


def calculated(kind: str, data: bytes, piece: int = 3 * MIB + 1) -> str:
    digest = checksums.digest(kind, len(data))
    for start in range(0, len(data), piece):
        digest.update(data[start : start + piece])
    return digest.value()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def chunked(*parts: bytes) -> str:
    return b64(hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", chunked()),
        (b"a", chunked(b"a")),
        (b"a" * 8 * MIB, chunked(b"a" * 8 * MIB)),
        (b"a" * (8 * MIB + 1), chunked(b"a" * 8 * MIB, b"a")),
        (b"a" * 16 * MIB, chunked(b"a" * 8 * MIB, b"a" * 8 * MIB)),
    ],
    ids=["nothing", "byte", "part", "part and byte", "two parts"],
)
def test_sha256_of_parts(data: bytes, expected: str) -> None:
    assert calculated(checksums.CHUNKED, data) == expected


@pytest.mark.parametrize(
    ("gib", "mib"), [(1, 8), (78, 8), (79, 16), (157, 32), (5 * 1024, 1024)], ids=lambda number: str(number)
)
def test_parts_grow_where_there_would_be_too_many(gib: int, mib: int) -> None:
    assert checksums.part_size(gib * 1024 * MIB) == mib * MIB


def test_crc64nvme() -> None:
    # The check value that catalogs of CRCs give for "123456789".
    assert calculated(checksums.CRC64NVME, b"123456789", 2) == b64(bytes.fromhex("ae8b14860a799888"))
    assert calculated(checksums.CRC64NVME, b"") == b64(bytes(8))


def test_sha256_of_the_whole() -> None:
    assert calculated(checksums.SHA256, b"abc", 1) == hashlib.sha256(b"abc").hexdigest()


WHOLE = hashlib.sha256(b"abc").digest()
LARGE = 20 * MIB
OF_PARTS = chunked(b"1", b"2", b"3")


@pytest.mark.parametrize(
    ("head", "parts", "expected"),
    [
        ({"ContentLength": 3}, [], {}),
        (
            {"ContentLength": 3, "ChecksumSHA256": b64(WHOLE)},
            [],
            {checksums.SHA256: WHOLE.hex(), checksums.CHUNKED: chunked(b"abc")},
        ),
        (
            {"ContentLength": 0, "ChecksumSHA256": b64(hashlib.sha256().digest())},
            [],
            {checksums.SHA256: hashlib.sha256().hexdigest(), checksums.CHUNKED: chunked()},
        ),
        # Uploaded whole, but cut by quilt3: the SHA-256s of the parts are not known.
        ({"ContentLength": LARGE, "ChecksumSHA256": b64(WHOLE)}, [], {checksums.SHA256: WHOLE.hex()}),
        (
            {"ContentLength": LARGE, "ChecksumSHA256": f"{OF_PARTS}-3"},
            [8 * MIB, 8 * MIB, 4 * MIB],
            {checksums.CHUNKED: OF_PARTS},
        ),
        # As many parts, cut elsewhere.
        ({"ContentLength": LARGE, "ChecksumSHA256": f"{OF_PARTS}-3"}, [7 * MIB, 7 * MIB, 6 * MIB], {}),
        ({"ContentLength": LARGE, "ChecksumSHA256": f"{OF_PARTS}-3"}, [], {}),
        ({"ContentLength": LARGE, "ChecksumCRC64NVME": b64(b"12345678")}, [], {checksums.CRC64NVME: "MTIzNDU2Nzg="}),
        # No checksum of this kind: four bytes.
        ({"ContentLength": LARGE, "ChecksumCRC64NVME": b64(b"1234")}, [], {}),
    ],
)
def test_what_s3_keeps(head: dict[str, Any], parts: list[int], expected: dict[str, str]) -> None:
    assert checksums.kept_by_s3(head, parts) == expected


def test_sizes_of_parts_are_asked_for_only_where_they_may_fit() -> None:
    assert checksums.in_parts({"ContentLength": LARGE, "ChecksumSHA256": f"{OF_PARTS}-3"})
    assert not checksums.in_parts({"ContentLength": LARGE, "ChecksumSHA256": f"{OF_PARTS}-4"})
    assert not checksums.in_parts({"ContentLength": LARGE, "ChecksumSHA256": b64(WHOLE)})
    assert not checksums.in_parts({"ContentLength": LARGE})
