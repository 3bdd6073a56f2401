"""A stack as data: what lay.py creates before anything is deployed. sales_prod.py is one; another is another value."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

AddressType = Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"]
Address = tuple[str, int]


@dataclass(frozen=True)
class Forward:
    """Send the request to one of the load balancer's own target groups."""

    target_group: str


@dataclass(frozen=True)
class Redirect:
    """Answer 301 with this host."""

    host: str


@dataclass(frozen=True)
class FixedResponse:
    """Answer with this status and text."""

    status: str
    body: str


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True)
class Rule:
    """A rule of the HTTPS listener, of another owner than the deployment."""

    priority: int
    hosts: tuple[str, ...]
    action: Action
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadBalancer:
    """An Application Load Balancer with an HTTPS listener, and an HTTP listener that redirects to it."""

    name: str
    hosts: tuple[str, ...]
    """DNS names that lead here. On this machine localhost stands for the first."""
    targets: Mapping[str, Address] = field(default_factory=dict)
    """Target group -> private address of its only target, which the sandbox answers for with its name."""
    rules: tuple[Rule, ...] = ()
    address_type: AddressType = "ipv4"
    """From which addresses clients come; another one than IPv4 gives the VPC and its subnets IPv6."""


@dataclass(frozen=True)
class Service:
    """An ECS service that is there already, in the target group of its name. A stub answers, so it wants no task."""

    name: str
    container: str
    image: str
    """Name and tag in the account's registry."""


@dataclass(frozen=True)
class Package:
    """A revision of a Quilt package. `files` maps logical keys to keys in the bucket; `time` is a unix time."""

    bucket: str
    name: str
    time: int
    message: str
    files: dict[str, str]
    user_meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quilt:
    """What Quilt itself has in a stack: data, queries, and the secret whose keys sign tokens."""

    jwt_secret: str
    workgroup: str
    glue_database: str
    results_bucket: str
    """Where Athena writes."""
    orders_bucket: str
    """Where the table `orders` lies, under orders/."""
    objects: Mapping[str, Mapping[str, bytes]]
    """Bucket -> key -> content."""
    packages: tuple[Package, ...] = ()

    @property
    def buckets(self) -> tuple[str, ...]:
        return tuple(self.objects)


@dataclass(frozen=True)
class Stack:
    """Names and numbers of everything that is there before the deployment."""

    name: str
    account_id: str
    region: str
    zone: str
    """The hosted zone's DNS name."""
    load_balancers: tuple[LoadBalancer, ...]
    cluster: str
    task_role: str
    execution_role: str
    cidr: str = "10.0.0.0/16"
    """The VPC's addresses: the private subnets are its networks .1 and .2, the public ones .101 and .102."""
    service: Service | None = None
    quilt: Quilt | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The DNS names of all load balancers."""
        return tuple(host for balancer in self.load_balancers for host in balancer.hosts)

    @property
    def targets(self) -> dict[str, Address]:
        """The target groups of all load balancers with their addresses."""
        return {name: address for balancer in self.load_balancers for name, address in balancer.targets.items()}

    @property
    def has_ipv6(self) -> bool:
        """Whether a load balancer has clients with IPv6."""
        return any(balancer.address_type != "ipv4" for balancer in self.load_balancers)

    def subnet(self, number: int) -> str:
        """The /24 of this number in the VPC."""
        return str(list(ipaddress.ip_network(self.cidr).subnets(new_prefix=24))[number])

    def tags(self, **more: str) -> list[dict[str, str]]:
        """The stack's tags as most services take them."""
        return [{"Key": key, "Value": value} for key, value in {**more, "Stack": self.name}.items()]
