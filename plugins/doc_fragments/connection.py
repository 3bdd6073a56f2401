# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a module that asks AWS reaches it: the options of amazon.aws, and a role to assume."""

    DOCUMENTATION = r"""
options:
  region:
    description:
      - The AWS region.
      - Unset, the environment has it (E(AWS_REGION), E(AWS_DEFAULT_REGION)), or the profile.
    type: str
    aliases: [aws_region]
  profile:
    description:
      - A profile of the AWS configuration files, in place of keys.
      - Without a profile and keys, the environment has one of the two (E(AWS_PROFILE), E(AWS_ACCESS_KEY_ID)), or the
        machine has a role.
    type: str
    aliases: [aws_profile]
  access_key:
    description: The id of an access key, with O(secret_key) and in place of a profile.
    type: str
    aliases: [aws_access_key_id, aws_access_key]
  secret_key:
    description: The secret of O(access_key).
    type: str
    aliases: [aws_secret_access_key, aws_secret_key]
  session_token:
    description: The token of O(access_key), where the key is a temporary one.
    type: str
    aliases: [aws_session_token]
  assume_role:
    description:
      - A role that the credentials assume. Everything is asked with its session.
      - The session is renewed before it ends, also while the module waits.
    type: dict
    suboptions:
      role_arn:
        description: The ARN of the role. Its trust policy allows the credentials to assume it.
        type: str
        required: true
      session_name:
        description: The name of the session, which CloudTrail shows.
        type: str
        default: quilt.mcp_server
      external_id:
        description: The external id that the trust policy of the role asks for.
        type: str
      duration:
        description:
          - The seconds of a session, from 900 to the role's C(MaxSessionDuration).
          - Credentials that are a session themselves get no more than 3600.
        type: int
        default: 3600
      session_folder:
        description:
          - A folder of the machine that runs the module, for its owner alone. Modules that are given the same folder
            share a session.
          - The collection's playbooks give the temporary folder of the run, which ansible-core removes at its end.
        type: path
  endpoint_url:
    description: Another endpoint than that of AWS, such as a sandbox's. E(AWS_URL) has the same meaning.
    type: str
    aliases: [aws_endpoint_url]
  aws_ca_bundle:
    description: A PEM file with the certificate authorities to trust. E(AWS_CA_BUNDLE) has the same meaning.
    type: path
  validate_certs:
    description: Whether the certificates of AWS are verified.
    type: bool
    default: true
  aws_config:
    description: Settings of botocore's C(Config), by their names there.
    type: dict
  debug_botocore_endpoint_logs:
    description: Whether the result lists the API actions that were asked, as C(resource_actions).
    type: bool
    default: false
notes:
  - Environment variables and configuration files are those of the machine that runs the module.
requirements:
  - python >= 3.11
  - boto3 >= 1.43.10
  - botocore >= 1.43.10
"""
