# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Tokens for the smoke test: the good one, and those the server must refuse."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .._core.problem import Problem
from .._core.refusal import Refused

with suppress(ImportError):  # the module says so before any of this runs
    import jwt

LIFETIME = 300  # seconds; the smoke test is over long before
GARBAGE = "not.a.token"
NO_KEY = "without the key no token can be signed"


@dataclass(frozen=True)
class Claims:
    """What the minted token says."""

    subject: str
    issuer: str
    audience: str
    buckets: tuple[str, ...]


def key_from(secret: str, kid: str, name: str) -> str:
    """The HS256 key of `kid` in a secret's value: a JSON object kid -> key, or the key itself.

    Raises Refused when no token can be made with it; the message holds no secret.

    Args:
        secret: the secret's value.
        kid: the key id that the token will name.
        name: the secret's name, for the message.
    """
    try:
        value = json.loads(secret)
    except ValueError:
        value = secret
    if not isinstance(value, dict):
        if not secret.strip():
            empty = Problem("it is empty", NO_KEY, "store a JSON object of key id to key in it")
            raise Refused(f"use the secret {name}", empty)
        return secret
    key = value.get(kid)
    if not isinstance(key, str) or not key:
        there = ", ".join(sorted(value)) or "no key id"
        missing = Problem(f"it has no key for the key id {kid!r}; it has {there}", NO_KEY, "correct kid or smoke_kid")
        raise Refused(f"use the secret {name}", missing)
    return key


def mint(key: str, kid: str, claims: Claims, *, lifetime: int = LIFETIME) -> str:
    """A signed token; a negative `lifetime` (seconds) makes an expired one.

    It has no claim `permissions`, so that the server lists everything to it, in each session and each release alike.
    """
    now = int(time.time())
    payload: dict[str, Any] = {
        "iss": claims.issuer,
        "aud": claims.audience,
        "sub": claims.subject,
        "iat": now + min(lifetime, 0) - 1,
        "exp": now + lifetime,
        "buckets": list(claims.buckets),
    }
    return jwt.encode(payload, key, algorithm="HS256", headers={"kid": kid})


def forge(token: str) -> str:
    """The same claims and key id, signed with a random key. Falls back to GARBAGE for an opaque token."""
    try:
        header = jwt.get_unverified_header(token)
        payload = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return GARBAGE
    return jwt.encode(payload, secrets.token_urlsafe(48), algorithm="HS256", headers={"kid": header.get("kid", "")})


def expired_for(token: str) -> int | None:
    """How many seconds ago the token expired; None when it has not, or does not say."""
    try:
        payload: Mapping[str, Any] = jwt.decode(token, options={"verify_signature": False})
        ago = int(time.time() - payload["exp"])
    except (jwt.PyJWTError, KeyError, TypeError):
        return None
    return ago if ago > 0 else None
