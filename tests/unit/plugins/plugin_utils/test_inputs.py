# ruff: noqa: E501 - a table, one fault a line
"""Each fault of an inventory becomes one sentence, and a right inventory none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.inputs import Default, Known, Spec, Undefined, problems

DEPLOYMENT = {
    spec.name: spec
    for spec in (
        Spec("mcp_server_region", required=True, pattern=r"[a-z]{2}-[a-z]+-\d", form="a region such as us-east-1"),
        Spec("mcp_server_buckets", type="list", elements="str", pattern=r"[a-z0-9-]+", form="a list of bucket names"),
        Spec("mcp_server_retain", type="list", elements="str", choices=("log_group", "repository")),
        Spec("mcp_server_aws", type="dict", keys=("region", "profile")),
        Spec("mcp_server_assumable_roles", type="list", elements="str"),
        Spec("mcp_server_account_id"),
        Spec("mcp_server_repository"),
        Spec("mcp_server_stack"),
        Spec("rollback_release", pattern=r"[1-9]\d*", form="the number of a release"),
    )
}
ROLES = {
    spec.name: spec
    for spec in (
        Spec("ecs_service_cpu", type="int", choices=(256, 512)),
        Spec("ecs_service_memory", type="int"),
        Spec("mcp_server_strategy", choices=("ROLLING", "BLUE_GREEN", "CANARY"), filled=True),
        Spec("mcp_server_credentials", choices=("task_role", "assume_role")),
        Spec("mcp_server_execute_command", type="bool"),
        Spec("scaling_min", range=(0, 5000)),
        Spec("scaling_max", range=(0, 5000)),
        Spec("scaling_cpu_target", range=(0, 100)),
        Spec("scaling_requests_target", range=(0, 1000000)),
        Spec("scaling_scheduled_actions", type="list", elements="dict"),
        Spec("alb_rule_hosts", type="list", elements="str"),
        Spec("alb_rule_paths", type="list", elements="str"),
        Spec("alb_rule_priority", pattern=r"\d+", range=(1, 50000)),
        Spec("alb_rule_priority_floor", type="int", range=(1, 50000)),
        Spec("alb_rule_priority_ceiling", type="int", range=(1, 50000)),
        Spec("alb_rule_health_check_interval", type="int"),
        Spec("alb_rule_health_check_timeout", type="int"),
        Spec("image_source", choices=("build", "prebuilt")),
        Spec("image_uri"),
        Spec("ecr_kms_key"),
        Spec("ecr_encryption_type"),
        Spec("smoke_token"),
        Spec("smoke_headers", type="dict"),
        Spec("alb_rule_conditions", type="list", elements="dict"),
        Spec("mcp_server_port", type="int"),
        Spec("alb_rule_target_group_name", pattern=".{1,32}", form="at most 32 characters"),
        Spec("mcp_server_assumable_roles", type="list", elements="str"),
        Spec("ecs_service_port", type="int"),
        Spec("iam_assumable_roles", type="list", elements="str"),
        Spec("iam_existing_execution_role"),
        Spec("iam_existing_task_role"),
        Spec("iam_repository_name"),
        Spec("iam_secrets", type="list"),
        Spec("release_rollback_to"),
    )
}
NIGHT = {
    "scheduled_action_name": "night",
    "schedule": "cron(0 20 * * ? *)",
    "scalable_target_action": {"max_capacity": 1},
}
KNOWN = Known(
    DEPLOYMENT,
    ROLES,
    ("alb_rule_", "ecr_", "ecs_service_", "iam_", "image_", "release_", "rollback_", "smoke_"),
    given={"ecs_service_port": "mcp_server_port", "release_rollback_to": "rollback_release", "iam_secrets": ""},
)
RIGHT = {"mcp_server_region": "us-east-1"}
ROLE = "arn:aws:iam::123456789012:role/one"


def judge(*, typed: tuple[str, ...] = (), defaults: dict[str, Default] | None = None, **values: Any) -> list[str]:
    given = RIGHT | values
    return problems({name: value for name, value in given.items() if name in KNOWN}, given, KNOWN, defaults, typed)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="only what is required"),
        pytest.param({"mcp_server_buckets": ["a-bucket"], "mcp_server_retain": ["log_group"]}, id="lists"),
        pytest.param({"mcp_server_buckets": []}, id="empty list"),
        pytest.param({"mcp_server_buckets": ""}, id="an optional text from a survey is unset"),
        pytest.param({"alb_rule_priority": "", "alb_rule_priority_floor": "100"}, id="numbers as texts"),
        pytest.param({"alb_rule_priority": 120}, id="a number for a text with a range"),
        pytest.param({"mcp_server_execute_command": "true"}, id="a boolean as a text"),
        pytest.param({"ecs_service_cpu": 256, "ecs_service_memory": 1024}, id="a pair that Fargate has"),
        pytest.param({"image_source": "prebuilt", "image_uri": "registry/x:1"}, id="prebuilt with its image"),
        pytest.param(
            {"alb_rule_hosts": ["a.x"], "alb_rule_paths": ["/a", "/b", "/c", "/d"]}, id="five values of a rule"
        ),
        pytest.param({"scaling_min": "", "scaling_max": 0}, id="not scaled"),
        pytest.param(
            {
                "scaling_min": 0,
                "scaling_max": "4",
                "scaling_cpu_target": 60,
                "scaling_scheduled_actions": [NIGHT],
            },
            id="scaled",
        ),
        pytest.param(
            {"http_port": 80, "image_magick_version": "7", "ecr_team": "x", "__image_uri": "x"},
            id="variables of other people",
        ),
    ],
)
def test_right(values: dict[str, Any]) -> None:
    assert judge(**values) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"mcp_server_region": ""}, "mcp_server_region: wanted a region such as us-east-1; found nothing", id="missing"),
        pytest.param({"mcp_server_region": "useast1"}, "mcp_server_region: wanted a region such as us-east-1; found 'useast1'", id="form"),
        pytest.param({"mcp_server_buckets": "one"}, "mcp_server_buckets: wanted a list of bucket names; found 'one'", id="no list"),
        pytest.param({"mcp_server_buckets": ["s3://x"]}, "mcp_server_buckets: wanted a list of bucket names; found ['s3://x']", id="item"),
        pytest.param({"mcp_server_buckets": [["x"]]}, "mcp_server_buckets: wanted a list of bucket names; found [['x']]", id="nested"),
        pytest.param({"mcp_server_retain": ["logs"]}, "mcp_server_retain: wanted a list of log_group, repository; found ['logs']", id="choice in a list"),
        pytest.param({"image_source": "pull"}, "image_source: wanted one of build, prebuilt; found 'pull'", id="choice"),
        pytest.param({"scaling_min": 5, "scaling_max": 4}, "scaling_min: wanted at most scaling_max, which is 4; found 5", id="scaling upside down"),
        pytest.param({"scaling_cpu_target": 60}, "scaling_cpu_target: only used with scaling_max, the greatest number of tasks; found none", id="a target without scaling"),
        pytest.param({"scaling_max": 4, "scaling_scheduled_actions": [{"scheduled_action_name": "night"}]}, "scaling_scheduled_actions: the action night lacks schedule, scalable_target_action", id="half an action"),
        pytest.param({"mcp_server_strategy": "CANARY", "scaling_max": 4, "scaling_requests_target": "9"}, "scaling_requests_target: counts the requests of one target group, and with mcp_server_strategy CANARY the traffic moves between two; wanted scaling_cpu_target", id="requests of one of two groups"),
        pytest.param({"ecs_service_memory": "half"}, "ecs_service_memory: wanted a whole number; found 'half'", id="number"),
        pytest.param({"ecs_service_memory": True}, "ecs_service_memory: wanted a whole number; found True", id="a boolean is no number"),
        pytest.param({"mcp_server_execute_command": "maybe"}, "mcp_server_execute_command: wanted true or false; found 'maybe'", id="boolean"),
        pytest.param({"alb_rule_priority_floor": 0}, "alb_rule_priority_floor: wanted a whole number from 1 to 50000; found 0", id="range"),
        pytest.param({"alb_rule_priority": 50001}, "alb_rule_priority: wanted a whole number from 1 to 50000; found 50001", id="range of a text"),
        pytest.param({"mcp_server_aws": {"region": "us-east-1", "regoin": "x"}}, "mcp_server_aws: wanted only the keys region, profile; found regoin", id="key"),
        pytest.param({"mcp_server_aws": {}}, "mcp_server_aws: wanted the region of mcp_server_region, us-east-1; found none", id="no region"),
        pytest.param({"mcp_server_aws": {"region": "eu-west-1"}}, "mcp_server_aws: wanted the region of mcp_server_region, us-east-1; found eu-west-1", id="two regions"),
        pytest.param({"mcp_server_regoin": "x"}, "mcp_server_regoin: there is no such variable; did you mean mcp_server_region?", id="misspelled"),
        pytest.param({"mcp_server_xyz": "x"}, "mcp_server_xyz: there is no such variable; meta/inputs.yml lists those that begin with mcp_server_", id="unknown"),
        pytest.param({"mcp_sever_region": "x"}, "mcp_sever_region: there is no such variable; did you mean mcp_server_region?", id="misspelled prefix"),
        pytest.param({"ecs_service_cpus": 1}, "ecs_service_cpus: there is no such variable; did you mean ecs_service_cpu?", id="misspelled role input"),
        pytest.param({"ecs_service_cpu": 256, "ecs_service_memory": 700}, "ecs_service_memory: Fargate gives 256 CPU units 512, 1024, 2048 MiB; found 700", id="memory"),
        pytest.param({"ecs_service_cpu": 512, "ecs_service_memory": 512}, "ecs_service_memory: Fargate gives 512 CPU units 1024, 2048, 3072, 4096 MiB; found 512", id="memory of another size"),
        pytest.param({"alb_rule_health_check_interval": 5, "alb_rule_health_check_timeout": 5}, "alb_rule_health_check_timeout: wanted less than alb_rule_health_check_interval, which is 5; found 5", id="timeout"),
        pytest.param({"alb_rule_priority_floor": 200, "alb_rule_priority_ceiling": 199}, "alb_rule_priority_floor: wanted at most alb_rule_priority_ceiling, which is 199; found 200", id="band"),
        pytest.param({"alb_rule_hosts": ["a.x", "b.x", "c.x"], "alb_rule_paths": ["/a", "/b", "/c"]}, "alb_rule_hosts and alb_rule_paths: a rule holds 5 values at most; found 3 hosts and 3 paths", id="five values"),
        pytest.param({"alb_rule_paths": ["/a", "/b", "/c", "/d", "/e"]}, "alb_rule_hosts and alb_rule_paths: a rule holds 5 values at most; found 1 hosts and 5 paths", id="five paths and the host of the deployment"),
        pytest.param({"alb_rule_hosts": ["a.x", "b.x", "c.x"], "alb_rule_paths": ["/a", "/b"], "mcp_server_strategy": "BLUE_GREEN"}, "alb_rule_hosts and alb_rule_paths: a rule holds 4 values at most, as the test rule has one more; found 3 hosts and 2 paths", id="a test rule has one value more"),
        pytest.param({"mcp_server_strategy": ""}, "mcp_server_strategy: wanted one of ROLLING, BLUE_GREEN, CANARY; found nothing; leave it out where the default is right", id="nothing in place of a default"),
        pytest.param({"image_source": "prebuilt"}, "image_uri: wanted the image to deploy, because image_source is prebuilt; found nothing", id="prebuilt without image"),
        pytest.param({"ecr_kms_key": "arn", "ecr_encryption_type": "AES256"}, "ecr_kms_key: only used with ecr_encryption_type: KMS; found another encryption type", id="key without KMS"),
        pytest.param({"mcp_server_credentials": "assume_role"}, "mcp_server_assumable_roles: wanted at least one role ARN, because mcp_server_credentials is assume_role", id="no role to assume"),
        pytest.param({"ecs_service_port": 9000}, "ecs_service_port: the playbooks give it, so it is not set; set mcp_server_port", id="given"),
        pytest.param({"iam_secrets": []}, "iam_secrets: the playbooks give it, so it is not set; leave it out", id="given and nothing else to set"),
        pytest.param({"rollback_release": "last"}, "rollback_release: wanted the number of a release; found 'last'", id="of one run"),
        pytest.param({"mcp_server_region": Undefined("'x' is undefined")}, "mcp_server_region: the template does not resolve: 'x' is undefined", id="template"),
    ],
)  # fmt: skip
def test_wrong(values: dict[str, Any], said: str) -> None:
    assert judge(**values) == [said]


def test_what_a_default_makes_of_right_values_is_judged() -> None:
    def named(stack: str) -> list[str]:
        default = Default(f"{stack}-mcp-server-tg", "{{ mcp_server_stack }}-mcp-server-tg")
        return judge(defaults={"alb_rule_target_group_name": default}, mcp_server_stack=stack)

    assert named("research-eu-stage") == []
    assert named("research-europe-prod") == [
        "alb_rule_target_group_name: wanted at most 32 characters; found 'research-europe-prod-mcp-server-tg', "
        "which follows from mcp_server_stack; set it, or correct that"
    ]


def test_what_follows_from_a_fault_is_no_second_one() -> None:
    default = Default("x" * 40, "{{ mcp_server_region }}")
    assert len(judge(defaults={"alb_rule_target_group_name": default}, mcp_server_region="nowhere")) == 1


def test_a_default_that_the_playbook_fills_may_be_empty() -> None:
    default = Default("", "{{ (image_resolved | default({})).uri | default('') }}")
    assert judge(defaults={"mcp_server_strategy": default}) == []


def test_a_default_takes_part_in_what_values_must_have_in_common() -> None:
    roles = Default([], "{{ mcp_server_assumable_roles }}")
    defaults = {"mcp_server_assumable_roles": roles, "iam_assumable_roles": roles}
    assert judge(defaults=defaults) == []
    (said,) = judge(defaults=defaults, mcp_server_credentials="assume_role")
    assert said.startswith("mcp_server_assumable_roles: wanted at least one")
    both = {"mcp_server_assumable_roles": [ROLE], "iam_assumable_roles": [ROLE]}
    assert judge(defaults=defaults, mcp_server_credentials="assume_role", **both) == []
    (said,) = judge(defaults=defaults, mcp_server_credentials="assume_role", mcp_server_assumable_roles=[ROLE])
    assert said.startswith("iam_assumable_roles: wanted all of mcp_server_assumable_roles, ") and ROLE in said
    given = {"mcp_server_assumable_roles": [ROLE], "iam_existing_task_role": "ecsTaskRole"}
    assert judge(defaults=defaults, mcp_server_credentials="assume_role", **given) == []


URI = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/other@sha256:0"


@pytest.mark.parametrize(
    ("found", "more", "wanted"),
    [
        pytest.param("own", {}, None, id="the same"),
        pytest.param("team/other", {}, "mcp_server_repository, own", id="another"),
        pytest.param("team/other", {"iam_existing_execution_role": "given"}, None, id="a role of its own"),
        pytest.param("team/other", {"image_source": "prebuilt", "image_uri": URI}, None, id="that of the image"),
        pytest.param("own", {"image_source": "prebuilt", "image_uri": URI}, "image_uri, team/other", id="the image's"),
        pytest.param("own", {"image_source": "prebuilt", "image_uri": "ghcr.io/x:1"}, None, id="another registry"),
    ],
)
def test_the_execution_role_may_pull_the_image(found: str, more: dict[str, str], wanted: str | None) -> None:
    said = judge(mcp_server_repository="own", mcp_server_account_id="123456789012", iam_repository_name=found, **more)
    texts = [f"iam_repository_name: wanted the repository of {wanted}, where the image is; found {found}"]
    assert said == (texts if wanted else [])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("rollback_relase", "rollback_release", id="of one run"),
        pytest.param("target_group_name", "alb_rule_target_group_name", id="prefix left out"),
        pytest.param("repository", "mcp_server_repository", id="the deployment's prefix left out"),
        pytest.param("rollback_to", "rollback_release", id="what a playbook gives"),
        pytest.param("port", "mcp_server_port", id="once, although two roles have it"),
        pytest.param("color", None, id="an unrelated one"),
    ],
)
def test_what_is_typed_for_a_run_and_not_read_is_refused(name: str, meant: str | None) -> None:
    said = [f"{name}: there is no such variable; did you mean {meant}?"] if meant else []
    assert judge(typed=(name,), **{name: "11"}) == said


def test_an_unrelated_variable_in_an_inventory_may_be_called_like_an_input_without_the_prefix() -> None:
    assert judge(target_group_name="theirs", port=80) == []


def test_all_faults_are_said_at_once() -> None:
    found = judge(mcp_server_region="x", mcp_server_regoin="x", ecs_service_cpu=3, alb_rule_priority_floor=0)
    assert [fault.partition(":")[0] for fault in found] == [
        "alb_rule_priority_floor",
        "ecs_service_cpu",
        "mcp_server_region",
        "mcp_server_regoin",
    ]


def test_one_cause_behind_many_values_is_said_once() -> None:
    cause = Undefined("The sandbox is not running.")
    assert judge(mcp_server_region=cause, mcp_server_buckets=cause) == [
        "mcp_server_buckets, mcp_server_region: the template does not resolve: The sandbox is not running."
    ]


def test_a_secret_is_never_shown() -> None:
    assert judge(smoke_token=["hunter2"]) == ["smoke_token: wanted a text; found a value that is not shown here"]
    for given in ("hunter2", ["hunter2"], {"values": ["hunter2"]}):
        assert judge(alb_rule_conditions=given) == [
            "alb_rule_conditions: wanted a list; found a value that is not shown here"
        ]
    assert "hunter2" not in str(judge(smoke_headers=["hunter2"]))
