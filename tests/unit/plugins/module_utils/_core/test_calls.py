"""aws_call: what is worth waiting for, reported by an error's code or, where that is too coarse, by its text."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._core import calls
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.calls import Stale, aws_call
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

NOT_YET, NEVER = "Still in creation", "Not allowed"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


class Service:
    """Fails so often, then answers."""

    def __init__(self, code: str, message: str, failures: int = 2) -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, "Operation")
        self.failures = failures
        self.asked = 0

    def ask(self) -> str:
        self.asked += 1
        if self.asked <= self.failures:
            raise self.error
        return "answer"


@pytest.mark.parametrize(
    ("code", "message", "times"),
    [
        pytest.param("ThrottlingException", NEVER, 3, id="throttled"),
        pytest.param("Busy", NEVER, 3, id="a-code-of-own"),
        pytest.param("Coarse", f"{NOT_YET}: wait", 3, id="a-text-of-own"),
        pytest.param("Coarse", NEVER, 1, id="the-same-code-with-another-text"),
    ],
)
def test_what_is_worth_waiting_for(code: str, message: str, times: int) -> None:
    service = Service(code, message)
    call: Any = aws_call("ask", retry=["Busy"], retry_messages=[NOT_YET])(service.ask)
    if times == 1:
        with pytest.raises(AnsibleAWSError, match=NEVER):
            call()
    else:
        assert call() == "answer"
    assert service.asked == times


def test_what_never_passes_is_said_as_it_was() -> None:
    service = Service("Coarse", NOT_YET, failures=99)
    with pytest.raises(AnsibleAWSError, match=NOT_YET):
        aws_call("ask", retry_messages=[NOT_YET], retries=3)(service.ask)()
    assert service.asked == 3


def test_a_stale_code_is_judged_after_the_waiting() -> None:
    service = Service("Coarse", NOT_YET, failures=99)
    with pytest.raises(Stale):
        aws_call("ask", stale=["Coarse"], retry_messages=[NOT_YET], retries=3)(service.ask)()
    assert service.asked == 3


URL = "https://ecs.us-east-1.amazonaws.com"


def raising(*errors: Exception) -> Any:
    """A function that raises these, one with each call, and then answers."""
    left = list(errors)

    def ask() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return ask


def answered_with(status: int, code: str = "Odd") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


@pytest.mark.parametrize(
    "error",
    [
        *(pytest.param(answered_with(status), id=str(status)) for status in (500, 502, 503, 504)),
        pytest.param(ConnectionClosedError(endpoint_url=URL), id="closed"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), id="read-timeout"),
    ],
)
def test_no_answer_is_waited_out_for_a_while(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws_call("ask")(raising(error, error, error))() == "answer"
    monkeypatch.setattr(calls, "ANSWERED_WITHIN", 0)
    with pytest.raises(AnsibleAWSError, match="Failed to ask"):
        aws_call("ask")(raising(error))()


@pytest.mark.parametrize("error", [answered_with(400), EndpointConnectionError(endpoint_url=URL)])
def test_what_another_try_would_not_change_is_said_at_once(error: Exception) -> None:
    with pytest.raises(AnsibleAWSError, match="Failed to ask"):
        aws_call("ask")(raising(error))()


def test_a_stale_error_names_the_thing() -> None:
    def ask(name: str) -> None:
        raise answered_with(400, "Gone")

    with pytest.raises(Stale, match="Failed to ask thing"):
        aws_call("ask {name}", stale=["Gone"])(ask)("thing")
