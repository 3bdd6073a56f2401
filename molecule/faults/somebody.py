"""Somebody else in the sandbox's account, and AWS itself: what they do between two runs of ours.

python somebody.py look|throttle|calm|rotate|deploy      (SANDBOX_HOME names the sandbox)
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

import boto3

STATE = json.loads((Path(os.environ["SANDBOX_HOME"]) / "state.json").read_text())
CLUSTER, SERVICE = "sales-prod", "sales-prod-mcp-server-production"
SECRET, PUBLIC_HOST = "sales-prod/mcp-server/jwt", "demo.quiltdata.com"


def client(service: str) -> Any:
    session: Any = boto3.Session(aws_access_key_id="somebody", aws_secret_access_key="somebody")
    return session.client(service, endpoint_url=STATE["aws_endpoint_url"], region_name=STATE["region"])


def look() -> str:
    """The images of our tasks that have not stopped, their environment, and whether our rule takes the public host."""
    ecs, elb = client("ecs"), client("elbv2")
    arns = [
        arn
        for want in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=CLUSTER, desiredStatus=want)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
    ours = [task for task in tasks if task.get("group") == f"service:{SERVICE}" and task["lastStatus"] != "STOPPED"]
    rules = elb.describe_rules(ListenerArn=STATE["listener_arn"])["Rules"]
    tagged = elb.describe_tags(ResourceArns=[rule["RuleArn"] for rule in rules])["TagDescriptions"]
    owned = {one["ResourceArn"] for one in tagged if any(tag["Key"] == "quilt:deployment" for tag in one["Tags"])}
    routed = any(rule["RuleArn"] in owned and PUBLIC_HOST in str(rule["Conditions"]) for rule in rules)
    images = [container["image"] for task in ours for container in task["containers"]]
    definitions = {task["taskDefinitionArn"] for task in ours}
    environment = {
        one["name"]: one["value"]
        for arn in definitions
        for container in ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
        for one in container["environment"]
    }
    return json.dumps({"tasks": images, "environment": environment, "routed": routed})


def throttle() -> str:
    return _faults("POST", {"service": "*", "operation": "*", "kind": "throttle", "times": None, "every": 3})


def calm() -> str:
    """End the faults. One that never fired has shown nothing."""
    faults = json.loads(_faults("GET", {}))["faults"]
    if not faults or not all(fault["fired"] for fault in faults):
        sys.exit(f"a fault never fired: {faults}")
    return _faults("DELETE", {})


def rotate() -> str:
    """A new key; the version id is all that is returned."""
    secret = json.dumps({"frontend-enhanced": os.urandom(32).hex()})
    return str(client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=secret)["VersionId"])


def deploy() -> str:
    """A revision of somebody else's in our family, and our service set to it."""
    ecs = client("ecs")
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    taken = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    (container,) = definition["containerDefinitions"]
    container = {**container, "environment": [*container["environment"], {"name": "THEIRS", "value": "1"}]}
    made = ecs.register_task_definition(
        **{name: definition[name] for name in taken},
        volumes=definition["volumes"],
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=made)
    return str(made)


def _faults(method: str, body: dict[str, Any]) -> str:
    url = f"{STATE['aws_endpoint_url']}/_platform/faults"
    request = urllib.request.Request(url, json.dumps(body).encode(), method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


ACTS = {"look": look, "throttle": throttle, "calm": calm, "rotate": rotate, "deploy": deploy}

if __name__ == "__main__":
    print(ACTS[sys.argv[1]]())
