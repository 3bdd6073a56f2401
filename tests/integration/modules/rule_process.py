"""A module run that can happen in a process of its own: importable by name, and nothing inherited but its imports."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from ansible.module_utils.testing import patch_module_args
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).parents[3]
MODULES = "ansible_collections.quilt.mcp_server.plugins.modules"
_begin: list[Barrier] = []


def prepare(begin: Barrier) -> None:
    """Make the collection importable, as ansible-playbook does, and remember what all the runs wait for."""
    _AnsibleCollectionFinder(paths=[str(ROOT / "collections")])._install()
    importlib.import_module(f"{MODULES}.elb_listener_rule")
    _begin.append(begin)


def run(arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of the module's real main(), begun together with all the others."""
    module = importlib.import_module(f"{MODULES}.elb_listener_rule")
    out = io.StringIO()
    _begin[0].wait(timeout=120)
    with patch_module_args(arguments), contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        module.main()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result
