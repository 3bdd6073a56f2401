"""The import contracts of the server (server/pyproject.toml) hold, cover every folder, and notice what they forbid."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tests.tools.import_linter import lint

SERVER = Path(__file__).parents[2] / "server"
SETTINGS = SERVER / "pyproject.toml"
PACKAGE = "quilt_mcp_server"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder that holds a copy of the server's code."""
    shutil.copytree(SERVER / "src" / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    code, said = lint(copy, SETTINGS)
    assert code == 0, said


@pytest.mark.parametrize(
    ("importer", "line", "contract"),
    [
        pytest.param("transport/concurrency.py", "from ..auth import tokens", "Layers", id="transport on auth"),
        pytest.param("protocol/paging.py", "from ..quilt import manifest", "Layers", id="protocol on quilt"),
        pytest.param("protocol/server.py", "from ..auth import principal", "Layers", id="same layer"),
        pytest.param("quilt/manifest.py", "from ..aws import Gateway", "Layers", id="quilt on aws"),
        pytest.param("aws/gateway.py", "from ..tools import buckets", "Layers", id="aws on tools"),
        pytest.param("tools/buckets.py", "from .. import resources", "Layers", id="tools on resources"),
        pytest.param("healthcheck.py", "from .config import load", "Layers", id="health check"),
        pytest.param("config.py", "from .telemetry import logs", "Layers", id="configuration"),
        pytest.param(
            "tools/buckets.py", "from ..aws.clients import Clients", "The gateway is the only way", id="client"
        ),
        pytest.param("workflows.py", "from .aws import credentials", "The gateway is the only way", id="credentials"),
        pytest.param("auth/principal.py", "from . import tokens", "Authentication", id="principal on tokens"),
        pytest.param("auth/claims.py", "from . import jwks", "Authentication", id="claims on keys"),
        pytest.param("aws/grants.py", "from . import gateway", "AWS: clients", id="grant on gateway"),
    ],
)
def test_a_forbidden_import_is_seen(copy: Path, importer: str, line: str, contract: str) -> None:
    with (copy / PACKAGE / importer).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, said = lint(copy, SETTINGS)
    assert code == 1
    broken = said.partition("Broken contracts")[2]
    assert contract in broken and PACKAGE in broken


@pytest.mark.parametrize("new", ["search/__init__.py", "search.py", "auth/sessions.py", "aws/presigning.py"])
def test_a_new_file_or_folder_must_have_its_place(copy: Path, new: str) -> None:
    (copy / PACKAGE / new).parent.mkdir(exist_ok=True)
    (copy / PACKAGE / new).write_text("")
    code, said = lint(copy, SETTINGS)
    assert code == 1
    assert new.partition(".")[0].split("/")[0 if new.startswith("search") else 1] in said


def test_every_folder_stands_in_the_layers() -> None:
    settings = tomllib.loads((SERVER / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    named = {name.strip() for line in layers for name in line.split("|")}
    assert {path.parent.name for path in (SERVER / "src" / PACKAGE).glob("*/__init__.py")} <= named
