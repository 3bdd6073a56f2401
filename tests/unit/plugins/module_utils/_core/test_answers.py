"""An answer that cannot be read is as good as none."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core import calls
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.answers import Unreadable, require_whole
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.calls import LostAnswer, retried
from botocore.exceptions import ClientError

CLUSTERS = b'{"clusterArns": ["a"]}'
VPCS = b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"
DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
PAGE = b"<html><body>Blocked by the proxy<br></body></html>"

Answer = tuple[int, bytes]


class Aws:
    """A server on loopback that gives one answer after the other, the last one indefinitely."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked = 0
        aws = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                status, body = aws.answers[min(aws.asked, len(aws.answers) - 1)]
                aws.asked += 1
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        made = boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.server.server_port}", **keys)  # type: ignore[call-overload]
        require_whole(made)
        return made


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setattr(calls.time, "sleep", lambda _seconds: None)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    aws = Aws()
    yield aws
    aws.server.shutdown()
    aws.server.server_close()


@pytest.mark.parametrize(
    ("service", "operation", "damaged", "whole"),
    [
        ("ecs", "list_clusters", (200, CLUSTERS[:10]), (200, CLUSTERS)),
        ("ec2", "describe_vpcs", (200, VPCS[:-3]), (200, VPCS)),
        ("ec2", "describe_vpcs", (200, PAGE), (200, VPCS)),
        ("ec2", "describe_vpcs", (403, DENIED[:-9]), (200, VPCS)),
        ("ecs", "list_clusters", (400, b'{"__type": "Acc'), (200, CLUSTERS)),
        ("ecs", "list_clusters", (200, b"\xff\xfe"), (200, CLUSTERS)),
    ],
)
def test_a_read_is_asked_again(aws: Aws, service: str, operation: str, damaged: Answer, whole: Answer) -> None:
    aws.answers = [damaged, damaged, whole]
    assert retried()(getattr(aws.client(service), operation))()
    assert aws.asked == 3


def test_a_write_that_may_not_be_repeated_is_lost(aws: Aws) -> None:
    aws.answers = [(200, b'{"taskDef')]
    with pytest.raises(LostAnswer) as caught:
        retried()(aws.client("ecs").register_task_definition)(family="a", containerDefinitions=[])
    assert aws.asked == 1
    assert isinstance(caught.value.exception, Unreadable)


def test_an_answer_that_never_can_be_read_says_why(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "ANSWERED_WITHIN", 0)
    aws.answers = [(200, PAGE)]
    with pytest.raises(Unreadable, match=r"The answer of http://127\.0\.0\.1:\d+ cannot be read: mismatched tag"):
        retried()(aws.client("ec2").describe_vpcs)()


@pytest.mark.parametrize("answer", [(403, DENIED), (503, PAGE)])
def test_what_botocore_reads_is_left_to_it(aws: Aws, answer: Answer) -> None:
    """It tries again after a 503 in any form."""
    aws.answers = [answer, (403, DENIED)]
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("ec2").describe_vpcs()
