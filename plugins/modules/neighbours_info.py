#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: neighbours_info
version_added: 1.0.0
short_description: Read what belongs to others on a load balancer
description:
  - Reads a load balancer, its listeners, their rules and its target groups, all with their attributes and tags, and
    returns each field of everything that does not carry our tags. A long value is returned as a fingerprint.
  - Read before and after a change, and compared by P(quilt.mcp_server.neighbour_differences#filter), it shows whether
    the change touched what is not ours.
  - Writes nothing. Takes a call for each listener and two for each target group, several at once, beside a handful.
author:
  - Quilt Data (@quiltdata)
options:
  load_balancer:
    description: The name or the ARN of the load balancer.
    type: str
    required: true
  own_tags:
    description: The tags that mark what is ours.
    type: dict
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - plugin: quilt.mcp_server.neighbour_differences
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what belongs to others
  quilt.mcp_server.neighbours_info:
    load_balancer: sales-prod-alb
    own_tags:
      quilt:deployment: sales-prod-mcp-server-production
  register: before
"""

RETURN = r"""
neighbours:
  description: The value of each field, or its fingerprint, by kind and ARN of the resource.
  returned: always
  type: dict
owners:
  description: Whose the neighbours are, by ARN, as their tags say it.
  returned: always
  type: dict
  sample:
    arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/catalog/0123456789abcdef: Stack=sales-prod
targets:
  description: The registered targets of each target group, ours included, by its ARN.
  returned: always
  type: dict
own:
  description: The ARNs of what is ours.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.foreign_snapshot import read

ARGUMENTS = {
    "load_balancer": {"type": "str", "required": True},
    "own_tags": {"type": "dict", "required": True},
}


def main() -> None:
    """Read the neighbours."""
    module = AnsibleAWSModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        found = read(module.client("elbv2"), module.params["load_balancer"], module.params["own_tags"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    else:
        module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
