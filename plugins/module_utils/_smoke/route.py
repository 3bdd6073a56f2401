# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The way to the server: where to connect, whom to trust, and what answered last."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .._elb.fingerprints import fingerprint
from .client_certificate import load

with suppress(ImportError):  # the module says so before any of this runs
    import httpx2

SHOWN = 160  # characters of a body in a message
# Characters of the shortest value of a header that is looked for in answers: "test" is no secret, but a common word.
SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Answer:
    """An HTTP answer that is not what an MCP server says to a good request: no success, or a page of text."""

    status: int
    challenge: str
    body: str

    def __str__(self) -> str:
        text = f"status {self.status}"
        if self.challenge:
            text += f", WWW-Authenticate: {self.challenge}"
        return f"{text}, {self.body!r}" if self.body else f"{text}, an empty body"


@dataclass
class Route:
    """How to reach the server.

    Attributes:
        url: the MCP endpoint, https://host/mcp.
        ca_file: trust only this CA; None: the machine's own store.
        connect_to: "host:port" to connect to in place of what the url names; Host and SNI keep the url's name.
        timeout: seconds for one request.
        headers: further ones of every request.
        query: parameters of every request.
        client_certificate: the PEM file of the certificate with which the client identifies itself.
        client_key: the PEM file of its key, where that is another file.
        failure: the last such answer since it was cleared.
    """

    url: str
    ca_file: str | None = None
    connect_to: str | None = None
    timeout: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    client_certificate: str = ""
    client_key: str = ""
    failure: Answer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # An explicit context: SSL_CERT_FILE and similar variables must not replace the given CA.
        self._tls = ssl.create_default_context(cafile=self.ca_file)
        if self.client_certificate:
            load(self._tls, self.client_certificate, self.client_key)

    @property
    def health_url(self) -> str:
        return self.url.rstrip("/") + "/healthz"

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        """An HTTP client on this route; every request carries the token, if any."""
        return httpx2.AsyncClient(
            headers={**self.headers, **({"Authorization": f"Bearer {token}"} if token else {})},
            params=self.query or None,
            verify=self._tls,
            timeout=self.timeout,
            trust_env=False,
            proxy=self._proxy(),
            event_hooks={"request": [self._redirect], "response": [self._note]},
        )

    def hide(self, text: str) -> str:
        """A text with fingerprints in place of the headers' and parameters' values, as these may be secret."""
        for value in self._secrets():
            text = re.sub(re.escape(value), fingerprint(value), text, flags=re.IGNORECASE)
        return text

    def _secrets(self) -> Iterator[str]:
        values = [*self.headers.values(), *(value for _key, value in self.query)]
        yield from sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)

    def answer(self, response: Any) -> Answer:
        """Status, challenge and the short body of a response whose body has been read."""
        body = self.hide(" ".join(response.text.split()))
        return Answer(
            status=response.status_code,
            challenge=self.hide(response.headers.get("www-authenticate", "")),
            body=body[:SHOWN] + ("..." if len(body) > SHOWN else ""),
        )

    def _proxy(self) -> str | None:
        url = urlsplit(self.url)
        host = url.hostname or ""
        if self.connect_to or host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
            return None
        return getproxies().get(url.scheme)

    async def _redirect(self, request: httpx2.Request) -> None:
        """Connect elsewhere; the Host header is already written, and SNI and the certificate's name stay the url's."""
        if self.connect_to:
            host, _colon, port = self.connect_to.rpartition(":")
            request.extensions = {**request.extensions, "sni_hostname": request.url.host}
            request.url = request.url.copy_with(host=host, port=int(port))

    async def _note(self, response: httpx2.Response) -> None:
        kind = response.headers.get("content-type", "")
        if not response.is_success or (kind.startswith("text/") and not kind.startswith("text/event-stream")):
            await response.aread()
            self.failure = self.answer(response)
