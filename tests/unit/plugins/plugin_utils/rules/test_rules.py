"""Which values of an inventory exclude each other, and which maps are judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.rules import RULES, maps, tags, task

ROOT = Path(__file__).parents[5]
# Maps that have keys of their own, or that the playbooks make.
STRUCTURED = {
    "ecs_service_log_configuration",
    "ecs_service_paused",
    "ecs_service_role_arns",
    "ecs_service_settings",
    "mcp_server_aws",
}

ACTION = {
    "scheduled_action_name": "a/b",
    "schedule": "0 20 * * *",
    "scalable_target_action": {"max_capacity": 1},
}
NIGHT = {**ACTION, "scheduled_action_name": "night", "schedule": "cron(0 20 * * ? *)"}


def judge(**values: Any) -> list[str]:
    given = {"mcp_server_owner_tags": {"quilt:deployment": "x"}, **values}
    return [problem for rule in RULES for problem in rule.problems(given)]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"mcp_server_tags": {"R&D": "x", "Quilt:Region": "y"}},
            ["mcp_server_tags: the key 'R&D' has &", "mcp_server_tags: the keys quilt:region and Quilt:Region"],
            id="tags",
        ),
        pytest.param(
            {"mcp_server_tags": {f"k{number}": "" for number in range(49)}},
            ["mcp_server_tags: 51 tags, 2 of them the deployment's own, but a resource has at most 50"],
            id="the deployment's own tags count",
        ),
        pytest.param(
            {"ecs_service_environment": {"FLAG": True, "VERSION": 1.1, "LIMITS": {"x": 1}, "HOSTS": ["a"], "N": None}},
            [f"ecs_service_environment: {name} is " for name in ("FLAG", "VERSION", "LIMITS", "HOSTS")],
            id="values that are not text",
        ),
        pytest.param({"image_build_args": {"A": None}}, ["image_build_args: A is null"], id="null"),
        pytest.param(
            {"image_base": "python:3", "image_build_args": {"BASE": "python:4"}},
            ["image_base: wanted one base; found BASE in image_build_args too"],
            id="two bases",
        ),
        pytest.param(
            {"ecs_service_minimum_healthy_percent": 100, "ecs_service_maximum_percent": "100"},
            ["ecs_service_maximum_percent: with ecs_service_minimum_healthy_percent 100 no task can be replaced"],
            id="percentages without room",
        ),
        pytest.param(
            {
                "ecs_service_minimum_healthy_percent": 100,
                "ecs_service_maximum_percent": 100,
                "mcp_server_strategy": "CANARY",
            },
            [],
            id="percentages of another strategy",
        ),
        pytest.param(
            {
                "ecs_service_capacity_providers": [
                    {"capacity_provider": "FARGATE", "base": 1},
                    {"capacity_provider": "FARGATE_SPOT", "base": "2", "wait": 1},
                ]
            },
            [
                "ecs_service_capacity_providers: wanted only the keys capacity_provider, weight, base; found wait",
                "ecs_service_capacity_providers: base of FARGATE and FARGATE_SPOT, but one",
                "ecs_service_capacity_providers: no weight above 0",
            ],
            id="two bases and no weight",
        ),
        pytest.param(
            {
                "ecs_service_capacity_providers": [
                    {"capacity_provider": "FARGATE", "weight": 1001},
                    {"capacity_provider": "own", "weight": "much"},
                    {"capacity_provider": "own", "base": -1},
                    {"weight": 1},
                ]
            },
            [
                "ecs_service_capacity_providers: weight of own: wanted a whole number; found 'much'",
                "ecs_service_capacity_providers: an item without capacity_provider",
                "ecs_service_capacity_providers: own more than once",
                "ecs_service_capacity_providers: own together with FARGATE, but",
                "ecs_service_capacity_providers: weight 1001 of FARGATE, but weight is a whole number from 0 to 1000",
                "ecs_service_capacity_providers: base -1 of own, but base is a whole number from 0 to 100000",
            ],
            id="a strategy that ECS takes nowhere",
        ),
        pytest.param(
            {"ecs_service_capacity_providers": [{"capacity_provider": "FARGATE_SPOT"}]},
            ["ecs_service_capacity_providers: wanted a weight above 0"],
            id="a capacity provider without weight",
        ),
        pytest.param(
            {
                "ecs_service_capacity_providers": [
                    {"capacity_provider": "FARGATE", "base": 1, "weight": 0},
                    {"capacity_provider": "FARGATE_SPOT", "weight": 1},
                ],
                "ecs_service_availability_zone_rebalancing": "ENABLED",
                "ecs_service_maximum_percent": 200,
            },
            [],
            id="spot beyond the first task",
        ),
        pytest.param(
            {"ecs_service_availability_zone_rebalancing": "ENABLED", "ecs_service_maximum_percent": "100"},
            ["ecs_service_availability_zone_rebalancing: ECS starts a task in another zone"],
            id="rebalancing without room",
        ),
        pytest.param(
            {"ecs_service_environment": {"A": "x"}, "mcp_server_secrets": {"A": "arn:aws:ssm:x:1:parameter/a"}},
            ["ecs_service_environment: A is in mcp_server_secrets too"],
            id="a name twice",
        ),
        pytest.param(
            {"ecs_service_environment": {"QUILT_MCP_JWT_KEYS": "{}"}},
            ["ecs_service_environment: QUILT_MCP_JWT_KEYS is secret"],
            id="keys in plain text",
        ),
        pytest.param(
            {"mcp_server_secrets": {"QUILT_MCP_JWT_KEYS": "arn:aws:ssm:x:1:parameter/a"}},
            ["mcp_server_secrets: QUILT_MCP_JWT_KEYS comes from mcp_server_jwt_secret"],
            id="keys given twice",
        ),
        pytest.param(
            {"alb_rule_hosts": ["büro.quilt.de"], "alb_rule_paths": ["/mcp?token=*"]},
            ["alb_rule_hosts: host-header büro.quilt.de has ü", "alb_rule_paths: path-pattern /mcp?token=* has ="],
            id="characters of the route",
        ),
        pytest.param(
            {"scaling_max": 2, "scaling_scheduled_actions": [ACTION]},
            [
                "scaling_scheduled_actions: the action a/b: scheduled_action_name 'a/b'",
                "scaling_scheduled_actions: the action a/b: schedule 0 20 * * *",
            ],
            id="a schedule",
        ),
        pytest.param(
            {"scaling_max": 2, "scaling_scheduled_actions": [NIGHT | {"timezone": "Europe/Berln"}]},
            ["scaling_scheduled_actions: the action night: timezone 'Europe/Berln', but there is no time zone"],
            id="a time zone",
        ),
        pytest.param(
            {"scaling_max": 2, "scaling_scheduled_actions": [NIGHT | {"timezone": "Europe/Berlin"}]}, [], id="night"
        ),
        *(
            pytest.param(
                {"mcp_server_buckets": ["quilt-data", name]},
                [f"mcp_server_buckets: wanted names of buckets; found {name}, which {reason}"],
                id=name,
            )
            for name, reason in {
                "ap-1a2b-s3alias": "is the alias of an access point",
                "ap--ol-s3": "is the alias of an Object Lambda access point",
                "mfzwi23gnjvgw.mrap": "is the alias of a multi-region access point",
                "fast--use1-az4--x-s3": "is a directory bucket",
                "rows--table-s3": "is a table bucket",
                "xn--caf-dma": "begins with xn--",
                "amzn-s3-demo-bucket": "begins with amzn-s3-demo-",
                "a..b": "has two periods in a row",
                "10.0.0.1": "has the form of an IP address",
            }.items()
        ),
        pytest.param({"mcp_server_buckets": ["quilt-data", "a.b-c", "10.0.0.x"]}, [], id="buckets"),
        pytest.param(
            {"iam_permissions_boundary": "", "iam_existing_task_role": "server"},
            ["iam_permissions_boundary: wanted a permissions boundary for the execution role, which a run creates"],
            id="no boundary",
        ),
        pytest.param({"iam_permissions_boundary": "none"}, [], id="a boundary is not wanted"),
        pytest.param(
            {
                "mcp_server_account_id": "123456789012",
                "iam_existing_task_role": "arn:aws:iam::210987654321:role/apps/reader",
                "iam_existing_execution_role": "arn:aws:iam::123456789012:role/pull",
            },
            ["iam_existing_task_role: wanted a role of the account 123456789012; found one of 210987654321"],
            id="a role of another account",
        ),
        pytest.param(
            {"iam_permissions_boundary": "", "iam_existing_task_role": "a", "iam_existing_execution_role": "b"},
            [],
            id="no role is created",
        ),
        pytest.param(
            {
                "iam_permissions_boundary": "",
                "iam_existing_task_role": "a",
                "iam_existing_execution_role": "b",
                "mcp_server_strategy": "CANARY",
            },
            ["iam_permissions_boundary: wanted a permissions boundary for the role with which ECS shifts traffic"],
            id="no boundary for the role of the shift",
        ),
        pytest.param(
            {
                "alb_rule_hosts": ["a.example"],
                "alb_rule_paths": ["/mcp", "/mcp/*"],
                "alb_rule_conditions": [
                    {"field": "source-ip", "values": ["10.0.0.0/8"]},
                    {"field": "http-header", "http_header_name": "X-A", "values": ["a", "b"]},
                ],
            },
            [
                "alb_rule_hosts, alb_rule_paths and alb_rule_conditions: a rule holds 5 values at most; found 1 hosts, "
                "2 paths and 3 values of further conditions"
            ],
            id="too many values with the further conditions",
        ),
        pytest.param(
            {"alb_rule_conditions": [{"field": "source-ip", "values": []}, {"field": "query-string"}]},
            [
                "alb_rule_conditions: condition source-ip has no value",
                "alb_rule_conditions: condition query-string has no value",
            ],
            id="conditions without values",
        ),
        pytest.param(
            {
                "alb_rule_conditions": [
                    {"field": "http-header", "http_header_name": "X-A", "values": ["hunter2é"]},
                    {"field": "http-header", "http_header_name": "X A", "values": ["hunter2"]},
                    {"field": "query-string", "values": [{"key": "a", "value": "hunter2" * 20}]},
                ]
            },
            [
                "alb_rule_conditions: http-header <sha256:",
                "alb_rule_conditions: http_header_name x a has ' '",
                "alb_rule_conditions: condition query-string: value has 140 characters",
            ],
            id="values that AWS refuses",
        ),
        pytest.param(
            {
                "alb_rule_conditions": [
                    {"field": "http-headers", "values": ["hunter2"]},
                    {"field": "host-header", "values": ["a.example"]},
                    {"field": "http-header", "http_header_name": "X-A", "value": ["hunter2"]},
                    {"field": "http-header", "http_header_name": "X-A", "values": "hunter2"},
                    {"field": "http-header", "http_header_name": "X-A", "values": [1.10, True]},
                    {"field": "query-string", "values": [{"name": "hunter2"}]},
                    {"field": "source-ip", "source_ip_config": {"cidr": "10.0.0.0/8"}},
                ]
            },
            [
                "alb_rule_conditions[0]: the field is 'http-headers'",
                "alb_rule_conditions[1]: the field is host-header, but the rule has that condition; use alb_rule_hosts",
                "alb_rule_conditions[2]: condition http-header has value, but",
                "alb_rule_conditions[3]: condition http-header: values is a str",
                "alb_rule_conditions[4]: condition http-header: a value is a float",
                "alb_rule_conditions[4]: condition http-header: a value is a bool",
                "alb_rule_conditions[5]: condition query-string: a value has the keys name",
                "alb_rule_conditions[6]: condition source-ip has cidr",
            ],
            id="conditions of another form",
        ),
        pytest.param(
            {
                "alb_rule_conditions": [
                    {"field": "source-ip", "values": ["10.0.0.0/8"]},
                    {"field": "source-ip", "values": ["192.0.2.0/24"]},
                    {"field": "http-header", "http_header_name": "X-Quilt-Release", "values": ["live"]},
                ]
            },
            [
                "alb_rule_conditions: condition field source-ip is given 2 times",
                "alb_rule_conditions: condition http-header x-quilt-release, but the test rule",
            ],
            id="conditions that a rule cannot have",
        ),
        pytest.param(
            {
                "smoke_rule_conditions": [
                    {"field": "http-header", "http_header_name": "X-Wild", "values": ["a*"]},
                    {"field": "http-header", "http_header_name": "X-Given", "values": ["hunter2*"]},
                    {"field": "http-header", "http_header_name": "Accept", "values": ["*json*"]},
                    {"field": "http-request-method", "values": ["POST"]},
                ],
                "smoke_headers": {"x-given": "hunter"},
            },
            [
                "smoke_headers: headers has x-given with a value that the rule's condition http-header x-given does",
                "smoke_headers: the rule's condition http-header x-wild has no value without a wildcard",
                "smoke_headers: the rule has the condition http-request-method POST",
            ],
            id="conditions that the smoke test cannot fulfill",
        ),
        pytest.param(
            {"smoke_client_key": "/no/key.pem"},
            ["smoke_client_certificate: smoke_client_key is given without smoke_client_certificate"],
            id="a key without its certificate",
        ),
        pytest.param(
            {"smoke_client_certificate": "/no/cert.pem", "smoke_client_key": "~/no/key.pem"},
            [
                "smoke_client_certificate: smoke_client_certificate '/no/cert.pem' cannot be read (No such file",
                "smoke_client_certificate: smoke_client_key '",
            ],
            id="files that are not there",
        ),
        pytest.param(
            {"alb_rule_egress": [{"proto": "tcp", "ports": [443], "cidr_ip": "pl-0123456789abcdef0"}]},
            ["alb_rule_egress[0].cidr_ip: pl-0123456789abcdef0"],
            id="a prefix list in place of a network",
        ),
    ],
)  # fmt: skip
def test_wrong(values: dict[str, Any], said: list[str]) -> None:
    found = judge(**values)
    assert len(found) == len(said), found
    for problem, start in zip(found, said, strict=True):
        assert problem.startswith(start)
        assert "hunter2" not in problem


def test_no_secret_is_shown() -> None:
    (problem,) = judge(ecs_service_environment={"QUILT_MCP_JWT_KEYS": "hunter2"})
    assert "hunter2" not in problem


def test_every_map_is_judged_as_text_or_as_tags() -> None:
    """A new input that is a map fails here until one of the two judges it, or it has keys of its own."""
    inputs = yaml.safe_load((ROOT / "meta" / "inputs.yml").read_text())
    options = dict(inputs["deployment"])
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry_point in yaml.safe_load(path.read_text())["argument_specs"].values():
            options |= entry_point["options"]
    of_type = {name for name, option in options.items() if option.get("type") == "dict"}
    assert of_type == {*maps.TEXTS, *tags.TAGS, *STRUCTURED}


PERCENTAGES = {"ecs_service_minimum_healthy_percent": 100, "ecs_service_maximum_percent": 150}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"scaling_min": 1, "scaling_max": 4}, "leave no room for a deployment while the autoscaler keeps 1 of"),
        ({"scaling_min": 2, "scaling_max": 4}, ""),
        ({"scaling_min": "", "scaling_max": ""}, ""),
        ({"scaling_min": 1, "scaling_max": 4, "mcp_server_strategy": "LINEAR"}, ""),
        (
            {"scaling_min": 1, "scaling_max": 40, "ecs_service_maximum_percent": 101},
            "keeps 1, 2, 3, 4, 5 and 35 more of scaling_min 1 to scaling_max 40 tasks",
        ),
    ],
)
def test_numbers_of_tasks_without_room_are_a_warning(values: dict[str, Any], said: str) -> None:
    found = list(task.warnings({**PERCENTAGES, **values}))
    assert len(found) == bool(said)
    assert all(said in one for one in found)
