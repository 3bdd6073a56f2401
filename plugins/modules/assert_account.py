#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: assert_account
version_added: 1.0.0
short_description: Refuse the credentials of another AWS account
description:
  - Reads the account of the credentials, which needs no permission, and fails when it is another account than the
    expected one.
  - Writes nothing.
author:
  - Quilt Data (@quiltdata)
options:
  account_id:
    description: The twelve digits of the AWS account that the credentials must belong to.
    type: str
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Require the credentials of the account
  quilt.mcp_server.assert_account:
    account_id: "850787717197"
"""

RETURN = r"""
arn:
  description: Who the credentials are.
  returned: success
  type: str
  sample: arn:aws:sts::850787717197:assumed-role/deployer/ci
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.clients import Clients
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.credentials import identify
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info


def caller(client: Clients, params: Mapping[str, Any]) -> dict[str, Any]:
    """Who the credentials are."""
    return {"arn": identify(client, params["account_id"]).arn}


def main() -> None:
    """Require the account."""
    module = AwsModule(argument_spec={"account_id": {"type": "str", "required": True}}, supports_check_mode=True)
    run_info(module, caller)


if __name__ == "__main__":
    main()
