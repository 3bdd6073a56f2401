"""From the claims of a verified token to a principal.

The frontend also has compressed forms of these claims (`b`, `p`, `r`); they are read here and nowhere else.
"""

from collections.abc import Mapping

from .authz import Principal


def principal_from(claims: Mapping[str, object]) -> Principal:
    """The caller that verified claims describe.

    Raises:
        ValueError: if a claim is not of its form. A claim that cannot be understood grants nothing.
    """
    permissions = claims.get("permissions")
    return Principal(
        subject=_text(claims["sub"]),
        buckets=_names(claims.get("buckets")),
        permissions=None if permissions is None else frozenset(_names(permissions)),
        roles=_names(claims.get("roles")),
        expires=int(str(claims["exp"]).partition(".")[0]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a claim is not a string")
    return value


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("a claim is not a list of strings")
    return tuple(_text(item) for item in value)
