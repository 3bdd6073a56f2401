# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What a stack is asked for, and what was read from AWS about it: plain records between client.py and plan.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.identity import Identity
from .._core.secret_reference import CURRENT
from .._ecs.capacity import ClusterCapacity

# A hosted zone that is not named: that of the host, or none at all.
AUTO, NONE = "auto", "none"


@dataclass(frozen=True)
class Wanted:
    """The inventory's description of the shared stack."""

    region: str
    vpc_name: str
    load_balancer_name: str
    cluster_name: str
    listener_port: int = 443
    host: str | None = None
    hosted_zone_name: str = AUTO
    private_subnet_ids: tuple[str, ...] = ()
    private_subnet_tags: Mapping[str, str] = field(default_factory=dict)
    minimum_zones: int = 2
    vpc_id: str = ""  # takes the place of vpc_name
    secrets: tuple[str, ...] = ()  # names or ARNs, or references as ECS takes them
    capacity_providers: tuple[str, ...] = ()  # what the cluster must have
    option_names: Mapping[str, str] = field(default_factory=dict)  # under which variables an operator sets them

    def is_vpc(self, vpc: Vpc) -> bool:
        """Whether a VPC is the one that is described."""
        return vpc.id == self.vpc_id if self.vpc_id else vpc.name == self.vpc_name

    @property
    def vpc_option(self) -> str:
        """What an operator corrects when it is another VPC."""
        return self.option("vpc_id" if self.vpc_id else "vpc_name")

    @property
    def wants_zone(self) -> bool:
        return self.hosted_zone_name != NONE and bool(self.zone_name or self.host)

    @property
    def zone_name(self) -> str:
        """The zone that is named, in lower case and without the final dot; empty: that of `host`."""
        return "" if self.hosted_zone_name in (AUTO, NONE) else self.hosted_zone_name.lower().rstrip(".")

    def option(self, name: str) -> str:
        """What an operator calls an option."""
        return self.option_names.get(name, name)


@dataclass(frozen=True)
class Vpc:
    """One VPC. The tags of a VPC that another account shares are not shown, so it has no name."""

    id: str
    name: str
    cidr: str

    @property
    def label(self) -> str:
        """The VPC for messages."""
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc_id: str
    zone: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class RouteTable:
    """The default routes of one table: `targets` are what 0.0.0.0/0 and ::/0 lead to (igw-..., nat-..., tgw-...)."""

    vpc_id: str
    main: bool
    subnet_ids: frozenset[str]
    targets: frozenset[str]


@dataclass(frozen=True)
class LoadBalancer:
    arn: str
    name: str
    type: str
    state: str
    vpc_id: str
    dns_name: str
    zone_id: str
    zones: frozenset[str]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True)
class Listener:
    arn: str
    port: int
    protocol: str

    @property
    def secure(self) -> bool:
        return self.protocol == "HTTPS"


@dataclass(frozen=True)
class Certificate:
    arn: str
    names: frozenset[str]
    status: str


@dataclass(frozen=True)
class Cluster:
    arn: str
    name: str
    status: str
    capacity: ClusterCapacity = field(default_factory=ClusterCapacity)


@dataclass(frozen=True)
class Secret:
    """A secret of Secrets Manager or a parameter of SSM as it is described; its value is never read."""

    name: str  # as it was asked for: a name, an ARN, or a reference as ECS takes it
    arn: str
    version: str  # the one that the name means; empty when there is none
    stage: str = CURRENT  # the staging label that the name means; empty when it names a version
    deleted: bool = False  # scheduled for deletion, so that nothing can read it


@dataclass(frozen=True)
class HostedZone:
    id: str
    name: str  # without the final dot
    private: bool


@dataclass(frozen=True)
class Records:
    """Everything read. A topic that could not be read is a key of `unreadable` with the service's answer."""

    identity: Identity
    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)  # of the load balancer
    listeners: tuple[Listener, ...] = ()
    certificates: tuple[Certificate, ...] | None = None  # None: not read
    clusters: tuple[Cluster, ...] = ()
    hosted_zones: tuple[HostedZone, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
