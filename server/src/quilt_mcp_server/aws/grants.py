"""What the code running in a context may do at AWS. Set by the gateway alone, read when a request is signed."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


class NoGrantError(Exception):
    """An AWS request was about to be signed outside of any grant, or for a bucket outside of it: a defect of ours."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the code running in this context may do: with which credentials, on which bucket.

    Attributes:
        credentials: botocore's frozen credentials.
        bucket: The one bucket that S3 requests may name; None where the grant is not for S3 objects.
    """

    credentials: Any = field(repr=False)
    bucket: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """What Athena may reach in S3 for a caller.

    Attributes:
        buckets: Read: where the tables lie.
        results: Read and written: s3://bucket/prefix, where the workgroup keeps results.
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
