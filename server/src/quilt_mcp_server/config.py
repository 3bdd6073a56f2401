"""The configuration: environment variables, read and checked once, before anything else happens."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal
from urllib.parse import urlsplit

from . import oauth_settings
from .oauth_settings import LOOPBACK, OAuthSettings

PREFIX = "QUILT_MCP_"
DEFAULT_KID = "frontend-enhanced"
MINIMUM_KEY_BYTES = 32  # RFC 7518, 3.2: a key of the hash's size or larger
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+\Z", re.ASCII)
# Of a web page its scheme, host and port; of a desktop client a scheme of its own, with any host or `*`.
_ORIGIN = re.compile(
    r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?\Z"
    r"|(?!https?:|file:|data:|blob:|javascript:)[a-z][a-z0-9+.-]*://(\*|[a-z0-9._~-]*(:\d{1,5})?)\Z"
)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(\d{1,5}|\*))?\Z")


class ConfigError(Exception):
    """The environment is not a usable configuration; the message lists every error."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        lines = "".join(f"\n  - {fault}" for fault in faults)
        super().__init__(f"the server cannot start, its configuration has {len(faults)} fault(s):{lines}")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that an operator decides. Times in seconds, sizes in bytes."""

    host: str
    port: int
    auth: Literal["jwt", "none"]
    jwt_keys: Mapping[str, str] = field(repr=False)
    jwt_issuer: str
    jwt_audience: str
    oauth: OAuthSettings | None
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    credentials: Literal["task_role", "assume_role"]
    assume_roles: tuple[str, ...]
    catalog_url: str | None
    region: str
    endpoint_url: str | None
    log_level: str
    log_subject: Literal["plain", "hashed"]
    metrics: Literal["emf", "none"]
    tool_timeout: int
    max_requests: int
    max_user_requests: int
    athena_workgroup: str
    athena_max_scan: int
    warnings: tuple[str, ...] = ()


class _Reader:
    """Reads variables and collects their errors instead of stopping at the first one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []
        self.known: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.known.add(PREFIX + name)
        return self._environ.get(PREFIX + name, "").strip() or default

    def fault(self, name: str, problem: str) -> None:
        self.faults.append(f"{PREFIX}{name} {problem}")

    def choice[T: str](self, name: str, default: T, *choices: T) -> T:
        value = self.text(name, default)
        for choice in choices:
            if value == choice:
                return choice
        self.fault(name, f"must be one of {', '.join(c for c in choices if c)}; found {value!r}")
        return default

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        self.fault(name, f"must be a whole number from {least} to {most}; found {value!r}")
        return default

    def listed(self, name: str) -> tuple[str, ...]:
        return tuple(item for item in (part.strip() for part in self.text(name).split(",")) if item)

    def unknown(self) -> tuple[str, ...]:
        """One sentence for each `QUILT_MCP_` variable that nothing reads, which is mostly a misspelling."""
        return tuple(
            f"{name} is not a variable of this server"
            + "".join(f"; did you mean {match}?" for match in get_close_matches(name, self.known, 1))
            for name in sorted(self._environ)
            if name.startswith(PREFIX) and name not in self.known
        )


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the environment.

    Raises:
        ConfigError: with all errors. No message repeats the value of a secret.
    """
    environ = os.environ if environ is None else environ
    read = _Reader(environ)
    auth: Literal["jwt", "none"] = read.choice("AUTH", "jwt", "jwt", "none")
    # Without authentication every client that can connect is the user, so only this machine may.
    host = read.text("HOST", "127.0.0.1" if auth == "none" else "0.0.0.0")  # noqa: S104 - a container listens to its network
    if auth == "none" and host not in LOOPBACK:
        read.fault(
            "HOST", f"must be a loopback address ({', '.join(LOOPBACK)}) with QUILT_MCP_AUTH=none; found {host!r}"
        )
    hosts = _hosts(read, auth, host)
    origins = _origins(read)
    audience = read.text("JWT_AUDIENCE", "quilt-mcp-server")
    roles = _roles(read)
    credentials = _credentials(read, roles)
    oauth = oauth_settings.load(read, hosts, audience, roles if credentials == "assume_role" else ())
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        read.faults.append("AWS_REGION is not set; name the region of the stack, for example us-east-1")
    _scratch(read)
    config = Config(
        host=host,
        port=read.number("PORT", 8000, 1, 65535),
        auth=auth,
        jwt_keys=_jwt_keys(read, required=auth == "jwt" and oauth is None),
        jwt_issuer=read.text("JWT_ISSUER", "quilt-frontend"),
        jwt_audience=audience,
        oauth=oauth,
        allowed_hosts=hosts,
        allowed_origins=origins,
        credentials=credentials,
        assume_roles=roles,
        catalog_url=_catalog_url(read),
        region=region,
        endpoint_url=environ.get("AWS_ENDPOINT_URL") or None,
        log_level=read.choice("LOG_LEVEL", "info", "debug", "info", "warning", "error").upper(),
        log_subject=read.choice("LOG_SUBJECT", "plain", "plain", "hashed"),
        metrics=read.choice("METRICS", "emf", "emf", "none"),
        tool_timeout=read.number("TOOL_TIMEOUT", 45, 1, 50),
        max_requests=read.number("MAX_REQUESTS", 256, 1, 10_000),
        max_user_requests=read.number("MAX_USER_REQUESTS", 64, 1, 10_000),
        athena_workgroup=read.text("ATHENA_WORKGROUP", "primary"),
        athena_max_scan=read.number("ATHENA_MAX_SCAN", 100 * 1024**3, 10 * 1024**2, 1024**5),
        warnings=read.unknown(),
    )
    if read.faults:
        raise ConfigError(read.faults)
    return config


def _scratch(read: _Reader) -> None:
    """Large manifests are written to a file before they are uploaded; better to know now than at the first of them."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        read.faults.append(
            "there is no folder for temporary files: /tmp cannot be written to by this user; mount a volume there that "
            "it may write to, or name another folder in TMPDIR"
        )


def _jwt_keys(read: _Reader, *, required: bool) -> dict[str, str]:
    raw = read.text("JWT_KEYS")
    if not raw:
        if required:
            read.fault(
                "JWT_KEYS",
                'is not set; give {"<kid>": "<key>"} from Secrets Manager, '
                "or say QUILT_MCP_AUTH=none to serve this machine only",
            )
        return {}
    if not raw.startswith("{"):
        keys: dict[str, str] = {DEFAULT_KID: raw}
    else:
        try:
            keys = json.loads(raw, object_pairs_hook=_no_duplicates)
        except ValueError as error:
            # The parser's own message may quote the secret.
            reason = str(error) if isinstance(error, _DuplicateError) else "is not valid JSON"
            read.fault("JWT_KEYS", f'{reason}; the form is {{"<kid>": "<key>"}}')
            return {}
    for kid, key in keys.items():
        if not kid or not isinstance(key, str):
            read.fault("JWT_KEYS", f'the key of kid {kid!r} must be a string; the form is {{"<kid>": "<key>"}}')
        elif len(key.encode()) < MINIMUM_KEY_BYTES:
            read.fault(
                "JWT_KEYS", f"the key of kid {kid!r} is shorter than {MINIMUM_KEY_BYTES} bytes; make a longer one"
            )
        elif key.lstrip().startswith("-----BEGIN"):
            read.fault("JWT_KEYS", f"the key of kid {kid!r} is a PEM document; an HS256 key is a random string")
    if not keys and required:
        read.fault("JWT_KEYS", 'holds no key; the form is {"<kid>": "<key>"}')
    return keys


class _DuplicateError(ValueError):
    """A JSON object names a member twice."""


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _DuplicateError("names a kid more than once")
    return result


def _hosts(read: _Reader, auth: str, host: str) -> tuple[str, ...]:
    hosts = tuple(item.lower() for item in read.listed("ALLOWED_HOSTS"))
    for item in hosts:
        if not _HOST.match(item):
            read.fault(
                "ALLOWED_HOSTS", f"holds {item!r}; the form is a host name without scheme or path, demo.example.com"
            )
    if host in LOOPBACK:
        return (*hosts, "localhost", "127.0.0.1", "[::1]")
    if not hosts and auth == "jwt":
        read.fault(
            "ALLOWED_HOSTS", "is not set; name the public host that clients use, or every request is answered 421"
        )
    return hosts


def _origins(read: _Reader) -> tuple[str, ...]:
    origins = tuple(item.lower() for item in read.listed("ALLOWED_ORIGINS"))
    for item in origins:
        if not _ORIGIN.match(item):
            read.fault(
                "ALLOWED_ORIGINS",
                f"holds {item!r}; the form is https://host, named one by one, without a path; of a desktop client "
                "app://host, or vscode-webview://* where each window has a host of its own",
            )
    return origins


def _roles(read: _Reader) -> tuple[str, ...]:
    roles = read.listed("ASSUME_ROLES")
    for item in roles:
        if not _ROLE_ARN.match(item):
            read.fault("ASSUME_ROLES", f"holds {item!r}; the form is arn:aws:iam::<account>:role/<name>")
    return roles


def _credentials(read: _Reader, roles: tuple[str, ...]) -> Literal["task_role", "assume_role"]:
    mode = read.choice("CREDENTIALS", "assume_role" if roles else "", "", "task_role", "assume_role")
    if not mode and not read.text("CREDENTIALS"):
        read.fault(
            "CREDENTIALS",
            "is not set; say task_role (the container's own role), or assume_role with QUILT_MCP_ASSUME_ROLES",
        )
    if mode == "assume_role" and not roles:
        read.fault("ASSUME_ROLES", "is not set; QUILT_MCP_CREDENTIALS=assume_role needs the ARNs that may be assumed")
    return "assume_role" if mode == "assume_role" else "task_role"


def _catalog_url(read: _Reader) -> str | None:
    url = read.text("CATALOG_URL").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        read.fault("CATALOG_URL", f"must be the catalog's address, https://demo.example.com; found {url!r}")
    return url
