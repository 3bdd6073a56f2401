"""References within a task definition."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs.task_definition_references import reference_problems


def definition(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"container_definitions": [{"name": "web"}, *containers], **more}


def wait(name: str, condition: str = "START") -> list[dict[str, str]]:
    return [{"container_name": name, "condition": condition}]


SIDECAR = {"name": "sidecar", "health_check": {"command": ["CMD", "true"]}}
ROUTER = {"name": "router", "firelens_configuration": {"type": "fluentbit"}}
LOGS = {"log_configuration": {"log_driver": "awsfirelens"}}


@pytest.mark.parametrize(
    "document",
    [
        definition(),
        definition({"name": "a", "mount_points": [{"source_volume": "tmp"}]}, volumes=[{"name": "tmp"}]),
        definition({"name": "a", "volumes_from": [{"source_container": "web"}]}),
        definition({"name": "a", "depends_on": wait("sidecar", "HEALTHY")}, SIDECAR),
        definition(ROUTER, {"name": "a", **LOGS}),
        definition({**ROUTER, "user": "0:1000"}, {"name": "a", **LOGS}),
        definition({"name": "a", "depends_on": wait("web")}, {"name": "b", "depends_on": wait("a")}),
        definition({"name": "a", "environment": [{"name": "A"}], "secrets": [{"name": "B"}]}),
        definition(proxy_configuration={"container_name": "web"}),
        definition({"name": "a", "depends_on": wait("known-after-apply")}),
    ],
)
def test_right(document: dict[str, Any]) -> None:
    assert list(reference_problems(document)) == []


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (
            definition({"name": "a", "mount_points": [{"source_volume": "tpm"}]}, volumes=[{"name": "tmp"}]),
            "container a: mount_points names tpm",
        ),
        (definition({"name": "a", "mount_points": [{"source_volume": "x"}]}), "container a: mount_points names x"),
        (
            definition({"name": "a", "volumes_from": [{"source_container": "wbe"}]}),
            "container a: volumes_from names wbe",
        ),
        (definition({"name": "a", "depends_on": wait("wbe")}), "container a: depends_on names wbe"),
        (definition({"name": "a", "depends_on": wait("a")}), "container a: depends_on names a"),
        (
            definition({"name": "a", "depends_on": wait("web", "HEALTHY")}),
            "container a: depends_on waits until web is HEALTHY",
        ),
        (definition({"name": "a", **LOGS}), "container a: log_driver awsfirelens"),
        (
            definition({"name": "a", "environment": [{"name": "A"}], "secrets": [{"name": "A"}]}),
            "container a: A is in environment and in secrets",
        ),
        (
            definition({"name": "a", "depends_on": wait("b")}, {"name": "b", "depends_on": wait("a")}),
            "depends_on: a waits for b waits for a",
        ),
        (
            definition(ROUTER, {**ROUTER, "name": "second"}, {"name": "a", **LOGS}),
            "containers router and second have firelens_configuration",
        ),
        (
            definition(ROUTER),
            "container router has firelens_configuration, and no container the log_driver awsfirelens",
        ),
        (definition({**ROUTER, "user": "1000:0"}, {"name": "a", **LOGS}), "container router has the user 1000:0"),
        (definition(volumes=[{"name": "v"}, {"name": "v"}]), "more than one volume is called v"),
        (definition(proxy_configuration={"container_name": "x"}), "proxy_configuration: container_name names x"),
    ],
)
def test_wrong(document: dict[str, Any], found: str) -> None:
    assert [problem.found for problem in reference_problems(document)] == [found]
