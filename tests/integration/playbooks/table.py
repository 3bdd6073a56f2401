"""The playbooks, and what the tests that hold for every playbook need to know about each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
READS = frozenset({"look"})


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a playbook needs, and what it does."""

    permissions: frozenset[str] | None
    """The parts of docs/deployer-policy.yml that it needs; None may need any."""
    empty_account: str
    """How check mode ends where nothing is deployed: nothing said is success, else a part of the failure's message."""
    writes: bool = True
    """Whether it changes anything; one with no other permissions than to read does not."""
    killed: tuple[str, ...] = ()
    """The tests of test_killed_at_every_write.py that kill it; none for one that only reads or only imports others."""


PLAYBOOKS = {
    "build.yml": Row(
        permissions=READS | {"image"},
        empty_account="",
        killed=("test_a_first_deployment_killed_at_every_write_is_finished_by_the_next",),
    ),
    "deploy.yml": Row(
        permissions=None,
        empty_account="",
        killed=(
            "test_a_first_deployment_killed_at_every_write_is_finished_by_the_next",
            "test_a_switch_to_shifting_traffic_and_back_killed_at_every_write_is_finished_by_the_next",
        ),
    ),
    "destroy.yml": Row(
        permissions=None,
        empty_account="",
        killed=("test_a_destruction_killed_at_every_write_is_finished_by_the_next",),
    ),
    "drift.yml": Row(permissions=READS, empty_account="has drifted"),
    "rollback.yml": Row(
        permissions=READS | {"image", "service"},
        empty_account="there is no active service",
        killed=("test_evidence_and_a_rollback_killed_at_every_write_are_finished_by_the_next",),
    ),
    "site.yml": Row(permissions=None, empty_account=""),
    "status.yml": Row(permissions=READS, empty_account=""),
    "token.yml": Row(
        permissions=READS | {"service"}, empty_account="Refused the parameters of the token", writes=False
    ),
    "verify.yml": Row(
        permissions=READS | {"service"},
        empty_account="",
        killed=("test_evidence_and_a_rollback_killed_at_every_write_are_finished_by_the_next",),
    ),
}


def playbooks() -> dict[str, list[dict[str, Any]]]:
    """The plays of every playbook that the collection has, whether it has a row or not."""
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("playbooks/*.yml"))}
