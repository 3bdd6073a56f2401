"""The servers that `make bench-server` measures, each as its image, its settings and its words for the same questions.

quilt-mcp runs as it does behind a load balancer (deployment `remote`: HTTP, JSON answers, no sessions). It asks Quilt's
registry for AWS credentials with the caller's token; `registry` stands there and gives some.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox import tokens

ROOT = Path(__file__).parents[1]
BUCKET, PACKAGE, ENTRIES = "quilt-bench", "bench/large", 20_000
KEYS = json.dumps({tokens.KID: "b" * 48})
AWS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
Document = dict[str, Any]
PACKAGED: Document = {"registry": f"s3://{BUCKET}", "package_name": PACKAGE}


@dataclass(frozen=True)
class Contender:
    """A server in a container.

    Attributes:
        name: As the table's heading has it.
        context: The folder of its Dockerfile.
        token: The bearer token of the callers.
        environment: Its variables for a port, the URL of AWS and the URL of Quilt's registry.
        listing: The arguments of its bucket_objects_list.
        browses: Whether it has package_browse.
        latest: Whether it speaks the revision without a handshake.
    """

    name: str
    context: Path
    token: str
    environment: Callable[[int, str, str], dict[str, str]]
    listing: Document
    browses: bool
    latest: bool

    @property
    def image(self) -> str:
        return f"{self.name.replace(' ', ':')}-bench"

    def build(self) -> None:
        """Build its image."""
        bundle = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
        secret = ("--secret", f"id=ca,src={bundle}") if bundle.exists() else ()
        docker("buildx", "build", "--quiet", "--load", "--network", "host", *secret, "--tag", self.image, self.context)


def _own(port: int, aws: str, registry: str) -> dict[str, str]:
    return AWS | {
        "QUILT_MCP_HOST": "127.0.0.1",
        "QUILT_MCP_PORT": str(port),
        "QUILT_MCP_JWT_KEYS": KEYS,
        "QUILT_MCP_ALLOWED_HOSTS": "127.0.0.1",
        "QUILT_MCP_CREDENTIALS": "task_role",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws,
    }


def _quilt_mcp(port: int, aws: str, registry: str) -> dict[str, str]:
    return AWS | {
        "QUILT_DEPLOYMENT": "remote",
        "FASTMCP_TRANSPORT": "http",
        "FASTMCP_HOST": "127.0.0.1",
        "FASTMCP_PORT": str(port),
        "QUILT_CATALOG_URL": "https://catalog.example.com",
        "QUILT_REGISTRY_URL": registry,
        "QUILT_DISABLE_USAGE_METRICS": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws,
    }


LISTING: Document = {"bucket": BUCKET, "prefix": "objects/"}
OWN = Contender("quilt-mcp-server", ROOT, tokens.mint(KEYS, "bench", [BUCKET], 86_400), _own, LISTING, True, True)
QUILT_MCP = Contender(
    "quilt-mcp 0.22.0",
    ROOT / "bench/quilt_mcp",
    OWN.token,
    _quilt_mcp,
    # This server makes no link for each object either.
    LISTING | {"include_signed_urls": False},
    False,
    False,
)


@contextmanager
def registry() -> Iterator[str]:
    """The URL of as much of Quilt's registry as gives AWS credentials for a token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"AccessKeyId": "bench", "SecretAccessKey": "bench", "SessionToken": "bench"}
            body = json.dumps(keys | {"Expiration": "2099-01-01T00:00:00+00:00"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def docker(*arguments: object) -> str:
    """What the docker command prints; ends the program when it fails."""
    done = subprocess.run(["docker", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"docker {arguments[0]} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout.strip()
