# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Rule actions and transforms: one normal form to compare, one form to send. Documents are in snake_case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._core.problem import Problem
from .._core.shapes import KNOWN_AFTER_APPLY

Document = dict[str, Any]

CONFIGS = {
    "forward": "forward_config",
    "redirect": "redirect_config",
    "fixed-response": "fixed_response_config",
    "authenticate-oidc": "authenticate_oidc_config",
    "authenticate-cognito": "authenticate_cognito_config",
    "jwt-validation": "jwt_validation_config",
}
ROUTING = ("forward", "redirect", "fixed-response")
AUTHENTICATING = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")
MAX_TARGET_GROUPS = 5

_SESSION = {
    "session_cookie_name": "AWSELBAuthSessionCookie",
    "scope": "openid",
    "session_timeout": 604800,
    "on_unauthenticated_request": "authenticate",
}
DEFAULTS: dict[str, Document] = {
    "redirect": {
        "protocol": "#{protocol}",
        "port": "#{port}",
        "host": "#{host}",
        "path": "/#{path}",
        "query": "#{query}",
    },
    "fixed-response": {"content_type": "text/plain"},
    "authenticate-oidc": _SESSION,
    "authenticate-cognito": _SESSION,
}
SECRETS = ("client_secret", "client_secret_version", "use_existing_client_secret")
TRANSFORM_CONFIGS = {"host-header-rewrite": "host_header_rewrite_config", "url-rewrite": "url_rewrite_config"}


def normalized(actions: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The actions in their order, with the service's defaults, without its double echo and without secrets."""
    numbered = list(enumerate(actions))
    ordered = sorted(numbered, key=lambda item: (item[1].get("order") or item[0] + 1, item[0]))
    return [_normalized(action) for _position, action in ordered]


def request(actions: Sequence[Mapping[str, Any]], keep_secret: bool) -> list[Document]:
    """What is sent. ``keep_secret``: an OIDC client secret that the service already has is used again, not sent."""
    several = len(actions) > 1
    ordered = sorted(enumerate(actions), key=lambda item: (item[1].get("order") or item[0] + 1, item[0]))
    sent = []
    for number, (_position, action) in enumerate(ordered, start=1):
        sent.append({**_request(action, keep_secret), **({"order": number} if several else {})})
    return sent


def with_weights_of(wanted: Sequence[Mapping[str, Any]], existing: Sequence[Mapping[str, Any]]) -> list[Document]:
    """The wanted actions with the weights of the existing ones, if both forward to the same groups.

    For a rule whose weights somebody else moves, as an ECS blue/green deployment does: setting them back would send
    traffic to the wrong version.
    """
    weights = {_group(action): _weights(action) for action in normalized(existing) if action["type"] == "forward"}
    result = []
    for action in wanted:
        kept = weights.get(_group(action)) if action["type"] == "forward" else None
        result.append(_reweighted(action, kept) if kept else dict(action))
    return result


def target_groups(actions: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The target groups that the actions forward to, with their weights; the only one of an action has all."""
    forwards = (_normalized_forward(action) for action in actions if action["type"] == "forward")
    groups = (group for forward in forwards for group in forward["target_groups"])
    return {str(group["target_group_arn"]): _weight(group) for group in groups}


def secret_version(actions: Iterable[Mapping[str, Any]]) -> str | None:
    """The ``client_secret_version`` of the OIDC action."""
    versions = (_config(action).get("client_secret_version") for action in actions)
    return next((str(version) for version in versions if version is not None), None)


def has_secret(actions: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a client secret is given."""
    return any(_config(action).get("client_secret") for action in actions)


def needs_https(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The kinds among the actions that only a TLS listener takes."""
    return [action["type"] for action in actions if action["type"] in AUTHENTICATING]


def problems(actions: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What the service would refuse."""
    kinds = [action["type"] for action in normalized(actions)]
    found = [problem for action in actions for problem in _config_problems(action)]
    if [kind for kind in kinds if kind in ROUTING] != kinds[-1:]:
        routing = ", ".join(ROUTING)
        found.append(
            Problem(
                f"the actions are {', '.join(kinds)}",
                f"the last action, and only that, must be one of {routing}",
                f"end with one of {routing}",
            )
        )
    if sum(kind in AUTHENTICATING for kind in kinds) > 1:
        found.append(
            Problem(
                f"the actions are {', '.join(kinds)}",
                "a rule takes one authentication action",
                f"keep one of {', '.join(kind for kind in kinds if kind in AUTHENTICATING)}",
            )
        )
    return found + [problem for action in actions for problem in _forward_problems(action)]


def _config_problems(action: Mapping[str, Any]) -> list[Problem]:
    """A configuration that is missing, or that of another kind of action, which would be left out without a word."""
    kind = action["type"]
    own = CONFIGS[kind]
    missing = f"action {kind} has no {own}"
    found = [] if _complete(action) else [Problem(missing, "ELB needs it for this action", f"give {own}")]
    return found + [
        Problem(f"action {kind} has {name}", f"action {kind} takes no {name}", f"remove {name}, or change the type")
        for name in _stray(action)
    ]


def _forward_problems(action: Mapping[str, Any]) -> list[Problem]:
    groups = _groups(action)
    named = [group["target_group_arn"] for group in groups]
    known = [arn for arn in named if arn != KNOWN_AFTER_APPLY]
    single = action.get("target_group_arn")
    stickiness = _config(action).get("target_group_stickiness_config") or {}
    found = []
    if len(groups) > MAX_TARGET_GROUPS:
        found.append(
            Problem(
                f"action forward has {len(groups)} target groups",
                f"an action takes at most {MAX_TARGET_GROUPS}",
                "remove some of them",
            )
        )
    if len(set(known)) < len(known):
        twice = ", ".join(sorted({arn for arn in known if known.count(arn) > 1}))
        found.append(
            Problem(
                f"action forward names a target group twice: {twice}",
                "a target group has one weight",
                "name it once, with the sum of the weights",
            )
        )
    if single and groups and named != [single]:
        found.append(
            Problem(
                f"action forward: target_group_arn is {single}, forward_config has {', '.join(named)}",
                "the two name different target groups",
                "give one of the two",
            )
        )
    if stickiness.get("enabled") and not stickiness.get("duration_seconds"):
        found.append(
            Problem(
                "action forward: stickiness has no duration_seconds",
                "stickiness that is enabled needs it",
                "set duration_seconds to 1 to 604800",
            )
        )
    return found


def normalized_transforms(transforms: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Transforms by kind; their order means nothing, that of their rewrites does."""
    kept = [_pick(transform, ("type", *TRANSFORM_CONFIGS.values())) for transform in transforms]
    return sorted(kept, key=lambda transform: str(transform.get("type")))


def transform_problems(transforms: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What the service would refuse."""
    kinds = [transform["type"] for transform in transforms]
    found = [
        Problem(
            f"transform {kind} is given {kinds.count(kind)} times", "a rule takes one of each kind", "keep one of them"
        )
        for kind in dict.fromkeys(kinds)
        if kinds.count(kind) > 1
    ]
    for transform in transforms:
        name = TRANSFORM_CONFIGS[transform["type"]]
        rewrites = (transform.get(name) or {}).get("rewrites") or []
        if len(rewrites) != 1:
            found.append(
                Problem(
                    f"transform {transform['type']} has {len(rewrites)} rewrites",
                    "a transform has one",
                    f"give {name} with one rewrite (regex, replace)",
                )
            )
    return found


def _normalized(action: Mapping[str, Any]) -> Document:
    kind = str(action.get("type"))
    name = CONFIGS.get(kind, "config")
    if kind == "forward":
        return {"type": kind, name: _normalized_forward(action)}
    empty: tuple[Any, ...] = (None,) if kind == "redirect" else (None, "", {}, [])  # an empty query means: send none on
    config = {key: value for key, value in _config(action).items() if value not in empty and key not in SECRETS}
    config = {**DEFAULTS.get(kind, {}), **config}
    if kind == "jwt-validation" and config.get("additional_claims"):
        claims = [{**claim, "values": sorted(set(claim.get("values") or []))} for claim in config["additional_claims"]]
        config["additional_claims"] = sorted(claims, key=lambda claim: json.dumps(claim, sort_keys=True))
    return {"type": kind, name: config}


def _normalized_forward(action: Mapping[str, Any]) -> Document:
    groups = _groups(action) or [{"target_group_arn": action.get("target_group_arn")}]
    weighted = [{"target_group_arn": group["target_group_arn"], "weight": _weight(group)} for group in groups]
    if len(weighted) == 1:
        del weighted[0]["weight"]  # the only group takes everything, whatever its weight
    stickiness = _config(action).get("target_group_stickiness_config") or {}
    kept = {"enabled": True, "duration_seconds": stickiness.get("duration_seconds")}
    return {
        "target_groups": sorted(weighted, key=lambda group: str(group["target_group_arn"])),
        "target_group_stickiness_config": kept if stickiness.get("enabled") else {"enabled": False},
    }


def _request(action: Mapping[str, Any], keep_secret: bool) -> Document:
    kind = action["type"]
    if kind == "forward":
        forward = _normalized_forward(action)
        groups, stickiness = forward["target_groups"], forward["target_group_stickiness_config"]
        if len(groups) == 1 and not stickiness["enabled"]:
            return {"type": kind, "target_group_arn": groups[0]["target_group_arn"]}
        return {"type": kind, "forward_config": forward}
    config = {
        key: value for key, value in _config(action).items() if value is not None and key != "client_secret_version"
    }
    if kind == "authenticate-oidc":
        config = {key: value for key, value in config.items() if key not in SECRETS or key == "client_secret"}
        if keep_secret:
            config = {**config, "use_existing_client_secret": True}
            config.pop("client_secret", None)  # the service refuses the two together
    return {"type": kind, CONFIGS[kind]: config}


def _reweighted(action: Mapping[str, Any], weights: Mapping[str, int | None]) -> Document:
    forward = _normalized_forward(action)
    groups = [
        {"target_group_arn": arn, **({} if weight is None else {"weight": weight})} for arn, weight in weights.items()
    ]
    kept = {key: value for key, value in action.items() if key != "target_group_arn"}
    return {**kept, "forward_config": {**forward, "target_groups": groups}}


def _group(action: Mapping[str, Any]) -> frozenset[str]:
    groups = _normalized_forward(action)["target_groups"] if action["type"] == "forward" else []
    return frozenset(str(group["target_group_arn"]) for group in groups)


def _weights(action: Mapping[str, Any]) -> dict[str, int | None]:
    groups = _normalized_forward(action)["target_groups"]
    return {str(group["target_group_arn"]): group.get("weight") for group in groups}


def _groups(action: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((action.get("forward_config") or {}).get("target_groups") or [])


def _weight(group: Mapping[str, Any]) -> int:
    weight = group.get("weight")
    return 1 if weight is None else int(weight)


def _config(action: Mapping[str, Any]) -> Mapping[str, Any]:
    return action.get(CONFIGS.get(str(action.get("type")), "")) or {}


def _complete(action: Mapping[str, Any]) -> bool:
    if action["type"] == "forward":
        return bool(_groups(action) or action.get("target_group_arn"))
    return bool(_config(action))


def _stray(action: Mapping[str, Any]) -> list[str]:
    """The configurations of other kinds."""
    own = (CONFIGS[action["type"]], *(["target_group_arn"] if action["type"] == "forward" else []))
    return [name for name in ("target_group_arn", *CONFIGS.values()) if name not in own and action.get(name)]


def _pick(document: Mapping[str, Any], names: Iterable[str]) -> Document:
    return {name: document[name] for name in names if document.get(name)}
