"""Make `ansible_collections.quilt.mcp_server` importable from a bare checkout, as ansible-playbook does."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def _install_collection_finder() -> None:
    try:
        if importlib.util.find_spec("ansible_collections.quilt.mcp_server"):
            return  # ansible-test has its own
    except ModuleNotFoundError:
        pass
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    _AnsibleCollectionFinder(paths=[str(Path(__file__).parents[1] / "collections")])._install()


_install_collection_finder()
