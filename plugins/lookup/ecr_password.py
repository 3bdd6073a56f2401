# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ecr_password
author: Quilt Data (@quiltdata)
version_added: 1.0.0
short_description: The password of an ECR registry
description:
  - Asks ECR for an authorization token and returns the password that belongs to the user V(AWS).
  - Use it inside the arguments of a task with C(no_log), so that it is never kept in a variable.
  - Options are the connection options that every AWS module takes.
options:
  _terms:
    description: Not used.
  region:
    description: The region of the registry.
    type: str
  endpoint_url:
    description: Another endpoint for the API.
    type: str
  profile:
    description: A profile of the AWS configuration files.
    type: str
  access_key:
    description: Access key id; needs O(secret_key).
    type: str
  secret_key:
    description: Secret access key.
    type: str
  session_token:
    description: Session token that belongs to temporary keys.
    type: str
  assume_role:
    description: A role that the credentials assume, as the modules of the collection take it.
    type: dict
  aws_ca_bundle:
    description: A PEM file with the CA to trust in place of botocore's own; unused unless O(validate_certs).
    type: path
  validate_certs:
    description: Whether the certificate of the API is verified.
    type: bool
    default: true
requirements:
  - boto3
"""

EXAMPLES = r"""
- name: Log in to the registry
  community.docker.docker_login:
    registry_url: 123456789012.dkr.ecr.us-east-1.amazonaws.com
    username: AWS
    password: "{{ lookup('quilt.mcp_server.ecr_password', region='us-east-1') }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: The password.
  type: list
  elements: str
"""

import base64
from functools import partial
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.assumed_role import assumed_session
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.calls import retried
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.credentials import problem_of
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem, refusal
from ansible_collections.quilt.mcp_server.plugins.plugin_utils.connection import complete, environment, session_folder

try:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    boto3 = None  # type: ignore[assignment]


class LookupModule(LookupBase):
    """One ECR authorization token."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the password; raise AnsibleLookupError with AWS's answer."""
        if boto3 is None:
            missing = Problem(
                "the Python library boto3 is missing on the controller", "ECR is asked with it", "install it"
            )
            raise AnsibleLookupError(refusal("Refused to ask ECR for a password", [missing]))
        self.set_options(var_options=variables, direct=kwargs)
        try:
            with environment(self.get_options()):
                data = retried()(self._client().get_authorization_token)()["authorizationData"]
        except AnsibleAWSError as error:  # the role is not assumed
            raise AnsibleLookupError(error.message) from error
        except (BotoCoreError, ClientError) as error:
            what = "Failed to ask ECR for a password"
            raise AnsibleLookupError(refusal(what, [problem_of(error)])) from error
        return [base64.b64decode(data[0]["authorizationToken"]).decode().partition(":")[2]]

    def _client(self) -> Any:
        """A client of ECR, with the session of the role to assume where there is one."""
        profile, access_key = (self.get_option(name) or None for name in ("profile", "access_key"))
        session = boto3.Session(
            profile_name=profile,
            aws_access_key_id=access_key,
            aws_secret_access_key=self.get_option("secret_key") or None,
            aws_session_token=self.get_option("session_token") or None,
        )
        # None: botocore's own choice, which AWS_CA_BUNDLE in the environment may be.
        verify = self.get_option("validate_certs") and (self.get_option("aws_ca_bundle") or None)
        region, endpoint = self.get_option("region"), self.get_option("endpoint_url")
        place = {"region_name": region, "endpoint_url": endpoint, "verify": verify}
        role = complete(self.get_options(), session_folder())["assume_role"]
        if role:
            sts = partial(session.client, "sts", **place)
            session = assumed_session(sts, role, profile, access_key)
        return session.client("ecr", **place)
