# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.
"""The base image of a build: its name, its digest, and what the build and the tag make of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

ARGUMENT = "BASE"  # the build argument that the Dockerfile's FROM takes
_DEFAULT = re.compile(rf"^\s*ARG\s+{ARGUMENT}(?:=(?P<value>\S+))?\s*$", re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s", re.IGNORECASE)
_SHORT = 12  # hexadecimal digits of the digest


@dataclass(frozen=True)
class Base:
    """A base image.

    origin: who said its digest: `given` (the input), `registry`, `engine` (what it pulled before), or `image_id`, when
    it was built on the engine and no registry has it; empty when nobody could.
    """

    name: str
    digest: str = ""
    origin: str = ""

    @property
    def argument(self) -> str:
        """What FROM gets. The engine finds no image by its ID in place of a digest."""
        return f"{self.name}@{self.digest}" if self.digest and self.origin != "image_id" else self.name

    @property
    def short_digest(self) -> str:
        """The part of the digest that is in the image's tag."""
        return self.digest.rpartition(":")[2][:_SHORT]


def parse_base(text: str) -> Base:
    """The parts of `name[:tag][@digest]`. With a digest a name without a tag has none."""
    name, _at, digest = text.partition("@")
    return Base(name, digest, "given" if digest else "")


def takes_base(dockerfile: str) -> tuple[bool, str]:
    """Whether a Dockerfile's FROM takes the argument, and its default."""
    for line in dockerfile.splitlines():
        if _FROM.match(line):
            break
        if match := _DEFAULT.match(line):
            return True, (match["value"] or "").strip("\"'")
    return False, ""
