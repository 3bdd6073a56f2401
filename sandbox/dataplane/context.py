"""The context of every part of the data plane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.emulator.task_credentials import TaskCredentials
from sandbox.network import AddressBook
from sandbox.tls import Certificates

Engine = Literal["docker", "process"]


@dataclass(frozen=True)
class Context:
    """One running sandbox, as its data plane sees it."""

    home: Path
    """The sandbox's folder, SANDBOX_HOME."""
    home_id: str
    """Distinguishes this sandbox's containers from another's: the value of their label `quilt.sandbox`."""
    account_id: str
    region: str
    endpoint_url: str
    """The AWS APIs over HTTP on loopback, for example http://127.0.0.1:4566."""
    aws_socket: Path
    """The same as a unix socket, to be mounted into containers."""
    addresses: AddressBook
    certificates: Certificates
    credentials: TaskCredentials
    """Hands credentials to tasks."""
    routes: MutableMapping[str, Callable[..., Iterable[bytes]]]
    """WSGI applications by path prefix on the control plane, such as a task's metadata: add to it, take from it."""
    registry: str | None
    """127.0.0.1:PORT of the container registry behind ECR, or None when there is none."""
    registry_auth: dict[str, str] | None
    """Username and password with which the Docker engine may pull from it."""
    engine: Engine
    """How tasks run: containers of a Docker engine, or plain processes where there is none."""
