"""Reshapings between what people write and what AWS takes."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.quilt.mcp_server.plugins.filter.resources import (
    name_value,
    request_count_label,
    role_reference,
)


def test_name_value_sorts_makes_texts_and_leaves_the_unset_out() -> None:
    assert name_value({"B": 8000, "A": "x", "EMPTY": "", "NONE": None}) == [
        {"name": "A", "value": "x"},
        {"name": "B", "value": "8000"},
    ]


@pytest.mark.parametrize("value", [True, 1.1, {"x": 1}, ["a"]])
def test_name_value_refuses_what_is_no_text(value: object) -> None:
    with pytest.raises(AnsibleFilterError, match="Found: A is "):
        name_value({"A": value})


@pytest.mark.parametrize(
    ("reference", "name", "path"),
    [
        ("", "", ""),
        ("reader", "reader", ""),
        ("apps/mcp/reader", "reader", "/apps/mcp/"),
        ("/apps/reader", "reader", "/apps/"),
        ("arn:aws:iam::123456789012:role/reader", "reader", "/"),
        ("arn:aws-cn:iam::123456789012:role/apps/reader", "reader", "/apps/"),
    ],
)
def test_a_role_is_named_by_its_name_its_path_or_its_arn(reference: str, name: str, path: str) -> None:
    assert role_reference(reference) == {"role_name": name, "path": path}


def test_name_value_takes_another_key() -> None:
    assert name_value({"KEY": "arn:x"}, "value_from") == [{"name": "KEY", "value_from": "arn:x"}]


PREFIX = "arn:aws:elasticloadbalancing:us-east-1:850787717197:"
BALANCER, GROUP = f"{PREFIX}loadbalancer/app/sales-prod-alb/01ab", f"{PREFIX}targetgroup/mcp-tg/23cd"


@pytest.mark.parametrize(
    ("group", "balancer", "label"),
    [
        pytest.param(GROUP, BALANCER, "app/sales-prod-alb/01ab/targetgroup/mcp-tg/23cd", id="both"),
        pytest.param("known-after-apply", BALANCER, "known-after-apply", id="a target group to come"),
        pytest.param(GROUP, "known-after-apply", "known-after-apply", id="a load balancer to come"),
        pytest.param(GROUP, "", "", id="no load balancer"),
    ],
)
def test_request_count_label(group: str, balancer: str, label: str) -> None:
    assert request_count_label(group, balancer) == label
