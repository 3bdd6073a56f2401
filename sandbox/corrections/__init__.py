"""AWS-true where moto is not: one module per service, each with a function `install()`.

A correction states the AWS fact that it restores beside the code. `install()` changes moto's classes in place and may
be called any number of times.
"""

from __future__ import annotations

import importlib
import pkgutil


def install_all() -> None:
    """Install every correction in this folder, in alphabetical order."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}").install()
