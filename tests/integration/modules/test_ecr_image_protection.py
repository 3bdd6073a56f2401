"""Images in use on the sandbox's ECR: marked before they run, unmarked after, and never deleted by either."""

from __future__ import annotations

from typing import Any

import pytest

from tests import ecr_images

REPOSITORY = "quilt-mcp-server"
URI = f"850787717197.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}"
OWN = {"quilt:deployment": "prod"}
ASKED = {"repository_name": REPOSITORY, "deployment": "prod", "require_tags": OWN}


@pytest.fixture
def ecr(client: Any) -> Any:
    ecr = client("ecr")
    tags = [{"Key": key, "Value": value} for key, value in OWN.items()]
    ecr.create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE", tags=tags)
    return ecr


def tags(ecr: Any) -> dict[str, list[str]]:
    images = ecr.describe_images(repositoryName=REPOSITORY)["imageDetails"]
    return {image["imageDigest"]: sorted(image.get("imageTags", [])) for image in images}


def test_the_mark_follows_the_deployment(run_module: Any, ecr: Any) -> None:
    old, new = (ecr_images.push(ecr, REPOSITORY, "amd64", tag, content=tag) for tag in ("v1", "v2"))
    foreseen = run_module("ecr_image_protection", check=True, **ASKED, image=f"{URI}@{old}")
    assert (foreseen["changed"], foreseen["writes"]) == (True, [])
    for image in (old, new):
        result = run_module("ecr_image_protection", **ASKED, image=f"{URI}@{image}")
        assert result["writes"] == ["PutImage"]
    marks = [f"in-use-prod-{image[7:19]}" for image in (old, new)]
    assert tags(ecr) == {old: [marks[0], "v1"], new: [marks[1], "v2"]}
    settled = run_module("ecr_image_protection", **ASKED, image=f"{URI}@{new}", alone=True)
    assert settled["diff"] == {"before": {"marks": sorted(marks)}, "after": {"marks": [marks[1]]}}
    assert tags(ecr) == {old: ["v1"], new: [marks[1], "v2"]}
    again = run_module("ecr_image_protection", **ASKED, image=f"{URI}@{new}", alone=True)
    assert (again["changed"], again["writes"]) == (False, [])
    assert run_module("ecr_image_protection", **ASKED, alone=True)["marks"] == []
    assert tags(ecr) == {old: ["v1"], new: ["v2"]}


def test_an_image_without_another_tag_is_not_deleted(run_module: Any, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY)
    run_module("ecr_image_protection", **ASKED, image=f"{URI}@{digest}")
    assert tags(ecr) == {digest: [f"in-use-prod-{digest[7:19]}"]}
    run_module("ecr_image_protection", **ASKED, alone=True)
    assert tags(ecr) == {digest: [f"was-in-use-{digest[7:19]}"]}


def test_an_index_is_marked_as_it_is(run_module: Any, ecr: Any) -> None:
    index = ecr_images.push_index(ecr, REPOSITORY, ("amd64", ecr_images.push(ecr, REPOSITORY)), tag="both")
    run_module("ecr_image_protection", **ASKED, image=f"{URI}@{index}")
    assert tags(ecr)[index] == ["both", f"in-use-prod-{index[7:19]}"]


def test_what_is_not_own_is_left_alone(run_module: Any, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "v1")
    asked = {**ASKED, "require_tags": {"quilt:deployment": "another"}}
    result = run_module("ecr_image_protection", **asked, image=f"{URI}@{digest}")
    assert (result["changed"], result["writes"]) == (False, [])
    assert "is foreign" in result["warnings"][0]
    for image in (f"registry.example/{REPOSITORY}@{digest}", f"{URI}:v1"):
        result = run_module("ecr_image_protection", **ASKED, image=image)
        assert result["writes"] == []
        assert "no lifecycle rule of the collection protects it" in result["warnings"][0]
    assert run_module("ecr_image_protection", **{**ASKED, "repository_name": "none"}, alone=True)["changed"] is False
    gone = run_module("ecr_image_protection", **ASKED, image=f"{URI}@sha256:{'0' * 64}")
    assert "Found: ECR has no such image" in gone["msg"]


def test_a_repository_that_is_known_is_not_looked_up(run_module: Any, ecr: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY, "amd64", "v1")
    (found,) = ecr.describe_repositories()["repositories"]
    arn = found["repositoryArn"]
    asked = {**ASKED, "image": f"{URI}@{digest}", "repository_arn": arn}
    result = run_module("ecr_image_protection", **asked)
    assert result["writes"] == ["PutImage"]
    assert "DescribeRepositories" not in [call.operation for call in result["calls"]]
    # The ARN of another repository is worth nothing.
    for given in ({"image": f"{URI}-b@{digest}"}, {"repository_arn": arn.replace(":repository/", ":repository/b/")}):
        result = run_module("ecr_image_protection", **{**asked, **given}, check=True)
        assert "DescribeRepositories" in [call.operation for call in result["calls"]], given


def service(ecs: Any, name: str, image: str, tag: str) -> None:
    definition = ecs.register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::850787717197:role/ecsTaskExecutionRole",
        containerDefinitions=[{"name": "app", "image": image}],
    )["taskDefinition"]["taskDefinitionArn"]
    (catalog,) = ecs.describe_services(cluster="sales-prod", services=["sales-prod-catalog"])["services"]
    ecs.create_service(
        cluster="sales-prod",
        serviceName=name,
        taskDefinition=definition,
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=catalog["networkConfiguration"],
        tags=[{"key": "quilt:deployment", "value": tag}],
    )


def test_who_runs_images_of_a_repository(run_module: Any, ecr: Any, client: Any) -> None:
    digest = ecr_images.push(ecr, REPOSITORY)
    assert run_module("ecr_repository_users_info", repository_name=REPOSITORY)["users"] == []
    service(client("ecs"), "own", f"{URI}@{digest}", "prod")
    service(client("ecs"), "theirs", f"{URI}:v1", "other")
    service(client("ecs"), "another", f"{URI}-more:v1", "other")
    result = run_module("ecr_repository_users_info", repository_name=REPOSITORY)
    assert result["writes"] == []
    assert sorted((one["arn"].rpartition("/")[2], one["kind"], one["tags"]) for one in result["users"]) == [
        ("own", "service", {"quilt:deployment": "prod"}),
        ("theirs", "service", {"quilt:deployment": "other"}),
    ]
    assert run_module("ecr_repository_users_info", repository_name="none")["users"] == []


@pytest.mark.parametrize("check", [True, False])
def test_a_repository_is_not_deleted_while_others_run_its_images(
    run_module: Any, ecr: Any, client: Any, check: bool
) -> None:
    absent = {"repository_name": REPOSITORY, "require_tags": OWN, "force": True, "state": "absent"}
    image = f"{URI}@{ecr_images.push(ecr, REPOSITORY)}"
    service(client("ecs"), "theirs", image, "other")
    refused = run_module("ecr_repository", check=check, **absent, refuse_used_images=True)
    assert refused["msg"].startswith(f"Refused to delete ECR repository {REPOSITORY}\nFound: its images are in use by ")
    assert "/theirs\nReason: these could start no task any more" in refused["msg"]
    assert [arn.rpartition("/")[2] for arn in refused["arns"]] == ["theirs"]
    assert "mcp_server_retain: [repository]" in refused["msg"]
    assert (refused["writes"], len(tags(ecr))) == ([], 1)
    without = run_module("ecr_repository", check=True, **absent)
    assert without["changed"] and not [call for call in without["calls"] if call.service == "ecs"]


def test_what_runs_images_of_a_repository_and_goes_with_it_is_no_obstacle(
    run_module: Any, ecr: Any, client: Any
) -> None:
    absent = {"repository_name": REPOSITORY, "require_tags": OWN, "force": True, "refuse_used_images": True}
    service(client("ecs"), "own", f"{URI}@{ecr_images.push(ecr, REPOSITORY)}", "prod")
    assert run_module("ecr_repository", **absent, state="absent")["writes"] == ["DeleteRepository"]
    gone = run_module("ecr_repository", **absent, state="absent")
    assert (gone["changed"], {call.service for call in gone["calls"]}) == (False, {"ecr"}), "nothing to look for"
