# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""What the smoke test sends, so that the listener rule answers it, and the certificate that it shows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.client_certificate import (
    problems as certificate_problems,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.rule_conditions import request_for

from .conditions import conditions_of

CERTIFICATE = "smoke_client_certificate", "smoke_client_key"


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would keep the smoke test from an answer, and can be seen before it."""
    headers = values.get("smoke_headers")
    asked = request_for(conditions_of(values, "smoke_rule_conditions"), headers if isinstance(headers, Mapping) else {})
    for problem in asked.problems:
        yield f"smoke_headers: {problem.line()}"
    # As Ansible expands the path of a module's option. No other task reads the files before the first write.
    certificate, key = (os.path.expanduser(os.path.expandvars(str(values.get(name) or ""))) for name in CERTIFICATE)
    for problem in certificate_problems(certificate, key, CERTIFICATE):
        yield f"smoke_client_certificate: {problem.line()}"
