"""The stack of ecs_stack with what traffic shifting needs. For the tests of ECS, of Fargate and of the modules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.testing.ecs_stack import Stack, lay

CHECK = {"healthCheck": {"command": ["CMD", "true"], "interval": 5}}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, **BREAKER}


@dataclass
class Shifted:
    """The stack with what traffic shifting needs: a second group, two rules, a role."""

    stack: Stack
    groups: list[str]
    production: str
    test: str
    role: str

    def balancer(self, **fields: Any) -> dict[str, Any]:
        advanced = {
            "alternateTargetGroupArn": self.groups[1],
            "productionListenerRule": self.production,
            "testListenerRule": self.test,
            "roleArn": self.role,
        }
        where = {"targetGroupArn": self.groups[0], "containerName": "app", "containerPort": 8000}
        return where | {"advancedConfiguration": advanced | fields}

    def create(self, configuration: dict[str, Any] = BLUE_GREEN, **fields: Any) -> dict[str, Any]:
        return self.stack.create(loadBalancers=[self.balancer()], deploymentConfiguration=configuration, **fields)

    def deploy(self, image: str = "sim:ok", **fields: Any) -> dict[str, Any]:
        return self.stack.update(taskDefinition=self.stack.register(container={"image": image, **CHECK}), **fields)

    def weights(self, rule: str) -> list[int]:
        """Of the two groups, in percent."""
        (found,) = self.stack.elbv2.describe_rules(RuleArns=[rule])["Rules"]
        weights = {g["TargetGroupArn"]: g["Weight"] for g in found["Actions"][0]["ForwardConfig"]["TargetGroups"]}
        return [weights.get(group, 0) * 100 // sum(weights.values()) for group in self.groups]

    def record(self, service: dict[str, Any]) -> dict[str, Any]:
        arn = service["currentServiceDeployment"]
        found: dict[str, Any] = self.stack.ecs.describe_service_deployments(serviceDeploymentArns=[arn])
        record: dict[str, Any] = found["serviceDeployments"][0]
        return record

    def addresses(self, group: int) -> set[str]:
        answer = self.stack.elbv2.describe_target_health(TargetGroupArn=self.groups[group])
        return {one["Target"]["Id"] for one in answer["TargetHealthDescriptions"]}


def infrastructure_role(client: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return str(client("iam").create_role(RoleName="shift", AssumeRolePolicyDocument=document)["Role"]["Arn"])


def lay_shifted(client: Any) -> Shifted:
    """A second target group, two rules and a role; a task definition, but no service yet."""
    stack = lay(client)
    stack.register(container={"image": "sim:ok", **CHECK})
    vpc = stack.elbv2.describe_target_groups(TargetGroupArns=[stack.target_group])["TargetGroups"][0]["VpcId"]
    other = stack.elbv2.create_target_group(
        Name="app-b", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz"
    )["TargetGroups"][0]["TargetGroupArn"]
    (balancer,) = stack.elbv2.describe_load_balancers()["LoadBalancers"]
    (listener,) = stack.elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    for arn in (stack.target_group, other):
        undelayed = {"Key": "deregistration_delay.timeout_seconds", "Value": "0"}
        stack.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[undelayed])
    groups = [{"TargetGroupArn": stack.target_group, "Weight": 100}, {"TargetGroupArn": other, "Weight": 0}]
    rules = [
        stack.elbv2.create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )["Rules"][0]["RuleArn"]
        for priority, path in ((1, "/test"), (2, "/"))
    ]
    return Shifted(stack, [stack.target_group, other], rules[1], rules[0], infrastructure_role(client))


def pause(stage: str, **timeout: Any) -> dict[str, Any]:
    more = {"timeoutConfiguration": timeout} if timeout else {}
    return {"lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": [stage], **more}]}


def waiting(shifted: Shifted, service: dict[str, Any]) -> str | None:
    details = shifted.record(service).get("lifecycleHookDetails", [])
    return next((str(one["hookId"]) for one in details if one["status"] == "AWAITING_ACTION"), None)
