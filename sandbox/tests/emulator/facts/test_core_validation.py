"""Requests that AWS's own models refuse, in each protocol."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ALLOW, TASKS, code
from sandbox.tests.emulator.facts.tagged import ADD, CREATE, METRIC

INVALID = {
    "ecs": "InvalidParameterException",
    "elbv2": "ValidationError",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "ssm": "ValidationException",
}
LENGTHS = {**INVALID, "cloudwatch": "ValidationError"}
ROLE = {"RoleName": "r", "AssumeRolePolicyDocument": TASKS}


@pytest.mark.parametrize("service", INVALID)
@pytest.mark.parametrize("tag", [("a", "R&D (EMEA), #4"), ("a;b", "x"), ("a", "tab\there"), ("a", "emoji \U0001f600")])
@pytest.mark.usefixtures("empty")
def test_characters_of_tags(client: Client, service: str, tag: tuple[str, str]) -> None:
    with pytest.raises(ClientError, match="regular expression pattern") as caught:
        CREATE[service](client, [tag])
    assert code(caught) == INVALID[service]
    CREATE[service](client, [("Größe", "ünï cödé _.:/=+-@ 名")])
    with pytest.raises(ClientError, match="regular expression pattern") as caught:
        ADD[service](client, [tag])
    assert code(caught) == INVALID[service]


@pytest.mark.parametrize("service", LENGTHS)
@pytest.mark.usefixtures("empty")
def test_lengths_of_tags(client: Client, service: str) -> None:
    for tag in (("k" * 129, "v"), ("k", "v" * 257)):
        with pytest.raises(ClientError, match="must have length less than or equal to") as caught:
            CREATE[service](client, [tag])
        assert code(caught) == LENGTHS[service]
    CREATE[service](client, [("k" * 128, "v" * 256)])


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("iam", "create_role", ROLE | {"RoleName": "a b"}, "ValidationError"),
    ("iam", "create_role", ROLE | {"RoleName": "r" * 65}, "ValidationError"),
    ("iam", "create_role", ROLE | {"Path": "team"}, "ValidationError"),
    ("iam", "create_role", ROLE | {"Description": "for Łukasz"}, "ValidationError"),
    ("iam", "create_role", ROLE | {"MaxSessionDuration": 43201}, "ValidationError"),
    ("iam", "put_role_policy", {"RoleName": "r", "PolicyName": "a b", "PolicyDocument": ALLOW}, "ValidationError"),
    ("logs", "create_log_group", {"logGroupName": "/ecs/a b"}, "InvalidParameterException"),
    ("logs", "create_log_group", {"logGroupName": "l" * 513}, "InvalidParameterException"),
    ("ssm", "put_parameter", {"Name": "p", "Value": "v", "Type": "Text"}, "ValidationException"),
    ("ssm", "put_parameter", {"Name": "p", "Value": "v", "Description": "d" * 1025}, "ValidationException"),
    ("ecr", "create_repository", {"repositoryName": "Upper/Case"}, "InvalidParameterException"),
    ("ecr", "create_repository", {"repositoryName": "a" * 257}, "InvalidParameterException"),
    ("ecr", "put_lifecycle_policy", {"repositoryName": "xx", "lifecyclePolicyText": "{" * 30721}, "Invalid"),
    ("cloudwatch", "put_metric_alarm", METRIC | {"AlarmName": "a" * 256}, "ValidationError"),
    ("cloudwatch", "put_metric_alarm", METRIC | {"AlarmDescription": "d" * 1025}, "ValidationError"),
    ("cloudwatch", "put_metric_alarm", METRIC | {"AlarmActions": ["arn:aws:sns:us-east-1:1:x"] * 6}, "ValidationError"),
    ("cloudwatch", "put_metric_alarm", METRIC | {"ComparisonOperator": ">"}, "ValidationError"),
    ("elbv2", "create_target_group", {"Name": "x", "HealthCheckIntervalSeconds": 301}, "ValidationError"),
    ("elbv2", "create_target_group", {"Name": "x", "Protocol": "SPDY"}, "ValidationError"),
    ("ecs", "create_cluster", {"clusterName": "x", "capacityProviders": [], "tags": [{"key": "k" * 129}]}, "Invalid"),
]


@pytest.mark.parametrize(
    ("service", "operation", "request_", "expected"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.usefixtures("empty")
def test_the_model_refuses(client: Client, service: str, operation: str, request_: Any, expected: str) -> None:
    with pytest.raises(ClientError, match="failed to satisfy constraint") as caught:
        getattr(client(service), operation)(**request_)
    assert code(caught).startswith(expected)


@pytest.mark.usefixtures("empty")
def test_the_words_are_those_of_aws(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client("iam").create_role(**ROLE | {"RoleName": "a b", "MaxSessionDuration": 43201})
    assert caught.value.response["Error"]["Message"] == (
        "2 validation errors detected: "
        r"Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"[\w+=,.@-]+; "
        "Value '43201' at 'maxSessionDuration' failed to satisfy constraint: "
        "Member must have value less than or equal to 43200"
    )
    with pytest.raises(ClientError, match=r"at 'tags\.2\.member\.value'"):
        CREATE["iam"](client, [("a", "b"), ("c", "!")])
    with pytest.raises(ClientError, match="Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must"):
        client("ecr").create_repository(repositoryName="Upper")


@pytest.mark.parametrize(
    ("target", "body", "wanted"),
    [
        ("AmazonSSM.PutParameter", {"Name": "p"}, "Value null at 'value'"),
        ("Logs_20140328.CreateLogGroup", {"logGroupName": "x", "tags": {"a": None}}, "Value null at 'tags.a'"),
        (
            "AmazonSSM.PutParameter",
            {"Name": "p", "Value": "v", "Type": "String", "Tags": [{"Key": "a", "Value": None}]},
            "Value null at 'tags.1.member.value'",
        ),
    ],
)
def test_null_is_no_value(empty: ControlPlane, target: str, body: Any, wanted: str) -> None:
    """botocore would not send it."""
    service = {"AmazonSSM": "ssm", "Logs_20140328": "logs"}[target.split(".")[0]]
    request = urllib.request.Request(
        empty.url,
        data=json.dumps(body).encode(),
        headers={
            "X-Amz-Target": target,
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=sandbox/20261122/us-east-1/{service}/aws4_request, "
            "SignedHeaders=host, Signature=0",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert wanted in json.load(caught.value)["message"]


@pytest.mark.usefixtures("empty")
def test_the_longest_that_the_model_allows(client: Client) -> None:
    client("iam").create_role(**ROLE | {"RoleName": "r" * 64, "Path": "/a/b/", "Description": "für Günter\n" * 90})
    client("logs").create_log_group(logGroupName="/ecs/" + "l" * 507)
    client("cloudwatch").put_metric_alarm(**METRIC | {"AlarmName": "ä" * 255})
    client("ecr").create_repository(repositoryName="team/a_b-c.d")
