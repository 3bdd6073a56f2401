# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of a container at one version each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.secret_reference import parse

LABEL = "quilt.secret."


def pin_secrets(secrets: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return ``value_from``, ``labels`` and ``versions`` of the secrets; ``versions`` is by the same references."""
    pinned: dict[str, dict[str, str]] = {"value_from": {}, "labels": {}, "versions": {}}
    for name, reference in sorted(secrets.items()):
        if not reference:
            continue
        version = versions.get(reference)
        pinned["value_from"][name] = parse(reference).pinned(version) if version else reference
        if version:
            pinned["versions"][name] = version
        if version and parse(reference).is_parameter:
            pinned["labels"][f"{LABEL}{name}"] = version
    return pinned


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"pin_secrets": pin_secrets}
