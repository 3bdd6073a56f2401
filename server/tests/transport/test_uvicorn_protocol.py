"""How long connections and the process last. Limits for headers: tests/attack."""

import re
from typing import Any

import pytest
from conftest import environment
from server_process import SOURCE

from quilt_mcp_server.__main__ import serve
from quilt_mcp_server.config import ConfigError, load
from quilt_mcp_server.transport.uvicorn_protocol import GRACE, KEEP_ALIVE


def test_limits_of_time_are_in_order() -> None:
    """A tool ends before the balancer gives up, the balancer closes connections before the server does, ECS waits."""
    longest = {**environment(), "QUILT_MCP_TOOL_TIMEOUT": "50"}
    with pytest.raises(ConfigError):
        load(longest | {"QUILT_MCP_TOOL_TIMEOUT": "51"})
    balancer = 60  # seconds, as Elastic Load Balancing has it unless it is changed
    assert load(environment()).tool_timeout <= load(longest).tool_timeout < balancer < KEEP_ALIVE
    defaults = (SOURCE.parents[1] / "roles/ecs_service/defaults/main.yml").read_text()
    (stop_timeout,) = re.findall(r"^ecs_service_stop_timeout: (\d+)$", defaults, re.MULTILINE)
    assert int(stop_timeout) > GRACE


def test_the_limits_of_time_are_the_web_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda _, **given: options.update(given))
    serve(load(environment()))
    assert (options["timeout_keep_alive"], options["timeout_graceful_shutdown"]) == (KEEP_ALIVE, GRACE)
