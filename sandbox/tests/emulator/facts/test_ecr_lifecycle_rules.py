"""What the rules of a lifecycle policy say together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import code

Rule = dict[str, Any]


def rule(priority: int = 1, **selection: Any) -> Rule:
    """Expire untagged images beyond five, unless the selection says otherwise."""
    chosen = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 5} | selection
    return {"rulePriority": priority, "description": "d" * 40, "selection": chosen, "action": {"type": "expire"}}


def tagged(priority: int = 1, **selection: Any) -> Rule:
    return rule(priority, tagStatus="tagged", **selection)


@pytest.fixture
def ecr(empty: ControlPlane, client: Client) -> Any:
    ecr = client("ecr")
    ecr.create_repository(repositoryName="xx")
    return ecr


def put(ecr: Any, rules: list[Rule]) -> None:
    text = json.dumps({"rules": rules}).ljust(100)
    ecr.put_lifecycle_policy(repositoryName="xx", lifecyclePolicyText=text)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([], "1 to 50 rules"),
        ([tagged(n + 1, tagPrefixList=[str(n)]) for n in range(51)], "1 to 50 rules"),
        ([rule(0)], "minimum: 1"),
        ([rule(1), tagged(1, tagPrefixList=["a"])], "unique"),
        ([tagged()], "tagPrefixList or tagPatternList is required"),
        ([tagged(tagPrefixList=["a"], tagPatternList=["b*"])], "only one of them"),
        ([rule(tagPrefixList=["a"])], "only for the tag status tagged"),
        ([tagged(tagPatternList=["*1*2*3*4*"])], "at most 4 wildcards"),
        ([rule(countType="sinceImagePushed")], "countUnit is required"),
        ([rule(countUnit="days")], "not allowed otherwise"),
        ([rule(1, tagStatus="any"), tagged(2, tagPrefixList=["a"])], "highest rulePriority"),
        ([rule(1, tagStatus="any"), rule(2, tagStatus="any")], "only one rule"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_impossible_policy_is_refused(ecr: Any, rules: list[Rule], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        put(ecr, rules)
    assert code(caught) == "InvalidParameterException"


@pytest.mark.parametrize(
    "rules",
    [
        [rule()],
        [rule(7, countType="sinceImagePushed", countUnit="days")],
        [tagged(1, tagPrefixList=["a"]), tagged(3, tagPatternList=["*b*"]), rule(9, tagStatus="any")],
    ],
    ids=["one", "by age", "three"],
)
def test_a_possible_policy_is_kept(ecr: Any, rules: list[Rule]) -> None:
    put(ecr, rules)
    kept = ecr.get_lifecycle_policy(repositoryName="xx")["lifecyclePolicyText"]
    assert json.loads(kept)["rules"] == rules
