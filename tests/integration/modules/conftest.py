"""Run a module's real main() over HTTP against the sandbox's control plane: the seeded stack `sales-prod`."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.client
import botocore.session
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from sandbox.emulator.control_plane import ControlPlane
from tests.integration.modules import listener_rule
from tests.integration.modules.recorded_answers import Player

Result = dict[str, Any]
RunModule = Callable[..., Result]
KEYS = {"access_key": "sandbox", "secret_key": "sandbox"}


@pytest.fixture(scope="module", autouse=True)
def _shared_models() -> Iterator[None]:
    """Every module run makes its own clients; this spares them parsing the service models again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture
def aws(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    """The control plane with a fresh `sales-prod`, no faults and no calls."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    control_plane.reset()
    return control_plane


@pytest.fixture
def client(aws: ControlPlane) -> Callable[[str], Any]:
    """client(service): a boto3 client of somebody else in the account."""

    def make(service: str) -> Any:
        keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "somebody"}
        return boto3.client(service, region_name=aws.region, endpoint_url=aws.url, **keys)

    return make


@pytest.fixture
def run_module(aws: ControlPlane, capsys: pytest.CaptureFixture[str]) -> RunModule:
    """run_module(name, check=False, **parameters): the module's result, failures too (failed=True).

    `result["calls"]` are the AWS calls of this run, `result["writes"]` the operations among them that write.
    """

    def run(name: str, /, check: bool = False, **parameters: Any) -> Result:
        module = importlib.import_module(f"ansible_collections.quilt.mcp_server.plugins.modules.{name}")
        arguments = {"region": aws.region, "endpoint_url": aws.url, **KEYS, **parameters}
        mark = aws.mark()
        arguments |= {"_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        result: Result = json.loads(capsys.readouterr().out)
        # Another deployer's calls may be recorded meanwhile; the module signs with its own key.
        calls = [call for call in aws.calls(mark) if call.access_key == KEYS["access_key"]]
        return {**result, "calls": calls, "writes": [call.operation for call in calls if call.write]}

    return run


@pytest.fixture
def listener(aws: ControlPlane, client: Callable[[str], Any], run_module: RunModule) -> listener_rule.Listener:
    """An HTTPS listener of a shared balancer, without rules, and elb_listener_rule run against it."""
    return listener_rule.make(aws, client, run_module)


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    """Records every answer to a module of this process, from the same clients in each run."""
    player = Player(botocore.client.BaseClient._make_api_call)  # type: ignore[attr-defined]
    monkeypatch.setattr(
        botocore.client.BaseClient, "_make_api_call", lambda client, name, request: player.call(client, name, request)
    )
    clients: dict[str, Any] = {}
    make = AnsibleAWSModule.client

    def made_once(module: Any, service: str, *more: Any, **named: Any) -> Any:
        if service not in clients:
            clients[service] = make(module, service, *more, **named)
        return clients[service]

    monkeypatch.setattr(AnsibleAWSModule, "client", made_once)
    return player
