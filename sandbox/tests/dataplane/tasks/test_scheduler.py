"""Services that run: the scheduler and the agent over the API, with a simulated engine."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.emulator.services.ecs import percentages
from sandbox.testing.ecs_stack import Stack, completed, context, lay, role, until

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
CHECK = {"healthCheck": {"command": ["CMD", "true"], "interval": 5}}


@pytest.fixture
def stack(empty: ControlPlane, client: Any, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    stack = lay(client)
    stack.register(container={"image": "sim:ok", **CHECK})
    return stack


@pytest.fixture
def fargate(empty: ControlPlane, stack: Stack, tmp_path: Path) -> Iterator[FargateLauncher]:
    launcher = FargateLauncher(context(empty, tmp_path), SimulatedEngine())
    launcher.start()
    yield launcher
    launcher.stop()


def state(stack: Stack) -> str:
    return str(stack.describe()["deployments"][0]["rolloutState"])


def messages(stack: Stack) -> str:
    return "\n".join(event["message"] for event in reversed(stack.describe()["events"]))


def test_tasks_run_registered_in_both_zones_and_the_deployment_completes(
    stack: Stack, fargate: FargateLauncher
) -> None:
    assert stack.create(desiredCount=2)["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    until(lambda: completed(stack))

    tasks = stack.tasks()
    assert {task["availabilityZone"] for task in tasks} == {"us-east-1a", "us-east-1b"}
    assert {(t["lastStatus"], t["healthStatus"], t["group"]) for t in tasks} == {("RUNNING", "HEALTHY", "service:web")}
    addresses = {task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in tasks}
    assert {address.rsplit(".", 1)[0] for address in addresses} == {"10.0.1", "10.0.2"}
    targets = stack.elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]
    assert {(target["Target"]["Id"], target["Target"]["Port"]) for target in targets} == {(a, 8000) for a in addresses}
    assert tasks[0]["containers"][0]["imageDigest"].startswith("sha256:")
    until(lambda: "has reached a steady state." in messages(stack))
    assert len(fargate.tasks()) == 2


def test_a_rolling_deployment_never_has_too_few_tasks(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(desiredCount=2)
    until(lambda: completed(stack))
    second = stack.register(container={"image": "sim:ok", **CHECK})
    stack.update(taskDefinition=second)

    seen = []

    def done() -> bool:
        seen.append(stack.describe()["runningCount"])
        return completed(stack)

    until(done)
    assert min(seen) >= 2
    assert {task["taskDefinitionArn"] for task in stack.tasks()} == {second}
    stopped = stack.tasks("STOPPED")
    assert {task["stopCode"] for task in stopped} == {"ServiceSchedulerInitiated"}
    assert all(task["stoppedReason"].startswith("Scaling activity initiated by (deployment") for task in stopped)
    assert "has begun draining connections on 1 tasks." in messages(stack)
    targets = stack.elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]
    assert len([t for t in targets if t["TargetHealth"]["State"] == "healthy"]) == 2


def test_a_deployment_that_has_no_room_says_so(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 150})
    until(lambda: completed(stack))
    first = stack.tasks()
    stack.update(taskDefinition=stack.register(container={"image": "sim:ok", **CHECK}))
    until(lambda: percentages.BLOCKED in messages(stack))
    assert messages(stack).count(percentages.BLOCKED) == 1
    assert (state(stack), stack.tasks()) == ("IN_PROGRESS", first)

    stack.update(deploymentConfiguration={"maximumPercent": 200})
    until(lambda: completed(stack))
    assert stack.tasks() != first


@pytest.mark.parametrize(
    ("image", "fields", "code", "reason"),
    [
        ("sim:unpullable", {}, "TaskFailedToStart", "CannotPullContainerError: pull image manifest"),
        ("sim:exit-3", {}, "EssentialContainerExited", "Essential container in task exited"),
        ("sim:unhealthy", CHECK, "ServiceSchedulerInitiated", "Task failed container health checks"),
        (
            "sim:ok",
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/none",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "app",
                    },
                }
            },
            "TaskFailedToStart",
            "ResourceInitializationError: failed to validate logger args",
        ),
    ],
    ids=["image", "exit", "health", "log group"],
)
def test_a_bad_deployment_is_rolled_back(
    stack: Stack, fargate: FargateLauncher, client: Any, image: str, fields: dict[str, Any], code: str, reason: str
) -> None:
    first = stack.create(deploymentConfiguration=BREAKER)
    until(lambda: completed(stack))
    good = stack.tasks()[0]["taskArn"]
    bad = stack.update(
        taskDefinition=stack.register(executionRoleArn=role(client), container={"image": image, **fields})
    )
    assert bad["deployments"][0]["rolloutStateReason"].endswith("in progress.")

    until(lambda: stack.describe()["taskDefinition"] == first["taskDefinition"])
    service = until(lambda: completed(stack) and stack.describe())
    assert service["deployments"][0]["id"] == first["deployments"][0]["id"]
    assert [task["taskArn"] for task in stack.tasks()] == [good], "the old task ran through"
    failed = stack.tasks("STOPPED")
    assert len(failed) == 3
    assert {task["stopCode"] for task in failed} == {code}
    assert all(task["stoppedReason"].startswith(reason) for task in failed)
    if image == "sim:exit-3":
        assert failed[0]["containers"][0]["exitCode"] == 3
    text = messages(stack)
    assert f"(deployment {bad['deployments'][0]['id']}) deployment failed: tasks failed to start." in text
    assert f"rolling back to deployment {first['deployments'][0]['id']}." in text
    record = stack.ecs.describe_service_deployments(serviceDeploymentArns=[bad["currentServiceDeployment"]])
    shown = record["serviceDeployments"][0]
    assert (shown["status"], shown["deploymentCircuitBreaker"]["status"]) == ("ROLLBACK_SUCCESSFUL", "TRIGGERED")
    assert shown["deploymentCircuitBreaker"]["failureCount"] == 3


def test_a_first_deployment_that_fails_leaves_nothing_running(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(
        deploymentConfiguration=BREAKER, taskDefinition=stack.register(container={"image": "sim:unhealthy", **CHECK})
    )
    until(lambda: state(stack) == "FAILED")
    service = until(lambda: stack.describe()["runningCount"] == 0 and stack.describe())
    deployment = service["deployments"][0]
    assert deployment["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert (deployment["failedTasks"], deployment["desiredCount"], deployment["status"]) == (3, 0, "PRIMARY")
    until(lambda: not fargate.tasks())
    health = stack.elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]
    assert [one for one in health if one["TargetHealth"]["State"] == "healthy"] == []


def test_only_tasks_that_were_never_healthy_are_failures(stack: Stack, fargate: FargateLauncher) -> None:
    assert isinstance(fargate.engine, SimulatedEngine)
    started = fargate.engine.started
    stack.create(desiredCount=2, taskDefinition=stack.register(container={"image": "sim:slow", **CHECK}))
    until(lambda: stack.describe()["runningCount"] == 2)
    started[0].health["app"] = "HEALTHY"
    until(lambda: [task for task in stack.tasks() if task["healthStatus"] == "HEALTHY"])
    started[0].kill()
    until(lambda: len(started) == 3)
    assert stack.describe()["deployments"][0]["failedTasks"] == 0
    started[1].kill()
    until(lambda: stack.describe()["deployments"][0]["failedTasks"] == 1)
    assert state(stack) == "IN_PROGRESS"


def test_the_grace_period_hides_bad_health(stack: Stack, fargate: FargateLauncher) -> None:
    unhealthy = stack.register(container={"image": "sim:unhealthy", **CHECK})
    stack.create(taskDefinition=unhealthy, healthCheckGracePeriodSeconds=2)
    task = until(lambda: [one for one in stack.tasks() if one["healthStatus"] == "UNHEALTHY"])[0]
    stopped = until(lambda: stack.tasks("STOPPED"))[0]
    assert stopped["taskArn"] == task["taskArn"]
    assert (stopped["stoppingAt"] - stopped["startedAt"]).total_seconds() >= 2


def test_without_a_breaker_it_tries_for_ever(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(taskDefinition=stack.register(container={"image": "sim:exit-1"}))
    until(lambda: stack.describe()["deployments"][0]["failedTasks"] >= 4)
    assert state(stack) == "IN_PROGRESS"


def test_a_target_that_fails_is_replaced_after_the_grace_period(
    stack: Stack, fargate: FargateLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.dataplane.tasks import network

    stack.create(healthCheckGracePeriodSeconds=1)
    until(lambda: completed(stack))
    victim = stack.tasks()[0]
    address = victim["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    healths = network.Targets._health

    def unhealthy(targets: network.Targets) -> Iterator[tuple[str, int, dict[str, Any]]]:
        unhealthy = {"State": "unhealthy", "Description": "Health checks failed with these codes: [404]"}
        for arn, port, health in healths(targets):
            yield arn, port, unhealthy if targets._address == address else health

    monkeypatch.setattr(network.Targets, "_health", unhealthy)
    stopped = until(lambda: stack.tasks("STOPPED"))[0]
    assert stopped["taskArn"] == victim["taskArn"]
    assert stopped["stoppedReason"] == f"Task failed ELB health checks in (target-group {stack.target_group})"
    complaint = f"(port 8000) is unhealthy in (target-group {stack.target_group}) due to (reason Health checks failed"
    assert any(complaint in event["message"] for event in stack.describe()["events"])
    assert state(stack) == "COMPLETED", "an unhealthy task later on does not undo a deployment"


def test_a_killed_task_is_replaced(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(desiredCount=2)
    until(lambda: completed(stack))
    victim = stack.tasks()[0]["taskArn"]
    fargate.kill_task(victim.rsplit("/", 1)[-1])
    (stopped,) = until(lambda: [t for t in stack.tasks("STOPPED") if t["lastStatus"] == "STOPPED"])
    assert (stopped["taskArn"], stopped["stopCode"]) == (victim, "EssentialContainerExited")
    assert stopped["containers"][0]["exitCode"] == 137
    until(lambda: len([task for task in stack.tasks() if task["healthStatus"] == "HEALTHY"]) == 2)


def test_faults_and_metadata_are_reached_over_http(stack: Stack, fargate: FargateLauncher, empty: ControlPlane) -> None:
    stack.create()
    until(lambda: completed(stack))
    (task,) = fargate.tasks()
    with urllib.request.urlopen(f"{empty.url}/_platform/metadata/{task['task']}/task") as answer:
        seen = json.load(answer)
    assert (seen["Family"], seen["TaskARN"], seen["LaunchType"]) == ("app", stack.tasks()[0]["taskArn"], "FARGATE")
    before = empty.mark()
    request = urllib.request.Request(f"{empty.url}/_platform/fargate/{task['task']}/kill", method="POST")
    urllib.request.urlopen(request).close()
    until(lambda: task["task"] not in {one["task"] for one in fargate.tasks()})
    assert not [call for call in empty.calls(before) if call.write], "faults and the data plane are not AWS calls"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request)


def test_a_wrong_speed_is_refused_at_the_start(
    empty: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_SPEED", "fast")
    with pytest.raises(ValueError, match="SANDBOX_SPEED must be a number above 0, found 'fast'"):
        FargateLauncher(context(empty, tmp_path), SimulatedEngine())


def test_an_unhealthy_task_gets_its_replacement_first(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create()
    until(lambda: completed(stack))
    victim = stack.tasks()[0]["taskArn"]
    fargate.fail_health_check(victim.rsplit("/", 1)[-1])
    (stopped,) = until(lambda: stack.tasks("STOPPED"))
    assert (stopped["taskArn"], stopped["stoppedReason"]) == (victim, "Task failed container health checks")
    (replacement,) = stack.tasks()
    assert replacement["startedAt"] <= stopped["stoppingAt"]


def test_scaling_out_in_and_to_zero(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create()
    for count in (3, 1, 0):
        stack.update(desiredCount=count)

        def there(count: int = count) -> bool:
            return bool(stack.describe()["runningCount"] == count == len(stack.tasks()))

        until(there)
    assert len(stack.describe()["deployments"]) == 1


def test_delete_stops_every_task_and_frees_the_security_group(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(desiredCount=2)
    until(lambda: completed(stack))
    interfaces = stack.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert stack.security_group in {group["GroupId"] for one in interfaces for group in one["Groups"]}
    stack.ecs.delete_service(cluster="main", service="web", force=True)
    assert stack.describe()["status"] == "DRAINING"
    until(lambda: stack.describe()["status"] == "INACTIVE")
    interfaces = stack.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert stack.security_group not in {group["GroupId"] for one in interfaces for group in one["Groups"]}
    assert fargate.tasks() == []


def test_draining_takes_the_whole_deregistration_delay(
    stack: Stack, fargate: FargateLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.elbv2.modify_target_group_attributes(
        TargetGroupArn=stack.target_group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "100"}],
    )
    stack.create()
    until(lambda: completed(stack))
    started = time.monotonic()
    stack.update(desiredCount=0)
    until(lambda: stack.tasks("STOPPED")[0]["lastStatus"] == "DEACTIVATING" if stack.tasks("STOPPED") else False)
    until(lambda: stack.tasks("STOPPED")[0]["lastStatus"] == "STOPPED")
    assert time.monotonic() - started >= 1, "100 s at a hundred times the pace of AWS"


def test_secrets_are_resolved_and_a_missing_one_stops_the_task(
    stack: Stack, fargate: FargateLauncher, client: Any
) -> None:
    execution = role(client)
    manager = client("secretsmanager")
    first = manager.create_secret(Name="app/keys", SecretString='{"a": "older"}')["VersionId"]
    arn = manager.put_secret_value(SecretId="app/keys", SecretString='{"a": "one", "b": {"c": 1}}')["ARN"]
    client("ssm").put_parameter(Name="/app/flag", Value="on", Type="SecureString")
    secrets = {
        "WHOLE": arn,
        "KEY": f"{arn}:a::",
        "NESTED": f"{arn}:b:AWSCURRENT:",
        "PINNED": f"{arn}:::{first}",
        "PINNED_KEY": f"{arn}:a::{first}",
        "NAMED": "/app/flag",
        "BY_ARN": "arn:aws:ssm:us-east-1:850787717197:parameter/app/flag",
    }
    container = {"image": "sim:ok", "secrets": [{"name": n, "valueFrom": v} for n, v in secrets.items()]}
    stack.create(taskDefinition=stack.register(executionRoleArn=execution, container=container))
    until(lambda: completed(stack))
    assert isinstance(fargate.engine, SimulatedEngine)
    environment = fargate.engine.started[-1].spec.containers[0].environment
    assert {name: environment[name] for name in secrets} == {
        "WHOLE": '{"a": "one", "b": {"c": 1}}',
        "KEY": "one",
        "NESTED": '{"c": 1}',
        "PINNED": '{"a": "older"}',
        "PINNED_KEY": "older",
        "NAMED": "on",
        "BY_ARN": "on",
    }
    assert environment["AWS_REGION"] == "us-east-1"

    container["secrets"] = [{"name": "X", "valueFrom": f"{arn}:nothing::"}]
    stack.update(taskDefinition=stack.register(executionRoleArn=execution, container=container))
    stopped = until(lambda: stack.tasks("STOPPED"))[0]
    assert stopped["stoppedReason"].startswith("ResourceInitializationError: unable to pull secrets or registry auth")
    assert "json key nothing" in stopped["stoppedReason"]
    container["secrets"] = [{"name": "X", "valueFrom": f"{arn}:::{'0' * 36}"}]
    stack.update(taskDefinition=stack.register(executionRoleArn=execution, container=container))
    until(
        lambda: any("can't find the specified secret value" in one["stoppedReason"] for one in stack.tasks("STOPPED"))
    )


def test_logs_reach_cloudwatch(stack: Stack, fargate: FargateLauncher, client: Any) -> None:
    client("logs").create_log_group(logGroupName="/ecs/app")
    options = {"awslogs-group": "/ecs/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    container = {"image": "sim:ok", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    stack.create(taskDefinition=stack.register(executionRoleArn=role(client), container=container))
    until(lambda: completed(stack))
    task = stack.tasks()[0]["taskArn"].rsplit("/", 1)[-1]
    events = until(
        lambda: client("logs").get_log_events(logGroupName="/ecs/app", logStreamName=f"app/app/{task}")["events"]
    )
    assert [event["message"] for event in events] == ["app started"]


def test_a_role_that_is_gone_cannot_be_assumed(stack: Stack, fargate: FargateLauncher) -> None:
    gone = "arn:aws:iam::850787717197:role/gone"
    stack.create(taskDefinition=stack.register(taskRoleArn=gone, container={"image": "sim:ok"}))
    stopped = until(lambda: stack.tasks("STOPPED"))[0]
    assert stopped["stoppedReason"].startswith(f"ECS was unable to assume the role '{gone}'")


def test_a_stopped_task_keeps_the_users_reason(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create()
    until(lambda: completed(stack))
    task = stack.tasks()[0]["taskArn"]
    stack.ecs.stop_task(cluster="main", task=task, reason="because")
    stopped = until(lambda: stack.tasks("STOPPED"))[0]
    assert (stopped["stoppedReason"], stopped["stopCode"]) == ("because", "UserInitiated")
    until(lambda: len(stack.tasks()) == 1 and stack.tasks()[0]["taskArn"] != task)


def test_run_task_runs_one_task(stack: Stack, fargate: FargateLauncher) -> None:
    network = {"awsvpcConfiguration": {"subnets": stack.subnets}}
    answer = stack.ecs.run_task(
        cluster="main", taskDefinition="app", launchType="FARGATE", networkConfiguration=network
    )
    arn = answer["tasks"][0]["taskArn"]
    until(lambda: stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING")


def test_a_reset_of_the_account_ends_its_tasks(stack: Stack, fargate: FargateLauncher, empty: ControlPlane) -> None:
    stack.create()
    until(lambda: completed(stack))
    empty.reset(seed=False)
    until(lambda: not fargate.tasks())


def test_a_deployment_over_a_running_one_takes_its_place(stack: Stack, fargate: FargateLauncher) -> None:
    stack.create(deploymentConfiguration=BREAKER)
    until(lambda: completed(stack))
    stuck = stack.update(taskDefinition=stack.register(container={"image": "sim:unhealthy"}))
    good = stack.register(container={"image": "sim:ok"})
    stack.update(taskDefinition=good)
    until(lambda: completed(stack))
    assert {task["taskDefinitionArn"] for task in stack.tasks()} == {good}
    record = stack.ecs.describe_service_deployments(serviceDeploymentArns=[stuck["currentServiceDeployment"]])
    assert record["serviceDeployments"][0]["status"] == "STOPPED"
