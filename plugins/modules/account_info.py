#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_info
version_added: 1.0.0
short_description: Refuse the credentials of another AWS account
description:
  - Asks AWS whose the credentials are, which needs no right, and fails when they belong to another account than the
    one that is meant.
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
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Require the credentials of the account
  quilt.mcp_server.account_info:
    account_id: "850787717197"
"""

RETURN = r"""
arn:
  description: Who the credentials are.
  returned: success
  type: str
  sample: arn:aws:sts::850787717197:assumed-role/deployer/ci
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.credentials import AccessError, identify


def main() -> None:
    """Require the account."""
    module = AnsibleAWSModule(argument_spec={"account_id": {"type": "str", "required": True}}, supports_check_mode=True)
    try:
        identity = identify(module.client, module.params["account_id"])
    except AccessError as error:
        module.fail_json(msg=str(error))
    else:
        module.exit_json(changed=False, arn=identity.arn)


if __name__ == "__main__":
    main()
