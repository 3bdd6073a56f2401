"""Which of two target groups serves, and which container of a task."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.observation import (
    container_name,
    serving,
    serving_container,
)


@pytest.mark.parametrize(
    ("groups", "weights", "expected"),
    [
        (["a", "b"], {"a": 100, "b": 0}, "a"),
        (["a", "b"], {"a": 0, "b": 100}, "b"),
        (["a", "b"], {}, "a"),
        (["a"], {"a": 1}, "a"),
        ([], {}, ""),
    ],
)
def test_the_group_with_the_traffic_serves(groups: list[str], weights: dict[str, int], expected: str) -> None:
    assert serving(groups, weights) == expected


SIDECAR, SERVER = {"name": "a-proxy", "image": "proxy"}, {"name": "mcp-server", "image": "server"}


@pytest.mark.parametrize(
    ("containers", "name", "expected"),
    [
        ([SIDECAR, SERVER], "mcp-server", SERVER),
        ([SERVER, SIDECAR], "mcp-server", SERVER),
        ([SERVER], "", SERVER),
        ([SIDECAR, SERVER], "", {}),
        ([SIDECAR, SERVER], "renamed", {}),
        ([], "mcp-server", {}),
    ],
)
def test_the_container_of_the_load_balancer_is_known_by_its_name(
    containers: list[dict[str, Any]], name: str, expected: dict[str, Any]
) -> None:
    assert serving_container(containers, name) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"loadBalancers": [{"targetGroupArn": "a", "containerName": "mcp-server"}]}, "mcp-server"),
        ({"loadBalancers": [{"targetGroupArn": "a"}]}, ""),
        ({}, ""),
    ],
)
def test_the_load_balancer_names_the_container(service: dict[str, Any], expected: str) -> None:
    assert container_name(service) == expected
