"""The sandbox is usable for another stack: other names, account and region, two load balancers; used by boto3 alone."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.testing.ecs_stack import until

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent


class Shop:
    """A running sandbox with the stack of shop.py."""

    def __init__(self, home: Path) -> None:
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "SANDBOX_HOME": str(home),
            "SANDBOX_ENGINE": "process",
            "SANDBOX_SPEED": "100",
            "SANDBOX_SEED": f"{HERE.relative_to(ROOT) / 'shop.py'}:SHOP",
            # The interpreter of tasks: the program of the one here needs nothing but Python.
            "SANDBOX_SERVER_PYTHON": sys.executable,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environ, capture_output=True, text=True, check=False, timeout=120
        )

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def client(self, service: str) -> Any:
        session: Any = boto3
        state = self.state
        return session.client(
            service,
            endpoint_url=state["aws_endpoint_url"],
            region_name="eu-west-1",
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )

    def get(self, balancer: str, path: str, host: str | None = None) -> tuple[int, str]:
        """Status and text of what a load balancer answers, over TLS."""
        state = self.state
        port = int(next(one["address"] for one in state["balancers"] if one["name"] == balancer).partition(":")[2])
        trust = ssl.create_default_context(cafile=state["ca_file"])
        connection = http.client.HTTPSConnection("localhost", port, context=trust, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host} if host else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = Shop(tmp_path_factory.mktemp("shop") / "home")
    done = found.run("up")
    assert done.returncode == 0, done.stderr
    assert "Account     111122223333 in eu-west-1, stack shop" in done.stdout
    yield found
    assert found.run("down").returncode == 0


def test_the_account_holds_the_stack_and_nothing_of_another(shop: Shop) -> None:
    assert shop.client("sts").get_caller_identity()["Account"] == "111122223333"
    balancers = shop.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert {one["LoadBalancerName"] for one in balancers} == {"shop-public", "shop-partners"}
    assert all(":eu-west-1:111122223333:" in one["LoadBalancerArn"] for one in balancers)
    assert [arn.rpartition("/")[2] for arn in shop.client("ecs").list_clusters()["clusterArns"]] == ["shop-cluster"]
    subnets = shop.client("ec2").describe_subnets(Filters=[{"Name": "tag:Stack", "Values": ["shop"]}])["Subnets"]
    assert {one["CidrBlock"] for one in subnets} == {f"10.20.{n}.0/24" for n in (1, 2, 101, 102)}
    assert {one["AvailabilityZone"] for one in subnets} == {"eu-west-1a", "eu-west-1b"}
    assert shop.client("s3").list_buckets()["Buckets"] == []
    zones = shop.client("route53").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["shop.example."]


def test_each_load_balancer_answers_by_its_own_rules(shop: Shop) -> None:
    assert shop.get("shop-public", "/")[1].startswith("shop-web: a stub")
    assert shop.get("shop-public", "/", "shop.example")[0] == 301
    assert shop.get("shop-partners", "/orders/1")[1].startswith("shop-orders: a stub")
    assert shop.get("shop-partners", "/", "old-api.shop.example") == (410, "use api.shop.example")
    assert shop.get("shop-partners", "/", "www.shop.example") == (404, "no such host here")


def test_a_service_is_deployed_behind_the_second_load_balancer(shop: Shop) -> None:
    elbv2, ecs, ec2 = shop.client("elbv2"), shop.client("ecs"), shop.client("ec2")
    (balancer,) = elbv2.describe_load_balancers(Names=["shop-partners"])["LoadBalancers"]
    group = elbv2.create_target_group(
        Name="greeter", Protocol="HTTP", Port=8000, VpcId=balancer["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    (listener,) = [one["listener_arn"] for one in shop.state["balancers"] if one["name"] == "shop-partners"]
    elbv2.create_rule(
        ListenerArn=listener,
        Priority=20,
        Conditions=[{"Field": "path-pattern", "Values": ["/hello"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    # A name alone is looked up in the task's own region.
    shop.client("ssm").put_parameter(Name="/shop/word", Value="hello", Type="SecureString")
    container = {
        "name": "greeter",
        "image": "process:greeter:1",
        "portMappings": [{"containerPort": 8000}],
        "environment": [{"name": "PYTHONPATH", "value": str(HERE)}],
        "secrets": [{"name": "WORD", "valueFrom": "/shop/word"}],
    }
    ecs.register_task_definition(
        family="greeter",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::111122223333:role/shopExecution",
        containerDefinitions=[container],
    )
    subnets = ec2.describe_subnets(Filters=[{"Name": "tag:Tier", "Values": ["private"]}])["Subnets"]
    network = {"subnets": [one["SubnetId"] for one in subnets], "securityGroups": balancer["SecurityGroups"]}
    ecs.create_service(
        cluster="shop-cluster",
        serviceName="greeter",
        taskDefinition="greeter",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
        loadBalancers=[{"targetGroupArn": group, "containerName": "greeter", "containerPort": 8000}],
    )

    def completed() -> bool:
        (service,) = ecs.describe_services(cluster="shop-cluster", services=["greeter"])["services"]
        return bool(service["deployments"][0]["rolloutState"] == "COMPLETED")

    until(completed, 30)
    (arn,) = ecs.list_tasks(cluster="shop-cluster", serviceName="greeter")["taskArns"]
    (task,) = ecs.describe_tasks(cluster="shop-cluster", tasks=[arn])["tasks"]
    place = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
    assert place["privateIPv4Address"].startswith("10.20.")
    assert place["privateDnsName"].endswith(".eu-west-1.compute.internal")
    assert shop.get("shop-partners", "/hello") == (200, "hello from eu-west-1")
    assert shop.get("shop-public", "/hello")[1].startswith("shop-web: a stub")


def test_what_needs_quilt_says_that_the_stack_has_none(shop: Shop) -> None:
    done = shop.run("token", "--sub", "ada", "--bucket", "b")
    assert done.returncode == 1
    assert done.stderr == "sandbox: the stack shop has no secret whose keys sign tokens\n"
