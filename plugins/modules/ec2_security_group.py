#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_security_group
version_added: 1.0.0
short_description: Manage one EC2 security group with its rules
description:
  - Creates, changes and deletes one security group of a VPC.
  - A list of rules that is given is the whole list; every other rule of that direction is revoked.
    New rules are authorized before old ones are revoked.
author:
  - Quilt Data (@quiltdata)
options:
  group_name:
    description: The name of the group, unique in its VPC.
    type: str
    required: true
  description:
    description:
      - The description of the group. Required when the group is to exist.
      - AWS cannot change it later; the module then fails and says so.
    type: str
  vpc_id:
    description:
      - The VPC. Required when the group is to exist.
      - Without it O(state=absent) deletes the groups of that name that carry O(require_tags) in every VPC.
    type: str
  ingress:
    description:
      - The inbound rules; each item has C(proto), C(ports), one or more peers and C(rule_desc).
      - The peers are C(cidr_ip), C(cidr_ipv6), C(group_id) and C(ip_prefix), each one or a list.
      - C(ports) are numbers or ranges such as V(8000-8010); C(proto) V(all) needs none.
      - When unset, the rules are left alone.
    type: list
    elements: dict
  egress:
    description:
      - The outbound rules, as in O(ingress).
      - When unset, the rules are left alone, and a new group allows all outbound traffic, as by default in EC2.
    type: list
    elements: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Ensure the security group of the tasks exists
  quilt.mcp_server.ec2_security_group:
    group_name: mcp-server-tasks
    description: Tasks of the MCP server
    vpc_id: vpc-0a1b2c3d
    ingress:
      - proto: tcp
        ports: [8000]
        group_id: sg-0a1b2c3d
        rule_desc: The load balancer
    egress:
      - proto: tcp
        ports: [443]
        cidr_ip: 0.0.0.0/0
        rule_desc: AWS APIs
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete the security group
  quilt.mcp_server.ec2_security_group:
    group_name: mcp-server-tasks
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
security_group:
  description: The group as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    group_name:
      description: Its name.
      type: str
      returned: when present
    group_id:
      description: Its id.
      type: str
      returned: when present
    owner_id:
      description: The account that owns it.
      type: str
      returned: when present
    description:
      description: What it is for.
      type: str
      returned: when present
    vpc_id:
      description: Its VPC.
      type: str
      returned: when present
    ingress:
      description: Its rules for incoming traffic, one for each port range and peer.
      type: list
      elements: dict
      returned: when present
    egress:
      description: Its rules for outgoing traffic.
      type: list
      elements: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._ec2.security_group import ARGUMENTS, SecurityGroup


def main() -> None:
    """Manage the group that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(), **ARGUMENTS}, supports_check_mode=True)
    run(module, SecurityGroup)


if __name__ == "__main__":
    main()
