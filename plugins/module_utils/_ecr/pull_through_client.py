# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""Pull-through cache rules: ECR fetches an image of another registry when it is first asked for it.

BatchGetImage makes ECR fetch the image, and create its repository, if the caller has ecr:BatchImportUpstreamImage and
ecr:CreateRepository. To a caller without them ECR says that there is no such repository or image, as it does for one
that the other registry does not have. DescribeImages fetches nothing. Not checked against AWS: botocore's model of
BatchGetImage has the errors of the other registry, and the user guide ("IAM permissions required to sync an upstream
registry") the permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._core.calls import aws_call

ROOT = "ROOT"  # the prefix of a rule for every repository that no other rule is for
CREATE = "aws ecr create-pull-through-cache-rule"


@dataclass(frozen=True)
class Rule:
    """A rule: repositories that begin with the prefix are those of the upstream registry."""

    prefix: str
    upstream: str
    secret_arn: str = ""


def covering(repository: str, rules: Iterable[Rule]) -> Rule | None:
    """The rule that is for a repository: the longest prefix."""
    fitting = [one for one in rules if one.prefix == ROOT or repository.startswith(f"{one.prefix.rstrip('/')}/")]
    return max(fitting, key=lambda one: 0 if one.prefix == ROOT else len(one.prefix), default=None)


def read_rules(ecr: Any, account: str | None) -> list[Rule] | None:
    """The rules of a registry; None where the caller may not read them."""
    return _rules(ecr, {"registryId": account} if account else {})


@aws_call("read the pull-through cache rules of ECR")
def _rules(ecr: Any, where: dict[str, str]) -> list[Rule] | None:
    try:
        pages = list(ecr.get_paginator("describe_pull_through_cache_rules").paginate(**where))
    except is_boto3_error_code("AccessDeniedException"):
        return None
    return [
        Rule(one["ecrRepositoryPrefix"], one.get("upstreamRegistryUrl", ""), one.get("credentialArn", ""))
        for page in pages
        for one in page.get("pullThroughCacheRules", [])
        if "ecrRepositoryPrefix" in one
    ]
