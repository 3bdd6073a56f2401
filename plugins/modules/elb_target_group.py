#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: elb_target_group
version_added: 1.0.0
short_description: Manage one target group without changing its targets
description:
  - Creates, changes and deletes one target group of Elastic Load Balancing with its health check and its attributes.
  - Registers and deregisters nothing. ECS or another client manages the targets.
author:
  - Quilt Data (@quiltdata)
options:
  name:
    description: The name of the target group, at most 32 letters, digits and hyphens.
    type: str
    required: true
  protocol:
    description:
      - The protocol between the load balancer and the targets.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: str
    choices: [HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, GENEVE, QUIC, TCP_QUIC]
  protocol_version:
    description:
      - The version of HTTP, or gRPC.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: str
    choices: [HTTP1, HTTP2, GRPC]
  port:
    description:
      - The port of the targets, unless a target has its own.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: int
  vpc_id:
    description:
      - The VPC of the targets.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: str
  target_type:
    description:
      - The type of the targets.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: str
    choices: [instance, ip, lambda, alb]
  ip_address_type:
    description:
      - The type of the targets' addresses.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: str
    choices: [ipv4, ipv6]
  target_control_port:
    description:
      - The port on which targets connect to the optimizer of the load balancer.
      - AWS cannot change it later; the module then fails, names it and says what can be done.
    type: int
  health_check_enabled:
    description: Whether targets are checked. It can be disabled only for targets of type V(lambda).
    type: bool
  health_check_protocol:
    description: How targets are checked.
    type: str
    choices: [HTTP, HTTPS, TCP]
  health_check_port:
    description: The port that is checked; V(traffic-port) is the one that gets the traffic.
    type: str
  health_check_path:
    description: The path that is requested.
    type: str
  health_check_interval_seconds:
    description: The seconds between two checks of one target.
    type: int
  health_check_timeout_seconds:
    description: The seconds after which a check has failed.
    type: int
  healthy_threshold_count:
    description: How many successes in a row make a target healthy.
    type: int
  unhealthy_threshold_count:
    description: How many failures in a row make a target unhealthy.
    type: int
  matcher:
    description: The responses that count as a success.
    type: dict
    suboptions:
      http_code:
        description: HTTP status codes, such as V(200), V(200,302) or V(200-299).
        type: str
      grpc_code:
        description: gRPC status codes.
        type: str
  attributes:
    description:
      - Attributes of the target group by the name that AWS gives them, such as V(deregistration_delay.timeout_seconds).
      - Attributes that are not named here stay as they are.
    type: dict
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.replaceable
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Create the target group of the MCP server
  quilt.mcp_server.elb_target_group:
    name: sales-prod-mcp-server-tg
    protocol: HTTP
    port: 8000
    vpc_id: vpc-0123456789abcdef0
    target_type: ip
    health_check_path: /healthz
    health_check_interval_seconds: 30
    health_check_timeout_seconds: 6
    healthy_threshold_count: 2
    unhealthy_threshold_count: 3
    matcher:
      http_code: "200"
    attributes:
      deregistration_delay.timeout_seconds: 30
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete the target group, if it has the deployment's tag
  quilt.mcp_server.elb_target_group:
    name: sales-prod-mcp-server-tg
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    state: absent
"""

RETURN = r"""
target_group:
  description: The target group as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: when present
    target_group_name:
      description: Its name, as AWS calls it.
      type: str
      returned: when present
    target_group_arn:
      description: Its ARN.
      type: str
      returned: when present
    load_balancer_arns:
      description: The load balancers that route to it.
      type: list
      elements: str
      returned: when present
    protocol:
      description: The protocol between the load balancer and the targets.
      type: str
      returned: when present
    port:
      description: The port of the targets.
      type: int
      returned: when present
    vpc_id:
      description: The VPC of the targets.
      type: str
      returned: when present
    target_type:
      description: What a target is.
      type: str
      returned: when present
    health_check_path:
      description: The path that is requested to check a target.
      type: str
      returned: when present
    matcher:
      description: The responses that count as a success.
      type: dict
      returned: when present
    attributes:
      description: All its attributes; in check mode before it exists, those that were given.
      type: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb.target_group import TargetGroup

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "protocol": {
        "type": "str",
        "choices": ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"],
    },
    "protocol_version": {"type": "str", "choices": ["HTTP1", "HTTP2", "GRPC"]},
    "port": {"type": "int"},
    "vpc_id": {"type": "str"},
    "target_type": {"type": "str", "choices": ["instance", "ip", "lambda", "alb"]},
    "ip_address_type": {"type": "str", "choices": ["ipv4", "ipv6"]},
    "target_control_port": {"type": "int"},
    "health_check_enabled": {"type": "bool"},
    "health_check_protocol": {"type": "str", "choices": ["HTTP", "HTTPS", "TCP"]},
    "health_check_port": {"type": "str"},
    "health_check_path": {"type": "str"},
    "health_check_interval_seconds": {"type": "int"},
    "health_check_timeout_seconds": {"type": "int"},
    "healthy_threshold_count": {"type": "int"},
    "unhealthy_threshold_count": {"type": "int"},
    "matcher": {"type": "dict", "options": {"http_code": {"type": "str"}, "grpc_code": {"type": "str"}}},
    "attributes": {"type": "dict"},
}


def main() -> None:
    """Manage the target group that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(replaceable=True), **ARGUMENTS}, supports_check_mode=True)
    run(module, TargetGroup)


if __name__ == "__main__":
    main()
