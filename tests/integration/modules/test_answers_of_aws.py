"""What an operator reads when AWS refuses a call in the middle of a run: operation, code, AWS's text and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.emulator.control_plane import ControlPlane
from tests.kinds import Kind, parametrize

LOG_IN, CLOCK, POLICY = "log in again", "set the clock of this machine", "docs/deployer-policy.md"
SAID = "User: arn:aws:iam::850787717197:user/a is not authorized to perform: ecs:Act on resource: arn:aws:ecs:::x"
ANSWERS = [
    ("ExpiredTokenException", "The security token included in the request is expired", LOG_IN),
    ("ExpiredToken", "The security token included in the request is expired", LOG_IN),
    ("RequestExpired", "Request has expired.", LOG_IN),
    ("UnrecognizedClientException", "The security token included in the request is invalid.", LOG_IN),
    ("RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.", CLOCK),
    ("InvalidSignatureException", "Signature expired: 20260101T0000Z is now earlier than 20260101T0100Z", CLOCK),
    ("SignatureDoesNotMatch", "Signature not yet current: 20260101T0100Z is still later than 20260101T0000Z", CLOCK),
    ("AccessDeniedException", SAID, POLICY),
    ("UnauthorizedOperation", SAID, POLICY),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


def test_every_resource_keeps_the_operation_the_code_and_the_text(
    aws: ControlPlane, kind: Kind, client: Callable[[str], Any], run_module: Any
) -> None:
    """Each call of a run, refused in turn."""
    given = {**kind.identity, **kind.full, **kind.prepare(client)}
    operations = {call.operation for call in run_module(kind.module, check=True, **given)["calls"]}
    # Who the caller is serves only to predict an ARN, and the key behind an alias only to compare it.
    for operation in sorted(operations - {"GetCallerIdentity", "DescribeKey"}):
        aws.faults.add(
            "*", operation, "error", code="AccessDeniedException", status=403, message=f"{SAID}.", times=None
        )
        result = run_module(kind.module, check=True, **given)
        aws.faults.clear()
        assert result["failed"], operation
        for part in (operation, "AccessDeniedException", SAID, POLICY):
            assert part in result["msg"], operation


@pytest.mark.parametrize(("code", "text", "remedy"), ANSWERS)
@pytest.mark.parametrize(
    ("module", "parameters", "service", "operation"),
    [
        ("cloudwatch_log_group", {"log_group_name": "/x"}, "logs", "CreateLogGroup"),
        ("ecr_repository_users_info", {"repository_name": "sales-prod/x"}, "ecr", "DescribeRepositories"),
        ("assert_account", {"account_id": "850787717197"}, "sts", "GetCallerIdentity"),
    ],
)
def test_the_remedy_is_in_a_line_of_its_own(
    aws: ControlPlane,
    run_module: Any,
    module: str,
    parameters: dict[str, Any],
    service: str,
    operation: str,
    code: str,
    text: str,
    remedy: str,
) -> None:
    aws.faults.add(service, operation, "error", code=code, status=403, message=text, times=None)
    result = run_module(module, **parameters)
    assert operation in result["msg"] and code in result["msg"]
    assert "\nRemedy: " in result["msg"] and remedy in result["msg"].partition("\nRemedy: ")[2]
    aws.faults.clear()


def test_another_error_of_aws_gets_no_remedy_that_would_not_help(aws: ControlPlane, run_module: Any) -> None:
    aws.faults.add("logs", "CreateLogGroup", "error", code="InvalidParameterException", status=400)
    result = run_module("cloudwatch_log_group", log_group_name="/x")
    assert "InvalidParameterException" in result["msg"] and "Remedy" not in result["msg"]
