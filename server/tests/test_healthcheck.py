"""The container's health check."""

import subprocess
import sys

from conftest import free_port
from server_process import Start, run_environment


def test_the_health_check(start: Start) -> None:
    _, server = start()
    check = [sys.executable, "-m", "quilt_mcp_server.healthcheck"]
    port = str(server.http.base_url.port)
    assert subprocess.run(check, env=run_environment(QUILT_MCP_PORT=port)).returncode == 0
    assert subprocess.run(check, env=run_environment(QUILT_MCP_PORT=str(free_port()))).returncode == 1
