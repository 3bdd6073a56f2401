#!/usr/bin/python
# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: mcp_token
version_added: 1.0.0
short_description: Make a token of the MCP server for one person
description:
  - Signs a token with the key of the deployment and encrypts it for the owner of a certificate.
  - The token itself is in no result, so that it is neither printed nor stored by whatever runs the playbook. The owner
    decrypts it with C(openssl cms -decrypt -inform PEM -in token.cms -inkey token.key).
  - Each run makes another token. Nothing but a new key withdraws one before it expires.
  - It changes nothing. In check mode it reads no secret and makes no token.
author:
  - Quilt Data (@quiltdata)
requirements:
  - cryptography >= 44
  - PyJWT
options:
  jwt_secret_id:
    description: The name or the ARN of the Secrets Manager secret with the keys that sign tokens.
    type: str
    required: true
  kid:
    description: The key id.
    type: str
    default: frontend-enhanced
  issuer:
    description: The C(iss) claim.
    type: str
    default: quilt-frontend
  audience:
    description: The C(aud) claim.
    type: str
    default: quilt-mcp-server
  subject:
    description: Who the person is, which the server's log shows, such as C(ada@example.com).
    type: str
    required: true
  buckets:
    description: The buckets that the token grants, names or patterns with C(*).
    type: list
    elements: str
    required: true
  hours:
    description: How long the token is valid, above 0 and at most 720 hours.
    type: float
    default: 8
  certificate:
    description: The person's certificate in PEM, with an RSA key. Never the private key.
    type: str
    required: true
extends_documentation_fragment:
  - quilt.mcp_server.reading
  - quilt.mcp_server.connection
"""

EXAMPLES = r"""
- name: Make a token for Ada
  quilt.mcp_server.mcp_token:
    jwt_secret_id: sales-prod/mcp-server/jwt
    subject: ada@example.com
    buckets: [sales-data]
    certificate: "{{ lookup('ansible.builtin.file', 'ada.pem') }}"
  register: token
"""

RETURN = r"""
encrypted:
  description: The token, encrypted for the owner of the certificate. Empty in check mode.
  returned: success
  type: str
  sample: "-----BEGIN PKCS7-----"
expires:
  description: When the token expires, in UTC. Empty in check mode.
  returned: success
  type: str
  sample: "2026-11-30T18:00:00Z"
recipient:
  description: The owner of the certificate.
  returned: success
  type: dict
  contains:
    name:
      description: The subject of the certificate.
      type: str
      sample: CN=ada
    fingerprint:
      description: The SHA-256 of the certificate, which its owner can compare.
      type: str
"""

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.aws_module import AwsModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.module import run_info
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.problem import Problem
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.client import secret_value
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.envelope import recipient_of, sealed
from ansible_collections.quilt.mcp_server.plugins.module_utils._smoke.tokens import Claims, key_from, mint

LONGEST = 720  # hours


def missing_library() -> str:
    """The first Python library that is needed and not there; empty when all are."""
    for library in ("cryptography", "jwt"):
        try:
            __import__(library)
        except ImportError:
            return {"jwt": "PyJWT"}.get(library, library)
    return ""


def problems(params: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the parameters."""
    if not params["subject"].strip():
        yield Problem("subject is empty", "the server's log names the person by it", "give a name or an address")
    if not [name for name in params["buckets"] if name.strip()]:
        yield Problem("buckets is empty", "the token would grant nothing", "name at least one bucket")
    if not 0 < params["hours"] <= LONGEST:
        yield Problem(
            f"hours is {params['hours']:g}",
            f"a token is valid for more than 0 and at most {LONGEST} hours, as nothing withdraws it but a new key",
            "correct hours",
        )


def make(module: AwsModule, client: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """The module's result."""
    found = [*problems(params)]
    if found:
        raise InvalidParameters(*found, label="the token")
    recipient = recipient_of(params["certificate"])
    result = {"recipient": {"name": recipient.name, "fingerprint": recipient.fingerprint}}
    if module.check_mode:
        return {**result, "encrypted": "", "expires": ""}
    name = params["jwt_secret_id"]
    secret = secret_value(name, client, "the person's token", "let someone make the token who has it")
    module.no_log_values.add(secret)
    key = key_from(secret, params["kid"], name)
    claims = Claims(params["subject"], params["issuer"], params["audience"], tuple(params["buckets"]))
    lifetime = int(params["hours"] * 3600)
    token = mint(key, params["kid"], claims, lifetime=lifetime)
    module.no_log_values.update((key, token))
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))
    return {**result, "encrypted": sealed(token, recipient), "expires": expires}


def main() -> None:
    """Make the token."""
    module = AwsModule(
        argument_spec={
            "jwt_secret_id": {"type": "str", "required": True, "no_log": False},
            "kid": {"type": "str", "default": "frontend-enhanced"},
            "issuer": {"type": "str", "default": "quilt-frontend"},
            "audience": {"type": "str", "default": "quilt-mcp-server"},
            "subject": {"type": "str", "required": True},
            "buckets": {"type": "list", "elements": "str", "required": True},
            "hours": {"type": "float", "default": 8},
            # It may be a private key by mistake.
            "certificate": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    if library := missing_library():
        module.fail_json(msg=missing_required_lib(library, reason="to sign and encrypt the token"))
    run_info(module, partial(make, module))


if __name__ == "__main__":
    main()
