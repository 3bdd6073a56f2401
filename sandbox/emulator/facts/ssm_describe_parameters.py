"""DescribeParameters never answers with a value (moto 5.2.5: with that of each parameter that is no SecureString).

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html
"""

from __future__ import annotations

from typing import Any

from moto.ssm.models import Parameter

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(Parameter, "describe_response_object", _without_value)


def _without_value(original: Any, self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {name: value for name, value in original(self, *args, **kwargs).items() if name != "Value"}
