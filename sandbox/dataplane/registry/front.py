"""The reverse proxy of the registry, with which a plain registry behaves as ECR does (see registry.py)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.emulator import ecr_images

_CHUNK = 1 << 20
# A manifest is small; the OCI specification asks registries to accept 4 MiB.
_MANIFEST_LIMIT = 4 << 20
_ROUTE = re.compile(r"/v2/(?P<name>.+?)/(?P<kind>manifests|blobs|tags)/(?P<rest>.+)")
# Headers that belong to one connection and are not passed on.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host", "authorization"}


class Front(ThreadingHTTPServer):
    """The reverse proxy of the registry, on the port that image names have."""

    daemon_threads = True

    def __init__(self, port: int, upstream: int, account_id: str, region: str) -> None:
        self.upstream = upstream
        self.images = ecr_images.Images(account_id, region)
        self.platform_password = secrets.token_urlsafe(32)
        self._passwords: dict[str, float] = {}
        super().__init__(("127.0.0.1", port), Handler)

    def issue_password(self, seconds: int) -> str:
        """A new password, valid for so long, for GetAuthorizationToken."""
        password = secrets.token_urlsafe(48)
        now = time.time()
        self._passwords = {known: end for known, end in self._passwords.items() if end > now} | {
            password: now + seconds
        }
        return password

    def accepts(self, header: str | None) -> bool:
        """Whether an Authorization header carries a password that is valid now."""
        scheme, _, value = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        known = secrets.compare_digest(password, self.platform_password)
        return user == "AWS" and (known or self._passwords.get(password, 0) > time.time())

    def layer_url(self, repository: str, digest: str) -> str | None:
        """A URL that serves the layer without a login, as S3's presigned one does; None when it was never pushed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        with contextlib.closing(connection):
            connection.request("HEAD", f"/v2/{repository}/blobs/{digest}")
            if connection.getresponse().status != 200:
                return None
        path = f"/v2/{repository}/blobs/{digest}"
        return f"http://127.0.0.1:{self.server_port}{path}?signature={self._signature(path)}"

    def signed(self, path: str) -> bool:
        """Whether a path with its query is one that `layer_url` gave out."""
        bare, _, signature = path.partition("?signature=")
        return secrets.compare_digest(signature, self._signature(bare))

    def _signature(self, path: str) -> str:
        return hmac.new(self.platform_password.encode(), path.encode(), hashlib.sha256).hexdigest()

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Remove an image's manifest. Its blobs stay on disk until the sandbox goes down."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=30)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("DELETE", f"/v2/{repository}/manifests/{digest}")
            connection.getresponse().read()


class Handler(BaseHTTPRequestHandler):
    """One connection of a Docker client."""

    server: Front
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        if not (self.server.accepts(self.headers.get("Authorization")) or self._is_presigned()):
            # An unread body would be taken for the next request.
            self.close_connection = True
            realm = f'Basic realm="http://{self.headers.get("Host")}/",service="ecr.amazonaws.com"'
            self._error(
                401, "UNAUTHORIZED", "no valid token; log in as AWS with the password of GetAuthorizationToken", realm
            )
            return
        path = self.path.partition("?")[0]
        if path in ("/v2", "/v2/"):
            self._answer(200, b"{}")
            return
        route = _ROUTE.fullmatch(path)
        if route is None:
            self._error(404, "UNSUPPORTED", f"ECR has no {path}")
            return
        name, kind, rest = route["name"], route["kind"], route["rest"]
        if not self.server.images.has_repository(name):
            self.close_connection = True
            self._error(404, "NAME_UNKNOWN", f"The repository with name '{name}' does not exist in the registry")
        elif kind == "manifests" and self.command == "PUT":
            self._put_manifest(name, rest)
        elif kind == "manifests" and self.command in ("GET", "HEAD"):
            self._get_manifest(name, rest)
        elif kind == "tags":
            self._answer(200, json.dumps({"name": name, "tags": self.server.images.tags(name)}).encode())
        elif kind == "blobs":
            self._forward(self.path, self._body())
        else:
            self._error(405, "UNSUPPORTED", "delete images with ECR's BatchDeleteImage")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _is_presigned(self) -> bool:
        return self.command == "GET" and self.server.signed(self.path)

    def _put_manifest(self, name: str, reference: str) -> None:
        """Store the manifest by its digest; the tag, if it was named by one, goes into the control plane."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MANIFEST_LIMIT:
            self.close_connection = True
            self._error(413, "MANIFEST_INVALID", f"a manifest of {length} bytes; at most {_MANIFEST_LIMIT}")
            return
        manifest = b"".join(self._body() or ())
        digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
        tag = None if reference.startswith("sha256:") else reference
        refusal = self.server.images.refusal(name, tag, digest)
        if refusal:
            self._error(400, "TAG_INVALID", refusal)
            return

        def record() -> None:
            self.server.images.put(name, tag, digest, manifest.decode(), self.headers.get("Content-Type", ""))

        self._forward(f"/v2/{name}/manifests/{digest}", iter([manifest]), on_created=record)

    def _get_manifest(self, name: str, reference: str) -> None:
        digest = self.server.images.resolve(name, reference)
        if digest is None:
            self._error(404, "MANIFEST_UNKNOWN", f"Requested image not found: {name}:{reference}")
            return
        self._forward(f"/v2/{name}/manifests/{digest}", None)

    def _body(self) -> Iterator[bytes] | None:
        """The request's body piece by piece, or None when it has none."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        return self._exactly(length) if length else None

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece = self.rfile.read(min(length, _CHUNK))
            if not piece:
                raise ConnectionError("the client ended in the middle of its request")
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(64).partition(b";")[0], 16):
            yield from self._exactly(size)
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass

    def _forward(self, path: str, body: Iterator[bytes] | None, on_created: Callable[[], None] = lambda: None) -> None:
        """Send the request on and stream the answer back; `on_created` runs before the client gets a 201."""
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP_BY_HOP}
        chunked = body is not None and "Content-Length" not in headers
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=300)
        with contextlib.closing(connection):
            connection.request(self.command, path, body=body, headers=headers, encode_chunked=chunked)
            answer = connection.getresponse()
            if answer.status == 201:
                on_created()
            self.send_response(answer.status)
            length = answer.getheader("Content-Length")
            for key, value in answer.getheaders():
                if key.lower() not in _HOP_BY_HOP and key.lower() not in ("date", "server"):
                    self.send_header(key, value)
            if length is None:
                self.send_header("Content-Length", "0")
            self.end_headers()
            while self.command != "HEAD" and (piece := answer.read(_CHUNK)):
                self.wfile.write(piece)

    def _error(self, status: int, code: str, message: str, realm: str | None = None) -> None:
        self._answer(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), realm)

    def _answer(self, status: int, body: bytes, realm: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if realm:
            self.send_header("WWW-Authenticate", realm)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
