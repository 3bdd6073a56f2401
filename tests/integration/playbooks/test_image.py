"""What the image role says of an image that it cannot build, find or deploy, and how an image in use is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tests import ecr_images

if TYPE_CHECKING:
    from conftest import Play, State

    from sandbox.emulator.control_plane import ControlPlane

NAME = "sales-prod-mcp-server-production"
REPOSITORY = "quilt-mcp-server"
URI = f"850787717197.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}"


def test_no_docker_engine_is_a_sentence_that_says_what_to_do(play: Play, tmp_path: Path) -> None:
    run = play("build.yml", env={"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}, image_source="build")
    (message,) = [result["msg"] for result in run.results("push | Require a Docker engine")]
    assert message.startswith("Refused to build the image\nFound: there is no Docker engine with buildx (")
    assert "set image_source to prebuilt and image_uri" in message


def test_deploy_alone_wants_the_image_of_this_source(built: State, play: Play) -> None:
    run = play("deploy.yml", image_source="build")
    (message,) = [result["msg"] for result in run.results("Resolve the image")]
    assert "Remedy: run playbooks/build.yml first" in message
    assert run.writes == []


def test_a_prebuilt_image_is_taken_as_it_is(play: Play, client: Callable[[str], Any]) -> None:
    uri = f"registry.example/quilt-mcp-server@sha256:{'0' * 64}"
    run = play("deploy.yml", "--check", image_source="prebuilt", image_uri=uri)
    assert run.status == 0, run.failures
    (found,) = run.results("Ensure the task definition is registered")
    assert found["task_definition"]["container_definitions"][0]["image"] == uri


def deployed(client: Callable[[str], Any]) -> str:
    """The image that the service runs."""
    ecs = client("ecs")
    (service,) = ecs.describe_services(cluster="sales-prod", services=[NAME])["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    image: str = definition["containerDefinitions"][0]["image"]
    return image


def expiring(ecr: Any) -> list[str]:
    """What the repository's own lifecycle policy would delete now."""
    ecr.start_lifecycle_policy_preview(repositoryName=REPOSITORY)
    preview = ecr.get_lifecycle_policy_preview(repositoryName=REPOSITORY)
    return [one["imageDigest"] for one in preview["previewResults"]]


def test_an_image_for_another_cpu_with_findings_is_refused_before_any_write(
    play: Play, client: Callable[[str], Any], aws: ControlPlane
) -> None:
    given = {"image_source": "prebuilt", "image_uri": f"{URI}:arm", "image_scan_threshold": "HIGH"}
    ecr = client("ecr")
    ecr.create_repository(repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True})
    digest = ecr_images.push(ecr, REPOSITORY, "arm64", "arm")
    ecr_images.find_vulnerabilities(aws.url, REPOSITORY, digest, CVE_2026_1="CRITICAL", CVE_2026_2="MEDIUM")
    run = play("deploy.yml", **given)
    (message,) = [result["msg"] for result in run.results("Resolve the image")]
    assert message.startswith(f"Refused to deploy the image {URI}:arm:\n- ")
    assert "wanted an image for linux/amd64" in message
    assert "found CVE-2026-1 (CRITICAL, openssl 3.0.1); build it" in message
    assert run.status != 0
    assert run.writes == []


def test_an_image_in_use_is_pinned_and_never_expires(play: Play, client: Callable[[str], Any]) -> None:
    ecr = client("ecr")
    given = {"image_source": "prebuilt", "ecr_keep_images": 1}
    assert play("build.yml", image_uri=f"{URI}:v1", **given).status == 0
    old, new = (ecr_images.push(ecr, REPOSITORY, "amd64", tag, content=tag) for tag in ("v1", "v2"))
    for tag, digest, spare in (("v1", old, []), ("v2", new, [old])):
        run = play("deploy.yml", image_uri=f"{URI}:{tag}", **given)
        assert run.status == 0, run.failures
        assert deployed(client) == f"{URI}@{digest}"
        images = ecr.list_images(repositoryName=REPOSITORY)["imageIds"]
        assert [one["imageDigest"] for one in images if one["imageTag"].startswith(f"in-use-{NAME}-")] == [digest]
        assert expiring(ecr) == spare
    ecr_images.push(ecr, REPOSITORY, "amd64", "v3", content="v3")
    assert expiring(ecr) == [old], "the newest one is kept, and the one in use"
    again = play("deploy.yml", image_uri=f"{URI}:v2", **given)
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])

    other = client("ecs").register_task_definition(
        family="other", containerDefinitions=[{"name": "app", "image": f"{URI}:v3", "memory": 128}]
    )["taskDefinition"]["taskDefinitionArn"]
    client("ecs").create_service(cluster="sales-prod", serviceName="other", taskDefinition=other, desiredCount=0)
    run = play("destroy.yml")
    (message,) = run.failures
    assert "Found: its images are in use by service/sales-prod/other\n" in message
    assert run.writes == []


def test_an_image_behind_a_pull_through_cache_is_fetched_and_the_role_may_fetch_it(
    play: Play, client: Callable[[str], Any], aws: ControlPlane
) -> None:
    name = "cache/team/app"
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
    upstream = boto3.client("ecr", region_name="eu-west-1", endpoint_url=aws.url, **keys)
    upstream.create_repository(repositoryName="team/app")
    digest = ecr_images.push(upstream, "team/app", "amd64", "1")
    ecr = client("ecr")
    given = {"image_source": "prebuilt", "image_uri": f"{URI.replace(REPOSITORY, name)}:1", "iam_repository_name": name}

    refused = play("deploy.yml", **given)
    (message,) = [result["msg"] for result in refused.results("Resolve the image")]
    assert "create its rule (aws ecr create-pull-through-cache-rule --ecr-repository-prefix cache)" in message
    assert (refused.status != 0, refused.writes) == (True, [])

    registry = "850787717197.dkr.ecr.eu-west-1.amazonaws.com"
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="cache", upstreamRegistryUrl=registry)
    foreseen = play("deploy.yml", "--check", **given)
    assert (foreseen.status, foreseen.writes) == (0, []), foreseen.failures
    assert ecr.describe_repositories()["repositories"] == [], "check mode fetches nothing"

    assert play("deploy.yml", **given).status == 0
    assert deployed(client) == f"{URI.replace(REPOSITORY, name)}@{digest}"
    policy = client("iam").get_role_policy(RoleName=f"{NAME}-execution", PolicyName="quilt-mcp-server")
    (fetches,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "ImportImage"]
    assert fetches["Resource"] == [f"arn:aws:ecr:us-east-1:850787717197:repository/{name}"]
    again = play("deploy.yml", **given)
    assert (again.status, again.stats["changed"], again.writes) == (0, 0, [])
