"""A sandbox of its own with the deployed server, as `make demo` starts it: containers where there is an engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.load.stack import Sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The stack with the deployment's service in it, one task."""
    sandbox = Sandbox(tmp_path_factory.mktemp("load") / "sandbox")
    sandbox.run("sandbox", "up")
    try:
        sandbox.play("build.yml")
        sandbox.play("deploy.yml")
        yield sandbox
    finally:
        sandbox.run("sandbox", "down")
