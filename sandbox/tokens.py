"""Tokens as the Quilt frontend signs them, for trying the MCP server by hand and in tests."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import jwt

KID = "frontend-enhanced"
ISSUER = "quilt-frontend"
AUDIENCE = "quilt-mcp-server"


def mint(keys: str, subject: str, buckets: Sequence[str], ttl: int = 3600) -> str:
    """An HS256 token.

    `keys` is the value of the stack's secret for tokens: a JSON object from kid to key. `ttl` is in seconds and
    may be negative, which gives an expired token. Raises KeyError when the secret has no key for the frontend's kid.
    """
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": min(now, now + ttl),
        "exp": now + ttl,
        "buckets": list(buckets),
        "permissions": ["s3:GetObject", "s3:ListBucket"],
        "roles": [],
    }
    return jwt.encode(claims, json.loads(keys)[KID], algorithm="HS256", headers={"kid": KID})
