#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_repository
version_added: 1.0.0
short_description: Manage one ECR repository
description:
  - Creates, changes and deletes one private repository of Amazon ECR with its lifecycle and repository policies.
  - An option that is not given is left alone, so a repository with immutable tags never becomes mutable by omission.
author:
  - Quilt Data (@quiltdata)
options:
  repository_name:
    description: The name of the repository.
    type: str
    required: true
  image_tag_mutability:
    description:
      - Whether a tag can be moved to another image.
      - A new repository is V(MUTABLE) when this is unset.
    type: str
    choices: [MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]
  image_tag_mutability_exclusion_filters:
    description:
      - The tags to which O(image_tag_mutability) does not apply.
      - Only with one of the two C(_WITH_EXCLUSION) values of O(image_tag_mutability), given or there already.
    type: list
    elements: dict
    suboptions:
      filter_type:
        description: The type of the filter.
        type: str
        choices: [WILDCARD]
        default: WILDCARD
      filter:
        description: A tag, in which C(*) stands for any text.
        type: str
        required: true
  image_scanning_configuration:
    description: How images are scanned.
    type: dict
    suboptions:
      scan_on_push:
        description: Whether an image is scanned when it is pushed.
        type: bool
  encryption_configuration:
    description:
      - How images are encrypted.
      - AWS cannot change it later; the module then fails and says so.
    type: dict
    suboptions:
      encryption_type:
        description: The type of encryption; V(AES256) by default.
        type: str
        choices: [AES256, KMS, KMS_DSSE]
      kms_key:
        description:
          - The ARN of the KMS key.
          - An alias is accepted at creation and not compared later, because only KMS knows its key.
        type: str
  lifecycle_policy:
    description:
      - The lifecycle policy, in ECR's own JSON (camelCase keys).
      - It is compared as JSON and replaced as a whole; an empty dictionary removes it.
    type: dict
  repository_policy:
    description:
      - The repository policy, in IAM's own JSON.
      - It is compared semantically (order, single values, accounts) and replaced as a whole.
        An empty dictionary removes it.
    type: dict
  force:
    description: Whether O(state=absent) deletes a repository that still has images.
    type: bool
    default: false
  refuse_used_images:
    description:
      - Whether O(state=absent) fails when an ECS service or task of the account and region without O(require_tags) runs
        an image of the repository. A service without a task counts too.
    type: bool
    default: false
extends_documentation_fragment:
  - quilt.mcp_server.resource
  - quilt.mcp_server.replaceable
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Create the repository of the MCP server
  quilt.mcp_server.ecr_repository:
    repository_name: quilt-mcp-server
    image_tag_mutability: IMMUTABLE
    image_scanning_configuration:
      scan_on_push: true
    lifecycle_policy:
      rules:
        - rulePriority: 1
          description: Untagged images go after 7 days
          selection:
            tagStatus: untagged
            countType: sinceImagePushed
            countUnit: days
            countNumber: 7
          action:
            type: expire
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production

- name: Delete the repository with its images, if it has the deployment's tag
  quilt.mcp_server.ecr_repository:
    repository_name: quilt-mcp-server
    require_tags:
      quilt:deployment: sales-prod-mcp-server-production
    force: true
    state: absent
"""

RETURN = r"""
repository:
  description: The repository as it is, or in check mode as it would be; empty when it is absent.
  returned: always
  type: dict
  contains:
    repository_name:
      description: Its name.
      type: str
      returned: when present
    repository_arn:
      description: Its ARN.
      type: str
      returned: when present
    repository_uri:
      description: What an image is pushed to, without a tag.
      type: str
      returned: when present
    registry_id:
      description: The account of its registry.
      type: str
      returned: when present
    created_at:
      description: When it was created.
      type: str
      returned: when present
    image_tag_mutability:
      description: Whether a tag can be moved.
      type: str
      returned: when present
    image_tag_mutability_exclusion_filters:
      description: The tags to which that does not apply, or null.
      type: list
      elements: dict
      returned: when present
    image_scanning_configuration:
      description: How images are scanned.
      type: dict
      returned: when present
    encryption_configuration:
      description: How images are encrypted.
      type: dict
      returned: when present
    lifecycle_policy:
      description: Its lifecycle policy, or null.
      type: dict
      returned: when present
    repository_policy:
      description: Its repository policy, or null.
      type: dict
      returned: when present
    tags:
      description: All its tags.
      type: dict
      returned: when present
"""

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import run
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.repository import Repository

ARGUMENTS = {
    "repository_name": {"type": "str", "required": True},
    "image_tag_mutability": {
        "type": "str",
        "choices": ["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"],
    },
    "image_tag_mutability_exclusion_filters": {
        "type": "list",
        "elements": "dict",
        "options": {
            "filter_type": {"type": "str", "choices": ["WILDCARD"], "default": "WILDCARD"},
            "filter": {"type": "str", "required": True},
        },
    },
    "image_scanning_configuration": {"type": "dict", "options": {"scan_on_push": {"type": "bool"}}},
    "encryption_configuration": {
        "type": "dict",
        "options": {
            "encryption_type": {"type": "str", "choices": ["AES256", "KMS", "KMS_DSSE"]},
            "kms_key": {"type": "str", "no_log": False},
        },
    },
    "lifecycle_policy": {"type": "dict"},
    "repository_policy": {"type": "dict"},
    "force": {"type": "bool", "default": False},
    "refuse_used_images": {"type": "bool", "default": False},
}


def main() -> None:
    """Manage the repository that the arguments describe."""
    module = AwsModule(argument_spec={**common_arguments(replaceable=True), **ARGUMENTS}, supports_check_mode=True)
    run(module, Repository)


if __name__ == "__main__":
    main()
