# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""An answer that was cut or damaged on its way is as good as none.

botocore raises an error of its own for XML, and takes what is left of JSON for an answer without members.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from .calls import LostAnswer
from .writes import may_be_repeated

try:
    from botocore.exceptions import ConnectionClosedError
except ImportError:  # AnsibleAWSModule says so before any of this runs
    ConnectionClosedError = Exception  # type: ignore[assignment,misc]


class Unreadable(ConnectionClosedError):
    """Also what a proxy answers in the place of AWS."""

    fmt = "The answer of {endpoint_url} cannot be read: {error}"


# By the protocol of a service, which its model names; of the others botocore judges alone.
READERS: Mapping[str, Callable[[bytes], Any]] = {
    **dict.fromkeys(("json", "rest-json"), json.loads),
    **dict.fromkeys(("query", "ec2", "rest-xml"), ElementTree.fromstring),
}


def require_whole(client: Any) -> None:
    """Have a boto3 client take an answer that cannot be read for a connection that was closed.

    The call is made again, or raises LostAnswer where it may not be repeated (writes.py).
    """
    model = client.meta.service_model
    reader = READERS.get(model.resolved_protocol)
    if reader:
        judge = _judge(model.service_name, client.meta.endpoint_url, reader)
        client.meta.events.register(f"before-parse.{model.service_id.hyphenize()}", judge, unique_id="quilt-whole")


def _judge(service: str, endpoint: str, reader: Callable[[bytes], Any]) -> Callable[..., None]:
    def judge(operation_model: Any, response_dict: Mapping[str, Any], **_more: Any) -> None:
        """Called by botocore with each answer. It takes a 5xx in any form: a balancer's page is one."""
        body = response_dict["body"]
        if response_dict["status_code"] >= 500 or not isinstance(body, bytes) or not body:
            return
        try:
            reader(body)
        except (ValueError, ElementTree.ParseError) as error:
            unreadable = Unreadable(endpoint_url=endpoint, error=error)
            if may_be_repeated(service, operation_model.name):
                raise unreadable from error
            raise LostAnswer(exception=unreadable) from error

    return judge
