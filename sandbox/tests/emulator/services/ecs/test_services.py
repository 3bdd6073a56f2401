"""Services as AWS keeps them: defaults, refusals, deployments and their end. No data plane: tasks run at once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, lay


@pytest.fixture
def stack(empty: ControlPlane, client: Any) -> Stack:
    stack = lay(client)
    stack.register()
    return stack


def test_create_fills_in_the_defaults_of_the_service(stack: Stack) -> None:
    service = stack.create()

    assert service["deploymentConfiguration"] == {
        "deploymentCircuitBreaker": {
            "enable": False,
            "rollback": False,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "alarms": {"alarmNames": [], "rollback": False, "enable": False},
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    expected = {
        "status": "ACTIVE",
        "schedulingStrategy": "REPLICA",
        "propagateTags": "NONE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "availabilityZoneRebalancing": "ENABLED",
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "healthCheckGracePeriodSeconds": 0,
        "deploymentController": {"type": "ECS"},
        "placementConstraints": [],
        "runningCount": 0,
    }
    assert {key: service[key] for key in expected} == expected
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enableExecuteCommand", True),
        ("enableECSManagedTags", True),
        ("propagateTags", "SERVICE"),
        ("healthCheckGracePeriodSeconds", 17),
        ("availabilityZoneRebalancing", "DISABLED"),
        ("platformVersion", "1.4.0"),
        ("desiredCount", 2),
    ],
)
def test_a_field_is_kept_by_create_and_by_update(stack: Stack, field: str, value: Any) -> None:
    stack.create()
    assert stack.update(**{field: value})[field] == value
    assert stack.describe()[field] == value

    stack.ecs.delete_service(cluster="main", service="web", force=True)
    stack.describe()
    stack.create(**{field: value})
    assert stack.describe()[field] == value


def test_what_the_model_shows_in_deployments_only_is_kept_there(stack: Stack) -> None:
    volumes = [{"name": "data", "managedEBSVolume": {"roleArn": "arn:aws:iam::850787717197:role/x"}}]
    created = stack.create(volumeConfigurations=volumes, serviceConnectConfiguration={"enabled": True})
    assert created["deployments"][0]["volumeConfigurations"] == volumes
    assert created["deployments"][0]["serviceConnectConfiguration"] == {"enabled": True}


def test_deployment_configuration_keeps_what_an_update_leaves_out(stack: Stack) -> None:
    stack.create(deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 150})

    changed = stack.update(deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})

    configuration = changed["deploymentConfiguration"]
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (50, 150)
    assert configuration["deploymentCircuitBreaker"]["rollback"] is True
    assert len(changed["deployments"]) == 1, "deploymentConfiguration must not start a deployment"


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown container": (
        {"loadBalancers": [{"targetGroupArn": "TG", "containerName": "other", "containerPort": 8000}]},
        "The container other does not exist in the task definition.",
    ),
    "unknown port": (
        {"loadBalancers": [{"targetGroupArn": "TG", "containerName": "app", "containerPort": 81}]},
        "The container app did not have a container port 81 defined.",
    ),
    "unknown target group": (
        {"loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "app", "containerPort": 8000}]},
        "does not exist",
    ),
    "unknown task definition": ({"taskDefinition": "nothing"}, "TaskDefinition not found."),
    "no network": ({"networkConfiguration": {}}, "Network Configuration must be provided"),
    "unknown subnet": (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
        "InvalidSubnetID.NotFound",
    ),
    "too many subnets": (
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": [f"subnet-{n}" for n in range(17)]}}},
        "at most 16 subnets",
    ),
    "percentages that block": (
        {"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}},
        "this will block deployments",
    ),
    "rebalancing at 100 %": (
        {
            "availabilityZoneRebalancing": "ENABLED",
            "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 100},
        },
        "Availability Zone rebalancing requires a maximumPercent above 100",
    ),
    "rebalancing of packed tasks": (
        {
            "availabilityZoneRebalancing": "ENABLED",
            "placementStrategy": [{"type": "binpack", "field": "memory"}],
        },
        "Availability Zone rebalancing requires",
    ),
    "grace without a balancer": ({"loadBalancers": [], "healthCheckGracePeriodSeconds": 5}, "Health check grace"),
    "launch type and strategy": (
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        "but not both",
    ),
}


@pytest.mark.parametrize(("fields", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_create_refuses(stack: Stack, fields: dict[str, Any], message: str) -> None:
    for balancer in fields.get("loadBalancers", []):
        if balancer["targetGroupArn"] == "TG":
            balancer["targetGroupArn"] = stack.target_group
    with pytest.raises(ClientError, match=message):
        stack.create(**fields)
    assert stack.ecs.list_services(cluster="main")["serviceArns"] == []


def test_rebalancing_is_on_where_it_can_be(stack: Stack) -> None:
    assert stack.create()["availabilityZoneRebalancing"] == "ENABLED"
    with pytest.raises(ClientError, match="Availability Zone rebalancing requires"):
        stack.update(deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100})
    off = stack.update(
        availabilityZoneRebalancing="DISABLED",
        deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100},
    )
    assert off["deploymentConfiguration"]["maximumPercent"] == 100
    with pytest.raises(ClientError, match="Availability Zone rebalancing requires"):
        stack.update(availabilityZoneRebalancing="ENABLED")


def test_rebalancing_is_off_where_it_cannot_be(stack: Stack) -> None:
    created = stack.create(deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 100})
    assert created["availabilityZoneRebalancing"] == "DISABLED"


def test_a_deployment_without_room_stays_in_progress(stack: Stack) -> None:
    stack.create(deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 150})
    stack.describe()
    stack.update(forceNewDeployment=True)
    service = stack.describe()
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert service["events"][0]["message"] == (
        "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )
    stack.update(desiredCount=2)
    assert stack.describe()["deployments"][0]["rolloutState"] == "COMPLETED"


def test_create_refuses_a_target_group_that_is_on_no_load_balancer(stack: Stack) -> None:
    vpc = stack.ec2.describe_subnets(SubnetIds=stack.subnets)["Subnets"][0]["VpcId"]
    arn = stack.elbv2.create_target_group(Name="alone", Protocol="HTTP", Port=1, VpcId=vpc, TargetType="ip")[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    balancers = [{"targetGroupArn": arn, "containerName": "app", "containerPort": 8000}]
    with pytest.raises(ClientError, match="does not have an associated load balancer"):
        stack.create(loadBalancers=balancers)

    listener = stack.elbv2.describe_listeners(
        LoadBalancerArn=stack.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"][0]["ListenerArn"]
    stack.elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/x"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    assert stack.create(loadBalancers=balancers)["loadBalancers"] == balancers


def test_a_second_create_is_refused_and_changes_nothing(stack: Stack) -> None:
    stack.create()
    with pytest.raises(ClientError, match="not idempotent"):
        stack.create(desiredCount=5)
    assert stack.describe()["desiredCount"] == 1


def test_an_unknown_cluster_and_service(stack: Stack) -> None:
    with pytest.raises(stack.ecs.exceptions.ClusterNotFoundException):
        stack.create(cluster="nowhere")
    with pytest.raises(stack.ecs.exceptions.ServiceNotFoundException):
        stack.update(desiredCount=1)
    answer = stack.ecs.describe_services(cluster="main", services=["web"])
    assert (answer["services"], answer["failures"][0]["reason"]) == ([], "MISSING")


def test_a_deployment_starts_in_progress_and_completes(stack: Stack) -> None:
    created = stack.create(desiredCount=2)
    first = created["deployments"][0]
    assert (first["status"], first["rolloutState"], first["runningCount"]) == ("PRIMARY", "IN_PROGRESS", 0)

    service = stack.describe()
    assert service["runningCount"] == 2
    assert service["deployments"][0]["rolloutStateReason"] == f"ECS deployment {first['id']} completed."
    assert [event["message"] for event in service["events"]] == [
        "(service web) has reached a steady state.",
        f"(service web) (deployment {first['id']}) deployment completed.",
    ]
    assert {task["lastStatus"] for task in stack.tasks()} == {"RUNNING"}

    second = stack.register()
    changed = stack.update(taskDefinition=second)
    assert [(d["status"], d["rolloutState"]) for d in changed["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS"),
        ("ACTIVE", "COMPLETED"),
    ]
    assert changed["taskDefinition"] == second
    assert [d["status"] for d in stack.describe()["deployments"]] == ["PRIMARY"]
    assert {task["taskDefinitionArn"] for task in stack.tasks()} == {second}
    assert {task["stopCode"] for task in stack.tasks("STOPPED")} == {"ServiceSchedulerInitiated"}


@pytest.mark.parametrize(
    ("fields", "starts"),
    [
        ({"desiredCount": 3}, False),
        ({"enableExecuteCommand": True}, False),
        ({"healthCheckGracePeriodSeconds": 3}, False),
        ({"forceNewDeployment": True}, True),
        ({"platformVersion": "1.4.0"}, True),
        ({"platformVersion": "LATEST"}, False),
        ({"loadBalancers": []}, True),
    ],
)
def test_what_starts_a_deployment(stack: Stack, fields: dict[str, Any], starts: bool) -> None:
    before = stack.create(healthCheckGracePeriodSeconds=1)["deployments"][0]["id"]
    stack.describe()
    if "loadBalancers" in fields:
        fields = {**fields}
        with pytest.raises(ClientError, match="Health check grace"):
            stack.update(**fields)
        return
    assert (stack.update(**fields)["deployments"][0]["id"] != before) is starts


def test_service_deployments_and_revisions(stack: Stack) -> None:
    stack.create()
    stack.describe()
    stack.update(taskDefinition=stack.register())
    briefs = stack.ecs.list_service_deployments(cluster="main", service="web")["serviceDeployments"]
    assert [brief["status"] for brief in briefs] == ["SUCCESSFUL", "SUCCESSFUL"]

    deployment = stack.ecs.describe_service_deployments(serviceDeploymentArns=[briefs[0]["serviceDeploymentArn"]])[
        "serviceDeployments"
    ][0]
    assert deployment["targetServiceRevision"]["runningTaskCount"] == 1
    assert deployment["deploymentCircuitBreaker"] == {"status": "DISABLED", "failureCount": 0, "threshold": 3}
    revisions = stack.ecs.describe_service_revisions(
        serviceRevisionArns=[
            deployment["targetServiceRevision"]["arn"],
            deployment["sourceServiceRevisions"][0]["arn"],
        ]
    )["serviceRevisions"]
    assert [revision["taskDefinition"].rsplit(":", 1)[1] for revision in revisions] == ["2", "1"]
    only = stack.ecs.list_service_deployments(cluster="main", service="web", status=["STOPPED"])
    assert only["serviceDeployments"] == []


def test_a_running_deployment_can_be_stopped_and_goes_back(stack: Stack) -> None:
    first = stack.register()
    stack.create(taskDefinition=first)
    stack.describe()
    service = stack.update(taskDefinition=stack.register())

    stack.ecs.stop_service_deployment(serviceDeploymentArn=service["currentServiceDeployment"])

    assert stack.describe()["taskDefinition"] == first
    record = stack.ecs.describe_service_deployments(serviceDeploymentArns=[service["currentServiceDeployment"]])
    assert record["serviceDeployments"][0]["status"] == "ROLLBACK_SUCCESSFUL"
    with pytest.raises(stack.ecs.exceptions.ConflictException):
        stack.ecs.stop_service_deployment(serviceDeploymentArn=service["currentServiceDeployment"])
    with pytest.raises(stack.ecs.exceptions.ServiceDeploymentNotFoundException):
        stack.ecs.stop_service_deployment(serviceDeploymentArn=service["currentServiceDeployment"] + "0")


def test_delete_needs_scale_zero_or_force_then_drains_and_is_inactive(stack: Stack) -> None:
    stack.create()
    with pytest.raises(ClientError, match="scaled above 0"):
        stack.ecs.delete_service(cluster="main", service="web")
    assert stack.ecs.delete_service(cluster="main", service="web", force=True)["service"]["status"] == "DRAINING"
    with pytest.raises(ClientError, match="still Draining"):
        stack.create()
    service = stack.describe()
    assert (service["status"], service["runningCount"]) == ("INACTIVE", 0)
    assert stack.ecs.list_services(cluster="main")["serviceArns"] == []
    with pytest.raises(stack.ecs.exceptions.ServiceNotActiveException):
        stack.update(desiredCount=1)
    assert stack.create()["status"] == "ACTIVE"


def test_execute_command_says_why_not(stack: Stack) -> None:
    stack.create()
    stack.describe()
    with pytest.raises(ClientError, match="execute command was not enabled"):
        stack.ecs.execute_command(cluster="main", task=stack.tasks()[0]["taskArn"], command="sh", interactive=True)


def test_tags_of_a_service_reach_its_tasks_when_asked(stack: Stack) -> None:
    stack.create(tags=[{"key": "a", "value": "1"}], propagateTags="SERVICE")
    arn = stack.describe()["serviceArn"]
    stack.ecs.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "3"}])
    stack.ecs.untag_resource(resourceArn=arn, tagKeys=["b"])
    assert stack.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "3"}]
    assert "tags" not in stack.describe()
    tags = stack.ecs.describe_services(cluster="main", services=["web"], include=["TAGS"])["services"][0]["tags"]
    assert tags == [{"key": "a", "value": "3"}]
    task = stack.tasks()[0]["taskArn"]
    described = stack.ecs.describe_tasks(cluster="main", tasks=[task], include=["TAGS"])["tasks"][0]
    assert described["tags"] == [{"key": "a", "value": "1"}]


def test_the_cluster_counts_its_services_and_tasks(stack: Stack) -> None:
    stack.create(desiredCount=2)
    stack.describe()
    cluster = stack.ecs.describe_clusters(clusters=["main"])["clusters"][0]
    assert (cluster["activeServicesCount"], cluster["runningTasksCount"]) == (1, 2)


def test_tasks_are_listed_by_what_is_asked_for(stack: Stack) -> None:
    stack.create(desiredCount=2)
    stack.describe()
    network = {"awsvpcConfiguration": {"subnets": stack.subnets}}
    alone = stack.ecs.run_task(
        cluster="main",
        taskDefinition="app",
        networkConfiguration=network,
        startedBy="me",
        tags=[{"key": "a", "value": "1"}],
    )["tasks"][0]
    assert (alone["group"], alone["lastStatus"]) == ("family:app", "RUNNING")
    count = {
        name: len(stack.ecs.list_tasks(cluster="main", **query)["taskArns"])
        for name, query in {
            "all": {},
            "service": {"serviceName": "web"},
            "family": {"family": "app"},
            "other family": {"family": "ap"},
            "started by": {"startedBy": "me"},
            "stopped": {"desiredStatus": "STOPPED"},
        }.items()
    }
    assert count == {"all": 3, "service": 2, "family": 3, "other family": 0, "started by": 1, "stopped": 0}
    page = stack.ecs.list_tasks(cluster="main", maxResults=2)
    rest = stack.ecs.list_tasks(cluster="main", maxResults=2, nextToken=page["nextToken"])
    assert len({*page["taskArns"], *rest["taskArns"]}) == 3

    with pytest.raises(ClientError, match="Network Configuration must be provided"):
        stack.ecs.run_task(cluster="main", taskDefinition="app")
    missing = stack.ecs.describe_tasks(cluster="main", tasks=["0" * 32])["failures"]
    assert missing[0]["reason"] == "MISSING"


def test_a_task_can_be_stopped_by_the_user(stack: Stack) -> None:
    stack.create()
    stack.describe()
    task = stack.tasks()[0]["taskArn"]
    stack.ecs.stop_task(cluster="main", task=task, reason="maintenance")
    stopped = stack.ecs.describe_tasks(cluster="main", tasks=[task])["tasks"][0]
    assert (stopped["lastStatus"], stopped["stoppedReason"], stopped["stopCode"]) == (
        "STOPPED",
        "maintenance",
        "UserInitiated",
    )
    stack.describe()
    assert [one["taskArn"] for one in stack.tasks()] != [task]


def test_the_breakers_threshold_follows_the_service(stack: Stack) -> None:
    def threshold(**fields: Any) -> int:
        service = stack.update(forceNewDeployment=True, **fields)
        record = stack.ecs.describe_service_deployments(serviceDeploymentArns=[service["currentServiceDeployment"]])
        return int(record["serviceDeployments"][0]["deploymentCircuitBreaker"]["threshold"])

    stack.create()
    assert threshold(desiredCount=1) == 3
    assert threshold(desiredCount=11) == 6
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 1}}
    assert threshold(deploymentConfiguration={"deploymentCircuitBreaker": breaker}) == 1
