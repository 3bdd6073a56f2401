#!/usr/bin/env python3
"""The values that the running sandbox decides, for the group mcp_servers: what `python -m sandbox up` wrote.

A script, because Ansible runs it once for each run; a lookup in group_vars is repeated at each reference.
"""

import json
import os
from pathlib import Path

HOME = Path(os.environ.get("SANDBOX_HOME") or Path(__file__).resolve().parents[2] / ".sandbox")
MISSING = "{{ undef(hint='the sandbox is not running; start it with: python -m sandbox up') }}"


def variables(state):
    """The inventory's values from the sandbox's state."""
    return {
        "mcp_server_account_id": state["account_id"],
        "mcp_server_region": state["region"],
        "mcp_server_url": state["mcp_url"],
        "mcp_server_ca_file": state["ca_file"],
        "mcp_server_aws": {
            "region": state["region"],
            "endpoint_url": state["aws_endpoint_url"],
            "access_key": state["access_key"],
            # Ansible masks this text wherever it appears, so it must not be a word; the sandbox takes any.
            "secret_key": "any-secret-key-will-do",
        },
        "image_source": "build" if state["engine"] == "docker" else "process",
    }


class Absent(dict):
    """The state where there is none: each value says how to get one when it is used."""

    def __missing__(self, key):
        return MISSING


try:
    found = json.loads((HOME / "state.json").read_text(encoding="utf-8"))
except FileNotFoundError:
    found = Absent()
print(json.dumps({"mcp_servers": {"vars": variables(found)}, "_meta": {"hostvars": {}}}))
