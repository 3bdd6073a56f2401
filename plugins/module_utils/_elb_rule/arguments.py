# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The options of elb_listener_rule; documented there."""

from __future__ import annotations

from typing import Any

from . import actions
from .match import conditions

Spec = dict[str, Any]


def _text(required: bool = False, **more: Any) -> Spec:
    return {"type": "str", **({"required": True} if required else {}), **more}


def _record(**options: Spec) -> Spec:
    return {"type": "dict", "options": options}


def _records(required: bool = False, **options: Spec) -> Spec:
    return {"type": "list", "elements": "dict", **({"required": True} if required else {}), "options": options}


_SESSION = {
    "session_cookie_name": _text(),
    "scope": _text(),
    "session_timeout": {"type": "int"},
    "authentication_request_extra_params": {"type": "dict"},
    "on_unauthenticated_request": _text(choices=["deny", "allow", "authenticate"]),
}

_FORWARD = _record(
    target_groups=_records(True, target_group_arn=_text(True), weight={"type": "int"}),
    target_group_stickiness_config=_record(enabled={"type": "bool"}, duration_seconds={"type": "int"}),
)
_REDIRECT = _record(
    protocol=_text(),
    port=_text(),
    host=_text(),
    path=_text(),
    query=_text(),
    status_code=_text(True, choices=["HTTP_301", "HTTP_302"]),
)
_OIDC = _record(
    issuer=_text(True),
    authorization_endpoint=_text(True),
    token_endpoint=_text(True, no_log=False),
    user_info_endpoint=_text(True),
    client_id=_text(True),
    client_secret=_text(no_log=True),
    client_secret_version=_text(no_log=False),
    **_SESSION,
)
_COGNITO = _record(user_pool_arn=_text(True), user_pool_client_id=_text(True), user_pool_domain=_text(True), **_SESSION)
_JWT = _record(
    jwks_endpoint=_text(True),
    issuer=_text(True),
    additional_claims=_records(
        format=_text(True, choices=["single-string", "string-array", "space-separated-values"]),
        name=_text(True),
        values={"type": "list", "elements": "str", "required": True},
    ),
)
_REWRITES = _record(rewrites=_records(True, regex=_text(True), replace=_text(True)))

_CONDITIONS = _records(
    field=_text(True, choices=list(conditions.CONFIGS)),
    values={"type": "list", "elements": "raw"},
    regex_values={"type": "list", "elements": "str"},
    http_header_name=_text(),
    required=False,
    **{name: {"type": "dict"} for name in conditions.CONFIG_OPTIONS.values()},
)
_ACTIONS = _records(
    type=_text(True, choices=list(actions.CONFIGS)),
    order={"type": "int"},
    target_group_arn=_text(),
    forward_config=_FORWARD,
    redirect_config=_REDIRECT,
    fixed_response_config=_record(status_code=_text(True), content_type=_text(), message_body=_text()),
    authenticate_oidc_config=_OIDC,
    authenticate_cognito_config=_COGNITO,
    jwt_validation_config=_JWT,
)
_TRANSFORMS = _records(
    type=_text(True, choices=list(actions.TRANSFORM_CONFIGS)),
    host_header_rewrite_config=_REWRITES,
    url_rewrite_config=_REWRITES,
)

LISTENER: Spec = {"listener_arn": _text(), "load_balancer": _text(), "port": {"type": "int"}}

ARGUMENTS: Spec = {
    "name": _text(True),
    "identity_tag": _text(default="quilt:rule"),
    **LISTENER,
    "conditions": _CONDITIONS,
    "planned_conditions": _CONDITIONS,
    "actions": _ACTIONS,
    "transforms": _TRANSFORMS,
    "priority": {"type": "int"},
    "priority_floor": {"type": "int", "default": 100},
    "priority_ceiling": {"type": "int", "default": 50_000},
    "allow_below_floor": {"type": "bool", "default": False},
    "on_unreachable": _text(choices=["fail", "warn"], default="fail"),
    "on_shadowing": _text(choices=["fail", "warn"], default="fail"),
    "on_missing_header": _text(choices=["warn", "ignore"], default="warn"),
    "adopt": {"type": "bool", "default": False},
    "delegate_weights": {"type": "bool", "default": False},
    "keep_shifted": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "foreign_snapshot": {"type": "path"},
}

INFO_ARGUMENTS: Spec = {
    **LISTENER,
    "name": _text(),
    "identity_tag": _text(default="quilt:rule"),
    "explain": _record(
        host=_text(True),
        path=_text(default="/"),
        method=_text(),
        headers={"type": "dict"},
        query=_text(),
        source_ip=_text(),
    ),
}
