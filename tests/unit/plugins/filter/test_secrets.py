"""Secrets of a container at one version each."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.filter.secrets import pin_secrets

SECRET = "arn:aws:secretsmanager:us-east-1:850787717197:secret:app/keys-AbCdEf"
CHINA = "arn:aws-cn:secretsmanager:cn-north-1:850787717197:secret:app/keys-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag"


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        pytest.param(SECRET, f"{SECRET}:::v2", id="whole"),
        pytest.param(f"{SECRET}:key::", f"{SECRET}:key::v2", id="a key of the JSON"),
        pytest.param(f"{SECRET}:key:AWSPREVIOUS:", f"{SECRET}:key::v2", id="a label becomes its version"),
        pytest.param(f"{SECRET}:::v2", f"{SECRET}:::v2", id="pinned already"),
        pytest.param(PARAMETER, PARAMETER, id="ECS takes no version of a parameter"),
        pytest.param(f"{CHINA}:key::", f"{CHINA}:key::v2", id="China"),
    ],
)
def test_a_known_version_is_pinned(reference: str, pinned: str) -> None:
    found = pin_secrets({"KEYS": reference}, {reference: "v2"})
    assert found["value_from"] == {"KEYS": pinned}
    assert found["versions"] == {"KEYS": "v2"}


def test_a_parameters_version_is_a_label_that_names_the_variable() -> None:
    found = pin_secrets({"KEYS": SECRET, "FLAG": PARAMETER}, {SECRET: "v2", PARAMETER: "7"})
    assert found["labels"] == {"quilt.secret.FLAG": "7"}


def test_what_has_no_known_version_stays_as_it_is_and_what_is_empty_is_left_out() -> None:
    found = pin_secrets({"KEYS": SECRET, "FLAG": PARAMETER, "NONE": ""}, {})
    assert found == {"value_from": {"KEYS": SECRET, "FLAG": PARAMETER}, "labels": {}, "versions": {}}
