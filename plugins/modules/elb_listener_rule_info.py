#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: elb_listener_rule_info
version_added: 1.0.0
short_description: Read the rules of a listener and explain them
description:
  - Returns the rules of one listener of an Application Load Balancer in the order of evaluation.
  - Shows which rules no request reaches, and because of which other rules.
  - Shows which rule handles a given request, and why each earlier one does not match.
  - Writes nothing.
author:
  - Quilt Data (@quiltdata)
options:
  listener_arn:
    description:
      - The ARN of the listener.
      - Exactly one of O(listener_arn) and O(load_balancer) is required.
    type: str
  load_balancer:
    description: The name or the ARN of the load balancer, together with O(port).
    type: str
  port:
    description: The port of the listener.
    type: int
  name:
    description: Return only the rules whose identity tag has this value. The other results still include all rules.
    type: str
  identity_tag:
    description: The key of the identity tag.
    type: str
    default: quilt:rule
  explain:
    description:
      - A request. RV(explanation) shows which rule handles it.
      - A part that is not given is not known, and a condition on it may hold.
    type: dict
    suboptions:
      host:
        description: The host; a port is ignored, as the service does.
        type: str
        required: true
      path:
        description: The path, without a query.
        type: str
        default: /
      method:
        description: The method.
        type: str
      headers:
        description:
          - All the headers by name; a list for a header that is there several times.
          - An empty dictionary for a request without headers.
        type: dict
      query:
        description: The query as in the URL, such as V(a=b&c=d); empty for none. It is not decoded.
        type: str
      source_ip:
        description:
          - The address that connects to the load balancer.
          - A V(source-ip) condition that takes every address that a client can have holds without it.
        type: str
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.elb_listener_rule
"""

EXAMPLES = r"""
- name: List the rules that nobody reaches
  quilt.mcp_server.elb_listener_rule_info:
    load_balancer: sales-prod-alb
    port: 443
  register: rules

- name: Ask which rule answers the MCP server's clients
  quilt.mcp_server.elb_listener_rule_info:
    load_balancer: sales-prod-alb
    port: 443
    explain:
      host: demo.quiltdata.com
      path: /mcp
      method: POST
      headers:
        Accept: application/json
      source_ip: 203.0.113.7
"""

RETURN = r"""
listener_arn:
  description: The ARN of the listener.
  returned: always
  type: str
rules:
  description:
    - The rules as AWS has them, with their tags, in the order of evaluation.
    - The values of headers and query strings are fingerprints, here and in the other results.
  returned: always
  type: list
  elements: dict
never_reached:
  description: The rules that never answer a request. A regular expression counts as holding for no request.
  returned: always
  type: list
  elements: dict
  contains:
    rule_arn:
      description: The rule.
      type: str
      returned: always
    priority:
      description: Its priority.
      type: int
      returned: always
    because_of:
      description: The rules that take all of its requests, together if there are several.
      type: list
      elements: dict
      returned: always
    why:
      description: The same as a sentence.
      type: str
      returned: always
explanation:
  description: Which rule answers the request.
  returned: when O(explain) is given
  type: dict
  contains:
    request:
      description: The request.
      type: str
      returned: always
    rule:
      description: The rule that handles it.
      type: dict
      returned: always
    text:
      description: The answer as a sentence.
      type: str
      returned: always
    certain:
      description: Whether no earlier rule may match, and the rule itself does for certain.
      type: bool
      returned: always
    not_given:
      description: The suboptions of O(explain) that were not given and would make the answer certain, or another one.
      type: list
      elements: str
      returned: always
    passed_over:
      description:
        - The rules before it, each with the conditions that do not hold in C(because).
        - C(may_match) is true for a rule of which that cannot be decided.
      type: list
      elements: dict
      returned: always
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.arguments import INFO_ARGUMENTS
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.info import look
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.invocation import take_parameters


def main() -> None:
    """Answer the questions that the arguments ask."""
    module = AwsModule(
        argument_spec=INFO_ARGUMENTS,
        mutually_exclusive=[("listener_arn", "load_balancer")],
        required_one_of=[("listener_arn", "load_balancer")],
        required_together=[("load_balancer", "port")],
        supports_check_mode=True,
    )
    asked = take_parameters(module)
    run_info(module, lambda client, _shown: look(client, asked))


if __name__ == "__main__":
    main()
