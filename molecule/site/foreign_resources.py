"""What belongs to others in the sandbox's account: save it, compare it, and look for what is left of ours.

    python foreign_resources.py save|compare|gone      (SANDBOX_HOME names the sandbox)

Ours is whatever carries the tag quilt:deployment; everything else must stay byte for byte as it was.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandbox.account import OWNER_TAG, Account

HOME = Path(os.environ["SANDBOX_HOME"])
SAVED = HOME / "foreign_resources.json"
OURS_BY_NAME = {"quilt-mcp-server", "/ecs/mcp-server-production"}


def account() -> Account:
    """The running sandbox's account."""
    state = json.loads((HOME / "state.json").read_text())
    session: Any = boto3.Session(aws_access_key_id="foreign-resources", aws_secret_access_key="foreign-resources")
    options = {"endpoint_url": state["aws_endpoint_url"], "region_name": state["region"]}
    return Account(lambda service: session.client(service, **options))


def compare() -> int:
    """Print each difference from what was saved; return 1 if there is one."""
    before, after = json.loads(SAVED.read_text()), account().foreign()
    if not before:
        print("nothing was saved, so nothing was compared")
        return 1
    different = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    for key in different:
        print(f"{key}\n  before: {before.get(key, 'absent')}\n  after:  {after.get(key, 'absent')}")
    return 1 if different else 0


def gone() -> int:
    """Print what is left of ours; return 1 if there is something."""
    left = [key for key, _, tags in account().read() if OWNER_TAG in tags or key.rsplit("/", 1)[-1] in OURS_BY_NAME]
    print("\n".join(left))
    return 1 if left else 0


def main() -> int:
    if sys.argv[1] == "save":
        SAVED.write_text(json.dumps(account().foreign()))
        return 0
    return {"compare": compare, "gone": gone}[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
