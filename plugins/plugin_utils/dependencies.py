# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Whether the other collections are there in the versions that this one needs: ansible-core does not look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem, refusal

UNKNOWN = "unknown"  # of a collection under development


def required(collection: Path) -> dict[str, str]:
    """The versions of other collections that a collection needs, by name.

    Read from its MANIFEST.json as it was installed, or its galaxy.yml as it is in a clone.
    """
    manifest = collection / "MANIFEST.json"
    if manifest.exists():
        found = json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]
    else:
        found = yaml.safe_load((collection / "galaxy.yml").read_text(encoding="utf-8"))
    versions: dict[str, str] = found["dependencies"]
    return versions


def installed(name: str) -> str | None:
    """The version of a collection that ansible-core finds; None when it finds none, UNKNOWN when it does not say."""
    try:
        package = import_module(f"ansible_collections.{name}")
    except ImportError:
        return None
    for folder in package.__path__:
        with_version: Mapping[str, Any] = _manifest(Path(folder) / "MANIFEST.json")
        if with_version:
            return str(with_version["collection_info"]["version"])
    return UNKNOWN


def complaint(wanted: Mapping[str, str]) -> str:
    """Why the collections that are installed do not do, or nothing."""
    versions = {name: installed(name) for name in wanted}
    wrong = {name: found for name, found in versions.items() if not _suits(found, wanted[name])}
    if not wrong:
        return ""
    commands = " ".join(f"'{name}:{wanted[name]}'" for name in wrong)
    problem = Problem(
        found=", ".join(f"{name} {found or 'is missing'}" for name, found in wrong.items()),
        reason=f"this collection needs {', '.join(f'{name} {wanted[name]}' for name in wrong)}",
        remedy=f"install requirements.txt with pip, or run ansible-galaxy collection install --upgrade {commands}",
    )
    text: str = refusal("Refused to run with the collections that are installed", [problem])
    return text


def _suits(found: str | None, versions: str) -> bool:
    # Here, as ansible-core requires it, but `ansible-test sanity` imports plugins without it.
    from packaging.specifiers import SpecifierSet

    return found == UNKNOWN or (found is not None and SpecifierSet(versions).contains(found, prereleases=True))


def _manifest(path: Path) -> Mapping[str, Any]:
    """The content of a MANIFEST.json, or nothing: a collection under development has none."""
    if not path.exists():
        return {}
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
