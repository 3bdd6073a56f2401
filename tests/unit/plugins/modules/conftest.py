"""Run a module's real main() against moto, with every AWS call noted."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.client
import botocore.loaders
import botocore.session
import pytest
from ansible.module_utils.testing import patch_module_args
from moto import mock_aws
from moto.backends import get_backend

REGION = "us-east-1"
READS = ("Describe", "List", "Get", "BatchGet")
CREDENTIALS = {"region": REGION, "access_key": "testing", "secret_key": "testing"}


class Aws:
    """An empty account and the calls that modules made in it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(READS)]


# ansible-test forks every test: moto's backends and the service models are loaded once, before the first fork.
SERVICES = ("ec2", "ecr", "ecs", "elbv2", "logs", "sts")
MODELS = botocore.loaders.Loader()
for service in SERVICES:
    get_backend(service)  # type: ignore[call-overload]
    MODELS.load_service_model(service, "service-2")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Moto's empty account; `aws.calls` holds the operations since the last run_module()."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(botocore.session, "create_loader", lambda search_path_string=None: MODELS)
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    account = Aws()
    original = botocore.client.BaseClient._make_api_call

    def noted(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        account.calls.append(operation_name)
        return original(self, operation_name, api_params)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", noted)
    with mock_aws():
        yield account


@pytest.fixture
def run_module(aws: Aws, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """run_module(name, check=False, **parameters): the result as a dictionary, failures too (failed=True)."""

    def run(name: str, /, check: bool = False, **parameters: Any) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.quilt.mcp_server.plugins.modules.{name}")
        aws.calls.clear()
        arguments = {**CREDENTIALS, **parameters, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return run
