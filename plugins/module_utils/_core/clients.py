# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The boto3 clients of one run, and the account that they belong to."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .answers import require_whole
from .calls import aws_call
from .shapes import KNOWN_AFTER_APPLY
from .writes import send_once

_LAST_CALL = "_quilt_last_call"


class Clients:
    """From the name of a service to its boto3 client, which is made once. `module` is an AnsibleAWSModule."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            client = self._module.client(service)
            send_once(client)
            require_whole(client)
            client.meta.events.register("before-call", partial(_note, self._module), unique_id="quilt-last-call")
            self._made[service] = client
        return self._made[service]

    @property
    def region(self) -> str:
        return str(self._module.region)

    @cached_property
    def account_id(self) -> str:
        """The account of the credentials; `known-after-apply` when they may not ask."""
        try:
            return str(caller_identity(self("sts"))["Account"])
        except AnsibleAWSError:
            return KNOWN_AFTER_APPLY


def last_call(module: Any) -> str:
    """The service and the operation that the module asked last; empty before its first call."""
    return str(getattr(module, _LAST_CALL, ""))


def _note(module: Any, model: Any, **_more: Any) -> None:
    """Called by botocore before each request."""
    setattr(module, _LAST_CALL, f"{model.service_model.service_name}:{model.name}")


@aws_call("ask who the credentials belong to")
def caller_identity(sts: Any) -> dict[str, str]:
    """Account and Arn of the credentials."""
    identity: dict[str, str] = sts.get_caller_identity()
    return identity
