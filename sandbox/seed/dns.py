"""The hosted zone, with the names that lead to the load balancers."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.clients import Clients
from sandbox.seed.balancer import Balancer
from sandbox.seed.stack import Stack


def lay(aws: Clients, stack: Stack, balancers: Sequence[Balancer]) -> None:
    route53 = aws("route53")
    zone = route53.create_hosted_zone(Name=stack.zone, CallerReference=stack.name)["HostedZone"]
    records = [{"Name": host, "Type": "A", "AliasTarget": _alias(one)} for one in balancers for host in one.hosts]
    route53.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record} for record in records]},
    )


def _alias(balancer: Balancer) -> dict[str, object]:
    return {"HostedZoneId": balancer.zone_id, "DNSName": balancer.dns_name, "EvaluateTargetHealth": False}
