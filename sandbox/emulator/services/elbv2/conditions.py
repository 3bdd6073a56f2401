"""Conditions of a listener rule: what the service accepts, and how it gives them back. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from sandbox.emulator.services.elbv2.errors import validation

Condition = dict[str, Any]

# AWS (ALB quotas): "Condition values per rule" 5 and "Condition wildcards per rule" 5, neither adjustable.
# The number of wildcards could not be checked against AWS itself.
MAX_VALUES = 5
MAX_WILDCARDS = 5

# AWS (RuleCondition): "up to one of each of http-request-method, host-header, path-pattern, and source-ip", any
# number of http-header and query-string.
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_AT_MOST_ONCE = {"http-request-method", "host-header", "path-pattern", "source-ip"}
# The fields that also have the older form, `Values` on the condition itself, and are echoed in both.
_TWO_FORMS = {"host-header", "path-pattern"}
_WITH_REGEX = {"host-header", "path-pattern", "http-header"}

_HOST = re.compile(r"[A-Za-z0-9\-.*?]+")
# AWS (HostHeaderConditionConfig): "You can include only alphabetical characters after the final '.' character".
# That a wildcard may stand there is known from rules that people have.
_HOST_END = re.compile(r"[A-Za-z*?]+")
_PATH = re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&*?]+")
_METHOD = re.compile(r"[A-Z_-]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")


def normalize(conditions: list[Condition]) -> list[Condition]:
    """Validated conditions as DescribeRules gives them back. Raises ValidationError."""
    if not conditions:
        raise validation("A rule must have at least one condition")
    done = [_normalize_one(condition) for condition in conditions]
    for field in _AT_MOST_ONCE:
        if sum(condition["Field"] == field for condition in done) > 1:
            raise validation(f"A rule can only have one condition of type '{field}'")
    if sum(len(_everything(condition)) for condition in done) > MAX_VALUES:
        raise validation(f"A rule can only have '{MAX_VALUES}' condition values")
    if sum(_wildcards(condition) for condition in done) > MAX_WILDCARDS:
        raise validation(f"A rule can only have '{MAX_WILDCARDS}' condition wildcards")
    return done


def _normalize_one(condition: Condition) -> Condition:
    field = condition.get("Field")
    if field not in CONFIGS:
        raise validation(f"Condition field '{field}' must be one of '[{','.join(CONFIGS)}]'")
    config = _config(condition, field)
    values, regexes = config.get("Values") or [], config.get("RegexValues") or []
    if regexes and field not in _WITH_REGEX:
        raise validation(f"Regular expressions are not supported for a condition of type '{field}'")
    if values and regexes:
        raise validation(f"You cannot provide both Values and RegexValues for a condition of type '{field}'")
    if not values and not regexes:
        raise validation("A condition value must be specified")
    for value in values:
        _CHECKS[field](value)
    for regex in regexes:
        _check_regex(field, regex)
    kept: Condition = {"RegexValues": list(regexes)} if regexes else {"Values": list(values)}
    # AWS: rules come back with both the older and the newer form, and reject both when they are sent.
    echo: Condition = {"Field": field, **(kept if field in _TWO_FORMS else {})}
    if field == "http-header":
        kept = {"HttpHeaderName": _header_name(config), **kept}
    return echo | {CONFIGS[field]: kept}


def _config(condition: Condition, field: str) -> Condition:
    """The settings of the condition, from whichever of the two forms was used."""
    name = CONFIGS[field]
    others = sorted(key for key in CONFIGS.values() if key != name and condition.get(key))
    if others:
        raise validation(f"The '{others[0]}' field is not compatible with '{field}'")
    old = {key: condition[key] for key in ("Values", "RegexValues") if condition.get(key)}
    new: Condition = condition.get(name) or {}
    if old and field not in _TWO_FORMS:
        raise validation(f"The '{next(iter(old))}' field is not compatible with '{field}'")
    if old and new:
        raise validation(f"You cannot provide both {next(iter(old))} and '{name}' for a condition of type '{field}'")
    if not old and not new and field not in _TWO_FORMS:
        raise validation(f"A '{name}' must be specified with '{field}'")
    # AWS (RuleCondition.Values): "If ... you are not using HostHeaderConfig, you can specify a single host name".
    if len(old.get("Values", [])) > 1:
        raise validation(f"The '{field}' field contains too many values; the limit is '1'")
    return old or new


def _everything(condition: Condition) -> list[Any]:
    config = condition[CONFIGS[condition["Field"]]]
    return list(config.get("Values") or config.get("RegexValues") or [])


def _wildcards(condition: Condition) -> int:
    if condition["Field"] not in ("host-header", "path-pattern", "http-header", "query-string"):
        return 0
    texts: list[str] = []
    for value in condition[CONFIGS[condition["Field"]]].get("Values") or []:
        if isinstance(value, dict):
            texts += [re.sub(r"\\.", "", value.get(part) or "") for part in ("Key", "Value")]
        else:
            texts.append(value)
    return sum(text.count("*") + text.count("?") for text in texts)


def _limit(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise validation(f"The '{what}' value is too long; the limit is '{limit}'")
    if not text:
        raise validation("A condition value must be specified")


def _characters(what: str, text: str, allowed: re.Pattern[str]) -> None:
    if not allowed.fullmatch(text):
        raise validation(f"The '{what}' value '{text}' contains an invalid character")


def _check_host(value: str) -> None:
    _limit("host-header", value, 128)
    _characters("host-header", value, _HOST)
    _, dot, end = value.rpartition(".")
    if not dot:
        raise validation(f"The 'host-header' value '{value}' must include at least one '.' character")
    if not _HOST_END.fullmatch(end):
        raise validation(
            f"The 'host-header' value '{value}' must include only alphabetical characters after the final '.' character"
        )


def _check_path(value: str) -> None:
    _limit("path-pattern", value, 128)
    _characters("path-pattern", value, _PATH)


def _check_header(value: str) -> None:
    _limit("http-header", value, 128)


def _header_name(config: Condition) -> str:
    name = str(config.get("HttpHeaderName") or "")
    _limit("HttpHeaderName", name, 40)
    # AWS: wildcards are not supported in the name; `*` is a legal header character, so it would match literally.
    _characters("HttpHeaderName", name, _HEADER_NAME)
    # AWS: "You can't use an HTTP header condition to specify the host header".
    if name.lower() == "host":
        raise validation("The 'host' header cannot be specified in an 'http-header' condition; use 'host-header'")
    return name


def _check_method(value: str) -> None:
    _limit("http-request-method", value, 40)
    _characters("http-request-method", value, _METHOD)


def _check_query(value: Condition) -> None:
    if not value.get("Value"):
        raise validation("A 'Value' must be specified in 'QueryStringKeyValuePair'")
    for part in ("Key", "Value"):
        if len(value.get(part) or "") > 128:
            raise validation(f"The '{part}' value is too long; the limit is '128'")


def _check_source_ip(value: str) -> None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise validation(f"The 'source-ip' value '{value}' is not a valid CIDR block") from None
    if "/" not in value:
        raise validation(f"The 'source-ip' value '{value}' is not a valid CIDR block")


def _check_regex(field: str, regex: str) -> None:
    _limit(field, regex, 128)
    try:
        re.compile(regex)
    except re.error as problem:
        raise validation(f"The '{field}' regular expression '{regex}' is invalid: {problem}") from None


_CHECKS: dict[str, Callable[[Any], None]] = {
    "host-header": _check_host,
    "path-pattern": _check_path,
    "http-header": _check_header,
    "http-request-method": _check_method,
    "query-string": _check_query,
    "source-ip": _check_source_ip,
}
