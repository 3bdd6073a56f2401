# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The image, and the repository that the execution role may pull from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.registry_host import home_of


def problems(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the values of the image and its repository."""
    if values.get("image_source") == "prebuilt" and not values.get("image_uri"):
        yield "image_uri: wanted the image to deploy, because image_source is prebuilt; found nothing"
    if values.get("image_base") and "BASE" in (values.get("image_build_args") or {}):
        yield "image_base: wanted one base; found BASE in image_build_args too"
    if values.get("ecr_kms_key") and values.get("ecr_encryption_type") != "KMS":
        yield "ecr_kms_key: only used with ecr_encryption_type: KMS; found another encryption type"
    # The execution role may pull from one repository of the account.
    source = "mcp_server_repository"
    wanted = values.get(source)
    if values.get("image_source") == "prebuilt":
        source, (host, _slash, name) = "image_uri", str(values.get("image_uri") or "").partition("/")
        home = home_of(host)
        own = home is not None and home.account == str(values.get("mcp_server_account_id"))
        wanted = re.split("[:@]", name)[0] if own else ""
    found = values.get("iam_repository_name")
    if wanted and found and found != wanted and not values.get("iam_existing_execution_role"):
        yield f"iam_repository_name: wanted the repository of {source}, {wanted}, where the image is; found {found}"
