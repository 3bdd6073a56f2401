"""Errors of the Elastic Load Balancing v2 API by their documented codes."""

from __future__ import annotations

from moto.elbv2.exceptions import ELBClientError


def error(code: str, message: str) -> Exception:
    """An exception that moto answers as HTTP 400 with this code and message."""
    made: Exception = ELBClientError(code, message)
    return made


def validation(message: str) -> Exception:
    return error("ValidationError", message)


def invalid_action(message: str) -> Exception:
    return error("InvalidLoadBalancerAction", message)


def not_permitted(message: str) -> Exception:
    return error("OperationNotPermitted", message)


def in_range(name: str, value: int, low: int, high: int) -> None:
    """Raise the ValidationError that the service's model check gives. Both ends belong to the range."""
    if value < low:
        raise validation(_constraint(name, value, f"Member must have value greater than or equal to {low}"))
    if value > high:
        raise validation(_constraint(name, value, f"Member must have value less than or equal to {high}"))


def one_of(name: str, value: object, choices: list[str]) -> None:
    """Raise the ValidationError that the service's model check gives for an unknown enum value."""
    if value not in choices:
        wanted = f"Member must satisfy enum value set: [{', '.join(choices)}]"
        raise validation(_constraint(name, value, wanted))


def _constraint(name: str, value: object, rule: str) -> str:
    return f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}"
