"""How botocore gets the context's grant. Importing this loads the SDK, so it is imported where a client is created."""

from typing import Any

from aiobotocore.credentials import AioCredentials

from .grants import Credentials, NoGrantError, grant


class ContextCredentials(AioCredentials):  # type: ignore[misc]  # botocore has no types
    """In place of botocore's credentials: has none itself, and returns the context's when a request is signed."""

    def __init__(self) -> None:
        super().__init__(access_key="", secret_key="", method="quilt-context")

    async def get_frozen_credentials(self) -> Credentials:
        return grant().credentials


class ContextResolver:
    """The only credential provider of the shared session: no environment, no file, no metadata service."""

    async def load_credentials(self) -> ContextCredentials:
        return ContextCredentials()


def only_the_granted_bucket(params: dict[str, Any], **_: Any) -> None:
    """Refuse every S3 request for a bucket that is not the grant's, wherever its name came from."""
    granted = grant().bucket
    if "Bucket" in params and params["Bucket"] != granted:
        raise NoGrantError(f"an S3 request for {params['Bucket']!r} under the grant for {granted!r}")
    if "CopySource" in params:
        raise NoGrantError("a copy needs a grant for its source too")
