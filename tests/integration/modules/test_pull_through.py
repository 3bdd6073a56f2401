"""resolve_image and an image behind a pull-through cache of ECR: before its first pull, and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr import image_client
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.pull_through_client import Rule, covering

from tests import ecr_images

HOST = "850787717197.dkr.ecr.us-east-1.amazonaws.com"
UPSTREAM = "850787717197.dkr.ecr.eu-west-1.amazonaws.com"
RULE = {"prefix": "cache", "upstream": UPSTREAM, "secret_arn": ""}
IMAGE = f"{HOST}/cache/team/app"
Gate = Callable[..., Any]


@pytest.fixture
def upstream(aws: Any) -> Any:
    """ECR of another region, with the repository team/app."""
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
    ecr = boto3.client("ecr", region_name="eu-west-1", endpoint_url=aws.url, **keys)
    ecr.create_repository(repositoryName="team/app")
    return ecr


@pytest.fixture
def rule(client: Any) -> Callable[..., None]:
    """rule(...): create the rule of the prefix cache."""

    def create(**given: str) -> None:
        values = {"ecrRepositoryPrefix": "cache", "upstreamRegistryUrl": UPSTREAM, **given}
        client("ecr").create_pull_through_cache_rule(**values)

    return create


@pytest.fixture
def gate(run_module: Any, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """gate(image, ...): the module's result for a task on linux/amd64."""
    monkeypatch.setattr(image_client, "PAUSE", 0.01)

    def run(image: str, check: bool = False, **parameters: Any) -> Any:
        given = {"repository_name": "quilt-mcp-server", "source": "prebuilt", "task_platform": "linux/amd64"}
        return run_module("resolve_image", check=check, uri=image, **{**given, **parameters})

    return run


def repositories(client: Any) -> list[str]:
    return [one["repositoryName"] for one in client("ecr").describe_repositories()["repositories"]]


@pytest.mark.parametrize("prefix", ["cache", "ROOT"])
def test_the_first_request_fetches_the_image_and_the_second_run_finds_it(
    gate: Gate, upstream: Any, rule: Any, client: Any, prefix: str
) -> None:
    repository = "cache/team/app" if prefix == "cache" else "team/app"
    rule(ecrRepositoryPrefix=prefix)
    digest = ecr_images.push(upstream, "team/app", "amd64", "1")
    first = gate(f"{HOST}/{repository}:1")
    assert (first["uri"], first["digest"], first["found"]) == (f"{HOST}/{repository}@{digest}", digest, True)
    assert first["pull_through"] == {**RULE, "prefix": prefix}
    assert f"the platform of {HOST}/{repository}:1 was not checked" in first["warnings"][0]
    second = gate(f"{HOST}/{repository}:1")
    assert (second["uri"], second["platforms"]) == (first["uri"], ["linux/amd64"])
    assert second["pull_through"] == first["pull_through"]
    assert "warnings" not in second
    assert repositories(client) == [repository]


def test_an_index_is_checked_at_once(gate: Gate, upstream: Any, rule: Any) -> None:
    rule()
    amd, arm = (ecr_images.push(upstream, "team/app", name) for name in ("amd64", "arm64"))
    ecr_images.push_index(upstream, "team/app", ("amd64", amd), ("arm64", arm), tag="both")
    ecr_images.push_index(upstream, "team/app", ("arm64", arm), tag="arm")
    assert gate(f"{IMAGE}:both")["platforms"] == ["linux/amd64", "linux/arm64"]
    assert "found linux/arm64" in gate(f"{IMAGE}:arm")["msg"]


def test_a_platform_that_is_known_later_is_checked_later(gate: Gate, upstream: Any, rule: Any) -> None:
    rule()
    ecr_images.push(upstream, "team/app", "arm64", "1")
    assert "was not checked" in gate(f"{IMAGE}:1")["warnings"][0]
    assert "found linux/arm64" in gate(f"{IMAGE}:1")["msg"]


def test_check_mode_fetches_nothing(gate: Gate, upstream: Any, rule: Any, client: Any) -> None:
    rule()
    digest = ecr_images.push(upstream, "team/app", "amd64", "1")
    result = gate(f"{IMAGE}:1", check=True)
    assert (result["uri"], result["found"], result["pull_through"]) == ("known-after-apply", False, RULE)
    assert "a run makes the pull-through cache rule cache for" in result["warnings"][0]
    assert gate(f"{IMAGE}:1@{digest}", check=True)["digest"] == digest
    assert repositories(client) == []
    gate(f"{IMAGE}:1")
    assert gate(f"{IMAGE}:1", check=True)["uri"] == f"{IMAGE}@{digest}"


def test_what_the_deployer_may_not_fetch_is_deployed_by_its_tag_with_a_warning(
    gate: Gate, rule: Any, upstream: Any, aws: Any, client: Any
) -> None:
    """ECR says the same to a caller without the permissions as of an image that the upstream registry does not have."""
    rule()
    digest = ecr_images.push(upstream, "team/app", "amd64", "1")
    aws.faults.add("ecr", "BatchGetImage", "error", code="RepositoryNotFoundException", status=400)
    result = gate(f"{IMAGE}:1")
    assert (result["uri"], result["digest"], result["pull_through"]) == (f"{IMAGE}:1", "", RULE)
    assert "ecr:BatchImportUpstreamImage or ecr:CreateRepository" in result["warnings"][0]
    assert "did not fetch it yet" in gate(f"{IMAGE}:none", scan_threshold="HIGH")["msg"]
    assert gate(f"{IMAGE}:none@sha256:{'0' * 64}")["digest"] == f"sha256:{'0' * 64}"
    client("ecr").batch_get_image(repositoryName="cache/team/app", imageIds=[{"imageTag": "1"}])  # the task's pull
    assert gate(f"{IMAGE}:1")["uri"] == f"{IMAGE}@{digest}"


def test_what_the_upstream_registry_refuses_is_refused_with_its_secret(
    gate: Gate, rule: Any, client: Any, upstream: Any
) -> None:
    secrets = client("secretsmanager")
    arn = secrets.create_secret(Name="ecr-pullthroughcache/hub", SecretString="{}")["ARN"]
    rule(credentialArn=arn)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    message = gate(f"{IMAGE}:1")["msg"]
    assert "found that ECR could not get it there (The secret '" in message
    assert "or the secret of the rule, ecr-pullthroughcache/hub-" in message


def test_a_failure_of_the_upstream_registry_is_said() -> None:
    answer = {"images": [], "failures": [{"failureCode": "UpstreamTooManyRequests", "failureReason": "slow down"}]}

    class Ecr:
        def batch_get_image(self, **given: Any) -> Any:
            return answer

    registry = image_client.Registry(Ecr(), image_client.ImageName("host", "cache/app", "1"))
    assert registry.image() is None
    assert registry.upstream_refusal == "UpstreamTooManyRequests: slow down"


def test_without_a_rule_the_image_is_refused_and_the_rule_named(gate: Gate, rule: Any, upstream: Any) -> None:
    ecr_images.push(upstream, "team/app", "amd64", "1")
    message = gate(f"{IMAGE}:1")["msg"]
    assert "found no such image there; push it" in message
    assert "aws ecr create-pull-through-cache-rule --ecr-repository-prefix cache" in message
    rule(ecrRepositoryPrefix="cache/te")
    assert "create-pull-through-cache-rule" in gate(f"{IMAGE}:1")["msg"], "a prefix is whole names"
    assert "create-pull-through-cache-rule" not in gate(f"{HOST}/app:1")["msg"]


def test_rules_that_may_not_be_read_are_said_where_they_matter(gate: Gate, aws: Any, client: Any) -> None:
    denied = {"code": "AccessDeniedException", "status": 400, "times": None}
    aws.faults.add("ecr", "DescribePullThroughCacheRules", "error", **denied)
    assert "not known without ecr:DescribePullThroughCacheRules" in gate(f"{IMAGE}:1")["msg"]
    client("ecr").create_repository(repositoryName="cache/team/app")
    digest = ecr_images.push(client("ecr"), "cache/team/app", "amd64", "1")
    result = gate(f"{IMAGE}:1")
    assert (result["digest"], result["pull_through"], result.get("warnings")) == (digest, None, None)


def test_an_image_that_was_resolved_before_is_still_one_of_the_rule(gate: Gate, rule: Any) -> None:
    rule()
    uri = f"{IMAGE}@sha256:{'0' * 64}"
    result = gate("", resolved_uri=uri)
    assert (result["uri"], result["pull_through"]) == (uri, RULE)
    assert [call.operation for call in result["calls"]] == ["DescribePullThroughCacheRules"]


@pytest.mark.parametrize(
    ("repository", "prefix"),
    [("a/b/c", "a/b"), ("a/c", "a"), ("ab/c", "ROOT"), ("a", "ROOT"), ("slash/c", "slash/")],
)
def test_the_longest_prefix_of_whole_names_is_the_rule(repository: str, prefix: str) -> None:
    rules = [Rule(name, "") for name in ("ROOT", "a", "a/b", "slash/")]
    found = covering(repository, rules)
    assert found and found.prefix == prefix
    assert covering("x/c", rules[1:]) is None
