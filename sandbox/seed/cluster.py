"""The ECS cluster, and the service that is in it already."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.clients import Clients
from sandbox.seed.balancer import Balancer
from sandbox.seed.network import Network
from sandbox.seed.stack import Service, Stack


def lay(aws: Clients, stack: Stack, network: Network, balancers: Sequence[Balancer]) -> None:
    aws("ecs").create_cluster(
        clusterName=stack.cluster,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "Stack", "value": stack.name}],
    )
    if stack.service is not None:
        name = stack.service.name
        _service(aws, stack, network, next(one for one in balancers if name in one.target_groups), stack.service)


def _service(aws: Clients, stack: Stack, network: Network, balancer: Balancer, service: Service) -> None:
    ecs, name = aws("ecs"), service.name
    aws("logs").create_log_group(logGroupName=f"/ecs/{name}", tags={"Stack": stack.name})
    definition = ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="512",
        memory="1024",
        executionRoleArn=f"arn:aws:iam::{stack.account_id}:role/{stack.execution_role}",
        containerDefinitions=[
            {
                "name": service.container,
                "image": f"{stack.account_id}.dkr.ecr.{stack.region}.amazonaws.com/{service.image}",
                "essential": True,
                "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
            }
        ],
    )["taskDefinition"]
    ecs.create_service(
        cluster=stack.cluster,
        serviceName=name,
        taskDefinition=definition["taskDefinitionArn"],
        desiredCount=0,
        launchType="FARGATE",
        loadBalancers=[
            {"targetGroupArn": balancer.target_groups[name], "containerName": service.container, "containerPort": 80}
        ],
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network.private_subnet_ids,
                "securityGroups": [balancer.security_group_id],
                "assignPublicIp": "DISABLED",
            }
        },
        tags=[{"key": "Stack", "value": stack.name}],
    )
