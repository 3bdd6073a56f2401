"""The errors ECS answers with, by the names of the service model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class EcsError(ServiceException):  # type: ignore[misc]  # moto is untyped
    """One ECS error; `code` is its shape in the service model."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


def invalid(message: str) -> EcsError:
    """InvalidParameterException."""
    return EcsError("InvalidParameterException", message)


def client(message: str) -> EcsError:
    """ClientException."""
    return EcsError("ClientException", message)
