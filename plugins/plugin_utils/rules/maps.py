# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The maps whose values end as text, at AWS or in a request: names and values are text or whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.text_values import text_problems

COMPARED = "it is compared with a text"
SENT = "it is sent as a text"
# Each with the reason why null is refused; where there is none, null leaves the name out. rules/tags.py has the tags.
TEXTS = {
    "ecs_service_environment": "",
    "ecs_service_secret_versions": "",
    "image_build_args": SENT,
    "mcp_server_secrets": "",
    "mcp_server_settings": "",
    "smoke_headers": SENT,
    "stack_private_subnet_tags": COMPARED,
}


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield each value that YAML has read as something else than a text."""
    for name, null in TEXTS.items():
        given = values.get(name)
        for problem in text_problems(given, null) if isinstance(given, Mapping) else ():
            yield f"{name}: {problem.line()}"
