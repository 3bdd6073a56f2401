"""Make `ansible_collections.quilt.mcp_server` importable from a bare checkout, as ansible-playbook does.

ansible-test has its own way and does not read this file.
"""

from __future__ import annotations

from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from sandbox.testing.fixtures import control_plane, every_fault_fires

__all__ = ["control_plane", "every_fault_fires"]

_AnsibleCollectionFinder(paths=[str(Path(__file__).parents[1] / "collections")])._install()
