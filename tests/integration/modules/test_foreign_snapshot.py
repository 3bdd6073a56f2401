"""foreign_snapshot of the modules that write to a balancer: taken before the first write of a run, and only then."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, lay
from tests.integration.modules.listener_rule import Listener, path

OWN = {"quilt:deployment": "sales-prod-mcp-server-production"}
THEIRS = {"Owner": "somebody"}

Result = dict[str, Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "snapshot.json"


@pytest.fixture
def rule(listener: Listener, file: Path) -> Callable[..., Result]:
    def run(**parameters: Any) -> Result:
        result: Result = listener.run(require_tags=OWN, foreign_snapshot=str(file), **parameters)
        return result

    return run


@pytest.fixture
def stack(aws: ControlPlane, client: Any) -> Stack:
    """A service's stack in an account of its own."""
    aws.reset(seed=False)
    stack = lay(client)
    stack.register()
    return stack


@pytest.fixture
def service(run_module: Any, stack: Stack, file: Path) -> Callable[..., Result]:
    def run(check: bool = False, routed: bool = True, **parameters: Any) -> Result:
        network = {"subnets": stack.subnets, "security_groups": [stack.security_group]}
        balancer = {"target_group_arn": stack.target_group, "container_name": "app", "container_port": 8000}
        usual: Result = {"cluster": "main", "service_name": "web", "task_definition": "app", "desired_count": 1}
        usual |= {"launch_type": "FARGATE", "network_configuration": {"awsvpc_configuration": network}}
        usual |= {"load_balancers": [balancer]} if routed else {}
        usual |= {"require_tags": OWN, "wait_timeout": 20, "foreign_snapshot": str(file)}
        result: Result = run_module("ecs_service", check=check, **{**usual, **parameters})
        return result

    return run


def looks(result: Result) -> list[str]:
    """The calls of the look at others, which no other part of a module makes, before its first write."""
    operations = [call.operation for call in result["calls"]]
    first = next((number for number, call in enumerate(result["calls"]) if call.write), len(operations))
    assert "DescribeLoadBalancerAttributes" not in operations[first:], "after the first write it would be too late"
    return [name for name in operations if name == "DescribeLoadBalancerAttributes"]


def kept(file: Path) -> Result:
    found: Result = json.loads(file.read_text())
    return found


def test_a_rule_takes_it_before_its_first_write(rule: Any, listener: Listener, file: Path) -> None:
    foreign = listener.foreign(300, path("/theirs"), tags=THEIRS)
    made = rule()
    assert made["writes"] == ["CreateRule"], made
    assert len(looks(made)) == 1
    snapshot = kept(file)
    assert (snapshot["balancer"], snapshot["own_tags"]) == (listener.balancer, OWN)
    assert f"listener rule {foreign}" in snapshot["before"]["resources"]
    assert made["rule_arn"] not in str(snapshot), "it was not there yet"


def test_a_later_write_of_the_run_takes_none(rule: Any, file: Path) -> None:
    rule()
    first = kept(file)
    assert looks(rule(conditions=[path("/other")])) == []
    assert looks(rule(state="absent")) == []
    assert kept(file) == first


def test_a_run_that_writes_nothing_does_not_look(rule: Any, file: Path) -> None:
    assert looks(rule(check=True)) == [] and not file.exists()
    rule()
    file.unlink()
    again = rule()
    assert (again["changed"], looks(again), file.exists()) == (False, [], False)


def test_a_deletion_is_a_write_too(rule: Any, file: Path) -> None:
    arn = rule()["rule_arn"]
    file.unlink()
    gone = rule(state="absent")
    assert gone["writes"] == ["DeleteRule"] and len(looks(gone)) == 1
    assert kept(file)["before"]["own"] == [arn], "it was still there"


def test_a_look_that_fails_writes_nothing(rule: Any, aws: ControlPlane, file: Path) -> None:
    place = ("elbv2", "DescribeLoadBalancerAttributes", "error")
    fault = aws.faults.add(*place, code="AccessDenied", status=403, times=None)
    refused = rule()
    assert fault.fired and refused["failed"] and refused["writes"] == [] and not file.exists()


def test_a_service_takes_it_of_the_balancer_of_its_target_groups(service: Any, stack: Stack, file: Path) -> None:
    assert looks(service(check=True)) == [] and not file.exists()
    made = service()
    assert made["writes"] == ["CreateService"] and len(looks(made)) == 1
    (balancer,) = stack.elbv2.describe_load_balancers()["LoadBalancers"]
    assert kept(file)["balancer"] == balancer["LoadBalancerArn"]
    assert f"target group {stack.target_group}" in kept(file)["before"]["resources"]
    file.unlink()
    assert looks(service()) == [] and not file.exists()


def test_a_service_that_goes_takes_it_too(service: Any, file: Path) -> None:
    service()
    file.unlink()
    assert len(looks(service(state="absent"))) == 1 and file.exists()


def test_a_service_behind_no_balancer_has_nothing_to_look_at(service: Any, file: Path) -> None:
    assert looks(service(routed=False)) == [] and not file.exists()
