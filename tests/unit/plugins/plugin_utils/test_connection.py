"""Which settings of a connection are completed from the environment."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import connection

KEYS = {"access_key": "a", "secret_key": "b"}
NONE = dict.fromkeys(connection.CREDENTIALS, "")


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        pytest.param({"region": "x"}, {"region": "x"}, id="no credentials"),
        pytest.param({"profile": ""}, {"profile": ""}, id="an empty profile is none"),
        pytest.param(KEYS, {**NONE, **KEYS}, id="keys without a token"),
        pytest.param({**KEYS, "session_token": "c"}, {**NONE, **KEYS, "session_token": "c"}, id="keys with a token"),
        pytest.param({"profile": "p"}, {**NONE, "profile": "p"}, id="a profile"),
        pytest.param(
            {"profile": "p", "aws_ca_bundle": None}, {**NONE, "profile": "p", "aws_ca_bundle": None}, id="more"
        ),
    ],
)
def test_credentials_are_one_setting(given: dict[str, Any], completed: dict[str, Any]) -> None:
    assert connection.complete(given) == completed


@pytest.mark.parametrize("key", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN"])
def test_a_profile_and_any_part_of_keys_in_the_environment_are_named(key: str) -> None:
    environ = {"AWS_DEFAULT_PROFILE": "work", key: "x"}
    (problem,) = connection.problems({"region": "x"}, environ)
    assert f"two kinds, AWS_DEFAULT_PROFILE and {key}; unset one of them" in problem
    assert list(connection.problems({"profile": "p"}, environ)) == []
    assert list(connection.problems({"region": "x"}, {key: "x"})) == []


def test_a_variable_that_amazon_aws_does_not_read_is_no_conflict() -> None:
    assert list(connection.problems({}, {"AWS_PROFILE": "work", "EC2_ACCESS_KEY": "x"})) == []


@pytest.mark.parametrize(("given", "seen"), [(KEYS, None), ({"profile": "p"}, "work"), ({}, "work")])
def test_the_profile_is_hidden_while_there_are_keys(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], seen: str | None
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.delenv("AWS_DEFAULT_PROFILE", raising=False)
    with pytest.raises(KeyError), connection.environment(given):
        assert os.environ.get("AWS_PROFILE") == seen
        raise KeyError
    assert os.environ["AWS_PROFILE"] == "work"
    assert "AWS_DEFAULT_PROFILE" not in os.environ
