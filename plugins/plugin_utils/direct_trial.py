# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""The module with which direct execution is tried: it only answers, with each thing that a result can hold."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.progress import report_progress


def main() -> None:
    """Return the arguments, a change, a difference, a warning and a deprecation, and tell a line."""
    arguments = {"text": {"type": "str"}, "secret": {"type": "str", "no_log": True}, "warns": {"type": "bool"}}
    module = AnsibleModule(argument_spec=arguments)
    if module.params["warns"]:
        module.warn("a warning")
        module.deprecate("a deprecation", version="9.0.0", collection_name="quilt.mcp_server")
    report_progress(module, "trial", "a line")
    text, secret = module.params["text"], module.params["secret"]
    module.exit_json(changed=True, text=text, secret=secret, diff={"before": "", "after": text})


if __name__ == "__main__":
    main()
