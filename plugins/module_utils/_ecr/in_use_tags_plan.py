# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which tags say that a deployment uses an image, so that no lifecycle rule expires it. Pure.

The tags hold the digest and so never move, which an immutable repository would refuse. In ECR an image that loses its
last tag is deleted; one that would is given another tag first, which protects it no longer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

PREFIX = "in-use-"
_FORMER = "was-in-use-"
_SHORT = 12  # hexadecimal digits of the digest


class Tagged(NamedTuple):
    """An image and one of its tags."""

    digest: str
    tag: str


@dataclass(frozen=True)
class Marks:
    """What is to be written, first `add`, then `remove`."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    add: tuple[Tagged, ...]
    remove: tuple[Tagged, ...]

    @property
    def changed(self) -> bool:
        return bool(self.add or self.remove)


def plan_marks(tagged: Collection[Tagged], deployment: str, digest: str | None, alone: bool) -> Marks:
    """How the deployment's marks come to be right.

    Args:
        tagged: every tag of the repository.
        deployment: its name.
        digest: the image that it uses, None when it uses none.
        alone: whether it uses no other image, so that other marks of it go.
    """
    pattern = re.compile(f"{PREFIX}{re.escape(deployment)}-[0-9a-f]{{{_SHORT}}}")
    there = {one for one in tagged if pattern.fullmatch(one.tag)}
    wanted = {Tagged(digest, f"{PREFIX}{deployment}-{short_digest(digest)}")} if digest else set()
    remove = there - wanted if alone else set()
    left = {one.digest for one in (set(tagged) | wanted) - remove}
    lost = {one.digest for one in remove} - left
    return Marks(
        before=tuple(sorted(one.tag for one in there)),
        after=tuple(sorted(one.tag for one in (there | wanted) - remove)),
        add=(*sorted(wanted - there), *(Tagged(one, f"{_FORMER}{short_digest(one)}") for one in sorted(lost))),
        remove=tuple(sorted(remove)),
    )


def short_digest(digest: str) -> str:
    """The part of a text's digest that is in its in-use tag."""
    return digest.rpartition(":")[2][:_SHORT]
