"""The only access of a tool to AWS: authorize the bucket, get the caller's credentials, explain what fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import AccessDeniedError, authorize, authorize_action, principal
from ..config import Config
from .clients import Clients
from .credentials import CredentialsError, credential_source
from .errors import explain
from .grants import Grant, Query, current_grant, grant


class Gateway:
    """Provides AWS clients under a grant. Tools have no other access to a client."""

    def __init__(self, config: Config) -> None:
        self._clients = Clients(config)
        self._source = credential_source(config)

    @asynccontextmanager
    async def bucket(self, name: str, asked: str, action: str = "s3:GetObject") -> AsyncIterator[Any]:
        """The S3 client, for one bucket of the caller's.

        Args:
            name: The bucket's bare name.
            asked: What is wanted, as a noun phrase for error messages: "listing s3://b/x".
            action: The IAM action that it takes.

        Raises:
            ToolError: if the caller may not touch the bucket, or AWS refuses or fails inside the block.
        """
        async with self._granted(asked, name, action):
            yield await self._clients.get("s3")

    @asynccontextmanager
    async def service(
        self, service: str, asked: str, action: str | None = None, query: Query | None = None
    ) -> AsyncIterator[Any]:
        """A client for calls that name no bucket. S3 objects cannot be reached with it.

        Args:
            service: As the SDK calls it.
            asked: As for `bucket`.
            action: The IAM action that it takes, if the token may limit it.
            query: What Athena may reach in S3 with the caller's credentials, after the statement was authorized.

        Raises:
            ToolError: as `bucket` does.
        """
        async with self._granted(asked, None, action, query):
            yield await self._clients.get(service)

    @asynccontextmanager
    async def _granted(
        self, asked: str, bucket: str | None, action: str | None, query: Query | None = None
    ) -> AsyncIterator[None]:
        try:
            who = principal()
            if bucket is not None:
                authorize(who, bucket, action or "")
            elif action is not None:
                authorize_action(who, action)
            token = current_grant.set(Grant(await self._source.credentials(who, bucket, query), bucket))
            try:
                yield
            finally:
                current_grant.reset(token)
        except (AccessDeniedError, CredentialsError) as error:
            raise ToolError(f"{asked} was refused: {error}") from error
        except ToolError:
            raise
        except Exception as error:
            if (explained := explain(asked, error)) is None:
                raise
            raise explained from error

    def credential_set(self) -> tuple[str, ...]:
        """What is equal for callers whose requests are signed with the same credentials."""
        return self._source.set_of(principal())

    async def credentials_end(self, asked: str) -> datetime | None:
        """When no request can be signed for the caller any longer who does not return; None if that does not end.

        Raises:
            ToolError: if the caller gets no credentials.
        """
        async with self._granted(asked, None, None):
            return self._source.end(principal(), grant().credentials)

    async def warm_up(self) -> None:
        """Load the SDK and the S3 client before the first caller needs them."""
        await self._clients.get("s3")

    async def check(self) -> None:
        """Pass if STS answers with the server's own credentials."""
        await self._source.check()

    async def close(self) -> None:
        """Close all connections."""
        await self._clients.close()
        await self._source.close()
