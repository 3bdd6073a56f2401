"""The target group of Elastic Load Balancing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kinds import Kind


def vpc(client: Callable[[str], Any]) -> dict[str, Any]:
    found = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["sales-prod"]}])["Vpcs"]
    return {"vpc_id": found[0]["VpcId"]}


KIND = Kind(
    module="elb_target_group",
    identity={"name": "sales-prod-mcp-server-tg"},
    prepare=vpc,
    full={
        "protocol": "HTTP",
        "port": 8000,
        "target_type": "ip",
        "health_check_protocol": "HTTP",
        "health_check_path": "/healthz",
        "health_check_interval_seconds": 30,
        "health_check_timeout_seconds": 6,
        "healthy_threshold_count": 2,
        "unhealthy_threshold_count": 3,
        "matcher": {"http_code": "200"},
        "attributes": {"deregistration_delay.timeout_seconds": 30, "stickiness.enabled": False},
    },
    changes={
        "health_check_path": "/other",
        "health_check_interval_seconds": 20,
        "health_check_timeout_seconds": 5,
        "healthy_threshold_count": 3,
        "unhealthy_threshold_count": 4,
        "matcher": {"http_code": "200-299"},
        "attributes": {"deregistration_delay.timeout_seconds": 31},
    },
    unpredictable=frozenset({"target_group_arn", "attributes"}),
    tag=lambda elbv2, group, tags: elbv2.add_tags(
        ResourceArns=[group["target_group_arn"]],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    ),
    replace={"port": 9000},
    conflict=None,
    different={
        # The model has one list of protocols. HealthCheckProtocol's text says that health checks support none of these.
        "health_check_protocol": frozenset({"GENEVE", "QUIC", "TCP_QUIC", "TCP_UDP", "TLS", "UDP"}),
    },
)
