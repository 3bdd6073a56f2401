"""One shared client per AWS service, which signs every request as the caller in the context.

A client holds no credentials. At signing time it asks for the grant in the current context; without one the request is
not sent. The container's own role is therefore never used by accident.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from ..config import Config

MAXIMUM_CONNECTIONS = 50
CONNECT_TIMEOUT = 5  # seconds
READ_TIMEOUT = 30  # seconds


class Clients:
    """Creates the clients when they are first used and caches them until the server ends."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stack = AsyncExitStack()
        self._clients: dict[str, Any] = {}
        self._lock = asyncio.Lock()
        self._session: Any = None

    async def get(self, service: str) -> Any:
        """The shared client of a service; only the first call is expensive."""
        if found := self._clients.get(service):
            return found
        async with self._lock:
            if service not in self._clients:
                self._clients[service] = await self._make(service)
        return self._clients[service]

    async def _make(self, service: str) -> Any:
        # Loading botocore takes about a second of a quarter CPU; the first health answer does not wait for it.
        from aiobotocore.session import AioSession

        from .listing_parser import ListingParserFactory
        from .signing import ContextResolver, only_the_granted_bucket

        if self._session is None:
            self._session = AioSession()
            self._session.register_component("credential_provider", ContextResolver())
            self._session.register_component("response_parser_factory", ListingParserFactory())
        client = await self._stack.enter_async_context(
            self._session.create_client(
                service, region_name=self._config.region, config=client_config(self._config, service)
            )
        )
        if service == "s3":
            client.meta.events.register_first("before-parameter-build.s3", only_the_granted_bucket)
        return client

    async def close(self) -> None:
        """Close every client's connections."""
        await self._stack.aclose()


def client_config(config: Config, service: str) -> Any:
    """The settings of this server's clients."""
    from aiobotocore.config import AioConfig

    return AioConfig(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=MAXIMUM_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 3},
        # A custom endpoint has no DNS names for buckets.
        s3={"addressing_style": "path"} if config.endpoint_url else None,
        # For links too, where botocore would still take the signature before this one.
        signature_version="s3v4" if service == "s3" else None,
        account_id_endpoint_mode="disabled",
        # S3 Express caches session credentials per bucket and client: one user's would sign for another.
        s3_disable_express_session_auth=True,
        user_agent_extra="quilt-mcp-server",
    )
