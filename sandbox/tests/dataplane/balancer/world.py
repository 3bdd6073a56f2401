"""A balancer in front of targets, for the tests of its rules, its health checks and its HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.dataplane.context import Context
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import AddressBook
from sandbox.testing.elbv2_stack import Document, Stack
from sandbox.testing.upstream import Upstream, connect, wait_until
from sandbox.tls import Certificates

HOST = "demo.quiltdata.com"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class World:
    """A stack, its balancer, and targets to register."""

    def __init__(self, stack: Stack, balancer: LoadBalancer, addresses: AddressBook, ca: Path) -> None:
        self.stack = stack
        self.balancer = balancer
        self.addresses = addresses
        self.ca = ca
        self.upstreams: dict[str, Upstream] = {}

    def get(self, path: str = "/", method: str = "GET", body: Any = None, **headers: str) -> Answer:
        connection = connect(self.balancer.port, self.ca)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def group(self, *names: str, **settings: Any) -> str:
        """A target group with a running target per name, health checks on /healthz."""
        checks = {"HealthCheckPath": "/healthz", "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2}
        request: dict[str, Any] = checks | settings
        group = self.stack.group(**request)
        for name in names:
            self.register(group, name)
        return group

    def register(self, group: str, name: str, running: bool = True) -> Document:
        """Register a new target; its address is 10.0.1.<number>."""
        target = {"Id": f"10.0.1.{len(self.upstreams) + 10}", "Port": 8000}
        self.upstreams[name] = Upstream(name)
        if running:
            self.addresses.publish((str(target["Id"]), 8000), self.upstreams[name].address)
        self.stack.elb.register_targets(TargetGroupArn=group, Targets=[target])
        return target

    def entry(self, start: str) -> Document:
        """The newest log entry of a path that starts so: it is written when the answer is on its way."""
        found: list[Document] = []

        def written() -> bool:
            found[:] = [one for one in self.balancer.recent() if one["path"].startswith(start)]
            return bool(found)

        wait_until(written)
        return found[-1]

    def wait_for(self, group: str, *states: str) -> None:
        wait_until(lambda: sorted(self.stack.health(group).values()) == sorted(states))


@contextmanager
def world_of(plane: ControlPlane, certificates: Certificates, home: Path) -> Iterator[World]:
    """A new stack with a running balancer in an empty account."""
    addresses = AddressBook()
    context = Context(
        home=home,
        home_id="test",
        account_id=plane.account_id,
        region=plane.region,
        endpoint_url=plane.url,
        aws_socket=home / "none",
        addresses=addresses,
        certificates=certificates,
        credentials=cast(Any, None),
        routes=cast(Any, {}),
        registry=None,
        registry_auth=None,
        engine="process",
    )
    balancer = LoadBalancer(context, HOST)
    balancer.start()
    found = World(Stack.build(plane), balancer, addresses, certificates.ca)
    try:
        yield found
    finally:
        balancer.stop()
        for upstream in found.upstreams.values():
            upstream.stop()
