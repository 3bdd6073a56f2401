"""The shared tests of playbooks cover every playbook."""

from __future__ import annotations

from tests.integration.playbooks import test_killed_at_every_write
from tests.integration.playbooks.table import PLAYBOOKS, READS, playbooks


def test_every_playbook_has_its_row() -> None:
    assert sorted({*playbooks()} - {*PLAYBOOKS}) == [], "write its row in tests/integration/playbooks/table.py"
    assert sorted({*PLAYBOOKS} - {*playbooks()}) == [], "there is no such playbook"


def test_every_playbook_that_writes_is_killed_at_every_write() -> None:
    """One that needs no right but to read cannot write; one that only imports others is killed with them."""
    for name, row in PLAYBOOKS.items():
        imports = all("ansible.builtin.import_playbook" in play for play in playbooks()[name])
        assert bool(row.killed) == (row.writes and not imports and row.permissions != READS), name
        assert [test for test in row.killed if not hasattr(test_killed_at_every_write, test)] == []
