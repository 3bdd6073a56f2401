"""Clients and resources that several facts are tried with."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


@pytest.fixture
def scaling(seeded: ControlPlane, client: Client) -> Any:
    return client("application-autoscaling")


@pytest.fixture
def ec2(empty: ControlPlane, client: Client) -> Any:
    return client("ec2")


@pytest.fixture
def groups(ec2: Any) -> tuple[str, str]:
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    make = ec2.create_security_group
    mine = make(GroupName="mine", Description="d", VpcId=vpc_id)["GroupId"]
    theirs = make(GroupName="theirs", Description="d", VpcId=vpc_id)["GroupId"]
    return mine, theirs


@pytest.fixture
def logs(empty: ControlPlane, client: Client) -> Any:
    """CloudWatch Logs with the group /ecs/x."""
    logs = client("logs")
    logs.create_log_group(logGroupName="/ecs/x")
    return logs
