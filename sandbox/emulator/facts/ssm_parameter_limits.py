"""A parameter's name is made of letters, digits and `. - _`, absolute once it has a slash, at most 15 levels deep and
1,011 characters long with its ARN; its value has 4,096 characters at most, 8,192 in the advanced tier
(moto 5.2.5 takes any).

The words about depth, length and the advanced tier could not be checked against AWS.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.ssm.exceptions import SSMException
from moto.ssm.models import SimpleSystemManagerBackend

from sandbox.emulator.patch import wrap

_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?")
_SIZES = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
_LEVELS, _LENGTH = 15, 1011
_MORE = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"


def install() -> None:
    wrap(SimpleSystemManagerBackend, "put_parameter", _put)


def _put(original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    given = dict(zip(("name", "description", "value"), args, strict=False)) | kwargs
    _check_name(self, given["name"])
    _check_value(given.get("value") or "", given.get("tier") or "Standard")
    return original(self, *args, **kwargs)


def _check_name(backend: Any, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise _refused(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if "/" in name and not name.startswith("/"):
        raise _refused("Parameter name must be a fully qualified name.")
    if name.strip("/").count("/") >= _LEVELS:
        raise SSMException(
            "HierarchyLevelLimitExceededException", f"A hierarchy can have a maximum of {_LEVELS} levels."
        )
    arn = f"arn:aws:ssm:{backend.region_name}:{backend.account_id}:parameter/{name.removeprefix('/')}"
    if len(arn) > _LENGTH:
        raise _refused(f"The parameter name with its ARN can have at most {_LENGTH} characters.")


def _check_value(value: str, tier: str) -> None:
    size = _SIZES.get(tier, _SIZES["Standard"])
    if len(value) <= size:
        return
    if size == _SIZES["Standard"]:
        raise _refused(
            f"Standard tier parameters support a maximum parameter value of {size} characters. To create a larger "
            "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
            f"{_MORE}"
        )
    raise _refused(f"Advanced tier parameters support a maximum parameter value of {size} characters.")


def _refused(message: str) -> SSMException:
    return SSMException("ValidationException", message)
