#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mcp_smoke_test
version_added: 1.0.0
short_description: Verify a deployed MCP server through its load balancer
description:
  - Sends requests to an MCP server through the load balancer with the client of the official SDK, as a user would.
  - Checks, in order, the health path; that a missing, a malformed, a forged and an expired token are refused; that a
    valid token initializes a session, lists the tools and calls one; and that the protocol revision without sessions
    works.
  - One message reports every failed check, each with the expected and the received response and the remedy.
  - It changes nothing. In check mode it opens no connection and reports which checks it would make.
author:
  - Quilt Data (@quiltdata)
requirements:
  - mcp >= 2.3
  - PyJWT
options:
  url:
    description: The MCP endpoint.
    type: str
    required: true
  ca_file:
    description:
      - A PEM file with the only CA to trust.
      - Unset trusts the machine's own store.
    type: path
  connect_to:
    description:
      - C(host:port) to connect to instead of the host of O(url).
      - The C(Host) header and the name in TLS stay those of O(url).
    type: str
  headers:
    description:
      - Further headers of every request, for instance the one by which a listener rule recognizes test traffic.
      - What the client itself says is refused here, C(Authorization) and C(Host) for instance.
      - The values are shown as fingerprints, as a listener rule may require a secret one. A token is given as O(token).
    type: dict
    default: {}
  rule_conditions:
    description:
      - The conditions of the listener rule in addition to its hosts and paths, as in
        M(quilt.mcp_server.elb_listener_rule).
      - Every request carries the header of each V(http-header) condition with a value that has no wildcard, and a
        parameter for each V(query-string) condition. A header of O(headers) takes precedence.
      - A condition on a header without such a value needs the header in O(headers).
    type: list
    elements: dict
    default: []
  client_certificate:
    description:
      - A PEM file with the certificate of the client, for a listener that requires one (mutual TLS).
      - It may hold the key too.
    type: path
  client_key:
    description: A PEM file with the key of O(client_certificate), not encrypted.
    type: path
  token:
    description:
      - A JSON Web Token that the server accepts.
      - Exactly one of O(token) and O(jwt_secret_id) is needed.
    type: str
  jwt_secret_id:
    description:
      - The name or ARN of a Secrets Manager secret with the HS256 key. It signs a token of five minutes.
      - Its value is a JSON object of key id to key, or the key itself.
    type: str
  kid:
    description: The key id of the token that is made.
    type: str
    default: frontend-enhanced
  issuer:
    description: The issuer (C(iss)) of the token that is made.
    type: str
    default: quilt-frontend
  audience:
    description: The audience (C(aud)) of the token that is made.
    type: str
    default: quilt-mcp-server
  subject:
    description: The subject (C(sub)) of the token that is made.
    type: str
    default: smoke-test
  bucket:
    description:
      - A bucket that the token may read and the tool call lists.
      - Unset leaves the tool call out, unless O(tool_arguments) are given.
    type: str
  tool_name:
    description: The tool that is called. It must only read.
    type: str
    default: bucket_objects_list
  tool_arguments:
    description:
      - The arguments of the tool call.
      - Unset or empty means C(bucket) with the value of O(bucket).
    type: dict
    default: {}
  expected_tools:
    description:
      - Tools that the server must list.
      - Empty expects only the tool that is called.
    type: list
    elements: str
    default: []
  timeout:
    description: The seconds that one request may take.
    type: int
    default: 30
  wait_timeout:
    description:
      - The seconds that the route may take to answer at all.
      - A rule or a target that was made a moment ago answers 404 or 503 for a while.
    type: int
    default: 30
extends_documentation_fragment:
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Verify the deployment with a token made from the deployment's own secret
  quilt.mcp_server.mcp_smoke_test:
    url: https://demo.quiltdata.com/mcp
    jwt_secret_id: sales-prod/mcp-server/jwt
    bucket: quilt-example
    region: us-east-1

- name: Verify the tasks of a deployment that production traffic does not reach yet
  quilt.mcp_server.mcp_smoke_test:
    url: https://demo.quiltdata.com/mcp
    headers:
      X-Quilt-Release: test
    jwt_secret_id: sales-prod/mcp-server/jwt
    bucket: quilt-example
    region: us-east-1

- name: Verify a load balancer that DNS does not name yet
  quilt.mcp_server.mcp_smoke_test:
    url: https://demo.quiltdata.com/mcp
    connect_to: sales-prod-alb-1234567890.us-east-1.elb.amazonaws.com:443
    token: "{{ lookup('ansible.builtin.env', 'MCP_TOKEN') }}"
    bucket: quilt-example
"""

RETURN = r"""
url:
  description: The endpoint that was checked.
  returned: always
  type: str
  sample: https://demo.quiltdata.com/mcp
checks:
  description: The checks that were made, in order. In check mode, those that would be made.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The check.
      type: str
      sample: tools_list
    ok:
      description: Whether it passed. Null in check mode.
      type: bool
    detail:
      description: What was seen; for a failure what was expected, what came and what to do.
      type: str
      sample: 6 tools
    seconds:
      description: How long it took. Null in check mode.
      type: float
      sample: 0.12
"""

from functools import partial

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import short_arns, whole_arns
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.invocation import take_parameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.checks import complaint, names, run
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.client import secret_value
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.plan import missing_library, plan_from


def main() -> None:
    module = AwsModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "ca_file": {"type": "path"},
            "connect_to": {"type": "str"},
            "headers": {"type": "dict", "default": {}},
            "rule_conditions": {"type": "list", "elements": "dict", "default": []},
            "client_certificate": {"type": "path"},
            "client_key": {"type": "path", "no_log": False},  # the path of a file
            "token": {"type": "str", "no_log": True},
            "jwt_secret_id": {"type": "str", "no_log": False},
            "kid": {"type": "str", "default": "frontend-enhanced"},
            "issuer": {"type": "str", "default": "quilt-frontend"},
            "audience": {"type": "str", "default": "quilt-mcp-server"},
            "subject": {"type": "str", "default": "smoke-test"},
            "bucket": {"type": "str"},
            "tool_name": {"type": "str", "default": "bucket_objects_list"},
            "tool_arguments": {"type": "dict", "default": {}},
            "expected_tools": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 30},
            "wait_timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    params, url = take_parameters(module), module.params["url"]
    if library := missing_library():
        module.fail_json(msg=missing_required_lib(library, reason="to call the MCP server"), url=url, checks=[])
    try:
        secret = partial(
            secret_value, client=module.client, whose="the token of the smoke test", instead="give a token"
        )
        plan = plan_from(params, secret, dry=module.check_mode)
    except AnsibleAWSError as error:
        module.fail_json(msg=error.message, url=url, checks=[], **error.kwargs)
    if module.check_mode:
        planned = [
            {"name": name, "ok": None, "detail": "not made in check mode", "seconds": None} for name in names(plan)
        ]
        module.exit_json(changed=False, url=url, checks=planned)
    module.no_log_values.update(plan.secrets)  # what was made or read here is as secret as what was given
    checks = run(plan)
    result = {"changed": False, "url": url, "checks": [check.result() for check in checks]}
    failed = sum(not check.ok for check in checks)
    if failed:
        text = f"{failed} of {len(names(plan))} checks of {url} failed:\n{complaint(checks)}"
        module.fail_json(msg=short_arns(text), **whole_arns(text), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
