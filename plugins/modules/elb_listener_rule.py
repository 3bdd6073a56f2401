#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: elb_listener_rule
version_added: 1.0.0
short_description: Manage one rule of a shared Application Load Balancer listener
description:
  - Creates, changes, moves and deletes one listener rule among the rules of others, and finds the priority for it.
  - The rule is identified by a tag, never by its priority or its conditions.
    No other rule is ever changed, moved or deleted.
  - "The priority is decided exactly, not by a guess such as the highest number plus one. Let C(before) be the first
    rule with which those ahead of it take every request of this rule, and C(after) the last rule that this rule would
    leave without any request. The rule gets the lowest free number between the two that lies in the band of
    O(priority_floor) and O(priority_ceiling). A rule that is already between the two keeps its number, also when
    it was moved by hand."
  - When there is no such number, the module fails before it writes anything. The message names the rules at both ends,
    a request that the wrong rule would answer, and the options that would change it.
  - A rule that is limited by method, header or source address and comes before this rule takes a part of its
    requests. Such rules are returned as RV(overlaps).
  - A regular expression in a rule of another owner cannot be decided. The module warns and continues.
author:
  - Quilt Data (@quiltdata)
options:
  name:
    description:
      - The name of the rule, which is the value of its identity tag.
      - Two rules of a listener with the same name are an error.
    type: str
    required: true
  identity_tag:
    description: The key of the identity tag.
    type: str
    default: quilt:rule
  listener_arn:
    description:
      - The ARN of the listener.
      - In check mode V(known-after-apply) is accepted for a listener that does not exist yet.
      - Exactly one of O(listener_arn) and O(load_balancer) is required.
    type: str
  load_balancer:
    description: The name or the ARN of the load balancer, together with O(port).
    type: str
  port:
    description: The port of the listener.
    type: int
  conditions:
    description:
      - The conditions, all of which must hold. Of several values in one condition one must hold.
      - V(host-header), V(path-pattern), V(http-request-method) and V(source-ip) can be given once each.
      - A rule takes at most 5 values in all its conditions together.
      - Order, duplicates and, where the service ignores it, case make no difference.
      - Required to create a rule. When unset, the conditions of an existing rule are left alone.
      - With O(state=absent) they are only used to name rules with the same conditions that lack the tag.
    type: list
    elements: dict
    suboptions: &conditions
      field:
        description: What the condition looks at.
        type: str
        required: true
        choices: [host-header, path-pattern, http-header, http-request-method, query-string, source-ip]
      values:
        description:
          - The values; V(*) stands for any characters and V(?) for one character, except in methods and CIDR blocks.
          - "C(path-pattern) is case-sensitive and V(/mcp/*) does not match V(/mcp)."
          - For V(query-string) dictionaries with C(key), which can be left out, and C(value), or plain strings.
          - Results show the values of V(http-header) and V(query-string) as fingerprints. A fingerprint is no value.
        type: list
        elements: raw
      regex_values:
        description:
          - Regular expressions in place of O(conditions[].values).
          - Only for V(host-header), V(path-pattern) and V(http-header).
          - Needs botocore 1.40.53.
        type: list
        elements: str
      http_header_name:
        description: The name of the header, for V(http-header).
        type: str
      host_header_config:
        description: The nested form, as AWS returns it, with C(values) or C(regex_values).
        type: dict
      path_pattern_config:
        description: The nested form, as AWS returns it, with C(values) or C(regex_values).
        type: dict
      http_header_config:
        description: The nested form, as AWS returns it, with C(http_header_name) and C(values) or C(regex_values).
        type: dict
      http_request_method_config:
        description: The nested form, as AWS returns it, with C(values).
        type: dict
      query_string_config:
        description: The nested form, as AWS returns it, with C(values).
        type: dict
      source_ip_config:
        description: The nested form, as AWS returns it, with C(values).
        type: dict
  planned_conditions:
    description:
      - Conditions that a later task will set, such as the public host of a service that is not ready.
      - The module fails before it writes anything when the rule could not have them now.
    type: list
    elements: dict
    suboptions: *conditions
  actions:
    description:
      - The actions. The last, and only that, is V(forward), V(redirect) or V(fixed-response).
      - Required to create a rule. When unset, the actions of an existing rule are left alone.
    type: list
    elements: dict
    suboptions:
      type:
        description:
          - The type of the action.
          - V(authenticate-oidc), V(authenticate-cognito) and V(jwt-validation) need an HTTPS listener.
          - V(jwt-validation) needs botocore 1.40.72.
        type: str
        required: true
        choices: [forward, redirect, fixed-response, authenticate-oidc, authenticate-cognito, jwt-validation]
      order:
        description: The order among the actions; by default the position in the list.
        type: int
      target_group_arn:
        description:
          - The target group of a V(forward) action to one group.
          - In check mode V(known-after-apply) is accepted for a group that does not exist yet.
        type: str
      forward_config:
        description: A V(forward) action to several target groups, at most 5.
        type: dict
        suboptions:
          target_groups:
            description: The target groups. Their order makes no difference.
            type: list
            elements: dict
            required: true
            suboptions:
              target_group_arn:
                description: The ARN of the target group.
                type: str
                required: true
              weight:
                description: The weight of the group, 0 to 999; 1 by default. The weight of a single group is ignored.
                type: int
          target_group_stickiness_config:
            description: Whether a client stays with its target group.
            type: dict
            suboptions:
              enabled:
                description: Whether it does.
                type: bool
              duration_seconds:
                description: For how many seconds, 1 to 604800.
                type: int
      redirect_config:
        description: A V(redirect) action. A member that is not given keeps the request's value.
        type: dict
        suboptions:
          protocol:
            description: The protocol, V(HTTP), V(HTTPS) or V(#{protocol}).
            type: str
          port:
            description: The port or V(#{port}).
            type: str
          host:
            description: The host, which may contain V(#{host}).
            type: str
          path:
            description: The path with its leading slash, which may contain V(#{path}).
            type: str
          query:
            description: The query, which may contain V(#{query}); empty for none.
            type: str
          status_code:
            description: Whether the redirect is permanent (V(HTTP_301)) or temporary (V(HTTP_302)).
            type: str
            required: true
            choices: [HTTP_301, HTTP_302]
      fixed_response_config:
        description: A V(fixed-response) action.
        type: dict
        suboptions:
          status_code:
            description: The status code, 2XX, 4XX or 5XX.
            type: str
            required: true
          content_type:
            description: The type of the body; V(text/plain) by default.
            type: str
          message_body:
            description: The body, at most 1024 characters.
            type: str
      authenticate_oidc_config:
        description: An V(authenticate-oidc) action.
        type: dict
        suboptions:
          issuer:
            description: The issuer, a full URL.
            type: str
            required: true
          authorization_endpoint:
            description: The authorization endpoint, a full URL.
            type: str
            required: true
          token_endpoint:
            description: The token endpoint, a full URL.
            type: str
            required: true
          user_info_endpoint:
            description: The user info endpoint, a full URL.
            type: str
            required: true
          client_id:
            description: The OAuth client.
            type: str
            required: true
          client_secret:
            description:
              - The secret of the client. AWS never returns it, so it cannot be compared.
              - Sent when the rule or its V(authenticate-oidc) action is created, and when
                O(actions[].authenticate_oidc_config.client_secret_version) changes.
                Otherwise the existing one stays in use.
            type: str
          client_secret_version:
            description:
              - Any text that changes when the secret changes, such as the version of the secret in Secrets Manager.
              - Stored in the tag C(quilt:client-secret-version) of the rule.
            type: str
          session_cookie_name:
            description: The name of the session cookie; V(AWSELBAuthSessionCookie) by default.
            type: str
          scope:
            description: The claims that are requested; V(openid) by default.
            type: str
          session_timeout:
            description: The session timeout in seconds; 604800 by default.
            type: int
          authentication_request_extra_params:
            description: Up to 10 query parameters for the authorization endpoint.
            type: dict
          on_unauthenticated_request:
            description: What happens to a request without a session; V(authenticate) by default.
            type: str
            choices: [deny, allow, authenticate]
      authenticate_cognito_config:
        description: An V(authenticate-cognito) action.
        type: dict
        suboptions:
          user_pool_arn:
            description: The user pool.
            type: str
            required: true
          user_pool_client_id:
            description: The client of the user pool.
            type: str
            required: true
          user_pool_domain:
            description: The domain of the user pool.
            type: str
            required: true
          session_cookie_name:
            description: The name of the session cookie; V(AWSELBAuthSessionCookie) by default.
            type: str
          scope:
            description: The claims that are requested; V(openid) by default.
            type: str
          session_timeout:
            description: The session timeout in seconds; 604800 by default.
            type: int
          authentication_request_extra_params:
            description: Up to 10 query parameters for the authorization endpoint.
            type: dict
          on_unauthenticated_request:
            description: What happens to a request without a session; V(authenticate) by default.
            type: str
            choices: [deny, allow, authenticate]
      jwt_validation_config:
        description: A V(jwt-validation) action. The service checks RS256 signatures, C(exp), C(iss), C(nbf) and C(iat).
        type: dict
        suboptions:
          jwks_endpoint:
            description: The JWKS endpoint, a full URL.
            type: str
            required: true
          issuer:
            description: The issuer of the tokens.
            type: str
            required: true
          additional_claims:
            description: Up to 10 further claims to check.
            type: list
            elements: dict
            suboptions:
              format:
                description: The format of the claim's values.
                type: str
                required: true
                choices: [single-string, string-array, space-separated-values]
              name:
                description: The name of the claim.
                type: str
                required: true
              values:
                description: The values, at most 10.
                type: list
                elements: str
                required: true
  transforms:
    description:
      - Rewrites of the request before it is forwarded, at most one of each type.
      - An empty list removes them. When unset, those of an existing rule are left alone.
      - Needs botocore 1.40.53.
    type: list
    elements: dict
    suboptions:
      type:
        description: What is rewritten.
        type: str
        required: true
        choices: [host-header-rewrite, url-rewrite]
      host_header_rewrite_config:
        description: For V(host-header-rewrite).
        type: dict
        suboptions: &rewrites
          rewrites:
            description: One rewrite.
            type: list
            elements: dict
            required: true
            suboptions:
              regex:
                description: The regular expression to find.
                type: str
                required: true
              replace:
                description: What to put in its place; V($1) is the first group.
                type: str
                required: true
      url_rewrite_config:
        description: For V(url-rewrite).
        type: dict
        suboptions: *rewrites
  priority:
    description:
      - A number that the rule must have, 1 to 50000. By default the module searches for one.
      - O(priority_floor) and O(priority_ceiling) do not limit it.
      - When a rule of another owner has it, the module fails.
    type: int
  priority_floor:
    description: The lowest number that the search may choose.
    type: int
    default: 100
  priority_ceiling:
    description: The highest number that the search may choose.
    type: int
    default: 50000
  allow_below_floor:
    description:
      - Whether the search may go below O(priority_floor) when no request reaches any number above it.
        It then takes the highest free number.
    type: bool
    default: false
  on_unreachable:
    description: What to do when the rule gets no request at any allowed number.
    type: str
    choices: [fail, warn]
    default: fail
  on_shadowing:
    description: What to do when the rule leaves another rule without requests at every allowed number.
    type: str
    choices: [fail, warn]
    default: fail
  on_missing_header:
    description:
      - What to do when the other rules that forward requests all require a header, and O(conditions) do not. Behind a
        content delivery network that sends it, only this rule can then be reached without the network.
      - At least two other rules must require it, all that forward requests of the same hosts, or all that forward.
        Rules with O(require_tags) do not count.
      - Without O(conditions), and while O(planned_conditions) are others, nothing is reported.
    type: str
    choices: [warn, ignore]
    default: warn
  adopt:
    description:
      - Whether to adopt a rule that has the same conditions and no owner.
      - The identity tag of another name, another value of one of O(require_tags), and the tags of CloudFormation and of
        the AWS Load Balancer Controller make an owner. A rule that has one is never taken over.
    type: bool
    default: false
  delegate_weights:
    description:
      - Whether the weights of target groups are managed elsewhere, such as by a blue/green deployment of ECS.
      - The actions are then equal if they forward to the same set of groups.
    type: bool
    default: false
  keep_shifted:
    description:
      - Whether to leave the actions of a rule that forwards to several target groups as they are, because a service
        shifted its traffic between them and may still move it back.
      - The module fails when the traffic is at another target group than O(actions) names.
    type: bool
    default: false
  foreign_snapshot:
    description:
      - Path of the snapshot of this run, which M(quilt.mcp_server.assert_foreign_unchanged) compares with in the end.
      - Before its first write the module reads the load balancer's resources without O(require_tags) and stores them,
        unless a module before it has done so.
    type: path
  force:
    description:
      - Whether to write to a load balancer that the AWS Load Balancer Controller of a Kubernetes cluster owns.
        That controller deletes rules that it does not know.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.connection
seealso:
  - module: quilt.mcp_server.elb_listener_rule_info
"""

EXAMPLES = r"""
- name: Route two paths of a host to the MCP server, ahead of the catalog that takes everything else
  quilt.mcp_server.elb_listener_rule:
    name: sales-prod-mcp-server-production
    load_balancer: sales-prod-alb
    port: 443
    conditions:
      - field: host-header
        values: [demo.quiltdata.com]
      - field: path-pattern
        values: [/mcp, /mcp/*]
    actions:
      - type: forward
        target_group_arn: "{{ target_group.target_group.target_group_arn }}"
    tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Leave the weights to the blue/green deployment that moves them
  quilt.mcp_server.elb_listener_rule:
    name: sales-prod-mcp-server-production
    load_balancer: sales-prod-alb
    port: 443
    actions:
      - type: forward
        forward_config:
          target_groups:
            - target_group_arn: "{{ blue_arn }}"
              weight: 100
            - target_group_arn: "{{ green_arn }}"
              weight: 0
    delegate_weights: true

- name: Answer a health probe from inside only
  quilt.mcp_server.elb_listener_rule:
    name: sales-prod-probe
    load_balancer: sales-prod-alb
    port: 443
    conditions:
      - field: path-pattern
        values: [/probe]
      - field: source-ip
        values: [10.0.0.0/16]
    actions:
      - type: fixed-response
        fixed_response_config:
          status_code: "200"
          content_type: text/plain
          message_body: ok

- name: Remove the rule
  quilt.mcp_server.elb_listener_rule:
    name: sales-prod-mcp-server-production
    load_balancer: sales-prod-alb
    port: 443
    state: absent
"""

RETURN = r"""
rule:
  description: The rule as AWS has it, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    rule_arn:
      description: Its ARN.
      type: str
      returned: when present
    priority:
      description: Its priority.
      type: int
      returned: when present
    is_default:
      description: Whether it is the default rule, which it never is.
      type: bool
      returned: when present
    conditions:
      description: Its conditions; the values of headers and query strings as fingerprints.
      type: list
      elements: dict
      returned: when present
    actions:
      description: Its actions, without secrets.
      type: list
      elements: dict
      returned: when present
    transforms:
      description: Its transforms.
      type: list
      elements: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
rule_arn:
  description: The ARN of the rule; V(known-after-apply) when check mode would create it.
  returned: always
  type: str
priority:
  description: The priority of the rule, in check mode the one it would get now.
  returned: always
  type: int
placement:
  description: Where the rule stands and why; empty with O(state=absent).
  returned: always
  type: dict
  contains:
    priority:
      description: The priority.
      type: int
      returned: when present
    reason:
      description: Why this number, such as C(kept) or C(lowest free in the window).
      type: str
      returned: when present
    predicted:
      description: Whether nothing was written, so that another user may still take the number.
      type: bool
      returned: when present
    window:
      description: The C(lowest) and the C(highest) number at which all rules get requests.
      type: dict
      returned: when present
    after:
      description:
        - The rule that this rule must come after, and as C(example_request) a request that this rule would take from
          it.
      type: dict
      returned: when present
    before:
      description:
        - The rule that this rule must come before, the rules it acts C(together_with), and as C(example_request) a
          request that it would take from this rule.
      type: dict
      returned: when present
has_shifted:
  description:
    - Whether something is left of a service that shifts traffic, as it was before this run.
    - The rule forwards to several target groups, or another rule of the listener carries O(require_tags).
  returned: always
  type: bool
overlaps:
  description:
    - The rules that share requests with this rule and neither contain it behind it nor cover it ahead of it.
    - Each with a C(example_request) request, and whether it is C(evaluated) C(earlier) or C(later).
  returned: always
  type: list
  elements: dict
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.arguments import ARGUMENTS
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.listener_rule import ListenerRule


def main() -> None:
    """Manage the listener rule that the arguments describe."""
    module = AwsModule(
        argument_spec={**common_arguments(), **ARGUMENTS},
        mutually_exclusive=[("listener_arn", "load_balancer")],
        required_one_of=[("listener_arn", "load_balancer")],
        required_together=[("load_balancer", "port")],
        supports_check_mode=True,
    )
    run(module, ListenerRule)


if __name__ == "__main__":
    main()
