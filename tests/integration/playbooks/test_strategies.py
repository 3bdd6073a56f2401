"""Deployments that shift traffic, by the real playbooks and with a data plane of simulated tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataplane.tasks.engine import TaskSpec, Write
from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine, SimulatedTask
from sandbox.testing.ecs_stack import context
from tests.iam_resources import Resources
from tests.integration.playbooks.inputs import BLUE_GREEN, CANARY, LINEAR, QUICK

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

NAME = "sales-prod-mcp-server-production"
ALARMED = {"mcp_server_alarms": True}
UNHEALTHY = {"ecs_service_environment": {"SIMULATE": "unhealthy"}}


class Engine(SimulatedEngine):
    """A task whose environment says so is never healthy."""

    def start(self, task: TaskSpec, output: Mapping[str, Write]) -> SimulatedTask:
        started = super().start(task, output)
        for container in task.containers:
            if container.environment.get("SIMULATE") == "unhealthy":
                started.health[container.name] = "UNHEALTHY"
        return started


class Traffic:
    """The listener as somebody else sees it."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.elb, self.ecs, self.cloudwatch = client("elbv2"), client("ecs"), client("cloudwatch")

    def rule(self, name: str = NAME) -> dict[str, Any] | None:
        (balancer,) = self.elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"]
        found = self.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        rules = [r for one in found for r in self.elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
        tags = self.elb.describe_tags(ResourceArns=[r["RuleArn"] for r in rules][:20])["TagDescriptions"]
        arns = [one["ResourceArn"] for one in tags if {"Key": "quilt:rule", "Value": name} in one["Tags"]]
        return next((rule for rule in rules if rule["RuleArn"] in arns), None)

    def weights(self, name: str = NAME) -> dict[str, int]:
        """By the end of the target group's name: "tg" or "tg-b"."""
        rule = self.rule(name) or {"Actions": []}
        groups = [g for action in rule["Actions"] for g in action["ForwardConfig"]["TargetGroups"]]
        return {g["TargetGroupArn"].split("/")[1].partition("server-")[2]: g["Weight"] for g in groups}

    def alarm(self, name: str) -> None:
        """Somebody else's."""
        self.cloudwatch.put_metric_alarm(AlarmName=name, EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold")

    def alarms(self) -> list[str]:
        """By the ends of their names."""
        found = self.cloudwatch.describe_alarms()["MetricAlarms"]
        return sorted(alarm["AlarmName"].partition(f"{NAME}-")[2] for alarm in found)

    def groups(self) -> list[str]:
        """the deployment's target groups, by the ends of their names."""
        found = [group["TargetGroupName"] for group in self.elb.describe_target_groups()["TargetGroups"]]
        return sorted(name.partition("mcp-server-")[2] for name in found if "mcp-server" in name)

    def service(self) -> dict[str, Any]:
        service: dict[str, Any] = self.ecs.describe_services(cluster="sales-prod", services=[NAME])["services"][0]
        return service


class Watch:
    """Notes each new answer of a look, while something else happens."""

    def __init__(self, look: Callable[[], Any]) -> None:
        self.seen: list[Any] = []
        self._look, self._end = look, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.05):
            found = self._look()
            if self.seen[-1:] != [found]:
                self.seen.append(found)


@pytest.fixture
def traffic(client: Callable[[str], Any]) -> Traffic:
    return Traffic(client)


@pytest.fixture
def deploy(
    built: State, aws: ControlPlane, play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Play]:
    """play() of deploy.yml for an image that is there, with tasks that start and stop."""
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    launcher = FargateLauncher(context(aws, tmp_path), Engine())
    launcher.start()
    yield lambda *options, **extra: play("deploy.yml", *options, **extra)
    launcher.stop()


def test_blue_green_from_nothing_again_and_back_to_rolling(deploy: Play, traffic: Traffic, aws: ControlPlane) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended."""
    first = deploy(**BLUE_GREEN, **ALARMED)
    assert first.status == 0, first.failures
    # ECS gives the first deployment the group without traffic.
    assert traffic.weights() == traffic.weights(f"{NAME}-test") == {"tg": 0, "tg-b": 100}
    rule, test = traffic.rule(), traffic.rule(f"{NAME}-test")
    assert rule and test and int(test["Priority"]) < int(rule["Priority"])
    hosts = [c["Values"] for r in (rule, test) for c in r["Conditions"] if c["Field"] == "host-header"]
    assert hosts == [["demo.quiltdata.com"]] * 2
    # The weights are with ECS whatever else is said, here by a survey's text.
    again = deploy(**BLUE_GREEN, **ALARMED, alb_rule_delegate_weights="false")
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, []), again.failures

    # The traffic is in the second group, and a rolling deployment would start its tasks in the first.
    refused = deploy(**QUICK)
    assert refused.status != 0 and refused.writes == []
    assert "Found: the traffic is at " in refused.failures[0] and "shifts the traffic back" in refused.failures[0]

    shifted = deploy(**BLUE_GREEN, **ALARMED, mcp_server_log_level="debug")
    assert shifted.status == 0, shifted.failures
    assert traffic.weights() == {"tg": 100, "tg-b": 0}
    (result,) = shifted.results("Ensure the service runs the task definition")
    assert "100 % of production traffic" in result["progress"][-1]

    # A run that is interrupted when it has removed almost all of it is finished by the next.
    aws.faults.add("elbv2", "DeleteTargetGroup", "error", code="AccessDenied", status=403, times=1)
    assert deploy(**QUICK, **ALARMED, mcp_server_log_level="debug").status != 0
    assert (traffic.groups(), traffic.alarms()) == (["tg", "tg-b"], ["faults", "faults-b", "unhealthy", "unhealthy-b"])
    rolling = deploy(**QUICK, **ALARMED, mcp_server_log_level="debug")
    assert rolling.status == 0, rolling.failures
    assert (traffic.groups(), traffic.alarms()) == (["tg"], ["faults", "unhealthy"])
    assert (traffic.weights(), traffic.rule(f"{NAME}-test")) == ({"tg": 1}, None)
    assert traffic.service()["deploymentConfiguration"]["strategy"] == "ROLLING"

    # What others give those names now is nothing to take away, unlike alarms of this deployment that are wanted no
    # more.
    (group,) = traffic.elb.describe_target_groups(Names=["sales-prod-mcp-server-tg"])["TargetGroups"]
    traffic.elb.create_target_group(Name="sales-prod-mcp-server-tg-b", Protocol="HTTP", Port=1, VpcId=group["VpcId"])
    traffic.alarm(f"{NAME}-faults-b")  # moto gives it the tags of the one that was deleted
    (alarm,) = traffic.cloudwatch.describe_alarms(AlarmNames=[f"{NAME}-faults-b"])["MetricAlarms"]
    traffic.cloudwatch.untag_resource(ResourceARN=alarm["AlarmArn"], TagKeys=["quilt:deployment"])
    drifted = deploy("--check", **QUICK, mcp_server_log_level="debug")
    assert (
        drifted.status == 0 and drifted.results("remove_unused | Delete the alarms that are not wanted")[0]["changed"]
    )
    quiet = deploy(**QUICK, mcp_server_log_level="debug")
    assert quiet.status == 0, quiet.failures
    assert (traffic.groups(), traffic.alarms()) == (["tg", "tg-b"], ["faults-b"])
    again = deploy(**QUICK, mcp_server_log_level="debug")
    assert (again.stats["changed"], again.writes) == (0, [])


def test_a_rolling_service_becomes_one_that_shifts_step_by_step(
    deploy: Play, play: Play, traffic: Traffic, aws: ControlPlane
) -> None:
    assert deploy(**QUICK).status == 0
    for strategy, steps in ((CANARY, [0, 20, 100]), (LINEAR, [100, 50, 0])):
        with Watch(lambda: traffic.weights().get("tg-b", 0)) as watch:
            run = deploy(**strategy, ecs_service_force_new_deployment=True)
        assert run.status == 0, run.failures
        assert watch.seen == steps
    alarmed = {**LINEAR, "mcp_server_alarms": True, "ecs_service_alarms": ["theirs"]}
    assert deploy(**alarmed).status == 0
    assert Resources(aws).unnamed() == []
    names = [f"{NAME}-{kind}" for kind in ("faults", "faults-b", "unhealthy", "unhealthy-b")]
    found = {one["AlarmName"]: one for one in traffic.cloudwatch.describe_alarms()["MetricAlarms"]}
    assert sorted(found) == names
    assert [one["MetricName"] for one in found.values()].count("HTTPCode_Target_5XX_Count") == 2
    groups = {
        d["Value"].split("/")[1] for one in found.values() for d in one["Dimensions"] if d["Name"] != "LoadBalancer"
    }
    assert groups == {"sales-prod-mcp-server-tg", "sales-prod-mcp-server-tg-b"}
    watched = traffic.service()["deploymentConfiguration"]["alarms"]
    assert (sorted(watched["alarmNames"]), watched["enable"], watched["rollback"]) == ([*names, "theirs"], True, True)
    again = deploy(**alarmed)
    assert (again.stats["changed"], again.writes) == (0, []), again.failures
    gone = play("destroy.yml")
    assert gone.status == 0, gone.failures
    assert traffic.rule() is traffic.rule(f"{NAME}-test") is None
    assert traffic.cloudwatch.describe_alarms()["MetricAlarms"] == []
    groups = [group["TargetGroupName"] for group in traffic.elb.describe_target_groups()["TargetGroups"]]
    assert not [name for name in groups if name.startswith("sales-prod-mcp-server-tg")]


def test_a_green_that_fails_and_an_alarm_in_alarm_state(deploy: Play, traffic: Traffic) -> None:
    """The one never takes production traffic; the other moves all of it back."""
    traffic.alarm("faults")
    watched = {**BLUE_GREEN, "ecs_service_alarms": ["faults"]}
    assert deploy(**watched).status == 0
    before = traffic.service()["taskDefinition"]
    with Watch(traffic.weights) as watch:
        run = deploy(**watched, **UNHEALTHY)
    assert run.status != 0
    assert watch.seen == [{"tg": 0, "tg-b": 100}]
    assert traffic.service()["taskDefinition"] == before
    (message,) = run.failures
    assert "SCALE_UP, 0 % of production traffic, 0 % of test traffic" in message
    assert "Task failed container health checks" in message

    rung: list[bool] = []

    def alarm_when_baking() -> Any:
        weights = traffic.weights()
        if weights["tg"] == 100 and not rung:
            traffic.cloudwatch.set_alarm_state(AlarmName="faults", StateValue="ALARM", StateReason="test")
            rung.append(True)
        return weights

    with Watch(alarm_when_baking) as watch:
        run = deploy(**{**watched, "ecs_service_bake_time": 60}, mcp_server_log_level="debug")
    assert run.status != 0
    assert watch.seen == [{"tg": 0, "tg-b": 100}, {"tg": 100, "tg-b": 0}, {"tg": 0, "tg-b": 100}]
    (message,) = run.failures
    assert "rolled back because of an alarm" in message
    assert "CloudWatch alarms that rang: faults" in message
    assert "100 % of production traffic" in message
