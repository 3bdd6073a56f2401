from __future__ import annotations

import copy

import pytest

FAMILY = "quilt-mcp-server"
OWN = {"quilt:deployment": "sales-prod"}
CONTAINER = {
    "name": "mcp-server",
    "image": "850787717197.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server:1",
    "readonly_root_filesystem": True,
    "user": "10001:10001",
    "stop_timeout": 30,
    "port_mappings": [{"container_port": 8000}],
    "environment": [{"name": "QUILT_MCP_LOG_LEVEL", "value": "info"}, {"name": "AWS_REGION", "value": "us-east-1"}],
    "secrets": [
        {"name": "QUILT_MCP_JWT_KEYS", "value_from": "arn:aws:secretsmanager:us-east-1:850787717197:secret:jwt"}
    ],
    "health_check": {"command": ["CMD", "python3", "-m", "quilt_mcp_server.healthcheck"], "start_period": 30},
    "log_configuration": {
        "log_driver": "awslogs",
        "options": {"awslogs-group": "/ecs/x", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "mcp"},
    },
    "docker_labels": {"com.quiltdata.SomeLabel": "1"},
}
FULL = {
    "task_role_arn": "arn:aws:iam::850787717197:role/ecsTaskRole",
    "execution_role_arn": "arn:aws:iam::850787717197:role/ecsTaskExecutionRole",
    "network_mode": "awsvpc",
    "requires_compatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "container_definitions": [CONTAINER],
    "require_tags": OWN,
}


def definition(run_module, check=False, **parameters):
    return run_module("ecs_task_definition", check, family=FAMILY, **{**FULL, **parameters})


def containers(**changes):
    return [{**copy.deepcopy(CONTAINER), **changes}]


def test_registered_once(aws, run_module):
    first = definition(run_module)
    assert first["changed"] and first["task_definition"]["revision"] == 1 and first["task_definition"]["tags"] == OWN
    [container] = first["task_definition"]["container_definitions"]
    assert container["log_configuration"]["options"] == CONTAINER["log_configuration"]["options"]
    assert container["docker_labels"] == CONTAINER["docker_labels"]
    again = definition(run_module)
    assert not again["changed"] and aws.calls == ["DescribeTaskDefinition"]
    assert again["task_definition"] == first["task_definition"]


def test_check_mode_predicts_the_keys_of_the_run(aws, run_module):
    predicted = definition(run_module, check=True)
    assert predicted["changed"] and aws.writes == []
    assert predicted["task_definition"]["task_definition_arn"] == "known-after-apply"
    real = definition(run_module)
    assert predicted["diff"] == real["diff"]
    assert predicted["task_definition"].keys() == real["task_definition"].keys()


@pytest.mark.parametrize(
    "same",
    [
        {"container_definitions": containers(environment=CONTAINER["environment"][::-1])},
        {"container_definitions": containers(essential=True, cpu=0, mount_points=[], privileged=False)},
        {
            "container_definitions": containers(
                port_mappings=[{"container_port": "8000", "host_port": 8000, "protocol": "tcp"}]
            )
        },
        {"container_definitions": containers(health_check={**CONTAINER["health_check"], "interval": 30, "retries": 3})},
        {"cpu": ".25 vCPU", "memory": "0.5 GB"},
        {"runtime_platform": {"cpu_architecture": "X86_64"}},
        {"volumes": [], "task_role_arn": "ecsTaskRole"},
    ],
    ids=["order", "defaults", "port", "health check", "units", "platform", "empty and role name"],
)
def test_the_same_written_otherwise_is_no_change(aws, run_module, same):
    definition(run_module)
    result = definition(run_module, **same)
    assert not result["changed"] and aws.writes == []
    assert result["diff"]["before"] == result["diff"]["after"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("cpu", {"cpu": "512", "memory": "1024"}),
        ("task_role_arn", {"task_role_arn": "arn:aws:iam::850787717197:role/other"}),
        ("execution_role_arn", {"execution_role_arn": ""}),
        ("runtime_platform", {"runtime_platform": {"cpu_architecture": "ARM64"}}),
        ("volumes", {"volumes": [{"name": "tmp"}]}),
        ("container_definitions", {"container_definitions": containers(environment=[{"name": "A", "value": "b"}])}),
        ("container_definitions", {"container_definitions": containers(environment=[])}),
        ("container_definitions", {"container_definitions": containers(command=["sh"])}),
        ("container_definitions", {"container_definitions": containers(port_mappings=[{"container_port": 8001}])}),
        ("container_definitions", {"container_definitions": containers(secrets=[{"name": "K", "value_from": "arn"}])}),
        ("container_definitions", {"container_definitions": containers(docker_labels={"com.quiltdata.SomeLabel": ""})}),
        ("container_definitions", {"container_definitions": containers(readonly_root_filesystem=False)}),
    ],
)
def test_a_change_is_a_new_revision_and_named_in_the_diff(aws, run_module, field, change):
    definition(run_module)
    checked = definition(run_module, check=True, **change)
    assert checked["changed"] and aws.writes == []
    assert checked["task_definition"]["task_definition_arn"] == "known-after-apply"
    changed = definition(run_module, **change)
    assert changed["diff"] == checked["diff"] and changed["task_definition"]["revision"] == 2
    before, after = changed["diff"]["before"], changed["diff"]["after"]
    assert field in {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert aws.writes == ["RegisterTaskDefinition"]
    assert not definition(run_module, **change)["changed"]


def test_a_tag_alone_is_no_new_revision(aws, run_module):
    definition(run_module)
    result = definition(run_module, tags={"team": "data"})
    assert result["changed"] and aws.writes == ["TagResource"] and result["task_definition"]["revision"] == 1
    moved = definition(run_module, cpu="512", memory="1024")
    assert moved["task_definition"]["tags"] == {**OWN, "team": "data"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"container_definitions": containers(enviroment=[])},
            r"container_definitions[0].enviroment is not known .* Remedy: rename it to environment, or",
        ),
        (
            {"container_definitions": containers(portMappings=[])},
            r"container_definitions[0].portMappings is not known .* Remedy: rename it to port_mappings, or",
        ),
        (
            {"container_definitions": containers(health_check={"command": ["CMD"], "start_perod": 3})},
            r"container_definitions[0].health_check.start_perod .* Remedy: rename it to start_period, or",
        ),
        (
            {"container_definitions": containers(environment=[{"name": "A", "value": True}])},
            r"container_definitions[0].environment[0].value is True .* must be a string (quote it)",
        ),
        (
            {
                "container_definitions": containers(
                    environment=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
                )
            },
            r"environment names A more than once",
        ),
        (
            {"container_definitions": containers(log_configuration={"log_driver": "awslog"})},
            r"must be one of .*awslogs",
        ),
        (
            {"container_definitions": containers(log_configuration={"options": {}})},
            r"log_configuration.log_driver is not given",
        ),
        ({"container_definitions": [{"name": "a"}]}, r"container_definitions[0].image is not given"),
        (
            {"cpu": "256", "memory": "4096"},
            r"no task of 256 CPU units with 4096 MiB .* set memory to one of 512, 1024, 2048",
        ),
        ({"network_mode": "bridge"}, r"FARGATE needs awsvpc"),
    ],
)
def test_what_cannot_be_right_is_refused_before_any_call(aws, run_module, change, message):
    for check in (True, False):
        result = definition(run_module, check, **change)
        assert result["failed"], result
        for part in message.split(" .* "):
            assert part.removeprefix(".*") in result["msg"] or part.split(" .*")[0] in result["msg"]
        assert aws.calls == []


def test_everything_wrong_is_said_at_once(run_module):
    result = definition(run_module, container_definitions=containers(imge="x", stop_timeout="soon"))
    assert (
        "rename it to image" in result["msg"]
        and "stop_timeout is 'soon'\nReason: it must be a whole number" in result["msg"]
    )


def test_a_family_of_others_gets_its_own_revision_and_keeps_theirs(aws, run_module):
    theirs = definition(run_module, require_tags={"quilt:deployment": "staging"})["task_definition"]
    gone = definition(run_module, state="absent")
    assert not gone["changed"] and aws.writes == []
    for check in (True, False):
        first = definition(run_module, check)
        assert first["changed"] and first["diff"]["before"] == {}
    assert first["task_definition"]["revision"] == 2 and first["task_definition"]["tags"] == OWN
    again = definition(run_module, require_tags={"quilt:deployment": "staging"})
    assert not again["changed"] and again["task_definition"] == theirs


def test_a_revision_of_somebody_else_is_passed_over(aws, run_module):
    own = definition(run_module)["task_definition"]["task_definition_arn"]
    aws.client("ecs").register_task_definition(
        family=FAMILY, containerDefinitions=[{"name": "x", "image": "y", "memory": 1}]
    )
    result = definition(run_module)
    assert not result["changed"] and result["task_definition"]["task_definition_arn"] == own
    moved = definition(run_module, cpu="512", memory="1024")
    assert moved["changed"] and moved["task_definition"]["revision"] == 3


def test_absent_deregisters_what_is_own_and_nothing_else(aws, run_module):
    definition(run_module)
    definition(run_module, cpu="512", memory="1024")
    aws.client("ecs").register_task_definition(
        family=FAMILY, containerDefinitions=[{"name": "x", "image": "y", "memory": 1}]
    )
    checked = definition(run_module, check=True, state="absent")
    assert checked["changed"] and aws.writes == []
    assert definition(run_module, state="absent")["changed"]
    assert aws.writes == ["DeregisterTaskDefinition"] * 2
    left = aws.client("ecs").list_task_definitions(familyPrefix=FAMILY)["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in left] == ["3"]


def test_absent_twice_and_a_first_revision_after_it(aws, run_module):
    definition(run_module)
    assert run_module("ecs_task_definition", family=FAMILY, state="absent", require_tags=OWN)["changed"]
    again = run_module("ecs_task_definition", family=FAMILY, state="absent", require_tags=OWN)
    assert not again["changed"] and again["task_definition"] == {} and aws.writes == []
    assert definition(run_module)["task_definition"]["revision"] == 2
