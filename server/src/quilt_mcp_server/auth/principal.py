"""The caller, and the buckets that it may access: the one place where that is decided."""

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

from ..globs import is_granted

# Lower case, 3 to 63 characters. Neither an ARN nor a path matches, so no other resource is taken for a bucket.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z", re.ASCII)
# Reserved by S3 for aliases, which lead to another bucket than the one they name.
_ALIAS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


class AccessDeniedError(ToolError):
    """The caller may not do this; the message is for the caller."""


@dataclass(frozen=True, slots=True)
class BucketGrant:
    """Buckets, by names or patterns, and the IAM actions that are granted on these; None: all actions."""

    buckets: tuple[str, ...]
    permissions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, as its token describes it.

    Attributes:
        subject: The `sub` claim.
        buckets: Names, or patterns with `*` and `?`, of the buckets that the caller may touch.
        permissions: IAM actions that the token grants; None when it does not speak of them.
        roles: Names of IAM roles that the token asks for.
        expires: When the token expires, in seconds since 1970; None for a caller without a token.
        issuer: Who names the subject, where the same name may be another person's elsewhere.
        grants: Where not every action is granted on every bucket: which are, on which. They limit what is above.
    """

    subject: str
    buckets: tuple[str, ...] = ()
    permissions: frozenset[str] | None = None
    roles: tuple[str, ...] = ()
    expires: int | None = None
    issuer: str = ""
    grants: tuple[BucketGrant, ...] = ()

    @property
    def identity(self) -> str:
        """The caller's unique identity: for results that are stored, and calls at AWS, in the caller's name.

        The subject, or a JSON list of issuer and subject where there are several issuers. A subject that could be taken
        for such a list is written as one, too.
        """
        alone = not self.issuer and not self.subject.startswith("[")
        return self.subject if alone else json.dumps([self.issuer, self.subject])


LOCAL_USER = Principal(subject="local", buckets=("*",))
"""The caller when authentication is switched off, which binds the server to loopback."""

current_principal: ContextVar[Principal | None] = ContextVar("current_principal", default=None)


def principal() -> Principal:
    """The caller of the request being served.

    Raises:
        AccessDeniedError: outside an authenticated request.
    """
    found = current_principal.get()
    if found is None:
        raise AccessDeniedError("the request carries no identity; send a bearer token")
    return found


def permissions() -> frozenset[str] | None:
    """The IAM actions that the caller's token grants, as patterns; None when it does not speak of them."""
    found = current_principal.get()
    return frozenset() if found is None else found.permissions


def is_bucket_name(name: str) -> bool:
    """Whether the string is the name of a general purpose bucket, and of nothing else that S3 takes for one."""
    return bool(_BUCKET.match(name)) and ".." not in name and not name.endswith(_ALIAS)


def may_touch(who: Principal, bucket: str) -> bool:
    """Whether the caller's token names the bucket."""
    return is_bucket_name(bucket) and any(is_granted(pattern, bucket) for pattern in who.buckets)


def authorize(who: Principal, bucket: str, action: str) -> None:
    """Pass, or refuse.

    Args:
        who: The caller.
        bucket: The bucket's bare name.
        action: The IAM action, for example `s3:GetObject`.

    Raises:
        AccessDeniedError: naming what was asked and what the caller may do.
    """
    if not is_bucket_name(bucket):
        raise AccessDeniedError(
            f"{bucket[:80]!r} is not a bucket name; give a name such as my-bucket, or s3://my-bucket"
        )
    if not may_touch(who, bucket):
        raise AccessDeniedError(
            f"your token does not grant the bucket {bucket!r}; bucket_list shows the buckets you may use"
        )
    if not _granted(who, action) or not _granted_on(who, bucket, action):
        raise AccessDeniedError(f"your token does not grant {action}, which this needs on the bucket {bucket!r}")


def authorize_action(who: Principal, action: str) -> None:
    """Pass, or refuse an IAM action that is not about one bucket.

    Raises:
        AccessDeniedError: if the token limits the actions and does not name this one.
    """
    if not _granted(who, action):
        raise AccessDeniedError(f"your token does not grant {action}, which this needs")


def _granted(who: Principal | BucketGrant, action: str) -> bool:
    return who.permissions is None or any(is_granted(granted, action) for granted in who.permissions)


def _granted_on(who: Principal, bucket: str, action: str) -> bool:
    """Whether one grant names both: an action on one bucket is none on another."""
    return not who.grants or any(
        _granted(grant, action) and any(is_granted(pattern, bucket) for pattern in grant.buckets)
        for grant in who.grants
    )
