"""ecs_service against the corrected ECS of the sandbox; a service's tasks run at once, there is no data plane here."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, lay

ROLE = "arn:aws:iam::850787717197:role"
OWN = {"quilt:deployment": "own"}


@pytest.fixture
def aws(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """An empty account instead of the seeded one."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    control_plane.reset(seed=False)
    return control_plane


@pytest.fixture
def stack(aws: ControlPlane, client: Any) -> Stack:
    found = lay(client)
    found.register()
    return found


@pytest.fixture
def service(run_module: Any, stack: Stack) -> Any:
    """service(check=False, **parameters): run the module; a parameter None is left out."""

    def run(check: bool = False, **parameters: Any) -> dict[str, Any]:
        usual = {
            "cluster": "main",
            "service_name": "web",
            "task_definition": "app",
            "desired_count": 1,
            "launch_type": "FARGATE",
            "network_configuration": {
                "awsvpc_configuration": {"subnets": stack.subnets, "security_groups": [stack.security_group]}
            },
            "load_balancers": [
                {"target_group_arn": stack.target_group, "container_name": "app", "container_port": 8000}
            ],
            "require_tags": OWN,
            "wait_timeout": 20,
        }
        given = {name: value for name, value in {**usual, **parameters}.items() if value is not None}
        result: dict[str, Any] = run_module("ecs_service", check=check, **given)
        return result

    return run


def changed_fields(result: dict[str, Any]) -> set[str]:
    before, after = result["diff"]["before"], result["diff"]["after"]
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_a_service_is_created_once(service: Any, stack: Stack) -> None:
    first = service(tags={"team": "data"})
    assert (first["changed"], first["writes"]) == (True, ["CreateService"])
    assert first["service"]["tags"] == {**OWN, "team": "data"}
    assert first["deployment"]["rollout_state"] == "COMPLETED"
    assert first["deployment"]["id"] == stack.describe()["deployments"][0]["id"]
    again = service(tags={"team": "data"})
    assert (again["changed"], again["writes"]) == (False, [])
    assert again["service"] == first["service"]
    assert again["deployment"] == first["deployment"]
    assert first["progress"] and not again["progress"], "nothing was waited for"


def test_check_mode_predicts_what_a_real_run_returns(service: Any) -> None:
    predicted = service(check=True)
    assert (predicted["changed"], predicted["writes"]) == (True, [])
    real = service()
    assert predicted["service"].keys() == real["service"].keys()
    assert predicted["deployment"].keys() == real["deployment"].keys()
    for key in ("service_arn", "cluster_arn", "task_definition", "tags", "deployment_configuration"):
        assert predicted["service"][key] == real["service"][key]
    assert predicted["deployment"]["id"] == "known-after-apply"


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"cluster": "missing"}, id="no cluster"),
        pytest.param({"task_definition": "missing"}, id="no task definition"),
        pytest.param({"task_definition": "known-after-apply"}, id="predicted task definition"),
        pytest.param(
            {
                "load_balancers": [
                    {"target_group_arn": "known-after-apply", "container_name": "app", "container_port": 1}
                ]
            },
            id="predicted target group",
        ),
        pytest.param({"cluster": "missing", "state": "absent"}, id="nothing to delete"),
    ],
)
def test_check_mode_never_fails_for_what_does_not_exist_yet(service: Any, parameters: dict[str, Any]) -> None:
    result = service(check=True, **parameters)
    assert "failed" not in result
    assert result["writes"] == []


def test_a_predicted_task_definition_is_a_change(service: Any) -> None:
    service()
    result = service(check=True, task_definition="known-after-apply")
    assert result["changed"]
    assert changed_fields(result) == {"task_definition"}
    assert result["deployment"]["task_definition"] == "known-after-apply"


@pytest.mark.parametrize(
    ("field", "value", "deploys"),
    [
        ("desired_count", 2, False),
        ("deployment_configuration", {"maximum_percent": 150}, False),
        ("deployment_configuration", {"deployment_circuit_breaker": {"enable": True, "rollback": True}}, False),
        (
            "deployment_configuration",
            {"alarms": {"alarm_names": ["b", "a"], "enable": True, "rollback": True}},
            False,
        ),
        ("health_check_grace_period_seconds", 30, False),
        ("availability_zone_rebalancing", "DISABLED", False),
        ("platform_version", "1.4.0", True),
        ("propagate_tags", "SERVICE", True),
        ("enable_ecs_managed_tags", True, True),
        ("enable_execute_command", True, True),
        ("service_registries", [{"registry_arn": "arn:aws:servicediscovery:us-east-1:1:service/srv-1"}], True),
        ("service_connect_configuration", {"enabled": True, "namespace": "n"}, True),
        (
            "volume_configurations",
            [{"name": "v", "managed_ebs_volume": {"role_arn": f"{ROLE}/ebs", "size_in_gib": 10}}],
            True,
        ),
        (
            "vpc_lattice_configurations",
            [{"role_arn": f"{ROLE}/lattice", "target_group_arn": "t", "port_name": "http"}],
            True,
        ),
        ("gateway_connectors", [{"port_name": "http", "deregistration_delay": {"timeout_seconds": 5}}], True),
        (
            "monitoring",
            {"metric_configurations": [{"metric_names": ["CPUUtilization"], "resolution_seconds": 20}]},
            True,
        ),
        (
            "placement_strategy",
            [
                {"type": "spread", "field": "attribute:ecs.availability-zone"},
                {"type": "spread", "field": "host"},
                {"type": "binpack", "field": "memory"},
            ],
            False,
        ),
        (
            "deployment_configuration",
            {
                "early_success_criteria": {
                    "enable": True,
                    "healthy_percent": 100,
                    "source_service_revision_cleanup": "DEFERRED",
                }
            },
            False,
        ),
    ],
)
def test_every_change_is_seen_and_made_once(service: Any, stack: Stack, field: str, value: Any, deploys: bool) -> None:
    before = service()["deployment"]["id"]
    planned = service(check=True, **{field: value})
    assert (planned["changed"], planned["writes"]) == (True, [])
    assert changed_fields(planned) == {field}
    made = service(**{field: value})
    assert made["writes"] == ["UpdateService"], made
    assert made["diff"] == planned["diff"]
    assert (made["deployment"]["id"] != before) == deploys
    again = service(**{field: value})
    assert (again["changed"], again["writes"]) == (False, [])
    assert again["service"][field] == made["service"][field] == planned["service"][field]


@pytest.mark.parametrize(
    ("field", "value", "empty"),
    [
        ("service_connect_configuration", {"enabled": True, "namespace": "n"}, {}),
        ("service_connect_configuration", {"enabled": True, "namespace": "n"}, {"enabled": False}),
        ("monitoring", {"metric_configurations": [{"metric_names": ["a"], "resolution_seconds": 20}]}, {}),
        ("gateway_connectors", [{"port_name": "http"}], []),
        ("platform_version", "1.4.0", ""),
    ],
)
def test_what_is_emptied_is_gone_the_second_time(service: Any, field: str, value: Any, empty: Any) -> None:
    service(**{field: value})
    assert service(**{field: empty})["writes"] == ["UpdateService"]
    assert service(**{field: empty})["writes"] == []


def test_another_revision_is_deployed(service: Any, stack: Stack) -> None:
    service()
    arn = stack.register(container={"image": "process:quilt_mcp_server:2"})
    for reference in ("app", "app:2", arn):
        assert service(check=True, task_definition=reference)["changed"]
    result = service()
    assert changed_fields(result) == {"task_definition"}
    assert result["deployment"]["task_definition"] == arn
    for reference in ("app", "app:2", arn):
        assert not service(task_definition=reference)["changed"]


def test_another_network_is_deployed(service: Any, stack: Stack) -> None:
    service()
    turned = {"awsvpc_configuration": {"subnets": stack.subnets[::-1], "security_groups": [stack.security_group]}}
    assert not service(network_configuration=turned)["changed"]
    one = {"awsvpc_configuration": {"subnets": stack.subnets[:1], "security_groups": [stack.security_group]}}
    assert changed_fields(service(network_configuration=one)) == {"network_configuration"}


def test_unset_is_left_alone_and_empty_clears(service: Any, stack: Stack) -> None:
    service(deployment_configuration={"maximum_percent": 150, "minimum_healthy_percent": 50}, desired_count=3)
    assert not service(desired_count=None)["changed"]
    service(deployment_configuration={"maximum_percent": 175}, desired_count=None)
    kept = stack.describe()
    assert kept["desiredCount"] == 3
    assert kept["deploymentConfiguration"]["minimumHealthyPercent"] == 50
    assert service(deployment_configuration={}, desired_count=None)["writes"] == ["UpdateService"]
    cleared = stack.describe()["deploymentConfiguration"]
    assert (cleared["maximumPercent"], cleared["minimumHealthyPercent"]) == (200, 100)


def test_a_forced_deployment_is_always_a_change(service: Any) -> None:
    before = service()["deployment"]["id"]
    result = service(force_new_deployment=True)
    assert (result["changed"], result["writes"]) == (True, ["UpdateService"])
    assert result["deployment"]["id"] != before


def test_the_autoscaler_decides_the_desired_count(service: Any, client: Any) -> None:
    service()
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/main/web",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=4,
    )
    result = service(desired_count=3)
    assert (result["changed"], result["writes"]) == (False, [])
    assert "desired_count stays 1: Application Auto Scaling decides it" in result["warnings"][0]
    assert "warnings" not in service(desired_count=1)


def test_a_service_without_tasks_is_complete_without_being_verified_and_says_so(service: Any) -> None:
    result = service(desired_count=0)
    assert result["deployment"]["rollout_state"] == "COMPLETED"
    (warning,) = result["warnings"]
    assert "ECS service web has 0 tasks, so neither a health check nor a gate has verified app:1" in warning
    assert "playbooks/verify.yml" in warning
    assert service(desired_count=0)["warnings"] == [warning], "it still is not verified"
    for quiet in ({"desired_count": 0, "wait": False}, {"desired_count": 1}):
        assert "warnings" not in service(**quiet)


def test_an_autoscaler_that_may_not_be_asked_for_is_not_fought(service: Any, aws: ControlPlane) -> None:
    service()
    aws.faults.add(
        "application-autoscaling",
        "DescribeScalableTargets",
        kind="error",
        code="AccessDeniedException",
        status=400,
        times=99,
    )
    result = service(desired_count=3)
    assert result["writes"] == []
    assert "allow application-autoscaling:DescribeScalableTargets" in result["warnings"][0]


def test_tags_of_others_stay(service: Any, client: Any) -> None:
    arn = service(tags={"team": "data", "old": "1"})["service"]["service_arn"]
    client("ecs").tag_resource(resourceArn=arn, tags=[{"key": "theirs", "value": "x"}])
    result = service(tags={"team": "web"})
    assert result["writes"] == ["TagResource"]
    assert result["service"]["tags"] == {**OWN, "team": "web", "old": "1", "theirs": "x"}
    purged = service(tags={"team": "web"}, purge_tags=True)
    assert purged["service"]["tags"] == {**OWN, "team": "web"}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_foreign_service_is_refused(service: Any, stack: Stack, state: str) -> None:
    stack.create()
    result = service(desired_count=5, state=state)
    assert "is foreign" in result["msg"]
    assert result["writes"] == []


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"launch_type": "EC2"}, "launch_type is 'FARGATE', wanted is 'EC2'\nReason: AWS cannot change launch_type"),
        ({"scheduling_strategy": "DAEMON", "desired_count": None}, "AWS cannot change scheduling_strategy"),
        ({"deployment_configuration": {"maximum_percnt": 150}}, "rename it to maximum_percent,"),
        ({"capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]}, "give one of launch_type and capacity"),
        ({"scheduling_strategy": "DAEMON"}, "Reason: DAEMON runs a task on each instance"),
        ({"task_definition": ""}, "task_definition is empty"),
        ({"network_configuration": {}}, "AWS cannot change network_configuration"),
        ({"task_definition": "missing"}, "there is no active task definition missing"),
    ],
)
def test_what_cannot_be_is_refused_before_any_write(service: Any, parameters: dict[str, Any], text: str) -> None:
    service()
    result = service(**parameters)
    assert text in result["msg"]
    assert result["writes"] == []


def test_a_capacity_provider_strategy_replaces_the_launch_type(service: Any, stack: Stack) -> None:
    service()
    spot = {"launch_type": None, "capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]}
    replaced = service(**spot)
    assert replaced["writes"] == ["UpdateService"], replaced
    assert "launchType" not in stack.describe()
    assert not service(**spot)["changed"]
    back = {"launch_type": "FARGATE", "capacity_provider_strategy": []}
    assert changed_fields(service(**back)) == {"launch_type", "capacity_provider_strategy"}
    assert stack.describe()["launchType"] == "FARGATE"
    assert not service(**back)["changed"]


def test_a_strategy_is_compared_with_its_defaults_and_without_an_order(service: Any) -> None:
    first = [
        {"capacity_provider": "FARGATE", "base": 1, "weight": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 3},
    ]
    service(launch_type=None, capacity_provider_strategy=first)
    spot = {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 3}
    assert not service(launch_type=None, capacity_provider_strategy=[spot, first[0]])["changed"]
    more = [first[0], {**spot, "weight": 4}]
    foreseen = service(check=True, launch_type=None, capacity_provider_strategy=more)
    assert (changed_fields(foreseen), foreseen["writes"]) == ({"capacity_provider_strategy"}, [])
    assert service(launch_type=None, capacity_provider_strategy=more)["writes"] == ["UpdateService"]


@pytest.mark.parametrize("check", [True, False])
def test_a_capacity_provider_that_the_cluster_lacks_is_refused_with_the_command(
    service: Any, stack: Stack, check: bool
) -> None:
    service()
    default = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]
    stack.ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=default
    )
    spot = [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]
    refused = service(check=check, launch_type=None, capacity_provider_strategy=spot)
    assert refused["writes"] == []
    assert "cluster main has no capacity provider FARGATE_SPOT; it has FARGATE" in refused["msg"]
    assert (
        "aws ecs put-cluster-capacity-providers --region us-east-1 --cluster main --capacity-providers FARGATE "
        "FARGATE_SPOT --default-capacity-provider-strategy capacityProvider=FARGATE,weight=1,base=0"
    ) in refused["msg"]
    stack.ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=default
    )
    assert service(launch_type=None, capacity_provider_strategy=spot)["changed"]


def test_the_cluster_is_read_only_for_another_capacity_provider(service: Any) -> None:
    assert "DescribeClusters" not in [call.operation for call in service()["calls"]]
    spot = {"launch_type": None, "capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]}
    assert "DescribeClusters" in [call.operation for call in service(**spot)["calls"]]
    assert "DescribeClusters" not in [call.operation for call in service(**spot)["calls"]]


REBALANCED: dict[str, dict[str, Any]] = {
    "maximum of 100": {"deployment_configuration": {"maximum_percent": 100, "minimum_healthy_percent": 50}},
    "another placement": {"placement_strategy": [{"type": "binpack", "field": "memory"}]},
    "zones are fixed": {
        "placement_constraints": [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == a"}]
    },
}


@pytest.mark.parametrize("other", REBALANCED.values(), ids=REBALANCED.keys())
def test_what_rebalancing_does_not_go_with_is_refused_before_any_call(service: Any, other: dict[str, Any]) -> None:
    refused = service(availability_zone_rebalancing="ENABLED", **other)
    assert "availability_zone_rebalancing is ENABLED" in refused["msg"]
    assert refused["calls"] == []


def test_a_maximum_of_100_is_refused_for_a_service_that_is_rebalanced(service: Any, stack: Stack) -> None:
    service()
    assert stack.describe()["availabilityZoneRebalancing"] == "ENABLED"  # as ECS decides for a new service
    percentages = {"deployment_configuration": {"maximum_percent": 100, "minimum_healthy_percent": 50}}
    refused = service(**percentages)
    assert "availability_zone_rebalancing is ENABLED with maximum_percent 100" in refused["msg"]
    assert refused["writes"] == []
    without = service(**percentages, availability_zone_rebalancing="DISABLED")
    assert without["writes"] == ["UpdateService"], without
    assert not service(**percentages, availability_zone_rebalancing="DISABLED")["changed"]


def test_absent_deletes_only_what_is_own_and_only_once(service: Any, stack: Stack) -> None:
    service()
    planned = service(check=True, state="absent")
    assert (planned["changed"], planned["writes"]) == (True, [])
    gone = service(state="absent")
    assert gone["writes"] == ["UpdateService", "DeleteService"]
    assert (gone["service"], gone["deployment"], gone["diff"]["after"]) == ({}, {}, {})
    assert stack.describe()["status"] == "INACTIVE"
    again = service(state="absent")
    assert (again["changed"], again["writes"]) == (False, [])
    assert service()["changed"]


def test_a_lost_reply_makes_no_second_service(service: Any, aws: ControlPlane, stack: Stack) -> None:
    aws.faults.add("ecs", "CreateService", kind="lost_reply", times=1)
    result = service()
    assert result["changed"]
    assert result["deployment"]["rollout_state"] == "COMPLETED"
    assert not service()["changed"]


@pytest.mark.parametrize("parameters", [{"force_new_deployment": True}, {"desired_count": 2}], ids=["forced", "scaled"])
def test_a_lost_reply_to_an_update_begins_no_second_deployment(
    service: Any, aws: ControlPlane, stack: Stack, parameters: dict[str, Any]
) -> None:
    service()
    aws.faults.add("ecs", "UpdateService", kind="lost_reply")
    result = service(**parameters)
    assert (result.get("failed"), result["changed"], result["writes"]) == (None, True, ["UpdateService"])
    assert result["deployment"]["id"] == stack.describe()["deployments"][0]["id"]
    assert not service(desired_count=parameters.get("desired_count", 1))["changed"]


def test_an_update_that_was_not_made_is_sent_again(service: Any, aws: ControlPlane) -> None:
    service()
    aws.faults.add("ecs", "UpdateService", "error", code="ServerException", status=500)
    result = service(force_new_deployment=True)
    assert (result.get("failed"), result["changed"], result["writes"]) == (None, True, ["UpdateService"] * 2)


@pytest.mark.parametrize("kind", ["lost_reply", "error"])
@pytest.mark.parametrize("operation", ["UpdateService", "DeleteService"])
def test_a_deletion_without_an_answer_is_finished(service: Any, aws: ControlPlane, operation: str, kind: Any) -> None:
    service()
    aws.faults.add("ecs", operation, kind)
    result = service(state="absent")
    assert (result.get("failed"), result["changed"]) == (None, True)
    assert not service(state="absent")["changed"]


def test_throttling_is_waited_out(service: Any, aws: ControlPlane) -> None:
    aws.faults.add("ecs", "DescribeServices", kind="throttle", times=2)
    assert service()["changed"]


def test_a_rule_that_ecs_does_not_see_yet_is_waited_for(service: Any, aws: ControlPlane) -> None:
    text = "The target group with targetGroupArn arn:tg does not have an associated load balancer."
    aws.faults.add("ecs", "CreateService", "error", code="InvalidParameterException", status=400, message=text)
    assert service().get("changed")


def test_somebody_creates_the_same_service_meanwhile(service: Any, aws: ControlPlane, stack: Stack) -> None:
    tags = [{"key": key, "value": value} for key, value in OWN.items()]
    aws.faults.add("ecs", "CreateService", kind="before", times=1, callback=lambda *_: stack.create(tags=tags))
    result = service(desired_count=2)
    assert "failed" not in result
    assert stack.describe()["desiredCount"] == 2


def test_without_wait_the_deployment_is_returned_as_it_is(service: Any) -> None:
    result = service(wait=False)
    assert result["deployment"]["rollout_state"] == "IN_PROGRESS"
    assert result["progress"] == []


def test_an_update_without_room_for_it_is_refused_and_the_first_creation_is_not(service: Any, stack: Stack) -> None:
    percentages = {"minimum_healthy_percent": 100, "maximum_percent": 150}
    created = service(deployment_configuration=percentages, desired_count=1)
    assert created["changed"], created.get("msg")
    for check in (True, False):
        refused = service(deployment_configuration=percentages, force_new_deployment=True, check=check)
        assert refused["failed"] and refused["writes"] == []
        assert "Found: 1 task, minimum_healthy_percent 100, maximum_percent 150" in refused["msg"]
        assert "set maximum_percent to 200 or more" in refused["msg"]
    assert service(deployment_configuration={**percentages, "maximum_percent": 200}, force_new_deployment=True)[
        "changed"
    ]
