"""What a module that is no kind of resource does when an answer of AWS lacks a member.

It does not end in an error that nobody expected, and takes nothing for unchanged, for own or for safe.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr import image_client
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecs import waiter

from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.dataplane.tasks.simulated import SimulatedEngine
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, completed, context, lay, role, until
from tests import ecr_images
from tests.integration.modules import mcp_stub
from tests.integration.modules.recorded_answers import Member, Player, unexpected
from tests.kinds import asks_aws, every_kind, modules
from tests.kinds.iam_role import trust

OWN = {"quilt:deployment": "own"}
ECS_TAGS = [{"key": "quilt:deployment", "value": "own"}]
TAGS = [{"Key": "quilt:deployment", "Value": "own"}]
REPOSITORY = "quilt-mcp-server"
HOST = "850787717197.dkr.ecr.us-east-1.amazonaws.com"
JWT = "sales-prod/mcp-server/jwt"
Runs = dict[str, dict[str, Any]]


@dataclass
class World:
    """What the preparations are given."""

    aws: ControlPlane
    client: Callable[[str], Any]
    run_module: Callable[..., dict[str, Any]]
    folder: Path
    ends: ExitStack


@dataclass(frozen=True)
class Case:
    """A module, and what it is run with.

    Args:
        prepare: makes what is asked for; returns the runs by name.
        check: whether they are in check mode.
        changed: the runs that would change something.
        identities: members that identify a thing, or hold what was asked for.
        judge: what else is wrong with a result without a member; empty when nothing is.
    """

    prepare: Callable[[World], Runs]
    check: bool = True
    changed: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    judge: Callable[[str, Member, dict[str, Any], dict[str, Any]], str] = field(default=lambda *_: "")


def is_tag(member: Member) -> bool:
    return member[1][-1] in ("tags", "Tags", "TagList")


def scaling(world: World) -> Runs:
    kind = every_kind()["application_autoscaling_target"]
    given = {**kind.identity, **kind.full, **kind.prepare(world.client)}
    assert world.run_module(kind.module, **given)["changed"]
    return {"all": {}, "one": {"resource_id": kind.identity["resource_id"]}}


def images_in_use(world: World) -> Runs:
    ecr = world.client("ecr")
    ecr.create_repository(repositoryName=REPOSITORY, tags=TAGS)
    old, new = (ecr_images.push(ecr, REPOSITORY, "amd64", tag, content=tag) for tag in ("v1", "v2"))
    given = {"repository_name": REPOSITORY, "deployment": "own", "require_tags": OWN}
    uri = f"{HOST}/{REPOSITORY}"
    assert world.run_module("ecr_image_protection", **given, image=f"{uri}@{old}")["changed"]
    return {
        "same": {**given, "image": f"{uri}@{old}"},
        "other": {**given, "image": f"{uri}@{new}", "alone": True},
        "none": {**given, "alone": True},
    }


def image_users(world: World) -> Runs:
    ecr, ecs = world.client("ecr"), world.client("ecs")
    ecr.create_repository(repositoryName=REPOSITORY)
    image = f"{HOST}/{REPOSITORY}@{ecr_images.push(ecr, REPOSITORY)}"
    container = [{"name": "app", "image": image, "memory": 128}]
    ecs.register_task_definition(family="theirs", containerDefinitions=container)
    ecs.create_service(cluster="sales-prod", serviceName="theirs", taskDefinition="theirs", desiredCount=0)
    return {"used": {"repository_name": REPOSITORY}}


def ecs_service(world: World) -> Stack:
    """A service that runs its second revision, in an account of its own."""
    world.aws.reset(seed=False)
    stack = lay(world.client)
    execution = role(world.client)
    for number in ("1", "2"):
        environment = [{"name": "NUMBER", "value": number}]
        stack.register(container={"environment": environment}, executionRoleArn=execution, tags=ECS_TAGS)
        if number == "1":
            stack.create(tags=ECS_TAGS)
        else:
            stack.update(taskDefinition="app")
        until(lambda: completed(stack))
        checks = [{"name": "health", "ok": True, "seconds": 0.1}]
        place = {"deployment": "own", "cluster": "main", "service_name": "web", "require_tags": OWN}
        world.run_module("release", **place, url="https://demo/mcp", checks=checks)
    return stack


def releases(world: World) -> Runs:
    ecs_service(world)
    return {"all": {"deployment": "own", "cluster": "main", "service_name": "web", "own_tags": OWN}}


def deployments(world: World) -> Runs:
    ecs_service(world)
    return {"all": {"cluster": "main", "service_name": "web"}}


def deployment(world: World) -> Runs:
    world.aws.reset(seed=False)
    launcher = FargateLauncher(context(world.aws, world.folder), SimulatedEngine())
    launcher.start()
    world.ends.callback(launcher.stop)
    stack = lay(world.client)
    for behavior in ("ok", "slow"):
        check = {"command": ["CMD", "true"], "interval": 5}
        stack.register(container={"image": f"sim:{behavior}", "healthCheck": check})
        if behavior == "ok":
            stack.create(tags=ECS_TAGS)
            until(lambda: completed(stack))
        else:
            stack.update(taskDefinition="app")
    place = {"cluster": "main", "service_name": "web", "require_tags": OWN}
    return {"stopped": {**place, "state": "stopped"}, "continued": {**place, "state": "continued", "wait_timeout": 1}}


def rules(world: World) -> Runs:
    balancer = {"load_balancer": "sales-prod-alb", "port": 443}
    request = {"host": "demo.quiltdata.com", "path": "/mcp", "method": "GET"}
    return {"all": balancer, "explained": {**balancer, "explain": request}}


def roles(world: World) -> Runs:
    given = [
        {"purpose": name, "role_name": f"mcp-{name}", "assume_role_policy_document": trust("ecs-tasks.amazonaws.com")}
        for name in ("task", "execution")
    ]
    assert world.run_module("iam_roles", roles=given, require_tags=OWN)["changed"]
    other = [given[0], {**given[1], "description": "another"}]
    return {"same": {"roles": given, "require_tags": OWN}, "changed": {"roles": other, "require_tags": OWN}}


def prebuilt_images(world: World) -> Runs:
    ecr = world.client("ecr")
    ecr.create_repository(repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True})
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "one")
    ecr_images.push_index(ecr, REPOSITORY, ("amd64", digest), ("arm64", digest), tag="both")
    for one in ("one", "both"):
        assert world.run_module("resolve_image", **prebuilt(one), scan_threshold="CRITICAL")["found"]
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl="quay.io")
    context = world.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("ARG BASE=python:3\nFROM ${BASE}\n")
    (context / ".dockerignore").write_text("")
    built = {"repository_name": REPOSITORY, "context": str(context), "task_platform": "linux/amd64"}
    source = world.run_module("resolve_image", check=True, **built)["tag"]
    ecr_images.push(ecr, REPOSITORY, "amd64", f"{source}-{'a' * 12}", content="built")
    cached = {**prebuilt("x"), "uri": f"{HOST}/cache/app:1"}
    scanned = {"scan_threshold": "CRITICAL", "scan_wait": 0}
    runs = {name: {**prebuilt(name), **scanned} for name in ("one", "both")}
    return {**runs, "built": built, "cached": cached}


def prebuilt(tag: str) -> dict[str, Any]:
    uri = f"{HOST}/{REPOSITORY}:{tag}"
    return {"repository_name": REPOSITORY, "source": "prebuilt", "task_platform": "linux/amd64", "uri": uri}


def stack(world: World) -> Runs:
    asked = {
        "account_id": "850787717197",
        "vpc_name": "sales-prod",
        "load_balancer_name": "sales-prod-alb",
        "cluster_name": "sales-prod",
        "host": "demo.quiltdata.com",
        "secrets": [JWT],
    }
    return {"found": asked, "removal": {**asked, "removal": True}}


def foreign(world: World) -> Runs:
    snapshot = world.folder / "snapshot.json"
    action = {"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}
    place = {"load_balancer": "sales-prod-alb", "port": 443, "foreign_snapshot": str(snapshot), "require_tags": OWN}
    conditions = [{"field": "path-pattern", "values": ["/mcp"]}]
    made = world.run_module("elb_listener_rule", name="mcp", conditions=conditions, actions=[action], **place)
    assert made["changed"] and json.loads(snapshot.read_text())
    return {"unchanged": {"snapshot": str(snapshot)}}


def token(world: World) -> Runs:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ada", "-keyout", "token.key"]
    made = subprocess.run(command, cwd=world.folder, capture_output=True, text=True, check=True)
    given = {"jwt_secret_id": JWT, "subject": "ada", "buckets": ["a"], "certificate": made.stdout}
    return {"made": given}


def smoke(world: World) -> Runs:
    route = world.ends.enter_context(mcp_stub.running(world.folder))
    keys = world.client("secretsmanager").get_secret_value(SecretId=JWT)["SecretString"]
    route.key = json.loads(keys)[mcp_stub.KID]
    return {"passed": {"url": route.url, "ca_file": route.ca_file, "jwt_secret_id": JWT}}


def judge_image(run: str, member: Member, calm: dict[str, Any], result: dict[str, Any]) -> str:
    """An image is only taken with what is known of it: never for another platform, never without its scan."""
    if result.get("failed"):
        return ""
    weaker = run in ("one", "both") and not (result["digest"] and result["platforms"] and result["scan"])
    return "taken for safe" if weaker else ""


def judge_users(run: str, member: Member, calm: dict[str, Any], result: dict[str, Any]) -> str:
    return "" if result.get("failed") or result.get("users") else "a user was passed over"


SCALABLE = frozenset({"ResourceId", "ScalableDimension", "ServiceNamespace"})
IMAGE = frozenset({"imageDigest", "imageId", "imageTag", "repositoryUri"})
RULE = frozenset({"Priority"})
RELEASE = RULE | {"deployments", "status", "taskDefinition", "Value"}  # Value is the evidence itself
NETWORK = frozenset({"Id", "SubnetId", "VpcId"})
CASES = {
    "application_autoscaling_target_info": Case(scaling, identities=SCALABLE),
    "assert_account": Case(lambda world: {"own": {"account_id": "850787717197"}}),
    "assert_foreign_unchanged": Case(foreign),
    "ecr_image_protection": Case(images_in_use, changed=frozenset({"other", "none"}), identities=IMAGE),
    "ecr_repository_users_info": Case(image_users, identities=IMAGE, judge=judge_users),
    "ecs_service_deployment": Case(deployment, changed=frozenset({"stopped"})),
    "ecs_service_deployment_info": Case(deployments),
    "elb_listener_rule_info": Case(rules, identities=RULE),
    "iam_roles": Case(roles, changed=frozenset({"changed"})),
    "mcp_smoke_test": Case(smoke, check=False),
    "mcp_token": Case(token, check=False),
    "release_info": Case(releases, identities=RELEASE),
    "release_target": Case(releases, identities=RELEASE),
    "resolve_image": Case(prebuilt_images, identities=IMAGE, judge=judge_image),
    "stack_info": Case(stack, identities=NETWORK),
}


def identifies(case: Case, member: Member) -> bool:
    """Whether a member may be taken for granted."""
    name = str(member[1][-1])
    return len(member[1]) == 1 or name.lower().endswith(("arn", "name")) or name in case.identities


def test_every_module_that_asks_aws_is_listed() -> None:
    asking = {name for name, module in modules().items() if asks_aws(module)}
    assert asking - {*every_kind()} == {*CASES}


@pytest.mark.parametrize("name", CASES)
def test_an_answer_without_a_member_is_no_error_that_nobody_expected(
    name: str,
    aws: ControlPlane,
    client: Callable[[str], Any],
    run_module: Any,
    player: Player,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_client, "PAUSE", 0.01)
    monkeypatch.setenv("SANDBOX_SPEED", "100")
    monkeypatch.setattr(waiter, "PAUSES", (0.1,))
    with ExitStack() as ends:
        asked = CASES[name].prepare(World(aws, client, run_module, tmp_path, ends))
        require_sense(name, asked, run_module, player)


def require_sense(name: str, asked: Runs, run_module: Any, player: Player) -> None:
    """Run the module with every member of the answers, then without each of them."""
    case = CASES[name]
    player.answers.clear()
    calm = {run: run_module(name, check=case.check, **parameters) for run, parameters in asked.items()}
    assert {run for run, result in calm.items() if result.get("changed")} == case.changed, calm
    members = player.members()
    assert members
    player.plays = True
    wrong = []
    for player.without in members:
        for run, parameters in asked.items():
            result = run_module(name, check=case.check, **parameters)
            fault = fault_of(case, run, player.without, calm[run], result)
            wrong += [(player.without, run, fault)] if fault else []
    assert not wrong, "\n".join(sorted({f"{one} {run}: {fault[:160]!r}" for one, run, fault in wrong}))


def fault_of(case: Case, run: str, member: Member, calm: dict[str, Any], result: dict[str, Any]) -> str:
    """What is wrong with the result of a run without a member of an answer; empty when nothing is."""
    if result.get("failed"):
        return "" if identifies(case, member) else unexpected(result)
    if is_tag(member) and calm.get("changed") and result["changed"]:
        return "taken for own"
    if identifies(case, member):
        return ""
    said = result.get("warnings", []) != calm.get("warnings", [])
    if calm.get("changed") and not result["changed"] and not said and not is_tag(member):
        return "unchanged"
    return case.judge(run, member, calm, result)
