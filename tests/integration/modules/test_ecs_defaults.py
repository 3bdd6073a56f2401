"""Each default of ECS: a field that is left out and one that has it are the same, whichever of them ECS stores."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, lay

ROLE = "arn:aws:iam::850787717197:role/x"
LEAST = {"name": "a", "image": "b", "memory": 128}
ROUTED = {**LEAST, "name": "web", "log_configuration": {"log_driver": "awsfirelens"}}
FARGATE = {"requires_compatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "execution_role_arn": ROLE}
EFS = {"file_system_id": "fs-12345678"}
AWSLOGS = {"log_driver": "awslogs", "options": {"awslogs-group": "g"}}

Document = dict[str, Any]


def of_container(without: Document, default: Document, **task: Any) -> tuple[Document, Document]:
    """A task definition whose container has the first members, and one whose container has both."""
    return (
        {"container_definitions": [{**LEAST, **without}], **task},
        {"container_definitions": [{**LEAST, **without, **default}], **task},
    )


def of_volume(without: Document, default: Document) -> tuple[Document, Document]:
    containers = [LEAST]
    return (
        {"container_definitions": containers, "volumes": [{"name": "v", **without}]},
        {"container_definitions": containers, "volumes": [{"name": "v", **without, **default}]},
    )


def of_router(options: Document) -> Document:
    router = {**LEAST, "name": "router", "firelens_configuration": {"type": "fluentbit", **options}}
    return {"container_definitions": [ROUTED, router]}


SHORT = {"container_definitions": [LEAST]}
ON_FARGATE = {**SHORT, **FARGATE}
ARM, LINUX = {"cpu_architecture": "ARM64"}, {"operating_system_family": "LINUX"}
HEALTH = {"command": ["CMD", "true"]}
DEVICE = {"host_path": "/dev/a"}
# Without the default, and with it.
ROWS: dict[str, tuple[Document, Document]] = {
    "cpu": of_container({}, {"cpu": 0}),
    "essential": of_container({}, {"essential": True}),
    "privileged": of_container({}, {"privileged": False}),
    "read-only root": of_container({}, {"readonly_root_filesystem": False}),
    "interactive": of_container({}, {"interactive": False}),
    "terminal": of_container({}, {"pseudo_terminal": False}),
    "networking": of_container({}, {"disable_networking": False}),
    "version": of_container({}, {"version_consistency": "enabled"}),
    "protocol": of_container(
        {"port_mappings": [{"container_port": 80}]}, {"port_mappings": [{"container_port": 80, "protocol": "tcp"}]}
    ),
    "health check": of_container(
        {"health_check": HEALTH},
        {"health_check": {**HEALTH, "interval": 30, "timeout": 5, "retries": 3, "start_period": 0}},
    ),
    "restart policy": of_container(
        {"restart_policy": {"enabled": True}}, {"restart_policy": {"enabled": True, "restart_attempt_period": 300}}
    ),
    "init process": of_container(
        {"linux_parameters": {"devices": [DEVICE]}},
        {"linux_parameters": {"devices": [DEVICE], "init_process_enabled": False}},
    ),
    "permissions of a device": of_container(
        {"linux_parameters": {"devices": [DEVICE]}},
        {"linux_parameters": {"devices": [{**DEVICE, "permissions": ["mknod", "read", "write"]}]}},
    ),
    "swappiness": of_container(
        {"linux_parameters": {"max_swap": 64}}, {"linux_parameters": {"max_swap": 64, "swappiness": 60}}
    ),
    "swappiness without swap": of_container(
        {"linux_parameters": {"init_process_enabled": True}},
        {"linux_parameters": {"init_process_enabled": True, "swappiness": 10}},
    ),
    "option of awslogs": of_container(
        {"log_configuration": AWSLOGS},
        {"log_configuration": {**AWSLOGS, "options": {**AWSLOGS["options"], "awslogs-create-group": "false"}}},
    ),
    "user of a router": (
        of_router({}),
        {"container_definitions": [ROUTED, {**of_router({})["container_definitions"][1], "user": "0"}]},
    ),
    "option of a router": (of_router({}), of_router({"options": {"enable-ecs-log-metadata": "true"}})),
    "network mode": (SHORT, {**SHORT, "network_mode": "bridge"}),
    "fault injection": (SHORT, {**SHORT, "enable_fault_injection": False}),
    "port of the host, bridge": of_container(
        {"port_mappings": [{"container_port": 80}]}, {"port_mappings": [{"container_port": 80, "host_port": 0}]}
    ),
    "port of the host, awsvpc": of_container(
        {"port_mappings": [{"container_port": 80}]},
        {"port_mappings": [{"container_port": 80, "host_port": 80}]},
        network_mode="awsvpc",
    ),
    "stop timeout on Fargate": of_container({}, {"stop_timeout": 30}, **FARGATE),
    "platform on Fargate": (
        ON_FARGATE,
        {**ON_FARGATE, "runtime_platform": {**ARM, **LINUX, "cpu_architecture": "X86_64"}},
    ),
    "half a platform on Fargate": (
        {**ON_FARGATE, "runtime_platform": ARM},
        {**ON_FARGATE, "runtime_platform": {**ARM, **LINUX}},
    ),
    "mount": (
        {
            **of_volume({}, {})[0],
            "container_definitions": [{**LEAST, "mount_points": [{"source_volume": "v", "container_path": "/v"}]}],
        },
        {
            **of_volume({}, {})[0],
            "container_definitions": [
                {**LEAST, "mount_points": [{"source_volume": "v", "container_path": "/v", "read_only": False}]}
            ],
        },
    ),
    "docker volume": of_volume(
        {"docker_volume_configuration": {"labels": {"a": "b"}}},
        {
            "docker_volume_configuration": {
                "labels": {"a": "b"},
                "scope": "task",
                "autoprovision": False,
                "driver": "local",
            }
        },
    ),
    "volume at launch": of_volume({}, {"configured_at_launch": False}),
    "EFS": of_volume(
        {"efs_volume_configuration": EFS},
        {"efs_volume_configuration": {**EFS, "root_directory": "/", "transit_encryption": "DISABLED"}},
    ),
    "EFS with an access point": of_volume(
        {
            "efs_volume_configuration": {
                **EFS,
                "transit_encryption": "ENABLED",
                "authorization_config": {"access_point_id": "fsap-1"},
            }
        },
        {
            "efs_volume_configuration": {
                **EFS,
                "transit_encryption": "ENABLED",
                "root_directory": "/",
                "authorization_config": {"access_point_id": "fsap-1", "iam": "DISABLED"},
            }
        },
    ),
}


@pytest.mark.parametrize("stored", [0, 1], ids=["left out", "given"])
@pytest.mark.parametrize("row", ROWS)
def test_a_task_definition_is_not_registered_again_for_a_default(run_module: Any, row: str, stored: int) -> None:
    documents = ROWS[row]
    assert documents[0] != documents[1]
    first = run_module("ecs_task_definition", family="defaults", **copy.deepcopy(documents[stored]))
    assert first.get("changed"), first.get("msg")
    for document in (documents[stored], documents[1 - stored]):
        again = run_module("ecs_task_definition", family="defaults", **copy.deepcopy(document))
        assert (again["changed"], again["writes"]) == (False, []), again["diff"]


@pytest.fixture
def stack(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, client: Any) -> Stack:
    """A stack with a task definition, in an empty account."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    control_plane.reset(seed=False)
    found = lay(client)
    found.register()
    return found


def configured(**members: Any) -> Document:
    return {"deployment_configuration": members}


SPOT = {"capacity_provider": "FARGATE_SPOT", "weight": 1}
EBS = {"role_arn": ROLE, "size_in_gib": 10}
CONNECT = {"enabled": True, "namespace": "n", "services": [{"port_name": "http"}]}
BREAKER = {"enable": True, "rollback": True}
OF_SERVICE: dict[str, tuple[Document, Document]] = {
    "scheduling": ({}, {"scheduling_strategy": "REPLICA"}),
    "tags": ({}, {"propagate_tags": "NONE", "enable_ecs_managed_tags": False}),
    "execute command": ({}, {"enable_execute_command": False}),
    "grace period": ({}, {"health_check_grace_period_seconds": 0}),
    "percentages": ({}, configured(maximum_percent=200, minimum_healthy_percent=100)),
    "strategy": ({}, configured(strategy="ROLLING", bake_time_in_minutes=0)),
    "no breaker": ({}, configured(deployment_circuit_breaker={"enable": False, "rollback": False})),
    "breaker": (
        configured(deployment_circuit_breaker=BREAKER),
        configured(
            deployment_circuit_breaker={
                **BREAKER,
                "reset_on_healthy_task": True,
                "threshold_configuration": {"type": "BOUNDED_PERCENT", "value": 50},
            }
        ),
    ),
    "capacity provider": (
        {"launch_type": None, "capacity_provider_strategy": [SPOT]},
        {"launch_type": None, "capacity_provider_strategy": [{**SPOT, "base": 0}]},
    ),
    "file system of a volume": (
        {"volume_configurations": [{"name": "v", "managed_ebs_volume": EBS}]},
        {"volume_configurations": [{"name": "v", "managed_ebs_volume": {**EBS, "filesystem_type": "xfs"}}]},
    ),
    "speed of a gp3 volume": (
        {"volume_configurations": [{"name": "v", "managed_ebs_volume": {**EBS, "volume_type": "gp3"}}]},
        {"volume_configurations": [{"name": "v", "managed_ebs_volume": {**EBS, "volume_type": "gp3", "iops": 3000}}]},
    ),
    "name of a port in Service Connect": (
        {"service_connect_configuration": CONNECT},
        {
            "service_connect_configuration": {
                **CONNECT,
                "services": [{"port_name": "http", "discovery_name": "http"}],
            }
        },
    ),
    "logs of Service Connect": (
        {"service_connect_configuration": {**CONNECT, "log_configuration": AWSLOGS}},
        {
            "service_connect_configuration": {
                **CONNECT,
                "log_configuration": {
                    "log_driver": "awslogs",
                    "options": {**AWSLOGS["options"], "awslogs-create-group": "false"},
                },
            }
        },
    ),
}


@pytest.mark.parametrize("stored", [0, 1], ids=["left out", "given"])
@pytest.mark.parametrize("row", OF_SERVICE)
def test_a_service_is_not_updated_for_a_default(run_module: Any, stack: Stack, row: str, stored: int) -> None:
    network = {"subnets": stack.subnets, "security_groups": [stack.security_group]}
    balancer = {"target_group_arn": stack.target_group, "container_name": "app", "container_port": 8000}

    def run(document: Document) -> Document:
        parameters = {
            "cluster": "main",
            "service_name": "web",
            "task_definition": "app",
            "desired_count": 1,
            "launch_type": "FARGATE",
            "network_configuration": {"awsvpc_configuration": network},
            "load_balancers": [balancer],
            "wait_timeout": 20,
            **copy.deepcopy(document),
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        result: Document = run_module("ecs_service", **given)
        return result

    documents = OF_SERVICE[row]
    first = run(documents[stored])
    assert first.get("changed"), first.get("msg")
    for document in (documents[stored], documents[1 - stored]):
        again = run(document)
        assert (again["changed"], again["writes"]) == (False, []), again["diff"]
