# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Which inputs of roles the playbooks give, so that no inventory sets them, and what is set instead. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

CLOSE = 0.75
TASK_LISTS = ("tasks", "block", "rescue", "always")


class Given(Mapping[str, str]):
    """What is set instead of each input is looked for when it is asked: most runs only ask which inputs there are."""

    def __init__(self, passed: Mapping[str, Any], inputs: Sequence[str]) -> None:
        self._passed = passed
        self._inputs = inputs

    def __getitem__(self, name: str) -> str:
        value = str(self._passed[name])
        return _instead(value, [one for one in self._inputs if one not in self._passed])

    def __iter__(self) -> Iterator[str]:
        return iter(self._passed)

    def __len__(self) -> int:
        return len(self._passed)


def given_inputs(files: Iterable[Sequence[Mapping[str, Any]]], inputs: Sequence[str]) -> Given:
    """The inputs that playbooks and their task files pass to roles, each with what is set instead, or nothing.

    Args:
        files: the documents of the files: lists of plays or of tasks.
        inputs: the names of all inputs of all roles, those of the deployment (mcp_server_*) included.
    """
    return Given(dict(pair for entries in files for pair in _passed(entries)), inputs)


def _passed(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The variables of every include and import, also of tasks, which pass them on to the roles that they enter."""
    for entry in entries:
        for part in TASK_LISTS:
            yield from _passed(entry.get(part) or [])
        if any(re.search(r"(include|import)_(role|tasks)$", str(key)) for key in entry):
            yield from (entry.get("vars") or {}).items()


def _instead(template: str, inputs: Sequence[str]) -> str:
    """The input that the value of a template follows from: one that it names, or the nearest of what it reads."""
    words = re.findall(r"\w+(?:\.\w+)*", template)
    for word in words:
        if word in inputs:
            return str(word)
    for word in words:
        role = _role_of(word, inputs)
        if role:
            return _nearest(role, word.rpartition(".")[2], inputs)
    return ""


def _nearest(prefix: str, key: str, inputs: Sequence[str]) -> str:
    """The input of a role that the key of its result follows from: `log_group_name` from `logs_name`."""
    parts = key.split("_")
    ends = ("_".join(parts[start:]) for start in range(len(parts)))
    for end in ends:
        if f"{prefix}{end}" in inputs:
            return f"{prefix}{end}"
    close: list[str] = get_close_matches(f"{prefix}{key}", inputs, n=1, cutoff=CLOSE)
    return "".join(name for name in close if name.startswith(prefix))


def _role_of(word: str, inputs: Sequence[str]) -> str:
    """The prefix of the role whose result a word reads, as in `stack_exports.stack.vpc_id`; empty for any other."""
    parts = word.partition(".")[0].split("_")
    prefixes = ("_".join(parts[:length]) + "_" for length in range(len(parts) - 1, 0, -1))
    return next((prefix for prefix in prefixes if any(name.startswith(prefix) for name in inputs)), "")
