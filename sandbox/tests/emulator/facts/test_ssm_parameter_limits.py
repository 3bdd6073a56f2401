"""Names and values of parameters."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import code


@pytest.fixture
def ssm(empty: ControlPlane, client: Client) -> Any:
    return client("ssm")


@pytest.mark.parametrize("name", ["a b", "ä", "/a/b?", "a/b", "//a", "/" + "a" * 1011])
def test_an_impossible_name_is_refused(ssm: Any, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        ssm.put_parameter(Name=name, Type="String", Value="v")
    assert code(caught) == "ValidationException"


def test_a_name_has_fifteen_levels(ssm: Any) -> None:
    with pytest.raises(ClientError) as caught:
        ssm.put_parameter(Name="/a" * 16, Type="String", Value="v")
    assert code(caught) == "HierarchyLevelLimitExceededException"
    ssm.put_parameter(Name="/a" * 15, Type="String", Value="v")


@pytest.mark.parametrize("name", ["a", "a.b-c_d", "/a/B/0"])
def test_a_possible_name_is_taken(ssm: Any, name: str) -> None:
    ssm.put_parameter(Name=name, Type="String", Value="v")
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "v"


@pytest.mark.parametrize(
    ("tier", "size"), [({}, 4096), ({"Tier": "Standard"}, 4096), ({"Tier": "Advanced"}, 8192)], ids=str
)
def test_a_value_has_the_size_of_its_tier(ssm: Any, tier: dict[str, str], size: int) -> None:
    with pytest.raises(ClientError, match=f"support a maximum parameter value of {size} characters") as caught:
        ssm.put_parameter(Name="a", Type="String", Value="v" * (size + 1), **tier)
    assert code(caught) == "ValidationException"
    ssm.put_parameter(Name="a", Type="String", Value="v" * size, **tier)
