"""Which images a lifecycle policy expires."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.facts.ecr_lifecycle_preview import expiring
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.ecr_push import push

DAY = 24 * 3600
NOW = 1000.0 * DAY


@dataclass
class Image:
    """An image pushed so many days ago."""

    image_digest: str
    days: float
    image_tags: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    image_pushed_at: float = field(init=False)
    image_manifest: str = field(init=False)

    def __post_init__(self) -> None:
        self.image_pushed_at = NOW - self.days * DAY
        self.image_manifest = json.dumps({"manifests": [{"digest": child} for child in self.children]})


def rule(priority: int, status: str, more: dict[str, Any] | None = None, **count: int) -> dict[str, Any]:
    """rule(1, "any", keep=3) or rule(1, "untagged", days=7)."""
    kind = {"keep": "imageCountMoreThan", "days": "sinceImagePushed"}
    ((name, number),) = count.items()
    selection = {"tagStatus": status, "countType": kind[name], "countNumber": number, **(more or {})}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


IN_USE = rule(1, "tagged", {"tagPrefixList": ["in-use-"]}, keep=1000)


@pytest.mark.parametrize(
    ("rules", "images", "expired"),
    [
        pytest.param([rule(1, "any", keep=1)], [Image("old", 2), Image("new", 1)], {"old": 1}, id="the oldest goes"),
        pytest.param([rule(1, "untagged", days=7)], [Image("a", 8), Image("b", 6)], {"a": 1}, id="by age"),
        pytest.param([rule(1, "untagged", days=7)], [Image("a", 8, ("v1",))], {}, id="tagged is not untagged"),
        pytest.param(
            [IN_USE, rule(2, "any", keep=1)],
            [Image("used", 9, ("v1", "in-use-x")), Image("old", 2, ("v2",)), Image("new", 1, ("v3",))],
            {"old": 2},
            id="what an earlier rule matches stays",
        ),
        pytest.param(
            [rule(2, "any", keep=1), IN_USE],
            [Image("used", 9, ("in-use-x",)), Image("new", 1, ("v3",))],
            {},
            id="the number decides, not the place",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPrefixList": ["in-use-"]}, keep=1), rule(2, "any", keep=1)],
            [Image("a", 3, ("in-use-a",)), Image("b", 2, ("in-use-b",)), Image("c", 1, ("v1",))],
            {"a": 1},
            id="a rule expires what is beyond its own number",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPrefixList": ["a", "b"]}, days=1)],
            [Image("both", 3, ("a1", "b1")), Image("one", 3, ("a2",))],
            {"both": 1},
            id="every prefix must be met",
        ),
        pytest.param(
            [rule(1, "tagged", {"tagPatternList": ["*-rc*"]}, days=1)],
            [Image("rc", 3, ("1.0-rc1",)), Image("final", 3, ("1.0",))],
            {"rc": 1},
            id="patterns",
        ),
        pytest.param(
            [rule(1, "untagged", days=7)],
            [Image("child", 30), Image("list", 30, ("v1",), children=("child",))],
            {},
            id="what a manifest list refers to stays",
        ),
    ],
)
def test_which_images_a_policy_expires(rules: list[Any], images: list[Image], expired: dict[str, int]) -> None:
    assert expiring({"rules": rules}, images, NOW) == expired


@pytest.mark.usefixtures("empty")
def test_the_preview_says_what_would_go(client: Client) -> None:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="app")
    with pytest.raises(ClientError, match="LifecyclePolicyPreviewNotFound"):
        ecr.get_lifecycle_policy_preview(repositoryName="app")
    with pytest.raises(ClientError, match="LifecyclePolicyNotFound"):
        ecr.start_lifecycle_policy_preview(repositoryName="app")
    old, _ = push(ecr, "one", "v1"), push(ecr, "two", "v2")
    policy = json.dumps({"rules": [rule(1, "any", keep=1)]})
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=policy)
    ecr.start_lifecycle_policy_preview(repositoryName="app")
    preview = ecr.get_lifecycle_policy_preview(repositoryName="app")
    assert preview["status"] == "COMPLETE"
    assert [one["imageDigest"] for one in preview["previewResults"]] == [old]
