"""Transforms of a listener rule: host header and URL rewrites. Pure."""

from __future__ import annotations

import re
from typing import Any

from sandbox.emulator.services.elbv2.errors import one_of, validation

Transform = dict[str, Any]

CONFIGS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}
_MAX_LENGTH = 1024


def normalize(transforms: list[Transform]) -> list[Transform]:
    """Validated transforms as DescribeRules gives them back. Raises ValidationError.

    AWS (CreateRule): "You can add one host header rewrite transform and one URL rewrite transform."
    """
    done = [_normalize_one(transform) for transform in transforms]
    types = [transform["Type"] for transform in done]
    for name in CONFIGS:
        if types.count(name) > 1:
            raise validation(f"A rule can only have one transform of type '{name}'")
    return done


def _normalize_one(transform: Transform) -> Transform:
    kind = transform.get("Type")
    one_of("transforms.member.type", kind, list(CONFIGS))
    name = CONFIGS[str(kind)]
    others = [key for key in CONFIGS.values() if key != name and transform.get(key)]
    if others:
        raise validation(f"'{others[0]}' is not compatible with a transform of type '{kind}'")
    rewrites = (transform.get(name) or {}).get("Rewrites") or []
    if len(rewrites) != 1:
        raise validation(f"'{name}' must have exactly one rewrite")
    rewrite = {"Regex": rewrites[0].get("Regex") or "", "Replace": rewrites[0].get("Replace") or ""}
    if not rewrite["Regex"]:
        raise validation("A rewrite must have a regular expression")
    for part, text in rewrite.items():
        if len(text) > _MAX_LENGTH:
            raise validation(f"The '{part}' of a rewrite is too long; the limit is '{_MAX_LENGTH}'")
    try:
        re.compile(rewrite["Regex"])
    except re.error as problem:
        raise validation(f"The regular expression '{rewrite['Regex']}' is invalid: {problem}") from None
    return {"Type": kind, name: {"Rewrites": [rewrite]}}
