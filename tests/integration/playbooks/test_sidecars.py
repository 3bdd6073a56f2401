"""Containers in addition to the server's, by the real playbook and with a data plane of simulated tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.testing.ecs_stack import context
from tests.integration.playbooks.inputs import QUICK

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

NAME = "sales-prod-mcp-server-production"
PARAMETER = "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag"
REGISTRY = "850787717197.dkr.ecr.us-east-1.amazonaws.com"
ROUTER = {
    "name": "log-router",
    "image": f"{REGISTRY}/tools/fluent-bit:3",
    "essential": True,
    "memory_reservation": 50,
    "firelens_configuration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}},
}


def sidecars(secret: str) -> dict[str, Any]:
    """A proxy that reads the server's files and a secret, a container that ends before, and a log router."""
    return {
        **QUICK,
        "ecs_service_sidecars": [
            {
                "name": "a-proxy",  # before the server's name, in ECS's order too
                "image": "public.ecr.aws/envoy/envoy:v1",
                "cpu": 64,
                "environment": [{"name": "LEVEL", "value": 3}, {"name": "UNSET", "value": None}],
                "secrets": [{"name": "KEY", "value_from": secret}, {"name": "FLAG", "value_from": PARAMETER}],
                "mount_points": [{"source_volume": "shared", "container_path": "/in", "read_only": True}],
                "port_mappings": [{"container_port": 9901}],
            },
            {
                "name": "prepare",
                "image": "public.ecr.aws/docker/busybox:1",
                "essential": False,
                "log_configuration": {},
            },
            ROUTER,
        ],
        "ecs_service_volumes": [{"name": "shared"}],
        "ecs_service_mount_points": [{"source_volume": "shared", "container_path": "/out"}],
        "ecs_service_depends_on": [{"container_name": "log-router", "condition": "START"}],
        "ecs_service_log_configuration": {
            "log_driver": "awsfirelens",
            "options": {"Name": "http", "Port": 443},
            "secret_options": [{"name": "Header", "value_from": secret}],
        },
    }


@pytest.fixture
def deploy(
    built: State, aws: ControlPlane, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Play]:
    """play() of deploy.yml for an image that is there, with tasks that start and stop."""
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    launcher = FargateLauncher(context(aws, tmp_path), SimulatedEngine())
    launcher.start()
    yield lambda *options, **extra: play("deploy.yml", *options, **extra)
    launcher.stop()


def test_a_sidecar_a_volume_and_a_log_router(deploy: Play, client: Callable[[str], Any]) -> None:
    manager, ssm, ecs = client("secretsmanager"), client("ssm"), client("ecs")
    secret = manager.create_secret(Name="app/key", SecretString="first")
    ssm.put_parameter(Name="/app/flag", Value="on", Type="SecureString")
    values = sidecars(secret["ARN"])
    first = deploy(**values)
    assert first.status == 0, first.failures
    (service,) = ecs.describe_services(cluster="sales-prod", services=[NAME])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert [one["name"] for one in definition["containerDefinitions"]] == [
        "mcp-server",
        "a-proxy",
        "prepare",
        "log-router",
    ]
    server, proxy, prepare, router = definition["containerDefinitions"]
    assert server["dependsOn"] == [{"containerName": "log-router", "condition": "START"}]
    assert {"sourceVolume": "shared", "containerPath": "/out"} in server["mountPoints"]
    assert server["logConfiguration"] == {
        "logDriver": "awsfirelens",
        "options": {"Name": "http", "Port": "443"},
        "secretOptions": [{"name": "Header", "valueFrom": f"{secret['ARN']}:::{secret['VersionId']}"}],
    }
    assert proxy["logConfiguration"]["options"]["awslogs-stream-prefix"] == "ecs"
    assert proxy["environment"] == [{"name": "LEVEL", "value": "3"}]
    assert {one["name"]: one["valueFrom"] for one in proxy["secrets"]} == {
        "KEY": f"{secret['ARN']}:::{secret['VersionId']}",
        "FLAG": PARAMETER,
    }
    assert proxy["dockerLabels"] == {"quilt.secret.FLAG": "1"}
    assert "logConfiguration" not in prepare
    assert router["user"] == "0"
    policy = client("iam").get_role_policy(RoleName=f"{NAME}-execution", PolicyName="quilt-mcp-server")
    allowed = {one["Sid"]: one["Resource"] for one in policy["PolicyDocument"]["Statement"]}
    assert secret["ARN"] in allowed["ReadSecrets"]
    assert allowed["ReadParameters"] == [PARAMETER]
    assert allowed["PullImage"] == [
        f"arn:aws:ecr:us-east-1:850787717197:repository/{name}" for name in ("quilt-mcp-server", "tools/fluent-bit")
    ]

    again = deploy(**values)
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])

    manager.put_secret_value(SecretId="app/key", SecretString="a-second-value")
    rolled = deploy(**values)
    assert rolled.writes == ["ecs:RegisterTaskDefinition", "ecs:UpdateService"], rolled.failures
    assert "a-second-value" not in str(rolled.tasks)

    without = deploy("--check", "--diff", **QUICK)
    assert without.writes == []
    (result,) = without.results("Ensure the task definition is registered")
    assert [one["name"] for one in result["diff"]["after"]["container_definitions"]] == ["mcp-server"]


def test_status_shows_the_servers_container(deploy: Play, play: Play, client: Callable[[str], Any]) -> None:
    secret = client("secretsmanager").create_secret(Name="app/key", SecretString="first")
    client("ssm").put_parameter(Name="/app/flag", Value="on", Type="SecureString")
    assert deploy(**sidecars(secret["ARN"])).status == 0
    ecs = client("ecs")
    (service,) = ecs.describe_services(cluster="sales-prod", services=[NAME])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    server = next(one for one in definition["containerDefinitions"] if one["name"] == "mcp-server")
    page = play("status.yml")
    text = str([task["result"] for task in page.tasks])
    assert server["image"].rpartition("/")[2][:40] in text
    assert "a-proxy/KEY" in text


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "the server's name": (
        {"ecs_service_sidecars": [{"name": "mcp-server", "image": "a"}]},
        "ecs_service_sidecars: mcp-server is the name of the server's container",
    ),
    "a misspelled member": (
        {"ecs_service_sidecars": [{"name": "a", "imagge": "a"}]},
        "ecs_service_sidecars[0].imagge is not known to botocore",
    ),
    "a mount without its volume": (
        {"ecs_service_mount_points": [{"source_volume": "shared", "container_path": "/a"}]},
        "container mcp-server: mount_points names shared",
    ),
    "no router": (
        {"ecs_service_log_configuration": {"log_driver": "awsfirelens"}},
        "no container has firelens_configuration",
    ),
    "a boolean": (
        {"ecs_service_sidecars": [{"name": "a", "image": "a", "environment": [{"name": "F", "value": True}]}]},
        "ecs_service_sidecars: container a: F is bool True, but AWS takes text, not a boolean; write it in quotes",
    ),
    "more memory than the task has": (
        {"ecs_service_sidecars": [{"name": name, "image": "a", "memory": 300} for name in ("a", "b")]},
        "the containers have 600 memory in sum, the task 512",
    ),
}


def test_what_ecs_refuses_is_one_message_before_the_first_call(play: Play) -> None:
    for values, said in WRONG.values():
        run = play("deploy.yml", **values)
        (message,) = run.failures
        assert said in message
        assert run.calls == []


def test_a_secret_that_does_not_exist_is_refused_before_any_write(play: Play) -> None:
    container = {"name": "a", "image": "a", "secrets": [{"name": "FLAG", "value_from": PARAMETER}]}
    run = play("deploy.yml", ecs_service_sidecars=[container])
    assert any("not found, so no task could start" in message for message in run.failures)
    assert run.writes == []
