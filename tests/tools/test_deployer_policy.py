"""The deployer's policy against what the collection's sources can call: nothing is missing, nothing is too much.

That a real run is allowed what it does is judged by every play of tests/integration/playbooks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests import aws_calls, iam_actions
from tests.kinds import every_kind
from tools import deployer_policy

ROOT = Path(__file__).parents[2]
PLACE = ["--account", "123456789012", "--region", "us-east-1", "--stack", "sales-prod"]
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
# Writes that AWS can limit by neither a resource nor a tag.
UNLIMITED = {"ecr:GetAuthorizationToken", "ecs:DeregisterTaskDefinition"}
LONGEST = ["--stack", "s" * 41, "--name", "n" * 54, "--environment", "e" * 31, "--region", "ap-southeast-2"]


def called() -> set[tuple[str, str]]:
    return aws_calls.called(aws_calls.sources())


Print = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Print:
    """printed(part, *options): the statements that the tool prints, by Sid."""

    def run(part: str, *options: str) -> dict[str, dict[str, Any]]:
        said = ["--without-boundary"] if part == "roles" and "--boundary" not in options else []
        assert deployer_policy.main([part, *PLACE, *options, *said]) == 0
        policy = json.loads(capsys.readouterr().out)
        assert deployer_policy.length(policy) <= 6144
        return {statement["Sid"]: statement for statement in policy["Statement"]}

    return run


# Of the identity that assumes the deployer's role (mcp_server_aws: assume_role), so not of the role's own policy.
OF_THE_SOURCE = {"sts:AssumeRole"}


def test_the_policy_allows_what_the_collection_can_call_and_nothing_else() -> None:
    needed, allowed = iam_actions.needed(called()) | iam_actions.PUSH | iam_actions.FETCH, deployer_policy.actions()
    assert needed >= OF_THE_SOURCE
    needed -= OF_THE_SOURCE
    assert needed - allowed == set(), "not allowed"
    assert allowed - needed == set(), "allowed, but never called"


def test_every_client_is_of_a_service_that_is_named_where_it_is_made() -> None:
    """Or the permissions that its calls need are not known from the sources."""
    assert {path: source.unnamed for path, source in aws_calls.sources().items() if source.unnamed} == {}
    kinds = {kind.resource.service for kind in every_kind().values()}
    assert kinds <= aws_calls.services(aws_calls.sources())


def test_of_every_operation_that_several_services_have_it_is_said_whose_it_is() -> None:
    missing = [*aws_calls.ambiguous(aws_calls.sources())]
    assert missing == [], "hold the client under a name that CLIENTS of tests/aws_calls.py lists"


def test_an_operation_of_two_services_on_a_client_without_a_name_is_ambiguous() -> None:
    text = "def tag(module, given):\n    module.client('sns'), module.client('ecs')\n    given.tag_resource()\n"
    assert [*aws_calls.ambiguous({"new.py": aws_calls.read(text)})] == ["new.py: tag_resource of ecs, sns"]


def test_a_resource_that_is_created_with_tags_needs_the_action_that_tags() -> None:
    """AWS judges tags given at creation as tagging; which action that is differs by service."""
    session = botocore.session.get_session()
    missing = []
    for kind in every_kind().values():
        shape = session.get_service_model(kind.resource.service).operation_model(kind.create_operation).input_shape
        tagging = [
            action for action in iam_actions.actions(kind.resource.service, kind.create_operation) if "Tag" in action
        ]
        if {"tags", "Tags", "TagSpecifications"} & {*shape.members} and not tagging:
            missing.append(f"{kind.resource.service}:{kind.create_operation}")
    assert missing == [], "say it in ALSO of tests/iam_actions.py"


def test_the_calls_of_a_service_that_nobody_listed_are_found() -> None:
    text = """
class Topic(Resource):
    service = "sns"

    def read(self):
        return self.client().get_topic_attributes(TopicArn=self.arn)

    def tag(self, tags):
        topics, queues = self.client(), self.client("sqs")
        topics.tag_resource(ResourceArn=self.arn, Tags=tags)
        for page in queues.get_paginator("list_queues").paginate():
            pass

def other(module, name):
    return module.client(name)
"""
    source = aws_calls.read(text)
    assert source.services == {"sns", "sqs"}
    assert source.unnamed == [15]
    needed = aws_calls.called({"new.py": source})
    assert needed == {("sns", "GetTopicAttributes"), ("sns", "TagResource"), ("sqs", "ListQueues")}


def test_looking_changes_nothing() -> None:
    verbs = {re.match("[A-Z][a-z]+", action.partition(":")[2])[0] for action in deployer_policy.actions("look")}  # type: ignore
    assert verbs == {"Batch", "Describe", "Get", "List"}
    assert "secretsmanager:GetSecretValue" not in deployer_policy.actions("look")


def test_whatever_changes_something_is_limited_to_a_name_or_to_the_tag(printed: Print) -> None:
    for part in set(deployer_policy.source()) - {"look"}:
        statements = printed(part, "--environment", "sales-prod", "--repository", "sales-prod")
        for sid, statement in statements.items():
            named = all("sales-prod" in arn for arn in statement["Resource"])
            assert named or "Condition" in statement or set(statement["Action"]) <= UNLIMITED, sid


@pytest.mark.parametrize("part", deployer_policy.source())
def test_each_part_is_a_managed_policy_of_aws_also_with_the_longest_names(part: str, printed: Print) -> None:
    statements = printed(part, *LONGEST, "--role", *("r" * 64, "q" * 64, "p" * 64))
    assert "{" not in "".join(arn for statement in statements.values() for arn in statement["Resource"])


def test_what_is_not_given_is_left_out(printed: Print) -> None:
    assert set(printed("image")) == {"LogInToRegistry", "KeepImages"}
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    assert printed("image", "--repository-key", key)["UseRepositoryKey"]["Resource"] == [key]
    cached = "arn:aws:ecr:us-east-1:123456789012:repository/docker-hub/team/app"
    assert printed("image", "--pull-through", "docker-hub/team/app")["FetchImages"]["Resource"] == [cached]
    assert cached in printed("look", "--pull-through", "docker-hub/team/app")["ReadImages"]["Resource"]
    assert "Condition" not in printed("roles")["KeepRoles"]
    kept = printed("roles", "--boundary", BOUNDARY)["KeepRoles"]
    assert kept["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": [BOUNDARY]}}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "makes its holder an administrator"),
        (["--boundary", BOUNDARY, "--without-boundary"], "leave one of them out"),
    ],
    ids=["none", "both"],
)
def test_roles_are_not_made_without_a_boundary_unless_it_is_said(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        deployer_policy.main(["roles", *PLACE, *options])
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_the_roles_that_exist_are_passed_on(printed: Print) -> None:
    passed = printed("service", "--role", "a", "b")["PassRolesOfTasks"]
    assert passed["Resource"] == ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"]
    assert "PassRolesOfTasks" not in printed("service")


def test_a_shared_vpc_is_named_by_its_id_in_any_account(printed: Print) -> None:
    assert "CreateSecurityGroupInSharedVpc" not in printed("route")
    shared = printed("route", "--vpc-id", "vpc-0a1b2c3d")["CreateSecurityGroupInSharedVpc"]
    assert shared["Resource"] == ["arn:aws:ec2:us-east-1:*:vpc/vpc-0a1b2c3d"]


def test_the_second_target_group_is_named_as_the_role_names_it(printed: Print) -> None:
    groups = [arn.split("/")[1] for arn in printed("route", "--target-group", "t" * 32)["KeepRoute"]["Resource"][1:]]
    assert groups == ["t" * 32, f"{'t' * 30}-b"]


@pytest.mark.parametrize("options", [["--account", "12345"], ["--name", "sales-*"], ["--secret", "a b"]], ids=str)
def test_a_value_that_would_allow_something_else_is_refused(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        deployer_policy.main(["look", *PLACE, *options])
    assert "12 digits" in capsys.readouterr().err


def test_more_than_aws_takes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        deployer_policy.main(["look", *PLACE, "--secret", *(f"{number}-{'x' * 90}" for number in range(40))])
    assert "6144" in capsys.readouterr().err
