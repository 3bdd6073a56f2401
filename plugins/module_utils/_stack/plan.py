# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""From the records to the stack, or to every reason why not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from .._core.problem import home_of
from .._core.refusal import RefusedList
from .._core.secret_reference import CURRENT, parse
from .._ecs.capacity import missing
from .records import HostedZone, Listener, LoadBalancer, Records, RouteTable, Secret, Subnet, Vpc, Wanted

T = TypeVar("T")  # ansible-test's pylint does not take the newer syntax

SHOWN = 8  # candidates named in one message; more would bury the answer


@dataclass(frozen=True)
class Problem:
    """One thing that is missing, ambiguous or unusable."""

    wanted: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.wanted}: {self.found}; {self.remedy}"


@dataclass
class Resolution:
    """The stack as far as it was found. It may be used only when `problems` is empty."""

    stack: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, wanted: str, found: str, remedy: str) -> None:
        self.problems.append(Problem(wanted, found, remedy))

    def refusal(self) -> RefusedList:
        """All problems in one message, a line each, and one by one in the result."""
        count = len(self.problems)
        where = f"account {self.stack['account_id']}, region {self.stack['region']}"
        return RefusedList(
            f"use {count} thing{'s' * (count != 1)} of the stack in {where}",
            map(str, self.problems),
            problems=[asdict(problem) for problem in self.problems],
            warnings=self.warnings,
        )


def resolve(wanted: Wanted, records: Records) -> Resolution:
    """The stack that matches the description.

    Args:
        wanted: names and limits from the inventory.
        records: what the account holds.

    Returns:
        The flat dict of ids in `stack`; every problem at once in `problems`; what may be wrong in `warnings`.
    """
    out = Resolution()
    identity = records.identity
    out.stack.update(account_id=identity.account_id, partition=identity.partition, region=wanted.region)
    vpc = _vpc(wanted, records, out)
    balancer = _load_balancer(wanted, records, vpc, out)
    _subnets(wanted, records, vpc, balancer, out)
    if balancer:
        listener = _listener(wanted, records, out)
        if listener:
            _certificate(wanted, records, listener, out)
    _cluster(wanted, records, out)
    _hosted_zone(wanted, records, out)
    _secrets(wanted, records, out)
    return out


def _vpc(wanted: Wanted, records: Records, out: Resolution) -> Vpc | None:
    what = f"VPC {wanted.vpc_id}" if wanted.vpc_id else f"VPC named {wanted.vpc_name!r}"
    if unreadable("vpcs", what, "ec2:DescribeVpcs", records, out):
        return None
    vpc = _only(
        [vpc for vpc in records.vpcs if wanted.is_vpc(vpc)],
        what,
        lambda vpc: vpc.id,
        not_found=_candidates(
            wanted.vpc_id or wanted.vpc_name,
            [(vpc.id, vpc.name) if wanted.vpc_id else (vpc.name, vpc.id) for vpc in records.vpcs],
        ),
        option=wanted.vpc_option,
        out=out,
    )
    if vpc:
        out.stack.update(vpc_id=vpc.id, vpc_cidr=vpc.cidr)
    return vpc


def _load_balancer(wanted: Wanted, records: Records, vpc: Vpc | None, out: Resolution) -> LoadBalancer | None:
    what = f"load balancer {wanted.load_balancer_name!r}"
    allow = "elasticloadbalancing:DescribeLoadBalancers"
    if unreadable("load_balancers", what, allow, records, out):
        return None
    balancer = _only(
        [balancer for balancer in records.load_balancers if balancer.name == wanted.load_balancer_name],
        what,
        lambda balancer: balancer.arn,
        not_found=_candidates(wanted.load_balancer_name, [(lb.name, lb.type) for lb in records.load_balancers]),
        option=wanted.option("load_balancer_name"),
        out=out,
    )
    if not balancer:
        return None
    if balancer.type != "application":
        out.refuse(
            what, f"it is a {balancer.type} load balancer, which has no rules", "name an Application Load Balancer"
        )
        return None
    if balancer.state not in ("active", "active_impaired"):
        out.refuse(
            what, f"its state is {balancer.state}, so it takes no requests", "wait until it is active, then run again"
        )
    if vpc and balancer.vpc_id != vpc.id:
        names = f"{wanted.vpc_option} or {wanted.option('load_balancer_name')}"
        remedy = f"correct {names}: both must lie in one VPC"
        out.refuse(what, f"it stands in {balancer.vpc_id}, not in {vpc.label}, where the tasks run", remedy)
    allow = "elasticloadbalancing:DescribeLoadBalancerAttributes"
    unreadable("attributes", f"attributes of the {what}", allow, records, out)
    out.stack.update(
        load_balancer_arn=balancer.arn,
        load_balancer_name=balancer.name,
        load_balancer_dns_name=balancer.dns_name,
        load_balancer_zone_id=balancer.zone_id,
        load_balancer_security_group_ids=list(balancer.security_group_ids),
        load_balancer_attributes=dict(records.attributes),
    )
    return balancer


def _subnets(wanted: Wanted, records: Records, vpc: Vpc | None, balancer: LoadBalancer | None, out: Resolution) -> None:
    what = f"private subnets in at least {wanted.minimum_zones} zones"
    blind = [
        unreadable("subnets", what, "ec2:DescribeSubnets", records, out),
        unreadable("route_tables", f"routes of the {what}", "ec2:DescribeRouteTables", records, out),
    ]
    if vpc is None or any(blind):
        return
    subnets = [subnet for subnet in records.subnets if subnet.vpc_id == vpc.id]
    tables = [table for table in records.route_tables if table.vpc_id == vpc.id]
    by_id, by_tags = wanted.option("private_subnet_ids"), wanted.option("private_subnet_tags")
    if wanted.private_subnet_ids and wanted.private_subnet_tags:
        out.refuse(what, f"both {by_id} and {by_tags} are given, and one of them chooses", "give one of them")
        return
    if wanted.private_subnet_ids:
        chosen = [subnet for subnet in subnets if subnet.id in wanted.private_subnet_ids]
        missing = sorted(set(wanted.private_subnet_ids) - {subnet.id for subnet in chosen})
        if missing:
            there = _listed(map(_describe, subnets)) or "no subnets"
            found = f"not in {vpc.label}, which has {there}"
            out.refuse(f"private subnets {_listed(missing)}", found, f"correct {by_id}")
            return
    elif wanted.private_subnet_tags:
        chosen = [subnet for subnet in subnets if wanted.private_subnet_tags.items() <= subnet.tags.items()]
        what += " with the tags " + _listed(f"{key}={value}" for key, value in wanted.private_subnet_tags.items())
    elif hidden := [one for one in subnets if _in_zones(one, balancer) and _table(one, tables) is None]:
        # Without their routes all would look private.
        found = f"no route table is shown for {_listed(map(_describe, hidden))}, as for a VPC of another account"
        out.refuse(f"{what} by their routes", found, f"name them with {by_id}")
        return
    else:
        chosen = _subnets_by_route(subnets, tables, balancer)
        what += " by their routes"
    if wanted.private_subnet_ids or wanted.private_subnet_tags:
        _judge_given_subnets(chosen, tables, balancer, out)
    zones = {subnet.zone for subnet in chosen}
    if len(zones) < wanted.minimum_zones:
        rest = _listed(_describe(subnet) for subnet in subnets if subnet not in chosen)
        out.refuse(
            what,
            f"found {_listed(map(_describe, chosen)) or 'none'}; the other subnets of {vpc.label}: {rest or 'none'}",
            f"name them with {by_id} or {by_tags}, or lower {wanted.option('minimum_zones')}",
        )
    chosen.sort(key=lambda subnet: (subnet.zone, subnet.id))
    out.stack["private_subnet_ids"] = [subnet.id for subnet in chosen]


def _subnets_by_route(
    subnets: Sequence[Subnet], tables: Sequence[RouteTable], balancer: LoadBalancer | None
) -> list[Subnet]:
    """Subnets of the balancer's zones without a route to an internet gateway.

    Where some of them have a default route (to a NAT gateway, say) and others have none, the others are the database
    tier: a task there cannot reach the registry. Where none has one, the VPC uses endpoints.
    """
    private = [subnet for subnet in subnets if not _is_public(subnet, tables) and _in_zones(subnet, balancer)]
    return [subnet for subnet in private if _default_targets(subnet, tables)] or private


def _judge_given_subnets(
    chosen: Sequence[Subnet], tables: Sequence[RouteTable], balancer: LoadBalancer | None, out: Resolution
) -> None:
    public = [_describe(subnet) for subnet in chosen if _is_public(subnet, tables)]
    if public:
        out.warnings.append(
            f"{_listed(public)} given as private has a route to an internet gateway: a task without a public address "
            "has no way out there and cannot pull its image; give subnets behind a NAT gateway or VPC endpoints"
        )
    outside = [_describe(subnet) for subnet in chosen if balancer and subnet.zone not in balancer.zones]
    if balancer and outside:
        out.refuse(
            f"private subnets in the zones of load balancer {balancer.name!r} ({_listed(sorted(balancer.zones))})",
            f"{_listed(outside)} lies in another zone, where a target is never used",
            "choose subnets in those zones, or have the zone enabled on the load balancer",
        )


def _default_targets(subnet: Subnet, tables: Sequence[RouteTable]) -> frozenset[str]:
    """What the subnet's default routes lead to."""
    table = _table(subnet, tables)
    return table.targets if table else frozenset()


def _table(subnet: Subnet, tables: Sequence[RouteTable]) -> RouteTable | None:
    """The subnet's own table, or the VPC's main table when it has none; None when it is not shown."""
    table = next((table for table in tables if subnet.id in table.subnet_ids), None)
    return table or next((table for table in tables if table.main), None)


def _in_zones(subnet: Subnet, balancer: LoadBalancer | None) -> bool:
    return balancer is None or subnet.zone in balancer.zones


def _is_public(subnet: Subnet, tables: Sequence[RouteTable]) -> bool:
    return any(target.startswith("igw-") for target in _default_targets(subnet, tables))


def _listener(wanted: Wanted, records: Records, out: Resolution) -> Listener | None:
    what = f"HTTPS listener on port {wanted.listener_port} of {wanted.load_balancer_name!r}"
    if unreadable("listeners", what, "elasticloadbalancing:DescribeListeners", records, out):
        return None
    listener = next((listener for listener in records.listeners if listener.port == wanted.listener_port), None)
    if listener is None:
        there = _listed(f"{listener.protocol} {listener.port}" for listener in records.listeners)
        out.refuse(
            what,
            f"there is {there or 'no listener'}",
            f"correct {wanted.option('listener_port')}",
        )
        return None
    if not listener.secure:
        remedy = f"give the port of the HTTPS listener as {wanted.option('listener_port')}"
        found = f"the listener there speaks {listener.protocol}, and tokens must not travel in clear text"
        out.refuse(what, found, remedy)
    out.stack.update(listener_arn=listener.arn, listener_protocol=listener.protocol)
    return listener


def _certificate(wanted: Wanted, records: Records, listener: Listener, out: Resolution) -> None:
    if not wanted.host or records.certificates is None:
        return
    covering = [
        certificate
        for certificate in records.certificates
        if any(covers(name, wanted.host) for name in certificate.names)
    ]
    if not covering:
        names = sorted({name for certificate in records.certificates for name in certificate.names})
        out.warnings.append(
            f"no certificate of the listener on port {listener.port} covers {wanted.host} "
            f"(they cover {_listed(names) or 'nothing'}): clients will refuse the connection; "
            "correct the host, or have a certificate for it added to the listener"
        )
    elif not any(certificate.status == "ISSUED" for certificate in covering):
        states = _listed(f"{certificate.arn} is {certificate.status}" for certificate in covering)
        out.warnings.append(f"the certificate for {wanted.host} is not usable: {states}; have it renewed")


def covers(pattern: str, host: str) -> bool:
    """Whether a certificate's name covers a host: equal, or `*.` for exactly one label (RFC 6125)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    return pattern == host or (pattern.startswith("*.") and pattern[1:] == "." + host.partition(".")[2])


def _cluster(wanted: Wanted, records: Records, out: Resolution) -> None:
    what = f"ECS cluster {wanted.cluster_name!r}"
    if unreadable("clusters", what, "ecs:ListClusters and ecs:DescribeClusters", records, out):
        return
    cluster = _only(
        [cluster for cluster in records.clusters if cluster.name == wanted.cluster_name],
        what,
        lambda cluster: cluster.arn,
        not_found=_candidates(wanted.cluster_name, [(cluster.name, "") for cluster in records.clusters]),
        option=wanted.option("cluster_name"),
        out=out,
    )
    if cluster is None:
        return
    if cluster.status != "ACTIVE":
        remedy = f"have the cluster created again, or correct {wanted.option('cluster_name')}"
        out.refuse(what, f"its status is {cluster.status}, so it starts no tasks", remedy)
    lacking = missing(cluster.name, cluster.capacity, wanted.capacity_providers, wanted.region)
    if lacking:
        own = f", or leave it out of {wanted.option('capacity_providers')}"
        out.refuse(what, f"{lacking.found}, but {lacking.reason}", lacking.remedy + own)
    out.stack.update(cluster_name=cluster.name, cluster_arn=cluster.arn)


def _hosted_zone(wanted: Wanted, records: Records, out: Resolution) -> None:
    out.stack["hosted_zone_id"] = None
    if not wanted.wants_zone:
        return
    name = wanted.zone_name
    option = wanted.option("hosted_zone_name")
    host = (wanted.host or "").lower().rstrip(".")
    what = f"hosted zone {name!r}" if name else f"hosted zone of {host!r}"
    if unreadable("hosted_zones", what, "route53:ListHostedZones", records, out):
        return
    zone = _only(
        _zones_named(name, records.hosted_zones) if name else _zones_of(host, records.hosted_zones),
        what,
        lambda zone: zone.id,
        not_found=_candidates(name or host, [(zone.name, zone.id) for zone in records.hosted_zones]),
        option=f"{option} (none: DNS is kept elsewhere)",
        out=out,
    )
    if zone is None:
        return
    if host and not _within(host, zone.name):
        out.refuse(
            what,
            f"the host {host} does not lie in it, so it cannot hold its record",
            f"correct {wanted.option('host')} or {option}",
        )
    out.stack["hosted_zone_id"] = zone.id


def _secrets(wanted: Wanted, records: Records, out: Resolution) -> None:
    blind = {
        False: unreadable("secrets", "the secrets", "secretsmanager:DescribeSecret", records, out),
        True: unreadable("parameters", "the parameters", "ssm:DescribeParameters", records, out),
    }
    there = {secret.name: secret for secret in records.secrets}
    for name in dict.fromkeys(wanted.secrets):
        if not blind[parse(name).is_parameter]:
            _secret(name, there.get(name), out)
    versions = {secret.arn: secret.version for secret in records.secrets if secret.stage == CURRENT}
    out.stack["secrets"] = {secret.name: secret.arn for secret in records.secrets}
    out.stack["secret_versions"] = {**versions, **{secret.name: secret.version for secret in records.secrets}}


def _secret(name: str, secret: Secret | None, out: Resolution) -> None:
    parameter = parse(name).is_parameter
    what = f"{'parameter' if parameter else 'secret'} {name!r}"
    if secret is None:
        where = "the Parameter Store" if parameter else "Secrets Manager"
        out.refuse(
            what,
            f"not found, so no task could start{home_of(name)}",
            f"create it in {where}, or correct its name, the region or the profile",
        )
    elif secret.deleted:
        out.refuse(
            what,
            "it is scheduled for deletion, so no task could start",
            "restore it (aws secretsmanager restore-secret)",
        )
    elif not secret.version:
        remedy = "give it a value (aws secretsmanager put-secret-value), or correct the label in the reference"
        out.refuse(what, f"no version of it is {secret.stage}, so no task could start", remedy)


def _zones_named(name: str, zones: Iterable[HostedZone]) -> list[HostedZone]:
    """Zones of that name: the public ones, or else the private ones."""
    named = [zone for zone in zones if zone.name.lower() == name]
    return [zone for zone in named if not zone.private] or named


def _zones_of(host: str, zones: Iterable[HostedZone]) -> list[HostedZone]:
    """The zones with the longest name that the host lies in: the public ones, or else the private ones."""
    around = [zone for zone in zones if _within(host, zone.name)]
    around = [zone for zone in around if not zone.private] or around
    longest = max((len(zone.name) for zone in around), default=0)
    return [zone for zone in around if len(zone.name) == longest]


def _within(host: str, zone: str) -> bool:
    return f".{host}".endswith(f".{zone.lower()}")


def unreadable(topic: str, what: str, permission: str, records: Records, out: Resolution) -> bool:
    """Whether a topic could not be read; says so in the problems."""
    answer = records.unreadable.get(topic)
    if answer is None:
        return False
    out.refuse(what, f"{records.identity.arn} could not read it ({answer})", f"allow {permission}, or try again later")
    return True


def _only(
    matches: Sequence[T], what: str, name: Callable[[T], str], *, not_found: str, option: str, out: Resolution
) -> T | None:
    """The single match; none or several are a problem."""
    if len(matches) == 1:
        return matches[0]
    if matches:
        remedy = f"give the one that is meant a name of its own, or name another with {option}"
        out.refuse(what, f"{len(matches)} have this name: {_listed(map(name, matches))}", remedy)
    else:
        out.refuse(what, f"not found ({not_found})", f"correct {option}, the region or the profile")
    return None


def _candidates(wanted: str, there: Sequence[tuple[str, str]]) -> str:
    """What is there instead: (name, remark) pairs, the close ones first."""
    if not there:
        return "there is none at all"
    named = {name: f"{name} ({remark})" if remark else name for name, remark in there if name}
    close = get_close_matches(wanted, named, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(named[name] for name in close) + "?"
    return f"there is {_listed(sorted(named.values())) or 'none with a name'}"


def _describe(subnet: Subnet) -> str:
    name = subnet.tags.get("Name")
    return f"{subnet.id} ({name + ', ' if name else ''}{subnet.zone})"


def _listed(items: Iterable[str]) -> str:
    shown = list(items)
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
