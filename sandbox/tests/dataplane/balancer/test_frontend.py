"""The web frontend through the balancer: a page of another origin in headless Chromium, TLS, a rule, the MCP server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import tokens
from sandbox.network import free_port
from sandbox.testing.elbv2_stack import forward, host, path
from sandbox.tests.dataplane.balancer.world import HOST, World
from server.tests.browser.chromium import origin, program, visit

SERVER = Path(__file__).parents[4] / "server"
PYTHON = Path(os.environ.get("SANDBOX_SERVER_PYTHON", SERVER / ".venv/bin/python"))
KEYS = json.dumps({tokens.KID: "k" * 48})

pytestmark = [
    pytest.mark.skipif(program() is None, reason="Chromium is not installed (Debian: apt install chromium)"),
    pytest.mark.skipif(not PYTHON.exists(), reason="the server's environment server/.venv is not installed"),
]


@contextmanager
def server(endpoint_url: str, origins: str) -> Iterator[tuple[str, int]]:
    """The address of the real server, which lets these origins call."""
    port = free_port()
    environment = {
        "PYTHONPATH": str(SERVER / "src"),
        "PATH": os.environ["PATH"],
        "QUILT_MCP_HOST": "127.0.0.1",
        "QUILT_MCP_PORT": str(port),
        "QUILT_MCP_JWT_KEYS": KEYS,
        "QUILT_MCP_ALLOWED_HOSTS": HOST,
        "QUILT_MCP_ALLOWED_ORIGINS": origins,
        "QUILT_MCP_CREDENTIALS": "task_role",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
    }
    process = subprocess.Popen(
        [str(PYTHON), "-m", "quilt_mcp_server"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("allowed", [True, False], ids=["frontend", "foreign origin"])
def test_a_page_of_another_origin_calls_through_the_route(world: World, allowed: bool) -> None:
    endpoint_url = world.stack.elb.meta.endpoint_url
    with (
        origin() as (page, reports),
        server(endpoint_url, page if allowed else "https://catalog.example.com") as address,
    ):
        group = world.group(HealthyThresholdCount=2)
        world.addresses.publish(("10.0.1.10", 8000), address)
        world.stack.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.10", "Port": 8000}])
        world.stack.rule(100, [host(HOST), path("/mcp", "/mcp/*")], Actions=[forward(group)])
        world.wait_for(group, "healthy")
        settings = {
            "endpoint": f"https://{HOST}:{world.balancer.port}/mcp",
            "token": tokens.mint(KEYS, "alice", ["quilt-example"], 300),
            "bad": "a.b.c",
        }
        # The page knows the public name only; the certificate is the sandbox's.
        flags = (f"--host-resolver-rules=MAP {HOST} 127.0.0.1", "--ignore-certificate-errors")
        report = visit(page, reports, settings, flags)
    answers = [report[name] for name in ("initialize", "list", "modern")]
    if not allowed:
        assert all(answer.get("refused") for answer in answers), report
        return
    assert [answer["status"] for answer in answers] == [200, 200, 200], report
    assert report["modern"]["body"]["result"]["structuredContent"]["subject"] == "alice"
    assert report["missing"]["challenge"].startswith("Bearer realm=")
