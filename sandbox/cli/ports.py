"""Which loopback ports a sandbox listens on."""

from __future__ import annotations

import fcntl
import getpass
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.network import free_port

# One after the other, so that they are remembered together; a second sandbox gets what is free.
_BALANCER, _AWS, _REGISTRY = 8443, 8444, 8445


class PortProblem(Exception):
    """SANDBOX_PORT cannot be used."""


@dataclass(frozen=True)
class Ports:
    """Ports of the balancer's HTTPS listener, of the AWS APIs and of the container registry."""

    balancer: int
    aws: int
    registry: int


@contextmanager
def reserved() -> Iterator[None]:
    """Keep other sandboxes of this user from choosing until this one listens: two may start at the same moment."""
    lock = Path(tempfile.gettempdir()) / f"quilt-sandbox-{getpass.getuser()}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def choose() -> Ports:
    """The usual ports, or free ones. SANDBOX_PORT names the balancer's: then that one or none. Raises PortProblem."""
    wanted = os.environ.get("SANDBOX_PORT", "")
    if not wanted:
        return Ports(free_port(_BALANCER), free_port(_AWS), free_port(_REGISTRY))
    if not wanted.isdigit() or not 1 <= int(wanted) <= 65535:
        raise PortProblem(f"SANDBOX_PORT is {wanted!r}; it must be a port number from 1 to 65535, or be unset")
    if free_port(int(wanted)) != int(wanted):
        raise PortProblem(f"port {wanted} on 127.0.0.1 is in use; set SANDBOX_PORT to a free one, or unset it")
    return Ports(int(wanted), free_port(_AWS), free_port(_REGISTRY))
