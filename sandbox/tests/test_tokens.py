"""Tokens as the Quilt frontend signs them."""

from __future__ import annotations

import json

import jwt
import pytest

from sandbox import tokens


def test_token_says_what_was_asked() -> None:
    keys = json.dumps({"frontend-enhanced": "k" * 48})
    claims = jwt.decode(
        tokens.mint(keys, "ada", ["a", "b"], ttl=60),
        "k" * 48,
        ["HS256"],
        audience="quilt-mcp-server",
        issuer="quilt-frontend",
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    assert (claims["sub"], claims["buckets"]) == ("ada", ["a", "b"])
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(tokens.mint(keys, "ada", [], ttl=-60), "k" * 48, ["HS256"], audience="quilt-mcp-server")
    with pytest.raises(KeyError):
        tokens.mint("{}", "ada", [])
