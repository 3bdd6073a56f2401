# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""AnsibleAWSModule with the connection option that amazon.aws lacks: a role to assume."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .assumed_role import assumed_session
from .role_option import ARGUMENT


class AwsModule(AnsibleAWSModule):  # type: ignore[misc]
    """A module that asks AWS; documented by the fragment quilt.mcp_server.connection."""

    def __init__(self, *, argument_spec: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(argument_spec={**argument_spec, "assume_role": ARGUMENT}, **settings)

    def client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        """A boto3 client of the service, with the session of `assume_role` where that is given.

        Raises:
            AccessError: the role cannot be assumed.
        """
        if not self.params["assume_role"]:
            return super().client(service, retry_decorator, **extra_params)
        region, endpoint, options = get_aws_connection_info(self)
        verified = {"verify": options["verify"], "config": options.get("aws_config"), **extra_params}
        return self._assumed.client(service, region_name=region, endpoint_url=endpoint, **verified)

    @cached_property
    def _assumed(self) -> Any:
        sts = partial(super().client, "sts")
        profile, access_key = (self.params[name] or None for name in ("profile", "access_key"))
        return assumed_session(sts, self.params["assume_role"], profile, access_key)
