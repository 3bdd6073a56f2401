"""From the module's parameters to the checks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.checks import names
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.client import secret_value
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.plan import plan_from
from botocore.exceptions import ClientError, NoCredentialsError

pytest.importorskip("jwt")

KEY = "a-key-that-is-long-enough-for-hs256-to-be-content"
PARAMS: dict[str, Any] = {
    "url": "https://demo.quiltdata.com/mcp",
    "ca_file": None,
    "connect_to": None,
    "headers": {},
    "rule_conditions": [],
    "client_certificate": None,
    "client_key": None,
    "token": None,
    "jwt_secret_id": "sales-prod/mcp-server/jwt",
    "kid": "frontend-enhanced",
    "issuer": "quilt-frontend",
    "audience": "quilt-mcp-server",
    "subject": "smoke-test",
    "bucket": "quilt-example",
    "tool_name": "bucket_objects_list",
    "tool_arguments": {},
    "expected_tools": [],
    "timeout": 30,
    "wait_timeout": 30,
}


def planned(params: dict[str, Any], client: Any, **more: Any) -> Any:
    """The plan, with the secret from this client."""
    secret = partial(secret_value, client=client, whose="the token", instead="give one")
    return plan_from(params, secret, **more)


class Secrets:
    """Secrets Manager with one answer, or an error."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.reads = 0

    def __call__(self, service: str) -> Secrets:
        assert service == "secretsmanager"
        return self

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        self.reads += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"SecretString": self.answer}


def test_a_token_is_made_with_the_secret() -> None:
    plan = planned(PARAMS, Secrets(KEY))
    assert names(plan) == [
        "health",
        "no_token",
        "garbage_token",
        "forged_token",
        "expired_token",
        "initialize",
        "tools_list",
        "tool_call",
        "modern_protocol",
    ]
    assert set(plan.secrets) == {plan.token, plan.expired_token, KEY}
    assert plan.tool_arguments == {"bucket": "quilt-example"}
    assert plan.expected_tools == ("bucket_objects_list",)


def test_a_given_token_leaves_the_expired_one_out() -> None:
    plan = planned({**PARAMS, "jwt_secret_id": None, "token": "given"}, Secrets(KEY))
    assert "expired_token" not in names(plan)
    assert plan.secrets == ("given",)


def test_without_a_bucket_no_tool_is_called() -> None:
    plan = planned({**PARAMS, "bucket": None, "expected_tools": ["whoami"]}, Secrets(KEY))
    assert "tool_call" not in names(plan)
    assert plan.expected_tools == ("whoami",)


def test_a_dry_run_reads_no_secret() -> None:
    secrets = Secrets(KEY)
    assert "expired_token" in names(planned(PARAMS, secrets, dry=True))
    assert secrets.reads == 0


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"url": "demo.quiltdata.com/mcp"},
            "url is 'demo.quiltdata.com/mcp'\n.*\nRemedy: write it as https://host/mcp",
        ),
        ({"ca_file": "/no/such/ca.pem"}, "is not a file"),
        ({"connect_to": "localhost"}, "connect_to is 'localhost'\n.*\nRemedy: write it as host:port"),
        ({"headers": {"Authorization": "x"}}, "headers has Authorization\nReason: the client itself sends it"),
        ({"headers": {"Mcp-Session-Id": "x"}}, "headers has Mcp-Session-Id"),
        ({"headers": {"X Y": "x"}}, "headers has 'X Y', which is not printable ASCII"),
        (
            {"headers": {"X-Quilt-Release": "a\r\nHost: b"}},
            "headers has 'X-Quilt-Release', which is not printable ASCII",
        ),
        ({"token": "t"}, "exactly one of token and jwt_secret_id"),
        ({"jwt_secret_id": None}, "exactly one of token and jwt_secret_id"),
    ],
)
def test_wrong_parameters(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(AnsibleAWSError, match=text):
        planned({**PARAMS, **changes}, Secrets(KEY))


def test_all_wrong_parameters_are_said_at_once() -> None:
    with pytest.raises(AnsibleAWSError, match=r"(?s)Found: url is.*Found: connect_to is"):
        planned({**PARAMS, "url": "x", "connect_to": "y"}, Secrets(KEY))


def test_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("nothing")
    with pytest.raises(AnsibleAWSError, match="holds no PEM certificate"):
        planned({**PARAMS, "ca_file": str(ca_file)}, Secrets(KEY))


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "GetSecretValue")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            client_error("ResourceNotFoundException"),
            "Refused to read the secret 'sales-prod/mcp-server/jwt'\nFound: there is no such secret",
        ),
        (client_error("AccessDeniedException"), "allow secretsmanager:GetSecretValue"),
        (client_error("ExpiredTokenException"), "AWS refuses the credentials"),
        (NoCredentialsError(), "no AWS credentials were found"),
    ],
)
def test_a_secret_that_cannot_be_read(error: Exception, text: str) -> None:
    with pytest.raises(AnsibleAWSError, match=text):
        planned(PARAMS, Secrets(error))
