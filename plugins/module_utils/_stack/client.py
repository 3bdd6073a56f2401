# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Reads the shared stack from AWS. Never writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from .._core.calls import retried
from .._core.credentials import REFUSED, AccessError, Client, answer_of, problem_of
from .._core.identity import Identity
from .._core.secret_reference import CURRENT, parse
from .._core.tags import tags_from
from .._ecs.capacity import ClusterCapacity
from .records import (
    Certificate,
    Cluster,
    HostedZone,
    Listener,
    LoadBalancer,
    Records,
    RouteTable,
    Secret,
    Subnet,
    Vpc,
    Wanted,
)

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    from botocore.exceptions import BotoCoreError, ClientError

T = TypeVar("T")  # ansible-test's pylint does not take the newer syntax

UNKNOWN = "unknown"  # what an answer leaves out, so that it is refused
EVERYWHERE = ("0.0.0.0/0", "::/0")
ROUTE_TARGETS = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId")


def read(client: Client, identity: Identity, wanted: Wanted) -> Records:
    """Everything that resolve() needs; what one call was refused is noted under its topic, the rest is read.

    Raises:
        AccessError: the connection or the credentials failed.
    """
    try:
        return _Reader(client).read(identity, wanted)
    except (ClientError, BotoCoreError) as error:
        raise AccessError("read the stack", problem_of(error)) from error


class _Reader:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.unreadable: dict[str, str] = {}

    def read(self, identity: Identity, wanted: Wanted) -> Records:
        ec2, elbv2, route53 = self.client("ec2"), self.client("elbv2"), self.client("route53")
        vpcs = self.topic("vpcs", lambda: [_vpc(one) for one in _all(ec2, "describe_vpcs", "Vpcs")])
        in_vpc = {"Filters": [{"Name": "vpc-id", "Values": [vpc.id for vpc in vpcs if wanted.is_vpc(vpc)]}]}
        found = bool(in_vpc["Filters"][0]["Values"])
        subnets = self.topic("subnets", lambda: map(_subnet, _all(ec2, "describe_subnets", "Subnets", **in_vpc)), found)
        tables = self.topic(
            "route_tables",
            lambda: map(_route_table, _all(ec2, "describe_route_tables", "RouteTables", **in_vpc)),
            found,
        )
        balancers = self.topic(
            "load_balancers", lambda: map(_load_balancer, _all(elbv2, "describe_load_balancers", "LoadBalancers"))
        )
        arn = next((one.arn for one in balancers if one.name == wanted.load_balancer_name), None)
        attributes = self.topic("attributes", lambda: _attributes(elbv2, arn), arn is not None)
        listeners = self.topic(
            "listeners",
            lambda: map(_listener, _all(elbv2, "describe_listeners", "Listeners", LoadBalancerArn=arn)),
            arn is not None,
        )
        listener = next((one.arn for one in listeners if one.port == wanted.listener_port and one.secure), None)
        return Records(
            identity=identity,
            vpcs=vpcs,
            subnets=subnets,
            route_tables=tables,
            load_balancers=balancers,
            attributes=dict(attributes),
            listeners=listeners,
            certificates=self._certificates(listener) if listener and wanted.host else None,
            clusters=self.topic("clusters", lambda: _clusters(self.client("ecs"), wanted.cluster_name)),
            hosted_zones=self.topic(
                "hosted_zones",
                lambda: map(_zone, _all(route53, "list_hosted_zones", "HostedZones")),
                wanted.wants_zone,
            ),
            secrets=self._secrets(wanted.secrets),
            unreadable=self.unreadable,
        )

    def topic(self, name: str, function: Callable[[], Iterable[T]], wanted: bool = True) -> tuple[T, ...]:
        """What the function reads, or nothing and a note of the service's answer."""
        if not wanted:
            return ()
        try:
            return retried()(lambda: tuple(function()))()
        except ClientError as error:
            if error.response["Error"]["Code"] in REFUSED:  # the next topic would be refused too
                raise
            self.unreadable[name] = answer_of(error)
            return ()

    def _secrets(self, names: Iterable[str]) -> tuple[Secret, ...]:
        parameters = [name for name in names if parse(name).is_parameter]
        secrets = [name for name in names if name not in parameters]
        return (
            *self.topic("secrets", lambda: _secrets(self.client("secretsmanager"), secrets)),
            *self.topic("parameters", lambda: _parameters(self.client("ssm"), parameters), bool(parameters)),
        )

    def _certificates(self, listener_arn: str) -> tuple[Certificate, ...] | None:
        """The listener's ACM certificates; None when one of them cannot be read: they only serve a warning."""
        try:
            return retried()(_certificates)(self.client("elbv2"), self.client("acm"), listener_arn)
        except ClientError:
            return None


def _all(client: Any, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
    return client.get_paginator(operation).paginate(**arguments).build_full_result().get(key, [])  # type: ignore[no-any-return]


def _certificates(elbv2: Any, acm: Any, listener_arn: str) -> tuple[Certificate, ...]:
    attached = _all(elbv2, "describe_listener_certificates", "Certificates", ListenerArn=listener_arn)
    arns = sorted({one["CertificateArn"] for one in attached})
    return tuple(_certificate(acm.describe_certificate(CertificateArn=arn)["Certificate"]) for arn in arns)


def _secrets(client: Any, names: Iterable[str]) -> list[Secret]:
    found = []
    for name in names:
        with suppress(client.exceptions.ResourceNotFoundException):
            reference = parse(name)
            raw = client.describe_secret(SecretId=reference.resource)
            stage = "" if reference.version_id else reference.stage or CURRENT
            staged = [version for version, stages in raw.get("VersionIdsToStages", {}).items() if stage in stages]
            version = reference.version_id or next(iter(staged), "")
            found.append(Secret(name, raw["ARN"], version, stage, deleted="DeletedDate" in raw))
    return found


def _parameters(client: Any, names: Iterable[str]) -> list[Secret]:
    """The parameters of these ARNs. Their description has no value, that of GetParameter has one."""
    found = []
    for name in names:
        # Only a name without a folder may lack the first slash, and its ARN does not say so.
        path = name.partition(":parameter/")[2]
        asked = {"Key": "Name", "Option": "Equals", "Values": [f"/{path}", *([] if "/" in path else [path])]}
        for raw in _all(client, "describe_parameters", "Parameters", ParameterFilters=[asked])[:1]:
            found.append(Secret(name, name, str(raw["Version"])))
    return found


def _vpc(raw: Mapping[str, Any]) -> Vpc:
    return Vpc(id=raw["VpcId"], name=_tags(raw).get("Name", ""), cidr=raw.get("CidrBlock", ""))


def _subnet(raw: Mapping[str, Any]) -> Subnet:
    vpc, zone = raw.get("VpcId", ""), raw.get("AvailabilityZone", UNKNOWN)
    return Subnet(id=raw["SubnetId"], vpc_id=vpc, zone=zone, tags=_tags(raw))


def _route_table(raw: Mapping[str, Any]) -> RouteTable:
    routes = [
        route
        for route in raw.get("Routes", [])
        if (route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")) in EVERYWHERE
        and route.get("State") != "blackhole"
    ]
    associations = raw.get("Associations", [])
    return RouteTable(
        vpc_id=raw.get("VpcId", ""),
        main=any(one.get("Main") for one in associations),
        subnet_ids=frozenset(one["SubnetId"] for one in associations if one.get("SubnetId")),
        targets=frozenset(route[key] for route in routes for key in ROUTE_TARGETS if route.get(key)),
    )


def _load_balancer(raw: Mapping[str, Any]) -> LoadBalancer:
    return LoadBalancer(
        arn=raw["LoadBalancerArn"],
        name=raw["LoadBalancerName"],
        type=raw.get("Type", UNKNOWN),
        state=raw.get("State", {}).get("Code", UNKNOWN),
        vpc_id=raw.get("VpcId", ""),
        dns_name=raw.get("DNSName", ""),
        zone_id=raw.get("CanonicalHostedZoneId", ""),
        zones=frozenset(zone["ZoneName"] for zone in raw.get("AvailabilityZones", [])),
        security_group_ids=tuple(raw.get("SecurityGroups", [])),
    )


def _attributes(elbv2: Any, arn: str | None) -> list[tuple[str, str]]:
    answer = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)
    return [(one["Key"], one.get("Value", "")) for one in answer["Attributes"] if "Key" in one]


def _listener(raw: Mapping[str, Any]) -> Listener:
    return Listener(arn=raw["ListenerArn"], port=raw.get("Port", 0), protocol=raw.get("Protocol", ""))


def _certificate(raw: Mapping[str, Any]) -> Certificate:
    names = {raw.get("DomainName", ""), *raw.get("SubjectAlternativeNames", [])} - {""}
    return Certificate(arn=raw["CertificateArn"], names=frozenset(names), status=raw.get("Status", ""))


def _clusters(ecs: Any, name: str) -> list[Cluster]:
    """The cluster of that name, or else all, for a better message."""
    described = [_cluster(one) for one in ecs.describe_clusters(clusters=[name]).get("clusters", [])]
    if described:
        return described
    arns = _all(ecs, "list_clusters", "clusterArns")
    return [Cluster(arn=str(arn), name=str(arn).rpartition("/")[2], status="ACTIVE") for arn in arns]


def _cluster(raw: Mapping[str, Any]) -> Cluster:
    return Cluster(raw["clusterArn"], raw["clusterName"], raw.get("status", UNKNOWN), ClusterCapacity.of(raw))


def _zone(raw: Mapping[str, Any]) -> HostedZone:
    return HostedZone(
        id=raw["Id"].rpartition("/")[2],
        name=raw["Name"].rstrip("."),
        private=raw.get("Config", {}).get("PrivateZone", False),
    )


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return tags_from(raw.get("Tags") or [])
