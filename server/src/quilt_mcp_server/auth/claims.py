"""From the claims of a verified token to a principal.

The Quilt frontend writes its claims in full (`buckets`, `permissions`, `roles`) or compressed (`b`, `p`, `r`). The full
form wins where both are there. Compressed buckets are a list, or an object `{"_type": ..., "_data": ...}`:

    groups      {"quilt": ["raw", "quilt-data"], "open": ["open"]}: group-name, quilt-raw and quilt-quilt-data, but a
                name that is the group's is a bucket without a hyphen, open. The frontend writes open-open the same way.
    patterns    {"quilt": ["raw"], "other": ["data-drop"]}: quilt-name under "quilt", elsewhere the name itself
    compressed  base64 of a JSON list
"""

import base64
import json
from collections.abc import Mapping

from .principal import Principal

LAST_SECOND = 253_402_300_799  # of the year 9999
# The frontend's table.
_PERMISSIONS = {
    "g": "s3:GetObject",
    "p": "s3:PutObject",
    "d": "s3:DeleteObject",
    "l": "s3:ListBucket",
    "la": "s3:ListAllMyBuckets",
    "gv": "s3:GetObjectVersion",
    "pa": "s3:PutObjectAcl",
    "amu": "s3:AbortMultipartUpload",
}


def principal_from(claims: Mapping[str, object]) -> Principal:
    """The caller that verified claims describe.

    Raises:
        ValueError: if a claim is not of its form. A claim that cannot be understood grants nothing.
    """
    permissions = _either(claims, "permissions", "p")
    expires = int(str(claims["exp"]).partition(".")[0])
    if expires > LAST_SECOND:
        raise ValueError("exp is no time in seconds")
    return Principal(
        subject=_text(claims["sub"]),
        buckets=_buckets(_either(claims, "buckets", "b")),
        permissions=None if permissions is None else frozenset(_PERMISSIONS.get(p, p) for p in _names(permissions)),
        roles=_names(_either(claims, "roles", "r") or []),
        expires=expires,
    )


def _either(claims: Mapping[str, object], full: str, short: str) -> object:
    value = claims.get(full)
    return claims.get(short) if value is None else value


def _buckets(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return _names(value)
    if not isinstance(value, dict):
        raise ValueError("the buckets are neither a list nor a compressed object")
    kind, data = value.get("_type"), value.get("_data")
    if kind == "compressed":
        return _names(json.loads(base64.b64decode(_text(data), validate=True)))
    if kind not in ("groups", "patterns") or not isinstance(data, dict):
        raise ValueError("the compressed buckets are of no known type")
    expand = _of_group if kind == "groups" else _of_pattern
    return tuple(expand(_text(group), name) for group, names in data.items() for name in _names(names))


def _of_group(group: str, name: str) -> str:
    return name if name == group else f"{group}-{name}"


def _of_pattern(pattern: str, name: str) -> str:
    return f"quilt-{name}" if pattern == "quilt" else name


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a claim is not a string")
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a claim is not a list of strings")
    return tuple(_text(item) for item in value)
