"""Further containers of a task: what they are completed with, and what they need."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.containers import (
    image_repositories,
    pinned_logs,
    secret_references,
    sidecars,
)

SECRET = "arn:aws:secretsmanager:us-east-1:850787717197:secret:app/keys-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag"
LOGS = {"log_driver": "awslogs", "options": {"awslogs-group": "/ecs/x"}}
SPLUNK = {"log_driver": "splunk", "secret_options": [{"name": "splunk-token", "value_from": SECRET}]}


@pytest.mark.parametrize(
    ("container", "logs"),
    [
        ({"name": "a"}, LOGS),
        ({"name": "a", "log_configuration": {}}, {}),
        ({"name": "a", "log_configuration": None}, {}),
        ({"name": "a", "log_configuration": {"log_driver": "splunk"}}, {"log_driver": "splunk"}),
    ],
)
def test_a_container_that_says_nothing_of_its_logs_gets_those_given(
    container: dict[str, Any], logs: dict[str, Any]
) -> None:
    (found,) = sidecars([container], LOGS, {})
    assert found == {"name": "a", "log_configuration": logs}


def test_secrets_are_pinned_and_a_parameters_version_is_a_label() -> None:
    container = {
        "name": "a",
        "secrets": [{"name": "KEY", "value_from": f"{SECRET}:key::"}, {"name": "FLAG", "value_from": PARAMETER}],
        "docker_labels": {"own": "x"},
        "log_configuration": SPLUNK,
    }
    (found,) = sidecars([container], LOGS, {f"{SECRET}:key::": "v2", PARAMETER: "7", SECRET: "v1"})
    assert [secret["value_from"] for secret in found["secrets"]] == [f"{SECRET}:key::v2", PARAMETER]
    assert found["docker_labels"] == {"quilt.secret.FLAG": "7", "own": "x"}
    assert found["log_configuration"]["secret_options"] == [{"name": "splunk-token", "value_from": f"{SECRET}:::v1"}]
    assert SPLUNK["secret_options"][0]["value_from"] == SECRET, "the inventory's value stays as it is"


def test_what_has_no_known_version_stays_as_it_is() -> None:
    container = {"name": "a", "secrets": [{"name": "KEY", "value_from": SECRET}]}
    (found,) = sidecars([container], {}, {})
    assert found["secrets"] == container["secrets"]
    assert found["docker_labels"] == {}
    assert pinned_logs(SPLUNK, {}) == SPLUNK


def test_a_variable_without_a_value_is_left_out() -> None:
    pairs = [{"name": "A", "value": "1"}, {"name": "B", "value": None}, {"name": "C", "value": ""}, {"name": "D"}]
    (found,) = sidecars([{"name": "a", "environment": pairs}], {}, {})
    assert found["environment"] == [{"name": "A", "value": "1"}]


def test_every_secret_that_ecs_reads_is_named_once() -> None:
    containers = [
        {"name": "a", "secrets": [{"name": "KEY", "value_from": SECRET}], "log_configuration": SPLUNK},
        {"name": "b", "secrets": None, "repository_credentials": {"credentials_parameter": f"{SECRET}-registry"}},
    ]
    logs = {"secret_options": [{"name": "x", "value_from": PARAMETER}]}
    assert secret_references(containers, logs) == [SECRET, f"{SECRET}-registry", PARAMETER]
    assert secret_references([], {}) == []


@pytest.mark.parametrize(
    ("image", "repositories"),
    [
        (
            "850787717197.dkr.ecr.us-east-1.amazonaws.com/tools/proxy:1",
            ["us-east-1:850787717197:repository/tools/proxy"],
        ),
        ("850787717197.dkr.ecr.eu-west-1.amazonaws.com/proxy@sha256:0", ["eu-west-1:850787717197:repository/proxy"]),
        ("850787717197.dkr-ecr.us-east-1.on.aws/proxy", ["us-east-1:850787717197:repository/proxy"]),
        ("public.ecr.aws/envoy/envoy:v1", []),
        ("envoy:v1", []),
    ],
)
def test_the_repositories_of_ecr_are_named(image: str, repositories: list[str]) -> None:
    found = image_repositories([{"image": image}, {"image": image}, {"name": "without"}], "aws")
    assert found == [f"arn:aws:ecr:{one}" for one in repositories]
