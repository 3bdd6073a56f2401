"""The setting that says what groups, roles or scopes of an authorization server grant, checked at the start."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAXIMUM_RULES = 100
_MEMBERS = ("claim", "value", "pattern", "buckets", "permissions", "roles")
_FORM = 'the form is [{"claim": "groups", "value": "scientists", "buckets": ["my-bucket"], "permissions": ["s3:Get*"]}]'
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BUCKET_CHARACTERS = frozenset(f"{_LETTERS}0123456789.-*?")
_ACTION_CHARACTERS = frozenset(f"{_LETTERS}{_LETTERS.upper()}0123456789-*?")


class Reader(Protocol):
    """What reads the variables, and collects their faults."""

    def text(self, name: str, default: str = "") -> str: ...
    def listed(self, name: str) -> tuple[str, ...]: ...
    def fault(self, name: str, problem: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ClaimGrant:
    """What tokens with a value of a claim are granted.

    Attributes:
        claim: The names that lead to the claim; one, unless it is a member of another.
        value: The value of the claim, or one of its values.
        pattern: In place of the value, with `*` and `?`.
        permissions: The IAM actions on the buckets; None: all.
    """

    claim: tuple[str, ...]
    value: str | None = None
    pattern: str | None = None
    buckets: tuple[str, ...] = ()
    permissions: frozenset[str] | None = None
    roles: tuple[str, ...] = ()


def load(read: Reader, assume_roles: Sequence[str]) -> tuple[ClaimGrant, ...]:
    """The rules; none without the setting. Every fault of every rule is reported to the reader."""
    raw = read.text("OAUTH_GRANTS")
    if not raw:
        return ()
    try:
        rules = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        read.fault("OAUTH_GRANTS", f"is not valid JSON ({error}); {_FORM}")
        return ()
    if not isinstance(rules, list) or not 0 < len(rules) <= MAXIMUM_RULES:
        read.fault("OAUTH_GRANTS", f"must be a list of 1 to {MAXIMUM_RULES} rules; {_FORM}")
        return ()
    found = []
    for number, rule in enumerate(rules, 1):
        faults = list(_faults(rule, assume_roles))
        for fault in faults:
            read.fault("OAUTH_GRANTS", f"rule {number} {fault}")
        if not faults:
            found.append(_claim_grant(rule))
    return tuple(found)


def _claim_grant(rule: dict[str, Any]) -> ClaimGrant:
    claim, permissions = rule["claim"], rule.get("permissions")
    return ClaimGrant(
        claim=(claim,) if isinstance(claim, str) else tuple(claim),
        value=rule.get("value"),
        pattern=rule.get("pattern"),
        buckets=tuple(rule.get("buckets", ())),
        permissions=None if permissions is None else frozenset(permissions),
        roles=tuple(rule.get("roles", ())),
    )


def _faults(rule: object, assume_roles: Sequence[str]) -> Iterator[str]:
    """What is wrong with a rule, in the words that follow `rule 1`."""
    if not isinstance(rule, dict):
        yield f"is no object; {_FORM}"
        return
    for name in sorted(rule.keys() - _MEMBERS):
        yield f"has the member {name!r}; the members are {', '.join(_MEMBERS)}"
    claim = rule.get("claim")
    if not _is_text(claim) and not _is_texts(claim):
        yield 'needs a claim: its name, or the list of names that leads to it, such as ["realm_access", "roles"]'
    if ("value" in rule) == ("pattern" in rule):
        yield "needs a value or a pattern, and not both"
    for name in ("value", "pattern"):
        if name in rule and not _is_text(rule[name]):
            yield f"has a {name} that is no text"
    yield from _granting_faults(rule)
    yield from _role_faults(rule, assume_roles)


def _granting_faults(rule: dict[str, Any]) -> Iterator[str]:
    if not rule.keys() & {"buckets", "roles"}:
        yield "grants nothing; give buckets, roles or both"
    if "permissions" in rule and "buckets" not in rule:
        yield "has permissions without the buckets that they are for"
    checks = (
        ("buckets", _is_bucket, "is no name of a bucket, or a pattern of one"),
        ("permissions", _is_action, "is no IAM action such as s3:GetObject or s3:Get*"),
    )
    for name in ("buckets", "permissions", "roles"):
        if name in rule and not _is_texts(rule[name]):
            yield f"has {name} that are no list of texts, or an empty one"
    for name, check, problem in checks:
        for each in rule.get(name, ()) if _is_texts(rule.get(name)) else ():
            if not check(each):
                yield f"has {each!r} in {name}, which {problem}"


def _role_faults(rule: dict[str, Any], assume_roles: Sequence[str]) -> Iterator[str]:
    for role in rule["roles"] if _is_texts(rule.get("roles")) else ():
        meant = sum(role in (arn, arn.rpartition("/")[2]) for arn in assume_roles)
        if meant == 0:
            yield f"has the role {role!r}, which is not in QUILT_MCP_ASSUME_ROLES, or no roles are assumed at all"
        if meant > 1:
            yield f"has the role {role!r}, which is the name of several: give the ARN"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_bucket(pattern: str) -> bool:
    return len(pattern) <= 63 and _BUCKET_CHARACTERS.issuperset(pattern)


def _is_action(pattern: str) -> bool:
    service, colon, action = pattern.partition(":")
    return bool(service and colon and action) and _ACTION_CHARACTERS.issuperset(service + action)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a member is named twice")
    return result
