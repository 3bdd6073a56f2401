# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A secret as a container definition names it. Pure; no value is ever here.

ECS takes `arn[:json-key:stage:version-id]` of Secrets Manager, where a part may be empty (Fargate from platform version
1.4.0 on), and the ARN of a parameter of SSM, for which it takes no version.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CURRENT = "AWSCURRENT"
_SECRET = re.compile(r"(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?")


@dataclass(frozen=True)
class Reference:
    """The parts of a reference; those that are not given are empty."""

    resource: str  # the ARN without the other parts, or a name
    json_key: str = ""
    stage: str = ""
    version_id: str = ""

    @property
    def is_parameter(self) -> bool:
        """Whether it is a parameter of SSM."""
        return self.resource.split(":")[2:3] == ["ssm"]

    def pinned(self, version: str) -> str:
        """The same reference to this version, which a parameter's cannot say."""
        return self.resource if self.is_parameter else f"{self.resource}:{self.json_key}::{version}"


def parse(reference: str) -> Reference:
    """The parts of an ARN as ECS takes it; anything else is a name or an ARN as a whole."""
    match = _SECRET.fullmatch(reference)
    return Reference(*(part or "" for part in match.groups())) if match else Reference(reference)
