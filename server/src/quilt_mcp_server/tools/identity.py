"""Who the caller is to this server."""

from datetime import UTC, datetime

from pydantic import BaseModel

from .. import __version__
from ..auth.principal import principal
from ..config import Config
from ..protocol.tool import tool


class WhoAmI(BaseModel):
    subject: str
    buckets: list[str]  # names or patterns
    permissions: list[str] | None  # None: not limited
    roles: list[str]
    token_expires: str | None
    credentials: str
    region: str
    catalog_url: str | None
    server_version: str


class IdentityTools:
    """Questions about the caller; none of them asks AWS."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @tool("Who am I")
    async def whoami(self) -> WhoAmI:
        """Who you act for: the user, the buckets and actions granted, and when the token expires."""
        who = principal()
        expires = datetime.fromtimestamp(who.expires, UTC).isoformat() if who.expires is not None else None
        return WhoAmI(
            subject=who.subject,
            buckets=sorted(who.buckets),
            permissions=sorted(who.permissions) if who.permissions is not None else None,
            roles=list(who.roles),
            token_expires=expires,
            credentials=self._config.credentials,
            region=self._config.region,
            catalog_url=self._config.catalog_url,
            server_version=__version__,
        )
