"""The permissions of a context at AWS. Set by the gateway alone, read when a request is signed."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class NoGrantError(Exception):
    """An AWS request was about to be signed outside of any grant, or for a bucket outside of it: a defect here."""


class Credentials(NamedTuple):
    """What signs a request, with botocore's names.

    Attributes:
        until: When AWS no longer takes them, nor a link that they signed; None if that is not known.
    """

    access_key: str
    secret_key: str
    token: str | None
    account_id: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What the code running in this context may do: with which credentials, on which bucket.

    Attributes:
        credentials: Of the caller.
        bucket: The one bucket that S3 requests may name; None where the grant is not for S3 objects.
    """

    credentials: Credentials = field(repr=False)
    bucket: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """What Athena may reach in S3 for a caller.

    Attributes:
        buckets: Read: where the tables are.
        results: Read and written: what begins with this S3 address, the folder of the caller's results or one of them.
    """

    buckets: tuple[str, ...]
    results: str


current_grant: ContextVar[Grant | None] = ContextVar("current_grant", default=None)


def grant() -> Grant:
    """The grant of this context.

    Raises:
        NoGrantError: outside of any.
    """
    found = current_grant.get()
    if found is None:
        raise NoGrantError("an AWS request without a grant")
    return found
