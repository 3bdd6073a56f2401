"""What the sandbox corrects in moto: facts, a file each in facts/, and services that are replaced whole, in services/.

A file or a package there is a correction by being there. Its docstring begins with the fact, and a line `Source: ...`
names AWS's page or model that says so. `install()` changes moto's classes in place and may be called again.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

from sandbox.emulator import facts, services

_SOURCE = re.compile(r"^Source: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Correction:
    """One correction. `text` is the first paragraph of its docstring, `source` is empty when it names none."""

    name: str
    text: str
    source: str
    install: Callable[[], None]


def corrected_facts() -> list[Correction]:
    """A correction for each file in facts/, in alphabetical order."""
    return list(_found(facts, ""))


def replaced_services() -> list[Correction]:
    """A correction for each package in services/, in alphabetical order."""
    return list(_found(services, ".install"))


def install_all() -> None:
    """Install every correction: whole services first, so that a fact may still change what is left of moto's."""
    for correction in (*replaced_services(), *corrected_facts()):
        correction.install()


def _found(package: ModuleType, inner: str) -> Iterator[Correction]:
    for name in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{name}{inner}")
        text = inspect.getdoc(module) or ""
        source = _SOURCE.search(text)
        paragraph = " ".join(text.partition("\n\n")[0].split())
        yield Correction(name, paragraph, source[1] if source else "", module.install)
