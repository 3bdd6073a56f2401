"""The rules of a task and those of EC2 come to the same documents, and what is to be written follows from both."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ec2.security_group_rules import (
    PEERS,
    not_among,
    problems,
    redescribed,
    rules_of_answer,
    rules_of_task,
    to_permission,
)

TASK = [
    {"proto": "tcp", "ports": [8000, "9000-9010"], "group_id": ["sg-1", "sg-2"], "rule_desc": "balancer"},
    {"proto": "all", "cidr_ip": "10.0.0.0/16"},
    {"proto": "tcp", "ports": ["443"], "cidr_ipv6": "::/0", "ip_prefix": "pl-1"},
]
ANSWER = [
    {
        "IpProtocol": "tcp",
        "FromPort": 9000,
        "ToPort": 9010,
        "UserIdGroupPairs": [
            {"GroupId": group, "UserId": "1", "Description": "balancer"} for group in ("sg-2", "sg-1")
        ],
    },
    {
        "IpProtocol": "tcp",
        "FromPort": 8000,
        "ToPort": 8000,
        "UserIdGroupPairs": [
            {"GroupId": group, "UserId": "1", "Description": "balancer"} for group in ("sg-1", "sg-2")
        ],
    },
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
    {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
    },
]


def test_what_a_task_asks_for_and_what_ec2_answers_are_the_same_documents() -> None:
    rules = rules_of_task(TASK)
    assert rules == rules_of_answer(ANSWER)
    assert len(rules) == 7
    assert {kind for rule in rules for kind in PEERS if kind in rule} == set(PEERS)
    assert rules == rules_of_answer([to_permission(rule) for rule in rules])


def test_a_repeated_rule_counts_once() -> None:
    assert rules_of_task([*TASK, *TASK]) == rules_of_task(TASK)


def test_another_description_is_no_other_rule() -> None:
    there = rules_of_task([{"proto": "tcp", "ports": [80], "cidr_ip": "10.0.0.0/8", "rule_desc": "old"}])
    wanted = rules_of_task([{"proto": "tcp", "ports": [80], "cidr_ip": "10.0.0.0/8", "rule_desc": "new"}])
    assert (not_among(there, wanted), redescribed(wanted, there)) == ([], wanted)
    assert (not_among([], wanted), redescribed(wanted, [])) == (wanted, [])
    assert (not_among(there, there), redescribed(there, there)) == ([], [])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"proto": "tcp", "ports": [80]}, "egress[0] has none of cidr_ip, cidr_ipv6, group_id, ip_prefix"),
        ({"proto": "tcp", "cidr_ip": "10.0.0.0/8"}, "egress[0] has no ports"),
        ({"ports": [80], "cidr_ip": "10.0.0.0/8"}, "egress[0] has no proto"),
        ({"proto": "tcp", "ports": ["x"], "cidr_ip": "10.0.0.0/8"}, "egress[0].ports has 'x'"),
        ({"proto": "tcp", "ports": [65536], "cidr_ip": "10.0.0.0/8"}, "egress[0].ports has 65536"),
        ({"proto": "tcp", "ports": ["90-80"], "cidr_ip": "10.0.0.0/8"}, "egress[0].ports has '90-80'"),
        ({"proto": "tcp", "port": 80, "ports": [80], "cidr_ip": "10.0.0.0/8"}, "egress[0] has port, but"),
    ],
    ids=["peer", "ports", "proto", "word", "high", "backward", "misspelled"],
)
def test_what_ec2_would_refuse_is_a_problem(rule: dict[str, Any], text: str) -> None:
    assert any(text in problem.line() for problem in problems("egress", [rule]))
    assert list(problems("egress", TASK)) == []
