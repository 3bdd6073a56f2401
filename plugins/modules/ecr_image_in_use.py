#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_in_use
version_added: 1.0.0
short_description: Mark the image that a deployment uses
description:
  - Gives the image the tag C(in-use-<deployment>-<12 digits of the digest>). A lifecycle policy whose first rule
    matches C(in-use-) and expires none of them never deletes such an image, because an image that matches an earlier
    rule is not expired by a later one.
  - No tag ever moves, so this works in immutable repositories too.
  - An image that would lose its last tag is tagged C(was-in-use-<12 digits>) first, since ECR would delete it.
  - A repository that is not ours, or an image of another repository, is left as it is with a warning.
author:
  - Quilt Data (@quiltdata)
options:
  repository_name:
    description: Name of the ECR repository.
    type: str
    required: true
  deployment:
    description: Name of the deployment.
    type: str
    required: true
  image:
    description:
      - URI of the image that it uses, with its digest.
      - Unset means none.
    type: str
  alone:
    description: Whether the deployment uses no other image, so that its other marks are taken away.
    type: bool
    default: false
  require_tags:
    description: Tags by which the repository is recognised as ours.
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: Predicts the tags.
  diff_mode:
    support: full
    description: Shows the marks of this deployment.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Mark the image before it is deployed
  quilt.mcp_server.ecr_image_in_use:
    repository_name: quilt-mcp-server
    deployment: sales-prod-mcp-server-production
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...

- name: Unmark the images that no longer run
  quilt.mcp_server.ecr_image_in_use:
    repository_name: quilt-mcp-server
    deployment: sales-prod-mcp-server-production
    image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:0f3a...
    alone: true
"""

RETURN = r"""
marks:
  description: The deployment's marks in the repository.
  returned: always
  type: list
  elements: str
  sample: [in-use-sales-prod-mcp-server-production-0f3a5c7e9b1d]
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.image_check_plan import parse_name
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.in_use_tags_plan import Marks, plan_marks
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.tags_client import Tags


def digest_in(module: Any, uri: str) -> str | None:
    """The digest of the image if it is one of the repository."""
    image = module.params["image"]
    name = parse_name(image) if image else None
    if name and name.digest and f"{name.registry}/{name.repository}" == uri:
        return str(name.digest)
    if image:
        module.warn(f"{image} is no image of {uri} with a digest: no lifecycle rule of ours protects it")
    return None


def keep(module: Any, tags: Tags) -> Marks:
    """Plan, and write outside check mode."""
    uri = tags.uri()
    nothing = Marks((), (), (), ())
    if uri is None:
        return nothing
    if not tags.is_owned(module.params["require_tags"]):
        module.warn(
            f"the ECR repository {tags.repository} is not ours: it was left as it is, and its owner's lifecycle policy "
            "decides how long its images stay"
        )
        return nothing
    digest = digest_in(module, uri)
    marks = plan_marks(tags.all(), module.params["deployment"], digest, module.params["alone"])
    if not module.check_mode:
        for one in marks.add:
            tags.add(one.digest, one.tag)
        for one in marks.remove:
            tags.remove(one.tag)
    return marks


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={
            "repository_name": {"type": "str", "required": True},
            "deployment": {"type": "str", "required": True},
            "image": {"type": "str"},
            "alone": {"type": "bool", "default": False},
            "require_tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    try:
        marks = keep(module, Tags(module.client("ecr"), module.params["repository_name"]))
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    else:
        diff = {"before": {"marks": list(marks.before)}, "after": {"marks": list(marks.after)}}
        module.exit_json(changed=marks.changed, diff=diff, marks=list(marks.after))


if __name__ == "__main__":
    main()
