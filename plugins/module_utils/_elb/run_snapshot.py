# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The snapshot of a run: what belonged to others before the run's first write to a load balancer, kept in a file.

Several modules of a run write to the balancer, each in a process of its own, and any of them may be the first. The file
is what they share; the run's playbook gives each of them its path.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .foreign_snapshot import Document, read


def keep_snapshot(
    elb: Any,
    balancer: str,
    own: Mapping[str, str],
    file: str | None,
    rules: Mapping[str, Sequence[Document]] | None = None,
) -> None:
    """Read what belongs to others and keep it, unless a write before this one has done so or no file is given.

    Args:
        elb: the client of Elastic Load Balancing.
        balancer: ARN or name of the load balancer; without one nothing is kept.
        own: the tags of this deployment.
        file: path of the snapshot.
        rules: those of a listener that the caller has just read, by its ARN; they are not read again.
    """
    if not file or not balancer or is_kept(file):
        return
    snapshot = {"balancer": balancer, "own_tags": dict(own), "before": read(elb, balancer, own, rules)}
    # Atomically, and never through another user's link: the directory is the system's temporary one.
    draft = f"{file}.{os.getpid()}"
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(snapshot, stream)
    with suppress(FileExistsError):
        os.link(draft, file)
    os.unlink(draft)


def is_kept(file: str) -> bool:
    """Whether a write of this run has kept it already."""
    return Path(file).exists()


def load_snapshot(file: str) -> dict[str, Any] | None:
    """The snapshot of the run; None when the run has not written to a load balancer."""
    with suppress(FileNotFoundError):
        found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
        return found
    return None
