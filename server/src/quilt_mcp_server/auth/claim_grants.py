"""What groups, roles or scopes of an authorization server grant here: buckets, IAM actions and roles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..globs import is_granted
from ..oauth_grants import ClaimGrant
from .claims import principal_from
from .principal import BucketGrant, Principal

_SEPARATED = ("scope", "scp")  # by spaces


class ClaimGrants:
    """Rules, each of which grants something to the tokens with a value of a claim.

    The claims that the frontend uses, `buckets`, `permissions` and `roles`, mean something else at other issuers. With
    rules they are not read.
    """

    def __init__(self, rules: Sequence[ClaimGrant]) -> None:
        self._rules = rules

    def principal(self, claims: Mapping[str, object]) -> Principal:
        """The caller that verified claims describe, with what the rules grant: nothing, where none applies.

        Raises:
            ValueError: if subject or expiry are not of their form.
        """
        who = principal_from({name: claims[name] for name in ("sub", "exp")})
        values = {rule.claim: frozenset(_values(claims, rule.claim)) for rule in self._rules}
        applied = [rule for rule in self._rules if _applies(rule, values[rule.claim])]
        grants = tuple(BucketGrant(rule.buckets, rule.permissions) for rule in applied if rule.buckets)
        named = [grant.permissions for grant in grants]
        return replace(
            who,
            buckets=tuple(dict.fromkeys(bucket for grant in grants for bucket in grant.buckets)),
            permissions=None if None in named else frozenset().union(*(each for each in named if each is not None)),
            roles=tuple(dict.fromkeys(role for rule in applied for role in rule.roles)),
            grants=grants,
        )


def _applies(rule: ClaimGrant, values: frozenset[str]) -> bool:
    if rule.pattern is None:
        return rule.value in values
    return any(is_granted(rule.pattern, value) for value in values)


def _values(claims: Mapping[str, object], path: Sequence[str]) -> Iterator[str]:
    """The strings at a path of names; of one string all its scopes."""
    found: object = claims
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    for value in found if isinstance(found, list) else [found]:
        if isinstance(value, str):
            yield from filter(None, value.split(" ")) if path[-1] in _SEPARATED else [value]
