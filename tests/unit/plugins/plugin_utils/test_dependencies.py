"""Whether the collections that are installed are those that this one needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.quilt.mcp_server.plugins.plugin_utils import dependencies

WANTED = {"amazon.aws": ">=11.0.0", "community.aws": ">=11.0.0,<13.0.0"}


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The versions that are installed."""
    found: dict[str, str | None] = {"amazon.aws": "11.4.0", "community.aws": "12.0.0"}
    monkeypatch.setattr(dependencies, "installed", found.get)
    return found


def test_what_is_required_is_in_the_manifest_or_in_galaxy_yml(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text(json.dumps({"name": "x", "dependencies": {"amazon.aws": "*"}}))
    assert dependencies.required(tmp_path) == {"amazon.aws": "*"}
    (tmp_path / "MANIFEST.json").write_text(json.dumps({"collection_info": {"dependencies": WANTED}}))
    assert dependencies.required(tmp_path) == WANTED


def test_the_installed_collections_suit() -> None:
    assert dependencies.installed("amazon.aws")
    assert dependencies.installed("nobody.nothing") is None
    assert dependencies.complaint(WANTED) == ""


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("amazon.aws", "10.3.0", "amazon.aws 10.3.0"),
        ("amazon.aws", None, "amazon.aws is missing"),
        ("community.aws", "13.0.0", "community.aws 13.0.0"),
        ("amazon.aws", "11.0.0", ""),
        ("amazon.aws", "12.0.0-dev0", ""),
        ("amazon.aws", dependencies.UNKNOWN, ""),
    ],
)
def test_another_version_is_a_complaint(
    versions: dict[str, str | None], name: str, version: str | None, found: str
) -> None:
    versions[name] = version
    complaint = dependencies.complaint(WANTED)
    assert bool(complaint) == bool(found)
    assert not found or complaint.splitlines()[1] == f"Found: {found}"
