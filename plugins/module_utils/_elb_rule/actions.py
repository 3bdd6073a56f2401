# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""Rule actions and transforms: one normal form to compare, one form to send. Documents are in snake_case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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


def normalised(actions: Iterable[Mapping[str, Any]]) -> list[Document]:
    """The actions in their order, with the service's defaults, without its double echo and without secrets."""
    numbered = list(enumerate(actions))
    ordered = sorted(numbered, key=lambda item: (item[1].get("order") or item[0] + 1, item[0]))
    return [_normalised(action) for _position, action in ordered]


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
    weights = {_group(action): _weights(action) for action in normalised(existing) if action["type"] == "forward"}
    result = []
    for action in wanted:
        kept = weights.get(_group(action)) if action["type"] == "forward" else None
        result.append(_reweighted(action, kept) if kept else dict(action))
    return result


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


def problems(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the service would refuse, each as a sentence."""
    kinds = [action["type"] for action in normalised(actions)]
    found = [f"action {action['type']} needs {CONFIGS[action['type']]}" for action in actions if not _complete(action)]
    found += [f"action {action['type']} takes no {name}" for action in actions for name in _stray(action)]
    if [kind for kind in kinds if kind in ROUTING] != kinds[-1:]:
        found.append(f"the last action, and only that, must be one of {', '.join(ROUTING)}; given: {', '.join(kinds)}")
    if sum(kind in AUTHENTICATING for kind in kinds) > 1:
        found.append(f"a rule takes one authentication action; given: {', '.join(kinds)}")
    for action in actions:
        groups = _groups(action)
        if len(groups) > MAX_TARGET_GROUPS:
            found.append(
                f"action forward has {len(groups)} target groups; the service takes at most {MAX_TARGET_GROUPS}"
            )
        known = [group["target_group_arn"] for group in groups if group["target_group_arn"] != KNOWN_AFTER_APPLY]
        if len(set(known)) < len(known):
            found.append("action forward names a target group twice")
        single = action.get("target_group_arn")
        if single and groups and [group["target_group_arn"] for group in groups] != [single]:
            found.append("action forward: target_group_arn and forward_config name different target groups; give one")
        stickiness = _config(action).get("target_group_stickiness_config") or {}
        if stickiness.get("enabled") and not stickiness.get("duration_seconds"):
            found.append("action forward: stickiness needs duration_seconds (1 to 604800)")
    return found


def normalised_transforms(transforms: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Transforms by kind; their order means nothing, that of their rewrites does."""
    kept = [_pick(transform, ("type", *TRANSFORM_CONFIGS.values())) for transform in transforms]
    return sorted(kept, key=lambda transform: str(transform.get("type")))


def transform_problems(transforms: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the service would refuse, each as a sentence."""
    found = []
    kinds = [transform["type"] for transform in transforms]
    for kind in dict.fromkeys(kinds):
        if kinds.count(kind) > 1:
            found.append(f"transform {kind} is given {kinds.count(kind)} times; a rule takes one of each kind")
    for transform in transforms:
        name = TRANSFORM_CONFIGS[transform["type"]]
        if len((transform.get(name) or {}).get("rewrites") or []) != 1:
            found.append(f"transform {transform['type']} needs {name} with one rewrite (regex, replace)")
    return found


def _normalised(action: Mapping[str, Any]) -> Document:
    kind = str(action.get("type"))
    name = CONFIGS.get(kind, "config")
    if kind == "forward":
        return {"type": kind, name: _normalised_forward(action)}
    empty: tuple[Any, ...] = (None,) if kind == "redirect" else (None, "", {}, [])  # an empty query means: send none on
    config = {key: value for key, value in _config(action).items() if value not in empty and key not in SECRETS}
    config = {**DEFAULTS.get(kind, {}), **config}
    if kind == "jwt-validation" and config.get("additional_claims"):
        claims = [{**claim, "values": sorted(set(claim.get("values") or []))} for claim in config["additional_claims"]]
        config["additional_claims"] = sorted(claims, key=lambda claim: json.dumps(claim, sort_keys=True))
    return {"type": kind, name: config}


def _normalised_forward(action: Mapping[str, Any]) -> Document:
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
        forward = _normalised_forward(action)
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
    forward = _normalised_forward(action)
    groups = [
        {"target_group_arn": arn, **({} if weight is None else {"weight": weight})} for arn, weight in weights.items()
    ]
    kept = {key: value for key, value in action.items() if key != "target_group_arn"}
    return {**kept, "forward_config": {**forward, "target_groups": groups}}


def _group(action: Mapping[str, Any]) -> frozenset[str]:
    groups = _normalised_forward(action)["target_groups"] if action["type"] == "forward" else []
    return frozenset(str(group["target_group_arn"]) for group in groups)


def _weights(action: Mapping[str, Any]) -> dict[str, int | None]:
    groups = _normalised_forward(action)["target_groups"]
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
    """The configurations of other kinds, which would be left out without a word."""
    own = (CONFIGS[action["type"]], *(["target_group_arn"] if action["type"] == "forward" else []))
    return [name for name in ("target_group_arn", *CONFIGS.values()) if name not in own and action.get(name)]


def _pick(document: Mapping[str, Any], names: Iterable[str]) -> Document:
    return {name: document[name] for name in names if document.get(name)}
