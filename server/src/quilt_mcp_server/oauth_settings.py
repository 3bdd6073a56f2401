"""The settings of an authorization server: whose access tokens are accepted, for which audience."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from . import oauth_grants
from .oauth_grants import ClaimGrant, Reader

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class IntrospectionSettings:
    """Where opaque tokens are asked about (RFC 7662), and as which client."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthSettings:
    """An authorization server, and this server as its resource (RFC 9728).

    Attributes:
        jwks_url: Where its keys are; None if all its tokens are opaque.
        resource: The URL by which clients call this server, without a last slash.
        audiences: The `aud` of its tokens, in addition to the resource with and without a last slash.
        client_ids: The clients whose tokens may lack `aud`.
        scopes: What clients are asked to request, in the words of the authorization server.
        required_scopes: What a token must have, in the words of the token.
        grants: What its tokens are granted; if empty, what their claims say in the frontend's form.
        metadata_url: Where its metadata is, if this server completes it.
    """

    issuer: str
    jwks_url: str | None
    resource: str
    audiences: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    introspection: IntrospectionSettings | None = None
    scopes: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = ()
    grants: tuple[ClaimGrant, ...] = ()
    metadata_url: str | None = None

    @property
    def origin(self) -> str:
        """The scheme and host of the resource."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}"


_DEPENDENT = (
    "OAUTH_RESOURCE",
    "OAUTH_AUDIENCES",
    "OAUTH_CLIENT_IDS",
    "OAUTH_INTROSPECTION_URL",
    "OAUTH_SCOPES",
    "OAUTH_REQUIRED_SCOPES",
    "OAUTH_GRANTS",
    "OAUTH_METADATA_URL",
)
# RFC 6749, 3.3: all but space, quotation mark and backslash.
_SCOPE_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F))) - {'"', "\\"}


def load(
    read: Reader, hosts: Sequence[str], catalog_audience: str, assume_roles: Sequence[str]
) -> OAuthSettings | None:
    """The settings, or None without an authorization server. What is wrong is reported to the reader.

    Args:
        read: The reader.
        hosts: The public hosts of this server.
        catalog_audience: The `aud` of the frontend's tokens.
        assume_roles: The ARNs of the roles that callers may get; none if the server assumes none.
    """
    issuer, jwks_url = read.text("OAUTH_ISSUER"), read.text("JWKS_URL")
    _check_url(read, "JWKS_URL", jwks_url)
    introspection = _introspection(read)
    metadata_url = read.text("OAUTH_METADATA_URL")
    _check_url(read, "OAUTH_METADATA_URL", metadata_url)
    if issuer and not jwks_url and not introspection:
        read.fault(
            "JWKS_URL",
            "is not set; QUILT_MCP_OAUTH_ISSUER needs it, or QUILT_MCP_OAUTH_INTROSPECTION_URL, to verify its tokens",
        )
    if jwks_url and not issuer:
        read.fault(
            "OAUTH_ISSUER",
            "is not set; QUILT_MCP_JWKS_URL needs it: the keys and the issuer they belong to go together",
        )
    settings = OAuthSettings(
        issuer=issuer,
        jwks_url=jwks_url or None,
        resource=_resource(read, hosts),
        audiences=(catalog_audience, *read.listed("OAUTH_AUDIENCES")),
        client_ids=read.listed("OAUTH_CLIENT_IDS"),
        introspection=introspection,
        grants=oauth_grants.load(read, assume_roles),
        metadata_url=metadata_url or None,
        **_scopes(read),
    )
    if issuer or jwks_url:
        return settings
    for name in _DEPENDENT:
        if read.text(name):
            read.fault(name, "is set without QUILT_MCP_OAUTH_ISSUER; without an authorization server it has no effect")
    return None


def _resource(read: Reader, hosts: Sequence[str]) -> str:
    given = read.text("OAUTH_RESOURCE")
    if not given:
        return f"https://{hosts[0].removesuffix(':*')}/mcp" if hosts else ""
    parts = _check_url(read, "OAUTH_RESOURCE", given)
    known = {host.removesuffix(":*") for host in hosts}
    if parts is not None and parts.netloc.lower() not in known and (parts.hostname or "") not in known:
        read.fault(
            "OAUTH_RESOURCE", f"has the host {parts.netloc!r}, which is not in QUILT_MCP_ALLOWED_HOSTS: add it there"
        )
    return given.rstrip("/")


def _scopes(read: Reader) -> dict[str, tuple[str, ...]]:
    """What clients request, and what tokens must have of it.

    The words may differ: of Entra's `api://<application>/mcp.read` the token has `mcp.read`.
    """
    required = read.listed("OAUTH_REQUIRED_SCOPES")
    requested = read.listed("OAUTH_SCOPES") or required
    for name, scopes in (("OAUTH_SCOPES", requested), ("OAUTH_REQUIRED_SCOPES", required)):
        for scope in scopes:
            if not _SCOPE_CHARACTERS.issuperset(scope) and read.text(name):
                read.fault(
                    name, f"holds {scope!r}, which is no scope; give a comma list, without quotes and spaces in one"
                )
    for scope in required:
        if not any(each == scope or each.endswith(f"/{scope}") for each in requested):
            read.fault(
                "OAUTH_REQUIRED_SCOPES", f"holds {scope!r}, which no client would request: add it to OAUTH_SCOPES"
            )
    return {"scopes": requested, "required_scopes": required}


def _introspection(read: Reader) -> IntrospectionSettings | None:
    """All three settings, or none."""
    values = {name: read.text(f"OAUTH_INTROSPECTION_{name}") for name in ("URL", "CLIENT_ID", "CLIENT_SECRET")}
    given = [name for name, value in values.items() if value]
    for name in values:
        if given and not values[name]:
            read.fault(
                f"OAUTH_INTROSPECTION_{name}",
                f"is not set; QUILT_MCP_OAUTH_INTROSPECTION_{given[0]} needs it: URL, client and secret go together",
            )
    _check_url(read, "OAUTH_INTROSPECTION_URL", values["URL"])
    return IntrospectionSettings(values["URL"], values["CLIENT_ID"], values["CLIENT_SECRET"]) if given else None


def _check_url(read: Reader, name: str, url: str) -> SplitResult | None:
    """The parts of a URL; none if there is no URL, or a fault."""
    if not url:
        return None
    if is_secure(url):
        return urlsplit(url)
    read.fault(name, f"must be an https:// address; found {url!r}")
    return None


def is_secure(url: str) -> bool:
    """Whether a URL is https, or on loopback, and nothing but an address."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        plain = bool(parts.hostname) and not parts.fragment and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return secure and plain and url.isascii() and url.isprintable() and not set(url) & set(' "\\')
