"""send_once: a write that may not be repeated is sent once, and every other request as often as botocore sends it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.calls import LostAnswer
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.writes import may_be_repeated, send_once
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, EndpointConnectionError

URL = "https://ecs.us-east-1.amazonaws.com"
CLOSED = ConnectionClosedError(endpoint_url=URL)
UNSENT = EndpointConnectionError(endpoint_url=URL)


class Raw:
    """The body of a response."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_more: Any) -> Any:
        yield self.body


def answered(status: int, code: str) -> Any:
    body = b'{"__type": "%s", "message": "m"}' % code.encode()
    return AWSResponse(URL, status, {"x-amzn-ErrorType": code}, Raw(body))  # type: ignore[no-untyped-call]


@pytest.fixture(params=["legacy", "standard"])
def ecs(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client with two tries; ecs.answers are what it gets, ecs.sent counts."""
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    config = Config(retries={"mode": request.param, "total_max_attempts": 2})
    client: Any = boto3.client("ecs", region_name="us-east-1", config=config, **keys)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    client.sent = 0

    def send(**_more: Any) -> Any:
        client.sent += 1
        if isinstance(client.answer, Exception):
            raise client.answer
        return client.answer

    monkeypatch.setattr(client._endpoint.http_session, "send", lambda request: send())
    send_once(client)
    return client


def register(ecs: Any) -> None:
    ecs.register_task_definition(family="x", containerDefinitions=[])


@pytest.mark.parametrize("answer", [CLOSED, answered(500, "ServerException"), answered(504, "")])
def test_a_lost_answer_to_a_write_that_may_not_be_repeated(ecs: Any, answer: Any) -> None:
    ecs.answer = answer
    with pytest.raises(LostAnswer):
        register(ecs)
    assert ecs.sent == 1


@pytest.mark.parametrize("answer", [UNSENT, answered(400, "ThrottlingException"), answered(503, "Throttling")])
def test_what_was_not_done_is_sent_again(ecs: Any, answer: Any) -> None:
    ecs.answer = answer
    with pytest.raises((ClientError, BotoCoreError)):
        register(ecs)
    assert ecs.sent == 2


def test_a_read_and_a_write_that_may_be_repeated_are_sent_again(ecs: Any) -> None:
    ecs.answer = CLOSED
    for call in (ecs.list_clusters, lambda: ecs.tag_resource(resourceArn="x", tags=[])):
        ecs.sent = 0
        with pytest.raises(ConnectionClosedError):
            call()
        assert ecs.sent == 2


@pytest.mark.parametrize(
    ("operation", "may"),
    [("DescribeTasks", True), ("DeleteService", True), ("RegisterTaskDefinition", False), ("RunTask", False)],
)
def test_what_is_in_no_table_is_sent_once(operation: str, may: bool) -> None:
    assert may_be_repeated("ecs", operation) is may
