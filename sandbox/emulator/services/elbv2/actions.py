"""Actions of a rule or listener: what the service accepts, which defaults it fills in, and what it never gives back.

Pure: whether a target group exists and is free is asked in rules.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sandbox.emulator.services.elbv2.errors import error, in_range, invalid_action, one_of, validation

ROUTING = ("forward", "redirect", "fixed-response")
AUTHENTICATION = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")

# AWS (ALB quotas): "Target groups per action" 5, not adjustable.
MAX_TARGET_GROUPS = 5
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
# AWS (AuthenticateOidcActionConfig): the documented defaults, which DescribeRules gives back.
_SESSION_DEFAULTS: dict[str, Any] = {
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "Scope": "openid",
    "SessionTimeout": 604800,
    "OnUnauthenticatedRequest": "authenticate",
}
# AWS (RedirectActionConfig): "Any components that you do not modify retain their original values."
_REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


class Action:
    """One action in the shape that moto serializes: the API's members are attributes.

    `client_secret` is kept for UseExistingClientSecret and is no member, so no answer ever carries it.
    """

    def __init__(self, data: dict[str, Any], client_secret: str | None = None) -> None:
        self.data = data
        self.type: str = data["Type"]
        self.client_secret = client_secret
        self.__dict__.update(data)

    @property
    def target_group_arns(self) -> list[str]:
        groups = (self.data.get("ForwardConfig") or {}).get("TargetGroups") or []
        return [group["TargetGroupArn"] for group in groups]


def normalize(actions: list[dict[str, Any]], protocol: str, existing: list[Action] | None = None) -> list[Action]:
    """Validated actions with all defaults, by ascending order.

    `protocol` is the listener's. `existing` are the actions that these replace, None when the rule is created.
    Raises ValidationError or InvalidLoadBalancerAction.
    """
    if not actions:
        raise validation("A rule must have at least one action")
    if len(actions) > 1 and any(not action.get("Order") for action in actions):
        raise validation("An 'Order' must be specified for every action when there is more than one")
    done = [_normalize_one(action, existing) for action in actions]
    done.sort(key=lambda action: action.data["Order"])
    orders = [action.data["Order"] for action in done]
    if len(set(orders)) != len(orders):
        raise validation("The 'Order' of each action must be unique")
    _check_sequence([action.type for action in done], protocol)
    for action in done:
        if action.type == "redirect":
            _check_redirect(action.data["RedirectConfig"], protocol)
    return done


def _check_sequence(types: list[str], protocol: str) -> None:
    """AWS (Action): exactly one routing action, the last; optionally one of the authentication actions, HTTPS only."""
    if sum(kind in ROUTING for kind in types) != 1 or types[-1] not in ROUTING:
        raise invalid_action(
            "The last action, and only the last, must be one of 'forward', 'redirect' or 'fixed-response'"
        )
    guards = [kind for kind in types if kind in AUTHENTICATION]
    if len(guards) > 1:
        raise error("TooManyActions", "A rule can only have one authentication action")
    if guards and protocol != "HTTPS":
        raise invalid_action(f"Actions of type '{guards[0]}' are supported only on HTTPS listeners")


def _normalize_one(action: dict[str, Any], existing: list[Action] | None) -> Action:
    kind = action.get("Type")
    one_of("actions.member.type", kind, list(_NORMALIZERS))
    order = int(action.get("Order") or 1)
    in_range("actions.member.order", order, 1, 50000)
    config_name = _CONFIGS[str(kind)]
    others = sorted(name for name in _CONFIGS.values() if name != config_name and action.get(name))
    if others:
        raise invalid_action(f"'{others[0]}' is not compatible with an action of type '{kind}'")
    if kind == "forward":
        return Action({"Type": kind, "Order": order, **_forward(action)})
    if action.get("TargetGroupArn"):
        raise invalid_action(f"A target group is not compatible with an action of type '{kind}'")
    given = action.get(config_name)
    if not given:
        raise validation(f"A '{config_name}' must be specified with an action of type '{kind}'")
    secret = _client_secret(given, existing) if kind == "authenticate-oidc" else None
    return Action({"Type": kind, "Order": order, config_name: _NORMALIZERS[str(kind)](dict(given))}, secret)


def _forward(action: dict[str, Any]) -> dict[str, Any]:
    """AWS gives a forward to one group back in both forms, TargetGroupArn and ForwardConfig, with Weight 1."""
    alone, config = action.get("TargetGroupArn"), action.get("ForwardConfig") or {}
    given = config.get("TargetGroups") or []
    if alone and given and [group.get("TargetGroupArn") for group in given] != [alone]:
        raise invalid_action("TargetGroupArn and ForwardConfig must name the same single target group")
    groups = [dict(group) for group in given] or ([{"TargetGroupArn": alone}] if alone else [])
    if not groups or not all(group.get("TargetGroupArn") for group in groups):
        raise validation("A target group ARN must be specified")
    if len(groups) > MAX_TARGET_GROUPS:
        raise invalid_action(f"A forward action can have at most '{MAX_TARGET_GROUPS}' target groups")
    if len({group["TargetGroupArn"] for group in groups}) != len(groups):
        raise invalid_action("A target group can be specified only once in a forward action")
    for group in groups:
        group["Weight"] = int(group.get("Weight", 1))
        if not 0 <= group["Weight"] <= 999:
            raise validation("The weight for each target group must be between 0 and 999, inclusive")
    stickiness = {"Enabled": False} | dict(config.get("TargetGroupStickinessConfig") or {})
    duration = stickiness.get("DurationSeconds")
    if stickiness["Enabled"] and duration is None:
        raise validation("DurationSeconds must be specified when target group stickiness is enabled")
    if duration is not None:
        in_range("targetGroupStickinessConfig.durationSeconds", int(duration), 1, 604800)
    forward = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}}
    return ({"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}) | forward


def _redirect(config: dict[str, Any]) -> dict[str, Any]:
    one_of("redirectConfig.statusCode", config.get("StatusCode"), ["HTTP_301", "HTTP_302"])
    full = _REDIRECT_DEFAULTS | {name: value for name, value in config.items() if value is not None}
    one_of("redirectConfig.protocol", full["Protocol"], ["HTTP", "HTTPS", "#{protocol}"])
    if full["Port"] != "#{port}" and not (full["Port"].isdigit() and 1 <= int(full["Port"]) <= 65535):
        raise validation(f"The redirect port '{full['Port']}' must be from 1 to 65535, or '#{{port}}'")
    if not full["Path"].startswith("/"):
        raise validation(f"The redirect path '{full['Path']}' must begin with '/'")
    return full


def _check_redirect(config: dict[str, Any], protocol: str) -> None:
    """AWS (RedirectActionConfig): at least one of protocol, host, port and path must change; never HTTPS to HTTP."""
    if all(config[name] == _REDIRECT_DEFAULTS[name] for name in ("Protocol", "Host", "Port", "Path")):
        raise invalid_action("A redirect must modify at least one of: protocol, host, port or path, to avoid a loop")
    if protocol == "HTTPS" and config["Protocol"] == "HTTP":
        raise invalid_action("You cannot redirect HTTPS to HTTP")


def _fixed_response(config: dict[str, Any]) -> dict[str, Any]:
    code = str(config.get("StatusCode") or "")
    if not re.fullmatch(r"[245]\d\d", code):
        raise validation(f"The fixed response status code '{code}' must be 2XX, 4XX or 5XX")
    content_type = config.get("ContentType")
    if content_type and content_type not in _CONTENT_TYPES:
        raise invalid_action(f"The ContentType must be one of: {', '.join(_CONTENT_TYPES)}")
    if len(config.get("MessageBody") or "") > 1024:
        raise validation("The MessageBody of a fixed response can have at most 1024 characters")
    return config


def _cognito(config: dict[str, Any]) -> dict[str, Any]:
    return _session(config, ("UserPoolArn", "UserPoolClientId", "UserPoolDomain"))


def _oidc(config: dict[str, Any]) -> dict[str, Any]:
    urls = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")
    for name in urls:
        _https(name, config.get(name))
    # AWS: the secret is never returned; neither is UseExistingClientSecret, which belongs to one call.
    visible = {name: value for name, value in config.items() if name not in ("ClientSecret", "UseExistingClientSecret")}
    return _session(visible, (*urls, "ClientId"))


def _session(config: dict[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    for name in required:
        if not config.get(name):
            raise validation(f"'{name}' must be specified")
    full = _SESSION_DEFAULTS | config
    one_of("onUnauthenticatedRequest", full["OnUnauthenticatedRequest"], ["deny", "allow", "authenticate"])
    in_range("sessionTimeout", int(full["SessionTimeout"]), 1, 604800)
    if len(full.get("AuthenticationRequestExtraParams") or {}) > 10:
        raise validation("AuthenticationRequestExtraParams can have at most 10 entries")
    return full


def _client_secret(config: dict[str, Any], existing: list[Action] | None) -> str:
    """The secret that the rule has from now on."""
    secret, keep = config.get("ClientSecret"), config.get("UseExistingClientSecret")
    if secret and keep:
        raise invalid_action("You cannot both specify a client secret and set UseExistingClientSecret to true")
    if secret:
        return str(secret)
    if not keep:
        raise invalid_action("You must either specify a client secret or set UseExistingClientSecret to true")
    kept = next((action.client_secret for action in existing or [] if action.client_secret), None)
    if kept is None:
        raise invalid_action("There is no existing client secret to use; specify a client secret")
    return kept


def _jwt(config: dict[str, Any]) -> dict[str, Any]:
    """AWS (JwtValidationActionConfig): RS256 only; exp, iss, nbf and iat are always validated and cannot be named."""
    _https("JwksEndpoint", config.get("JwksEndpoint"))
    if not config.get("Issuer"):
        raise validation("'Issuer' must be specified")
    for name in ("JwksEndpoint", "Issuer"):
        if len(config[name]) > 256:
            raise validation(f"'{name}' can have at most 256 characters")
    claims = config.get("AdditionalClaims") or []
    if len(claims) > 10:
        raise validation("AdditionalClaims can have at most 10 entries")
    for claim in claims:
        _check_claim(claim)
    return config


def _check_claim(claim: dict[str, Any]) -> None:
    name, form, values = claim.get("Name"), claim.get("Format"), claim.get("Values") or []
    if not name or name in ("exp", "iss", "nbf", "iat"):
        raise validation(f"The claim '{name}' cannot be specified: exp, iss, nbf and iat are validated by default")
    one_of("additionalClaims.member.format", form, ["single-string", "string-array", "space-separated-values"])
    if not 1 <= len(values) <= 10 or any(len(value) > 256 for value in values):
        raise validation(f"The claim '{name}' must have 1 to 10 values of at most 256 characters")
    if form == "space-separated-values" and any(" " in value for value in values):
        raise validation(f"The values of the claim '{name}' cannot include spaces")


def _https(name: str, value: object) -> None:
    url = urlsplit(str(value or ""))
    if url.scheme != "https" or not url.hostname:
        raise validation(f"'{name}' must be a full URL, including the HTTPS protocol, the domain, and the path")


_CONFIGS = {
    "forward": "ForwardConfig",
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
_NORMALIZERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "forward": _forward,
    "redirect": _redirect,
    "fixed-response": _fixed_response,
    "authenticate-oidc": _oidc,
    "authenticate-cognito": _cognito,
    "jwt-validation": _jwt,
}
