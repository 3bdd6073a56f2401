# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The calls that one ECS service needs, and no decision."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from .._core.calls import Stale, aws_call
from .._core.shapes import Document

Answer = Mapping[str, Any]  # in the API's names
TASKS_AT_ONCE = 100  # of DescribeTasks
RECORDS_AT_ONCE = 20  # of DescribeServiceDeployments and DescribeServiceRevisions
GONE = ["ServiceNotFoundException", "ServiceNotActiveException"]
# All with the code InvalidParameterException, seconds after the listener rule, the role or the account's first service
# was made (hashicorp/terraform-provider-aws, internal/service/ecs/service.go).
NOT_YET = [
    "does not have an associated load balancer",
    "verify that the ECS service role being passed has the proper permissions",
    "Unable to assume the service linked role",
]
NO_CLUSTER = ["ClusterNotFoundException"]


class ServiceClient:
    """One service of one cluster. Every method raises AnsibleAWSError."""

    def __init__(self, client: Callable[[str], Any], cluster: str, name: str) -> None:
        self.client, self.cluster, self.name = client, cluster, name

    @aws_call("describe ECS service {self.name} in cluster {self.cluster}", missing=NO_CLUSTER)
    def describe(self) -> Answer | None:
        answer = self.client("ecs").describe_services(cluster=self.cluster, services=[self.name], include=["TAGS"])
        return next(iter(answer["services"]), None)

    @aws_call("describe cluster {self.cluster}", missing=NO_CLUSTER)
    def describe_cluster(self) -> Answer | None:
        answer = self.client("ecs").describe_clusters(clusters=[self.cluster])
        return next(iter(answer.get("clusters") or ()), None)

    @aws_call("find task definition {name}", missing=["ClientException"])
    def resolve(self, name: str) -> str | None:
        arn: str = self.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"][
            "taskDefinitionArn"
        ]
        return arn

    @aws_call("ask whether ECS service {self.name} is scaled automatically")
    def is_scaled(self) -> bool:
        answer = self.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[f"service/{self.cluster}/{self.name}"]
        )
        return bool(answer["ScalableTargets"])

    def create(self, request: Document, tags: Mapping[str, str]) -> Answer:
        """Create the service. Raises Stale when it is there by now, or still drains."""
        tagged = {"tags": ansible_dict_to_boto3_tag_list(dict(tags), "key", "value")} if tags else {}
        try:
            # The token makes a retry after a lost reply the same request, not a second service.
            return self._create({**request, **tagged, "clientToken": str(uuid.uuid4())})
        except AnsibleAWSError as error:
            if "not idempotent" in str(error) or "still Draining" in str(error):
                raise Stale(message=error.message, exception=error.exception) from error
            raise

    @aws_call("create ECS service {self.name} in cluster {self.cluster}", retry_messages=NOT_YET)
    def _create(self, request: Document) -> Answer:
        service: Answer = self.client("ecs").create_service(**request)["service"]
        return service

    @aws_call("update ECS service {self.name}", stale=GONE, retry_messages=NOT_YET)
    def update(self, request: Document) -> Answer:
        service: Answer = self.client("ecs").update_service(**request, service=self.name, cluster=self.cluster)[
            "service"
        ]
        return service

    @aws_call("delete ECS service {self.name}", missing=GONE)
    def delete(self) -> None:
        self.client("ecs").delete_service(cluster=self.cluster, service=self.name, force=True)

    @aws_call("list the tasks of ECS service {self.name}", missing=[*GONE, *NO_CLUSTER])
    def list_tasks(self) -> list[str] | None:
        found: list[str] = []
        for status in ("RUNNING", "STOPPED"):
            pages = self.client("ecs").get_paginator("list_tasks")
            answer = pages.paginate(cluster=self.cluster, serviceName=self.name, desiredStatus=status)
            found += answer.build_full_result().get("taskArns", [])
        return found

    @aws_call("describe the tasks of ECS service {self.name}")
    def tasks(self, arns: Sequence[str]) -> list[Answer]:
        """Tasks in full; one that ECS forgot is left out."""
        found: list[Answer] = []
        for start in range(0, len(arns), TASKS_AT_ONCE):
            batch = arns[start : start + TASKS_AT_ONCE]
            found += self.client("ecs").describe_tasks(cluster=self.cluster, tasks=batch)["tasks"]
        return found

    def not_stopped(self, arns: Sequence[str]) -> list[str]:
        """Those of the tasks that still run or stop."""
        return [task["taskArn"] for task in self.tasks(arns) if task.get("lastStatus") not in ("STOPPED", "DELETED")]

    @aws_call("list the deployments of ECS service {self.name}", missing=[*GONE, *NO_CLUSTER])
    def list_records(self, statuses: Sequence[str] = ()) -> list[Answer] | None:
        """The service deployments, newest first, in the brief form of the list; ECS keeps them for 90 days."""
        found: list[Answer] = []
        request: Document = {"cluster": self.cluster, "service": self.name}
        if statuses:
            request["status"] = list(statuses)
        while True:
            answer = self.client("ecs").list_service_deployments(**request)
            found += answer["serviceDeployments"]
            if not answer.get("nextToken"):
                # Where ECS does not say when, its own order stands, which is the newest first.
                times = all("createdAt" in record for record in found)
                return sorted(found, key=lambda record: record["createdAt"], reverse=True) if times else found
            request["nextToken"] = answer["nextToken"]

    @aws_call("describe the deployments of ECS service {self.name}")
    def records(self, arns: Sequence[str]) -> list[Answer]:
        """Service deployments in full, in the order asked for; one that ECS forgot is left out."""
        found: dict[str, Answer] = {}
        for start in range(0, len(arns), RECORDS_AT_ONCE):
            batch = list(arns[start : start + RECORDS_AT_ONCE])
            answer = self.client("ecs").describe_service_deployments(serviceDeploymentArns=batch)
            found.update({record["serviceDeploymentArn"]: record for record in answer["serviceDeployments"]})
        return [found[arn] for arn in arns if arn in found]

    @aws_call("describe the revisions of ECS service {self.name}")
    def revisions(self, arns: Sequence[str]) -> dict[str, Answer]:
        """Service revisions by ARN."""
        found: dict[str, Answer] = {}
        for start in range(0, len(arns), RECORDS_AT_ONCE):
            batch = list(arns[start : start + RECORDS_AT_ONCE])
            answer = self.client("ecs").describe_service_revisions(serviceRevisionArns=batch)
            found.update({revision["serviceRevisionArn"]: revision for revision in answer["serviceRevisions"]})
        return found

    @aws_call("stop service deployment {arn}", stale=["ConflictException"])
    def stop(self, arn: str, stop_type: str) -> None:
        """Ask for it. Raises Stale when it has ended by now."""
        self.client("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType=stop_type)

    @aws_call("{action} service deployment {arn} at hook {hook}")
    def resume(self, arn: str, hook: str, action: str) -> None:
        self.client("ecs").continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action=action)

    def targets(self, service: Answer) -> list[Answer] | None:
        """The health of the service's targets; None without a load balancer, or when it may not be read."""
        balancers = service.get("loadBalancers", [])
        arns = [one["targetGroupArn"] for one in balancers if one.get("targetGroupArn")]
        advanced = [one["advancedConfiguration"] for one in balancers if one.get("advancedConfiguration")]
        arns += [one["alternateTargetGroupArn"] for one in advanced if one.get("alternateTargetGroupArn")]
        try:
            found = [target for arn in arns for target in self._target_health(arn)]
        except AnsibleAWSError:
            return None
        return found if arns else None

    @aws_call("describe the targets of {arn}")
    def _target_health(self, arn: str) -> list[Answer]:
        found: list[Answer] = self.client("elbv2").describe_target_health(TargetGroupArn=arn)[
            "TargetHealthDescriptions"
        ]
        return found

    @aws_call("tag ECS service {self.name}")
    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.client("ecs").tag_resource(
            resourceArn=arn, tags=ansible_dict_to_boto3_tag_list(dict(tags), "key", "value")
        )

    @aws_call("untag ECS service {self.name}")
    def untag(self, arn: str, keys: Sequence[str]) -> None:
        self.client("ecs").untag_resource(resourceArn=arn, tagKeys=list(keys))


@aws_call("describe task definition {arn}")
def described_task_definition(ecs: Any, arn: str) -> Mapping[str, Any]:
    definition: Mapping[str, Any] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return definition


@aws_call("read log stream {stream} of {group}", missing=["ResourceNotFoundException"])
def last_log_lines(logs: Any, group: str, stream: str, lines: int) -> list[str]:
    answer = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False)
    return [event["message"].rstrip() for event in answer["events"]]
