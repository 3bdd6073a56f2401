"""What ECS refuses of a task definition, although its model allows it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition_problems import check

FARGATE = {"requires_compatibilities": ["FARGATE"], "network_mode": "awsvpc", "cpu": "256", "memory": "512"}


def task(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    defined = [{"name": f"c{number}", "image": "a", **container} for number, container in enumerate(containers)]
    return {**FARGATE, "container_definitions": defined, **fields}


@pytest.mark.parametrize(
    "document",
    [
        task({}),
        task({"cpu": 128, "memory": 256}, {"cpu": 128, "memory_reservation": 256}),
        task({"memory": 512, "memory_reservation": 100}, {"memory_reservation": 412}),
        task({"stop_timeout": 120, "log_configuration": {"log_driver": "splunk"}}),
        task({"port_mappings": [{"container_port": 1}]}, {"port_mappings": [{"container_port": 1, "protocol": "udp"}]}),
        task({"port_mappings": [{"container_port": 1, "host_port": 1}]}),
        task({}, volumes=[{"name": "a"}, {"name": "b", "efs_volume_configuration": {"file_system_id": "fs-1"}}]),
        task({}, {"essential": False}, requires_compatibilities=["EC2"], network_mode="bridge", cpu="", memory=""),
        {
            **task({"privileged": True, "links": ["c1"]}, {}),
            "requires_compatibilities": ["EC2"],
            "network_mode": "bridge",
        },
    ],
)
def test_right(document: dict[str, Any]) -> None:
    check(document)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (task({"cpu": 200}, {"cpu": 57}), "the containers have 257 cpu in sum, the task 256"),
        (task({"memory": 300}, {"memory": 213}), "the containers have 513 memory in sum, the task 512"),
        (task({"memory": 513, "memory_reservation": 1}), "container c0: memory 513, the task has 512"),
        (task({"privileged": True}), "container c0: privileged is given"),
        (task({"links": ["a"]}), "container c0: links is given"),
        (task({"extra_hosts": [{"hostname": "a"}]}), "container c0: extra_hosts is given"),
        (task({"log_configuration": {"log_driver": "syslog"}}), "container c0: log_driver syslog"),
        (task({"stop_timeout": 121}), "container c0: stop_timeout 121"),
        (task({"port_mappings": [{"container_port": 1, "host_port": 2}]}), "host_port 2, container_port 1"),
        (
            task({"port_mappings": [{"container_port": 1}]}, {"port_mappings": [{"container_port": 1}]}),
            "port 1/tcp of c0 and of c1",
        ),
        (
            task(
                {"firelens_configuration": {"type": "fluentbit", "options": {"config-file-type": "s3"}}},
                {"log_configuration": {"log_driver": "awsfirelens"}},
            ),
            "container c0: config-file-type s3",
        ),
        (task({}, volumes=[{"name": "v", "host": {"source_path": "/x"}}]), "volume v: host.source_path is given"),
        (
            task({}, volumes=[{"name": "v", "docker_volume_configuration": {"driver": "local"}}]),
            "volume v: docker_volume_configuration is given",
        ),
        (
            task({"depends_on": [{"container_name": "c1", "condition": "SUCCESS"}]}, {}),
            "container c0: depends_on waits for SUCCESS of c1",
        ),
        (
            task({"mount_points": [{"source_volume": "v", "container_path": "/x"}] * 2}, volumes=[{"name": "v"}]),
            "container c0: mount_points has /x more than once",
        ),
    ],
)
def test_wrong(document: dict[str, Any], found: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        check(document)
    assert [found in problem.found for problem in refused.value.problems] == [True], refused.value.problems
