"""A task's place in the VPC: its network interface and address, and its targets. Call with the API lock held."""

from __future__ import annotations

import ipaddress
import random
import uuid
from collections.abc import Iterator
from typing import Any

from moto.ec2 import ec2_backends
from moto.elbv2 import elbv2_backends

Document = dict[str, Any]

# AWS keeps the first four addresses and the last one of a subnet.
_FIRST_FREE = 4


def subnet_zones(subnets: list[str], account: str, region: str) -> dict[str, str]:
    """Subnet id -> zone, for the subnets that exist, in the order given."""
    known = {
        subnet.id: subnet.availability_zone
        for zone in ec2_backends[account][region].subnets.values()
        for subnet in zone.values()
    }
    return {subnet: known[subnet] for subnet in subnets if subnet in known}


def attach(task: Document, subnet_id: str, groups: list[str], account: str, region: str) -> str:
    """Give the task an interface in the subnet; returns its private address. Raises LookupError when none is free."""
    backend = ec2_backends[account][region]
    subnet = backend.get_subnet(subnet_id)
    hosts = ipaddress.ip_network(subnet.cidr_block)
    used = {interface.private_ip_address for interface in backend.enis.values()}
    free = [str(hosts[n]) for n in range(_FIRST_FREE, hosts.num_addresses - 1) if str(hosts[n]) not in used]
    if not free:
        raise LookupError(f"no free address in {subnet_id} ({subnet.cidr_block})")
    address = random.choice(free)
    attachment = str(uuid.uuid4())
    # AWS (Amazon VPC, DNS attributes): us-east-1 has a domain of its own.
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    description = f"arn:aws:ecs:{region}:{account}:attachment/{attachment}"
    interface = backend.create_network_interface(subnet, address, group_ids=groups, description=description)
    interface.status = "in-use"
    task["availabilityZone"] = subnet.availability_zone
    task["attachments"] = [
        {
            "id": attachment,
            "type": "ElasticNetworkInterface",
            "status": "ATTACHED",
            "details": [
                {"name": "subnetId", "value": subnet_id},
                {"name": "networkInterfaceId", "value": interface.id},
                {"name": "macAddress", "value": interface.mac_address},
                {"name": "privateDnsName", "value": f"ip-{address.replace('.', '-')}.{domain}"},
                {"name": "privateIPv4Address", "value": address},
            ],
        }
    ]
    for container in task["containers"]:
        container["networkInterfaces"] = [{"attachmentId": attachment, "privateIpv4Address": address}]
    return address


def detach(task: Document, account: str, region: str) -> None:
    """Delete the task's interface, so that its security group is free again."""
    for attachment in task["attachments"]:
        attachment["status"] = "DELETED"
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                ec2_backends[account][region].enis.pop(detail["value"], None)


class Targets:
    """A task's registrations: (target group ARN, port) at one address."""

    def __init__(self, account: str, region: str, address: str, load_balancers: list[Document]) -> None:
        self._where = (account, region)
        self._address = address
        self._wanted = [(str(one["targetGroupArn"]), int(one["containerPort"])) for one in load_balancers]
        self.registered: list[tuple[str, int]] = []

    def register(self) -> None:
        backend = self._backend()
        for arn, port in self._wanted:
            if arn in backend.target_groups:
                backend.register_targets(arn, [{"Id": self._address, "Port": port}])
                self.registered.append((arn, port))

    def deregister(self) -> float:
        """Take the task out of its target groups; the longest of their deregistration delays, in AWS's seconds."""
        backend, delay = self._backend(), 0.0
        for arn, port in self.registered:
            group = backend.target_groups.get(arn)
            if group is not None:
                backend.deregister_targets(arn, [{"Id": self._address, "Port": port}])
                delay = max(delay, float(group.attributes["deregistration_delay.timeout_seconds"]))
        self.registered = []
        return delay

    def states(self) -> dict[str, str]:
        """Target group ARN -> state, such as initial, healthy or unhealthy."""
        return {arn: health["State"] for arn, _, health in self._health()}

    def complaints(self) -> list[str]:
        """What the health checks that the task fails say, as ECS's events word it."""
        return [
            f"(port {port}) is unhealthy in (target-group {arn}) due to (reason {health['Description']})"
            for arn, port, health in self._health()
            if health["State"] == "unhealthy"
        ]

    def _health(self) -> Iterator[tuple[str, int, Document]]:
        backend = self._backend()
        for arn, port in self.registered:
            if arn in backend.target_groups:
                found = backend.describe_target_health(arn, [{"Id": self._address, "Port": port}])[0]
                yield arn, port, found["TargetHealth"]

    @property
    def expected(self) -> bool:
        return bool(self._wanted)

    def _backend(self) -> Any:
        return elbv2_backends[self._where[0]][self._where[1]]
