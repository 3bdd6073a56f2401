# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Which tags every AWS service takes. Pure.

Sources: "Tag naming limits and requirements" (AWS Tagging Best Practices), and "Rules for tagging in IAM and AWS STS",
where keys differ by more than case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from .problem import Problem
from .tags import is_reserved
from .text_values import text_problems

MOST_TAGS = 50
LONGEST_KEY, LONGEST_VALUE = 128, 256
SIGNS = "_.:/=+-@"
# Letters, digits and spaces of any script: the first letter of their Unicode category.
KINDS = ("L", "N", "Z")
# Services that take any character in tags.
OF_ANY_CHARACTERS = ("cloudwatch", "ec2")


def tag_problems(
    tags: Mapping[Any, Any], added: Mapping[str, str] | None = None, service: str | None = None
) -> Iterator[Problem]:
    """Yield a problem for each tag that AWS refuses.

    Args:
        tags: as they were given.
        added: the tags that a deployment adds, which count too and win over a tag of the same key.
        service: the one that gets them, by boto3's name; without it, what any of them refuses.
    """
    added = added or {}
    yield from text_problems(tags, null="a tag has a text, which may be empty")
    for key, value in tags.items():
        if isinstance(key, str):
            yield from _key_problems(key)
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            found = _of_length(f"the value of {key}", value)
            yield Problem(found, f"a value has at most {LONGEST_VALUE} characters", "shorten it")
    if service not in OF_ANY_CHARACTERS:
        yield from _alphabet_problems(tags)
    if service in (None, "iam"):
        yield from _case_problems({**added, **tags})
    count = len({**added, **{str(key): value for key, value in tags.items()}})
    if count > MOST_TAGS:
        with_added = f", {len(added)} of them the deployment's own" if added else ""
        yield Problem(f"{count} tags{with_added}", f"a resource has at most {MOST_TAGS}", "remove some")


def _key_problems(key: str) -> Iterator[Problem]:
    if not 1 <= len(key) <= LONGEST_KEY:
        yield Problem(_of_length("a key", key), f"a key has 1 to {LONGEST_KEY} characters", "choose another key")
    if is_reserved(key):
        yield Problem(f"the key {key}", "keys that begin with aws: are AWS's own", "choose another key")


def _alphabet_problems(tags: Mapping[Any, Any]) -> Iterator[Problem]:
    allowed = f"tags have letters, digits, spaces and {' '.join(SIGNS)}"
    for key, value in tags.items():
        texts = ((f"the key {str(key)[:40]!r}", key), (f"the value of {key}", value))
        for what, text in texts:
            wrong = _outside(text) if isinstance(text, str) else []
            if wrong:
                yield Problem(f"{what} has {' '.join(wrong)}", allowed, "write it without them")


def _outside(text: str) -> list[str]:
    """The characters that no tag has, once each."""
    wrong = dict.fromkeys(sign for sign in text if sign not in SIGNS and unicodedata.category(sign)[0] not in KINDS)
    return [sign if sign.isprintable() else repr(sign) for sign in wrong]


def _case_problems(tags: Mapping[Any, Any]) -> Iterator[Problem]:
    """IAM stores keys in the case in which they are written, and compares them without it."""
    spelled: dict[str, list[str]] = {}
    for key in tags:
        spelled.setdefault(str(key).casefold(), []).append(str(key))
    for keys in spelled.values():
        if len(keys) > 1:
            found = f"the keys {' and '.join(keys)}"
            yield Problem(found, "IAM refuses keys that differ only in case", "keep one of them")


def _of_length(what: str, text: str) -> str:
    return f"{what} has {len(text)} characters ({text[:20]}...)" if text else f"{what} is empty"
