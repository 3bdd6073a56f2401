"""How requests are read: uvicorn's protocol over llhttp, with what RFC 9110 and 9112 say and it leaves out."""

from __future__ import annotations

import re

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OPTIONAL_SPACE = b" \t"
_WITHOUT_PATH = re.compile(rb"(https?://[^/?#]+)(.*)", re.IGNORECASE)


class HttpProtocol(HttpToolsProtocol):
    """Values without the white space around them, trailers apart from headers, and absolute targets."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """RFC 9110, 5.5: a value does not include the white space around it. llhttp keeps what follows."""
        super().on_header(name, value.strip(_OPTIONAL_SPACE))

    def on_headers_complete(self) -> None:
        self._read_absolute_target()
        super().on_headers_complete()
        # llhttp reports trailers as it does headers. The scope keeps the list of the headers; what follows is dropped.
        self.headers = []

    def _read_absolute_target(self) -> None:
        """RFC 9112, 3.2.2: the host of an absolute target takes the place of the Host header; no path means "/".

        That AWS does so as well could not be checked.
        """
        found = _WITHOUT_PATH.fullmatch(self.url)
        if found is None:
            return
        if not found[2].startswith(b"/"):
            self.url = found[1] + b"/" + found[2]
        parsed = httptools.parse_url(self.url)
        port = b":%d" % parsed.port if parsed.port is not None else b""
        self.headers[:] = [(name, parsed.host + port if name == b"host" else value) for name, value in self.headers]
