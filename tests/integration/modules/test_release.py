"""release and release_info over HTTP: what is observed, what is refused, what is kept, what is pruned."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import batched
from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._release import evidence
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.observation import what_runs

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.ecs_stack import Stack, completed, lay, role, until

NAME = "main-mcp"
FOLDER = f"/quilt/{NAME}/releases"
OWN = {"quilt:deployment": NAME}
TAGS = [{"key": "quilt:deployment", "value": NAME}]
CHECKS = [{"name": "health", "ok": True, "seconds": 0.1234}, {"name": "tools_list", "ok": True, "seconds": 0.2}]
VERSION = "5f0f6a5e-0a3c-4d0e-9d33-1b7f0c1d2e3f"


@pytest.fixture
def aws(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """An empty account."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    control_plane.reset(seed=False)
    return control_plane


@pytest.fixture
def stack(aws: ControlPlane, client: Any) -> Stack:
    """A service of this deployment that runs revision 1, and the rule that leads to it."""
    stack = lay(client)
    (balancer,) = stack.elbv2.describe_load_balancers()["LoadBalancers"]
    (listener,) = stack.elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    stack.elbv2.create_rule(
        ListenerArn=listener["ListenerArn"],
        Priority=102,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/mcp"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": stack.target_group}],
    )
    register(stack, client)
    stack.create(tags=TAGS)
    until(lambda: completed(stack))
    return stack


def register(stack: Stack, client: Any, tags: Any = TAGS, **container: Any) -> str:
    execution = "arn:aws:iam::850787717197:role/execution"
    if not [one for one in client("iam").list_roles()["Roles"] if one["Arn"] == execution]:
        execution = role(client)
    secrets = [{"name": "KEYS", "valueFrom": f"{secret(client)}:::{VERSION}"}]
    return stack.register(container={"secrets": secrets, **container}, executionRoleArn=execution, tags=tags)


def secret(client: Any) -> str:
    """The ARN of the secret, made when it is not there."""
    manager = client("secretsmanager")
    found = manager.list_secrets()["SecretList"]
    made = found[0] if found else manager.create_secret(Name="jwt", ClientRequestToken=VERSION, SecretString="a")
    return str(made["ARN"])


def deploy(stack: Stack, arn: str) -> None:
    stack.update(taskDefinition=arn)
    until(lambda: completed(stack))


@pytest.fixture
def keep(run_module: Any) -> Callable[..., dict[str, Any]]:
    def run(check: bool = False, **parameters: Any) -> dict[str, Any]:
        usual = {"deployment": NAME, "require_tags": OWN}
        if parameters.get("state") != "absent":
            usual |= {"cluster": "main", "service_name": "web", "url": "https://demo/mcp", "checks": CHECKS}
        result: dict[str, Any] = run_module("release", check=check, **{**usual, **parameters})
        return result

    return run


@pytest.fixture
def info(run_module: Any) -> Callable[..., dict[str, Any]]:
    def run(**parameters: Any) -> dict[str, Any]:
        usual = {"deployment": NAME, "cluster": "main", "service_name": "web", "own_tags": OWN}
        result: dict[str, Any] = run_module("release_info", **{**usual, **parameters})
        assert result["writes"] == []
        return result

    return run


@pytest.fixture
def rollback(run_module: Any) -> Callable[..., dict[str, Any]]:
    """rollback(to, **parameters): where release_target goes; a refusal as it is."""

    def run(to: str = "last", **parameters: Any) -> dict[str, Any]:
        usual = {"deployment": NAME, "cluster": "main", "service_name": "web", "own_tags": OWN}
        result: dict[str, Any] = run_module("release_target", **{**usual, "rollback_to": to, **parameters})
        assert result["writes"] == [] and not result.get("changed")
        return result

    return run


def refusals(result: dict[str, Any]) -> list[str]:
    """The reasons of a refusal, each of which is in its message too, a line for each part."""
    assert result["failed"] and "rollback" not in result
    problems: list[str] = result["problems"]
    first, *lines = result["msg"].removesuffix("; playbooks/status.yml shows what was proven").splitlines()
    assert first == f"Refused to roll back {NAME}"
    parts = [line.partition(": ")[2] for line in lines]
    said = [f"{found}, but {reason}; {remedy}" for found, reason, remedy in batched(parts, 3, strict=True)]
    assert said == problems and problems
    return problems


def stored(client: Any) -> dict[int, dict[str, Any]]:
    found = client("ssm").get_parameters_by_path(Path=FOLDER)["Parameters"]
    return {int(one["Name"].rpartition("/")[2]): json.loads(one["Value"]) for one in found}


def test_what_runs_is_written_down_once(keep: Any, stack: Stack, client: Any) -> None:
    planned = keep(check=True)
    assert (planned["changed"], planned["writes"]) == (True, [])
    first = keep()
    assert first["writes"] == ["PutParameter", "TagResource"]
    assert planned["evidence"].keys() == first["evidence"].keys()
    assert planned["diff"] == first["diff"]
    document = stored(client)[1]
    assert {name: document[name] for name in ("release", "url", "image", "secrets", "target_group_arn")} == {
        "release": 1,
        "url": "https://demo/mcp",
        "image": "process:quilt_mcp_server:1",
        "secrets": {"KEYS": VERSION},
        "target_group_arn": stack.target_group,
    }
    assert document["rule"]["priority"] == 102
    assert document["rule"]["conditions"] == [{"field": "path-pattern", "values": ["/mcp"]}]
    assert document["checks"][0] == {"name": "health", "ok": True, "seconds": 0.12}
    again = keep(checks=[{**check, "seconds": 9.9} for check in CHECKS])
    assert (again["changed"], again["writes"]) == (False, [])
    assert again["evidence"] == first["evidence"]


def test_the_value_of_a_header_is_kept_and_shown_as_a_fingerprint(
    keep: Any, info: Any, stack: Stack, client: Any
) -> None:
    (balancer,) = stack.elbv2.describe_load_balancers()["LoadBalancers"]
    (listener,) = stack.elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    for priority, field, config in (
        (200, "http-header", {"HttpHeaderConfig": {"HttpHeaderName": "X-Key", "Values": ["Zq7Header"]}}),
        (300, "query-string", {"QueryStringConfig": {"Values": [{"Key": "token", "Value": "Zq7Token"}]}}),
    ):
        stack.elbv2.create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=priority,
            Conditions=[{"Field": field, **config}],
            Actions=[{"Type": "forward", "TargetGroupArn": stack.target_group}],
        )
        kept, shown = keep(), info()
        assert kept["changed"] and not keep()["changed"]
        texts = [json.dumps(one, default=str) for one in (kept, shown, stored(client)[1])]
        assert [text for text in texts if "Zq7" in text] == []
        assert all("<sha256:" in text for text in texts)


def test_the_same_release_deployed_again_is_proven_again(keep: Any, stack: Stack, client: Any) -> None:
    keep()
    before = stored(client)[1]["deployment_id"]
    stack.update(forceNewDeployment=True)
    until(lambda: completed(stack))
    again = keep()
    assert again["writes"] == ["PutParameter", "TagResource"]
    assert stored(client)[1]["deployment_id"] != before


def test_tags_that_a_run_which_died_did_not_set_are_set_by_the_next(
    keep: Any, stack: Stack, aws: ControlPlane, client: Any
) -> None:
    aws.faults.add("ecs", "TagResource", "error", code="AccessDeniedException", status=400, times=1)
    assert keep()["failed"]
    assert set(stored(client)) == {1}
    aws.faults.clear()
    assert keep()["changed"]
    arn = stack.describe()["taskDefinition"]
    tags = {tag["key"] for tag in client("ecs").list_tags_for_resource(resourceArn=arn)["tags"]}
    assert {"quilt:release", "quilt:proven"} <= tags
    assert not keep()["changed"]


def test_the_oldest_evidence_goes_and_what_is_not_own_stays(keep: Any, stack: Stack, client: Any) -> None:
    ssm = client("ssm")
    tags = [{"Key": "quilt:deployment", "Value": NAME}]
    for release, hour in ((7, 1), (8, 2), (9, 3)):
        text = json.dumps({"release": release, "time": f"2026-01-01T0{hour}:00:00Z"})
        ssm.put_parameter(Name=f"{FOLDER}/{release}", Value=text, Type="String", Tags=tags if release != 8 else [])
    planned = keep(check=True, keep=2)
    assert planned["diff"]["after"]["kept"] == [1, 8, 9]
    assert keep(keep=2)["pruned"] == [7]
    assert set(stored(client)) == {1, 8, 9}, "8 is somebody else's"
    assert not keep(keep=2)["changed"]


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"service_name": "other"}, "there is no active service other in cluster main"),
        (
            {"task_definition": "arn:aws:ecs:x:1:task-definition/app:9"},
            "app:1 runs, wanted is app:9\nReason: somebody else deployed meanwhile",
        ),
        ({"require_tags": {"quilt:deployment": "other"}}, "app:1 runs, which lacks quilt:deployment=other"),
        ({"checks": [{"name": "health", "ok": False}]}, "these checks did not hold: health"),
        ({"checks": []}, "no check was made"),
    ],
)
def test_what_is_not_proven_is_refused(
    keep: Any, stack: Stack, client: Any, parameters: dict[str, Any], reason: str
) -> None:
    refused = keep(**parameters)
    assert refused["failed"]
    assert reason in refused["msg"]
    assert (refused["writes"], stored(client)) == ([], {})


def test_the_last_image_is_the_proven_one_or_else_the_one_that_runs(
    keep: Any, info: Any, stack: Stack, client: Any
) -> None:
    assert info(service_name="other")["last_image"] == ""
    running = info()["running"]["image"]
    assert running and info()["last_image"] == running
    keep()
    deploy(stack, register(stack, client, image="app:never-proven"))
    found = info()
    assert (found["running"]["image"], found["last_image"]) == ("app:never-proven", running)


def test_a_deployment_in_progress_is_no_evidence(keep: Any, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    # The control plane alone completes a deployment at the next look, so the state is written over.
    monkeypatch.setattr(evidence, "what_runs", lambda *seen: {**what_runs(*seen), "rollout_state": "IN_PROGRESS"})
    refused = keep()
    assert "the deployment of app:1 is IN_PROGRESS\nReason: either release may have answered" in refused["msg"]
    assert refused["writes"] == []


def test_a_parameter_of_the_name_that_is_somebody_elses_is_left(keep: Any, stack: Stack, client: Any) -> None:
    client("ssm").put_parameter(Name=f"{FOLDER}/1", Value="theirs", Type="String")
    refused = keep()
    assert refused["failed"]
    assert "is foreign" in refused["msg"]
    assert refused["writes"] == []


def test_check_mode_of_what_is_not_there_yet(keep: Any, stack: Stack) -> None:
    planned = keep(check=True, task_definition="known-after-apply")
    assert (planned["changed"], planned["writes"]) == (True, [])
    assert planned["evidence"]["release"] == "known-after-apply"


def test_evidence_is_deleted_but_not_somebody_elses(keep: Any, stack: Stack, client: Any) -> None:
    assert (keep(state="absent")["changed"], keep(state="absent")["writes"]) == (False, [])
    keep()
    client("ssm").put_parameter(Name=f"{FOLDER}/5", Value='{"release": 5}', Type="String")
    assert not keep(state="absent", release=5)["changed"]
    assert keep(state="absent", check=True)["pruned"] == [1]
    assert keep(state="absent")["writes"] == ["DeleteParameters"]
    assert set(stored(client)) == {5}
    assert not keep(state="absent")["changed"]


def test_what_an_operator_reads(keep: Any, info: Any, stack: Stack, client: Any) -> None:
    keep()
    found = info(tasks=True)
    running = found["running"]
    assert (running["release"], running["latest_revision"], running["is_own"]) == (1, 1, True)
    assert running["proven"] == found["releases"][0]["time"]
    assert running["rule"]["weights"] == {stack.target_group: 1}
    assert running["tasks"][0]["release"] == 1
    assert found.keys() >= {"running", "releases"} and not found.keys() & {"rollback", "scaling"}
    nothing = info(service_name="other")
    assert (nothing["running"], len(nothing["releases"])) == ({}, 1)


def test_a_newer_revision_counts_only_if_it_is_own(keep: Any, rollback: Any, stack: Stack, client: Any) -> None:
    """Another deployment of the account may have revisions in the family."""
    keep()
    deploy(stack, register(stack, client))
    keep()
    register(stack, client, tags=[{"key": "quilt:deployment", "value": "staging"}])
    found = rollback()
    assert found["running"]["latest_revision"] == 2
    assert (found["rollback"]["release"], found["rollback"]["already"]) == (1, False)
    register(stack, client)
    (problem,) = refusals(rollback())
    assert "4, which is newer, did not stay" in problem


def test_a_rollback_names_every_obstacle(keep: Any, rollback: Any, stack: Stack, client: Any) -> None:
    digest = "sha256:" + "1" * 64
    image = f"850787717197.dkr.ecr.us-east-1.amazonaws.com/server@{digest}"
    client("ecr").create_repository(repositoryName="server")
    second = register(stack, client, image=image)
    deploy(stack, second)
    keep()
    deploy(stack, register(stack, client))
    (problem,) = refusals(rollback(repository="server"))
    assert f"ECR no longer has the image of release 2, {image}" in problem
    choice = rollback()["rollback"]
    assert (choice["release"], choice["already"]) == (2, False), "no repository of this deployment to look in"
    assert (choice["task_definition_arn"], choice["image"]) == (second, image)
    stack.ecs.deregister_task_definition(taskDefinition=second)
    problems = refusals(rollback("2", repository="server"))
    assert len(problems) == 2
    assert "app:2 of release 2 is INACTIVE, but " in problems[0]
    assert problems[0].endswith(
        f"; deploy its image again: playbooks/deploy.yml -e image_source=prebuilt -e image_uri={image}"
    )
    (unproven,), (no_number,) = refusals(rollback("7")), refusals(rollback("two"))
    assert unproven.startswith("release 7 was never proven; proven are 2, but ")
    assert (
        no_number == "rollback_release is 'two', but a release has a number; give the number of a release, such as 12"
    )


def test_without_a_service_or_another_release_there_is_nothing_to_go_back_to(
    keep: Any, rollback: Any, stack: Stack
) -> None:
    keep()
    (gone,), (alone,) = refusals(rollback(service_name="other")), refusals(rollback())
    assert gone.startswith("there is no active service, but ")
    assert gone.endswith("; deploy an image with playbooks/deploy.yml")
    assert alone.startswith("no release but 1, which runs, was ever proven, but ")


def test_a_rollback_to_secrets_that_were_rotated_since_is_refused_unless_it_is_asked_for(
    keep: Any, rollback: Any, stack: Stack, client: Any
) -> None:
    keep()
    rotated = client("secretsmanager").put_secret_value(SecretId="jwt", SecretString="b")["VersionId"]
    deploy(stack, register(stack, client))
    (problem,) = refusals(rollback())
    assert f"release 1 holds the version {VERSION} of KEYS, and {rotated} is current" in problem
    assert "playbooks/deploy.yml" in problem and "rollback_old_secrets=true" in problem
    assert rollback(old_secrets=True)["rollback"]["release"] == 1
