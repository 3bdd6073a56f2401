"""Cluster, DNS, roles, the catalog's own service, Athena, and the secret with the keys that sign tokens."""

from __future__ import annotations

import json
import secrets

from sandbox.clients import Clients
from sandbox.seed.balancer import Balancer
from sandbox.seed.names import (
    ACCOUNT_ID,
    BUCKETS,
    CLUSTER,
    EXECUTION_ROLE,
    FOREIGN_TARGETS,
    GLUE_DATABASE,
    HOST,
    JWT_SECRET,
    REGISTRY_HOST,
    S3_PROXY_HOST,
    STACK,
    TASK_ROLE,
    WORKGROUP,
    ZONE,
)
from sandbox.seed.network import Network
from sandbox.tokens import KID

_TAGS = [{"Key": "Stack", "Value": STACK}]
_EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def lay(aws: Clients, network: Network, balancer: Balancer) -> None:
    _dns(aws, balancer)
    _roles(aws)
    _cluster(aws, network, balancer)
    _athena(aws)
    key = json.dumps({KID: secrets.token_urlsafe(48)})
    aws("secretsmanager").create_secret(
        Name=JWT_SECRET, SecretString=key, Description="Keys that sign tokens of the Quilt frontend, by kid", Tags=_TAGS
    )


def _dns(aws: Clients, balancer: Balancer) -> None:
    route53 = aws("route53")
    zone = route53.create_hosted_zone(Name=ZONE, CallerReference=STACK)["HostedZone"]
    alias = {"HostedZoneId": balancer.zone_id, "DNSName": balancer.dns_name, "EvaluateTargetHealth": False}
    records = [{"Name": host, "Type": "A", "AliasTarget": alias} for host in (HOST, REGISTRY_HOST, S3_PROXY_HOST)]
    route53.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record} for record in records]},
    )


def _roles(aws: Clients) -> None:
    iam = aws("iam")
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    tasks = _trust({"Service": "ecs-tasks.amazonaws.com"})
    iam.create_role(RoleName=TASK_ROLE, AssumeRolePolicyDocument=tasks, Description="Quilt AWS access", Tags=_TAGS)
    iam.put_role_policy(RoleName=TASK_ROLE, PolicyName="quilt-access", PolicyDocument=_quilt_access())
    iam.create_role(RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=tasks, Tags=_TAGS)
    iam.attach_role_policy(RoleName=EXECUTION_ROLE, PolicyArn=_EXECUTION_POLICY)
    # What a user of the MCP server may become: read access to the stack's buckets.
    account = _trust({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"})
    iam.create_role(RoleName=f"{STACK}-quilt-read", AssumeRolePolicyDocument=account, Tags=_TAGS)
    iam.put_role_policy(RoleName=f"{STACK}-quilt-read", PolicyName="quilt-access", PolicyDocument=_quilt_access())


def _trust(principal: dict[str, str]) -> str:
    return _policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _quilt_access() -> str:
    arns = [f"arn:aws:s3:::{bucket}" for bucket in BUCKETS]
    objects = [f"{arn}/*" for arn in arns]
    return _policy(
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arns},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": objects,
        },
    )


def _policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _cluster(aws: Clients, network: Network, balancer: Balancer) -> None:
    """The cluster, and the catalog's service in it. Its target answers by a stub, so it wants no task here."""
    ecs = aws("ecs")
    ecs.create_cluster(
        clusterName=CLUSTER,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "Stack", "value": STACK}],
    )
    name = next(iter(FOREIGN_TARGETS))
    aws("logs").create_log_group(logGroupName=f"/ecs/{name}", tags={"Stack": STACK})
    definition = ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="512",
        memory="1024",
        executionRoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{EXECUTION_ROLE}",
        containerDefinitions=[
            {
                "name": "catalog",
                "image": f"{ACCOUNT_ID}.dkr.ecr.{aws.region}.amazonaws.com/quiltdata/catalog:1.64.0",
                "essential": True,
                "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
            }
        ],
    )["taskDefinition"]
    ecs.create_service(
        cluster=CLUSTER,
        serviceName=name,
        taskDefinition=definition["taskDefinitionArn"],
        desiredCount=0,
        launchType="FARGATE",
        loadBalancers=[
            {"targetGroupArn": balancer.target_groups[name], "containerName": "catalog", "containerPort": 80}
        ],
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network.private_subnet_ids,
                "securityGroups": [balancer.security_group_id],
                "assignPublicIp": "DISABLED",
            }
        },
        tags=[{"key": "Stack", "value": STACK}],
    )


def _athena(aws: Clients) -> None:
    staging = BUCKETS[1]
    aws("athena").create_work_group(
        Name=WORKGROUP,
        Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{staging}/athena-results/"}},
        Tags=_TAGS,
    )
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": GLUE_DATABASE, "Description": "Packages of the stack sales-prod"})
    glue.create_table(
        DatabaseName=GLUE_DATABASE,
        TableInput={
            "Name": "orders",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "order_id", "Type": "bigint"},
                    {"Name": "region", "Type": "string"},
                    {"Name": "amount", "Type": "double"},
                ],
                "Location": f"s3://{BUCKETS[0]}/orders/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
            },
        },
    )
