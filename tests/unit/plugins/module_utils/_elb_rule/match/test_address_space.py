# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a source-ip condition takes of the clients that a load balancer can have."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match import address_space, coverage
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.address_space import EVERY_ADDRESS, IPV4
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match.conditions import Condition, from_service
from hypothesis import given
from hypothesis import strategies as st

NETWORKS = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1", "2001:db8::/32"]


def source(*values: str) -> Condition:
    return from_service([{"Field": "source-ip", "Values": list(values)}])[0]


@pytest.mark.parametrize(
    ("ip_address_type", "space"),
    [
        ("ipv4", IPV4),
        ("dualstack", EVERY_ADDRESS),
        ("dualstack-without-public-ipv4", EVERY_ADDRESS),
        ("something-new", EVERY_ADDRESS),
        (None, EVERY_ADDRESS),
    ],
)
def test_the_space_of_a_load_balancer(ip_address_type: str | None, space: tuple[str, ...]) -> None:
    assert address_space.space_of(ip_address_type) == space


@pytest.mark.parametrize(
    ("values", "takes_ipv4", "takes_every"),
    [
        (["0.0.0.0/0"], True, False),
        (["::/0"], False, False),
        (["0.0.0.0/0", "::/0"], True, True),
        (["0.0.0.0/1", "128.0.0.0/1"], True, False),
        (["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"], True, True),
        (["10.0.0.0/8"], False, False),
    ],
)
def test_what_takes_every_client(values: list[str], takes_ipv4: bool, takes_every: bool) -> None:
    assert address_space.takes_all(source(*values), IPV4) is takes_ipv4
    assert address_space.takes_all(source(*values), EVERY_ADDRESS) is takes_every


def test_what_takes_no_client() -> None:
    assert address_space.takes_none(source("2001:db8::/32"), IPV4)
    assert not address_space.takes_none(source("2001:db8::/32"), EVERY_ADDRESS)
    assert not address_space.takes_none(source("2001:db8::/32", "10.0.0.0/8"), IPV4)


def covered(rules: list[list[str]], space: tuple[str, ...]) -> list[bool]:
    """For each of the rules, and for one without a condition, whether those before it take all of its requests."""
    conditions = [(source(*values),) for values in rules]
    targets: list[tuple[Condition, ...]] = [*conditions, ()]
    return [
        bool(address_space.never_holds(target, space))
        or coverage.covers(coverage.sides(target, space), conditions[:position])
        for position, target in enumerate(targets)
    ]


@given(st.lists(st.lists(st.sampled_from(NETWORKS), min_size=1, max_size=3, unique=True), max_size=4))
def test_the_space_is_only_asked_for_where_an_answer_depends_on_it(rules: list[list[str]]) -> None:
    if not address_space.matters([source(*values) for values in rules]):
        assert covered(rules, IPV4) == covered(rules, EVERY_ADDRESS)


@pytest.mark.parametrize("rules", [[["0.0.0.0/0"]], [["0.0.0.0/1"], ["128.0.0.0/1"]], [["::/0"]]])
def test_it_is_asked_for_where_one_does(rules: list[list[str]]) -> None:
    assert address_space.matters([source(*values) for values in rules])
    assert covered(rules, IPV4) != covered(rules, EVERY_ADDRESS)


@pytest.mark.parametrize("values", [[], ["10.0.0.0/8"], ["0.0.0.0/0", "::/0"]])
def test_it_is_not_asked_for_where_none_does(values: list[str]) -> None:
    assert not address_space.matters([source(*values)] if values else [])
