"""The command line: `quilt-mcp-proxy`, or `python -m quilt_mcp_proxy`.

Standard output carries messages only; what people are to read goes to standard error.
"""

import argparse
import asyncio
import contextlib
import os
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx2

from .proxy import Bridge, Message, encoded
from .token_source import TokenSource, from_command, from_file

CONNECTIONS = 32  # requests at once; the next ones wait
ANSWER_TIMEOUT = 120  # seconds; the server gives up a tool call long before
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class UsageError(Exception):
    """The command line is wrong; the message says how."""


async def standard_input() -> AsyncIterator[bytes]:
    """The lines of standard input; a thread reads, because pipes cannot be awaited on every system."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            for line in sys.stdin.buffer:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    while line := await queue.get():
        yield line


def client(url: str, ca_file: Path | None) -> httpx2.AsyncClient:
    """The HTTP client. Redirects are not followed: they would carry the token elsewhere."""
    verify: ssl.SSLContext | bool = True
    if ca_file is not None:
        try:
            verify = ssl.create_default_context(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--ca-file {ca_file} cannot be used: {error.strerror or error}") from error
    return httpx2.AsyncClient(
        verify=verify,
        # Loopback never goes through a proxy.
        trust_env=urlsplit(url).hostname not in LOOPBACK,
        timeout=httpx2.Timeout(ANSWER_TIMEOUT, connect=15, pool=None),
        limits=httpx2.Limits(max_connections=CONNECTIONS),
    )


def checked_url(url: str) -> str:
    """The URL if it may be called.

    Raises:
        UsageError: if it is none, or would send the token over the network in the clear.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"--url must be like https://demo.quiltdata.com/mcp; found {url!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UsageError(f"--url must be https://, only this machine may be asked over http://; found {url!r}")
    return url


async def bridge(options: argparse.Namespace, out: BinaryIO) -> None:
    """Serve until standard input ends."""

    def emit(message: Message) -> None:
        try:
            out.write(encoded(message) + b"\n")
            out.flush()
        except BrokenPipeError:
            # The client has gone. Python flushes once more at its end, so that must lead somewhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())

    tokens = None
    if options.token_file is not None:
        tokens = TokenSource(from_file(options.token_file))
    elif options.token_command is not None:
        tokens = TokenSource(from_command(options.token_command))
    url = checked_url(options.url)
    async with client(url, options.ca_file) as http:
        await Bridge(url, http, tokens, emit).run(standard_input())


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(
        prog="quilt-mcp-proxy",
        description="Speaks MCP over standard input and output and passes everything on to a server over HTTPS.",
    )
    found.add_argument("--url", default=os.environ.get("QUILT_MCP_URL"), help="the server's /mcp; or QUILT_MCP_URL")
    found.add_argument("--ca-file", type=Path, metavar="PEM", help="the CA that signed the server's certificate")
    token = found.add_mutually_exclusive_group()
    token.add_argument("--token-file", type=Path, metavar="FILE", help="holds the bearer token; read when one is due")
    token.add_argument("--token-command", metavar="COMMAND", help="prints the bearer token; run when one is due")
    return found


def main(arguments: Iterable[str] | None = None) -> int:
    """Exit codes: 0 when the input has ended, 2 for a wrong command line."""
    found = parser()
    options = found.parse_args(list(arguments) if arguments is not None else None)
    if not options.url:
        found.error(
            "--url (or QUILT_MCP_URL) is missing: the address of the server, like https://demo.quiltdata.com/mcp"
        )
    # Whatever else is printed must not reach the client.
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        asyncio.run(bridge(options, out))
    except UsageError as error:
        found.error(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
