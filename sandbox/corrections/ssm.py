"""Systems Manager. What moto 5.2.5 gets wrong:

- DescribeParameters never answers with a value (moto: with that of every parameter that is no SecureString).
"""

from __future__ import annotations

from typing import Any

from moto.ssm.models import Parameter

from sandbox.corrections._patch import wrap


def install() -> None:
    wrap(Parameter, "describe_response_object", _without_value)


def _without_value(original: Any, self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {name: value for name, value in original(self, *args, **kwargs).items() if name != "Value"}
