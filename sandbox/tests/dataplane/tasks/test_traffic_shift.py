"""Blue/green, linear and canary deployments over the API: traffic, stages, hooks, alarms and rollback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import completed, context, until
from sandbox.testing.shift_stack import BLUE_GREEN, Shifted, lay_shifted, pause, waiting

ALARM = {"alarms": {"alarmNames": ["faults"], "enable": True, "rollback": True}}


@pytest.fixture
def shifted(empty: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch) -> Shifted:
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    return lay_shifted(client)


@pytest.fixture
def fargate(empty: ControlPlane, shifted: Shifted, tmp_path: Path) -> Iterator[FargateLauncher]:
    launcher = FargateLauncher(context(empty, tmp_path), SimulatedEngine())
    launcher.start()
    yield launcher
    launcher.stop()


def ended(shifted: Shifted, service: dict[str, Any]) -> dict[str, Any] | None:
    record = shifted.record(service)
    return None if record["status"] in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS") else record


def test_blue_green_moves_test_traffic_first_and_swaps_the_groups(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    assert (shifted.weights(shifted.production), shifted.weights(shifted.test)) == ([0, 100], [0, 100])
    blue = shifted.addresses(1)

    service = shifted.deploy(deploymentConfiguration=pause("POST_TEST_TRAFFIC_SHIFT"))
    hook = until(lambda: waiting(shifted, service))
    assert (shifted.weights(shifted.production), shifted.weights(shifted.test)) == ([0, 100], [100, 0])
    assert len(shifted.addresses(0)) == 1 and shifted.addresses(1) == blue, "both run side by side"
    record = shifted.record(service)
    assert record["lifecycleStage"] == "POST_TEST_TRAFFIC_SHIFT"
    green, (source,) = record["targetServiceRevision"], record["sourceServiceRevisions"]
    assert (green["requestedTestTrafficWeight"], green["requestedProductionTrafficWeight"]) == (100, 0)
    assert (source["requestedTestTrafficWeight"], source["requestedProductionTrafficWeight"]) == (0, 100)

    shifted.stack.ecs.continue_service_deployment(serviceDeploymentArn=record["serviceDeploymentArn"], hookId=hook)
    assert until(lambda: ended(shifted, service))["status"] == "SUCCESSFUL"
    assert shifted.weights(shifted.production) == [100, 0]
    until(lambda: not shifted.addresses(1))
    (revision,) = shifted.stack.ecs.describe_service_revisions(serviceRevisionArns=[green["arn"]])["serviceRevisions"]
    resolved = {"targetGroupArn": shifted.groups[0], "productionListenerRule": shifted.production}
    assert revision["resolvedConfiguration"]["loadBalancers"] == [resolved]
    assert revision["loadBalancers"][0]["targetGroupArn"] == shifted.groups[0]


CANARY = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 20, "canaryBakeTimeInMinutes": 1}}
LINEAR = {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40, "stepBakeTimeInMinutes": 1}}


@pytest.mark.parametrize(("configuration", "steps"), [(CANARY, [0, 20, 100]), (LINEAR, [0, 40, 80, 100])])
def test_traffic_moves_step_by_step(
    shifted: Shifted, fargate: FargateLauncher, configuration: dict[str, Any], steps: list[int]
) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    seen = [0]
    service = shifted.deploy(deploymentConfiguration=configuration | {"bakeTimeInMinutes": 1})

    def done() -> bool:
        share = shifted.weights(shifted.production)[0]
        if seen[-1:] != [share]:
            seen.append(share)
        return completed(shifted.stack)

    until(done)
    assert seen == steps
    assert shifted.record(service)["status"] == "SUCCESSFUL"


def test_the_bake_time_keeps_blue(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    service = shifted.deploy(deploymentConfiguration={"bakeTimeInMinutes": 2})
    seen: list[tuple[int, list[int], str]] = []

    def baked() -> bool:
        stage = shifted.record(service)["lifecycleStage"]
        state = shifted.stack.describe()["deployments"][0]["rolloutState"]
        found = len(shifted.addresses(1)), shifted.weights(shifted.production), state
        if stage == shifted.record(service)["lifecycleStage"] == "BAKE_TIME":
            seen.append(found)
        return completed(shifted.stack)

    until(baked)
    assert len(seen) > 3
    assert all(one == (1, [100, 0], "IN_PROGRESS") for one in seen)


def test_a_green_that_fails_never_takes_production_traffic(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    blue, seen = shifted.stack.tasks()[0]["taskArn"], set()
    service = shifted.deploy("sim:unhealthy")

    def done() -> Any:
        seen.add(tuple(shifted.weights(shifted.production)))
        seen.add(tuple(shifted.weights(shifted.test)))
        return ended(shifted, service)

    assert until(done)["status"] == "ROLLBACK_SUCCESSFUL"
    assert seen == {(0, 100)}
    assert [task["taskArn"] for task in shifted.stack.tasks()] == [blue]


def test_an_alarm_in_the_bake_time_moves_everything_back(
    shifted: Shifted, fargate: FargateLauncher, client: Any
) -> None:
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="faults", EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold")
    first = shifted.create(BLUE_GREEN | ALARM)
    until(lambda: completed(shifted.stack))
    service = shifted.deploy(deploymentConfiguration={"bakeTimeInMinutes": 60})
    until(lambda: shifted.record(service)["lifecycleStage"] == "BAKE_TIME")
    cloudwatch.set_alarm_state(AlarmName="faults", StateValue="ALARM", StateReason="test")
    record = until(lambda: ended(shifted, service))
    assert record["status"] == "ROLLBACK_SUCCESSFUL"
    assert record["alarms"] == {"status": "TRIGGERED", "alarmNames": ["faults"], "triggeredAlarmNames": ["faults"]}
    assert (shifted.weights(shifted.production), shifted.weights(shifted.test)) == ([0, 100], [0, 100])
    assert shifted.stack.describe()["taskDefinition"] == first["taskDefinition"]
    until(lambda: not shifted.addresses(0))

    # The next deployment may be the fix for an alarm that is already in ALARM.
    again = shifted.deploy(deploymentConfiguration={"bakeTimeInMinutes": 0})
    record = until(lambda: ended(shifted, again))
    assert (record["status"], record["alarms"]["status"]) == ("SUCCESSFUL", "DISABLED")


def test_an_alarm_rolls_a_rolling_deployment_back(shifted: Shifted, fargate: FargateLauncher, client: Any) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName="faults", EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold"
    )
    shifted.stack.create(deploymentConfiguration=ALARM)
    until(lambda: completed(shifted.stack))
    service = shifted.deploy("sim:slow")
    client("cloudwatch").set_alarm_state(AlarmName="faults", StateValue="ALARM", StateReason="test")
    assert until(lambda: ended(shifted, service))["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_time_out_may_let_it_go_on(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    timeout = {"timeoutInMinutes": 1, "action": "CONTINUE"}
    service = shifted.deploy(deploymentConfiguration=pause("POST_TEST_TRAFFIC_SHIFT", **timeout))
    until(lambda: waiting(shifted, service))
    (hook,) = shifted.record(service)["lifecycleHookDetails"]
    assert (hook["targetType"], hook["timeoutAction"]) == ("PAUSE", "CONTINUE")
    record = until(lambda: ended(shifted, service))
    assert (record["status"], record["lifecycleHookDetails"][0]["status"]) == ("SUCCESSFUL", "TIMED_OUT")
    assert shifted.weights(shifted.production) == [100, 0]


def test_nobody_can_answer_for_a_deployment_that_was_stopped(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    service = shifted.deploy(deploymentConfiguration=pause("POST_TEST_TRAFFIC_SHIFT"))
    hook, arn = until(lambda: waiting(shifted, service)), service["currentServiceDeployment"]
    shifted.stack.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    with pytest.raises(shifted.stack.ecs.exceptions.InvalidParameterException, match="is not awaiting an action"):
        shifted.stack.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action="ROLLBACK")
    assert until(lambda: ended(shifted, service))["status"] == "ROLLBACK_SUCCESSFUL"


@pytest.mark.parametrize("how", ["answer", "time-out", "stop"])
def test_a_paused_deployment_can_be_rolled_back(shifted: Shifted, fargate: FargateLauncher, how: str) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    timeout = {"timeoutInMinutes": 1, "action": "ROLLBACK"} if how == "time-out" else {}
    service = shifted.deploy(deploymentConfiguration=pause("POST_PRODUCTION_TRAFFIC_SHIFT", **timeout))
    hook, arn = until(lambda: waiting(shifted, service)), service["currentServiceDeployment"]
    assert shifted.weights(shifted.production) == [100, 0]
    if how == "answer":
        shifted.stack.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action="ROLLBACK")
    elif how == "stop":
        shifted.stack.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    assert until(lambda: ended(shifted, service))["status"] == "ROLLBACK_SUCCESSFUL"
    assert shifted.weights(shifted.production) == [0, 100]


def test_a_deployment_that_is_overtaken_gives_its_traffic_back(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.create()
    until(lambda: completed(shifted.stack))
    middle = shifted.deploy(deploymentConfiguration=pause("POST_PRODUCTION_TRAFFIC_SHIFT"))
    until(lambda: waiting(shifted, middle))
    last = shifted.deploy(deploymentConfiguration={"lifecycleHooks": []})
    assert shifted.record(middle)["status"] == "STOPPED"
    assert until(lambda: ended(shifted, last))["status"] == "SUCCESSFUL"
    assert shifted.weights(shifted.production) == [100, 0]
    assert {task["taskDefinitionArn"] for task in shifted.stack.tasks()} == {last["taskDefinition"]}


def test_the_strategy_of_a_running_service_changes_both_ways(shifted: Shifted, fargate: FargateLauncher) -> None:
    shifted.stack.create()
    until(lambda: completed(shifted.stack))
    shifted.stack.update(loadBalancers=[shifted.balancer()], deploymentConfiguration=BLUE_GREEN)
    until(lambda: completed(shifted.stack))
    assert shifted.weights(shifted.production) == [0, 100]
    shifted.deploy()
    until(lambda: completed(shifted.stack))
    assert shifted.weights(shifted.production) == [100, 0]
    plain = [{"targetGroupArn": shifted.groups[0], "containerName": "app", "containerPort": 8000}]
    shifted.stack.update(loadBalancers=plain, deploymentConfiguration={"strategy": "ROLLING"})
    until(lambda: completed(shifted.stack))
    assert (len(shifted.addresses(0)), shifted.addresses(1)) == (1, set())


@pytest.mark.parametrize(
    ("configuration", "fields", "message"),
    [
        ({"strategy": "BLUE_GREEN"}, {"roleArn": None}, "roleArn is required"),
        ({"strategy": "BLUE_GREEN"}, {"roleArn": "arn:aws:iam::850787717197:role/none"}, "unable to assume the role"),
        ({"strategy": "LINEAR"} | CANARY | {"strategy": "LINEAR"}, {}, "only valid when the deployment strategy is CA"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2}}, {}, "stepPercent must be between 3 and"),
        ({"strategy": "BLUE_GREEN", **pause("TEST_TRAFFIC_SHIFT")}, {}, "PAUSE hooks can be configured"),
        ({"strategy": "BLUE_GREEN", **pause("PRE_SCALE_UP", timeoutInMinutes=20161)}, {}, "equal to 20160"),
        ({"strategy": "BLUE_GREEN", **pause("PRE_SCALE_UP", action="ABORT")}, {}, "enum value set"),
    ],
)
def test_what_cannot_shift_is_refused(
    shifted: Shifted, configuration: dict[str, Any], fields: dict[str, Any], message: str
) -> None:
    balancer = shifted.balancer(**fields)
    balancer["advancedConfiguration"] = {k: v for k, v in balancer["advancedConfiguration"].items() if v}
    with pytest.raises(shifted.stack.ecs.exceptions.InvalidParameterException, match=message):
        shifted.stack.create(loadBalancers=[balancer], deploymentConfiguration=configuration)


def test_without_a_data_plane_traffic_moves_at_once(shifted: Shifted) -> None:
    shifted.create()
    assert completed(shifted.stack)
    assert shifted.weights(shifted.production) == [0, 100]
