"""CloudWatch Logs as AWS has it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


@pytest.fixture
def logs(empty: ControlPlane, client: Client) -> Any:
    logs = client("logs")
    logs.create_log_group(logGroupName="/ecs/x")
    return logs


def group(logs: Any) -> Any:
    return logs.describe_log_groups(logGroupNamePrefix="/ecs/x")["logGroups"][0]


@pytest.mark.parametrize("days", [1, 30, 1096, 2192, 3288, 3653])
def test_documented_retention_is_accepted(logs: Any, days: int) -> None:
    logs.put_retention_policy(logGroupName="/ecs/x", retentionInDays=days)
    assert group(logs)["retentionInDays"] == days


@pytest.mark.parametrize("days", [0, 2, 31, 366, 5000])
def test_other_retention_is_refused(logs: Any, days: int) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.put_retention_policy(logGroupName="/ecs/x", retentionInDays=days)
    assert "retentionInDays" not in group(logs)


def test_class_is_told_and_checked(logs: Any) -> None:
    assert group(logs)["logGroupClass"] == "STANDARD"
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")
    (rare,) = logs.describe_log_groups(logGroupNamePrefix="/rare")["logGroups"]
    assert rare["logGroupClass"] == "INFREQUENT_ACCESS"
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.create_log_group(logGroupName="/y", logGroupClass="CHEAP")


def test_tags_go_with_their_group(logs: Any) -> None:
    arn = group(logs)["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"team": "x"})
    logs.delete_log_group(logGroupName="/ecs/x")
    logs.create_log_group(logGroupName="/ecs/x")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_key_comes_and_goes(logs: Any) -> None:
    key = "arn:aws:kms:us-east-1:850787717197:key/1"
    logs.associate_kms_key(logGroupName="/ecs/x", kmsKeyId=key)
    assert group(logs)["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="/ecs/x")
    assert "kmsKeyId" not in group(logs)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/nope", kmsKeyId=key)
