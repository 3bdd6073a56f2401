"""Make `ansible_collections.quilt.mcp_server` importable from a bare checkout, as ansible-playbook does.

ansible-test has its own way and does not read this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from sandbox.control import ControlPlane

_AnsibleCollectionFinder(paths=[str(Path(__file__).parents[1] / "collections")])._install()


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """The AWS APIs of the sandbox; moto's state is the process's, so there is one, and tests reset it."""
    with ControlPlane() as plane:
        yield plane
