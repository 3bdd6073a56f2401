"""Which stack a sandbox begins with: sales-prod, or the one that SANDBOX_SEED names as FILE.py:NAME."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from sandbox.seed.sales_prod import SALES_PROD
from sandbox.seed.stack import Stack

VARIABLE = "SANDBOX_SEED"


class SeedProblem(Exception):
    """SANDBOX_SEED cannot be used."""


def choose() -> Stack:
    """The stack that SANDBOX_SEED names; sales-prod when it is unset. Raises SeedProblem."""
    wanted = os.environ.get(VARIABLE, "")
    if not wanted:
        return SALES_PROD
    path, _, name = wanted.rpartition(":")
    if not Path(path).is_file():
        raise SeedProblem(f"{VARIABLE} is {wanted!r}; it must be FILE.py:NAME with a file that exists, or be unset")
    spec = importlib.util.spec_from_file_location("sandbox_seed_of_the_user", path)
    if spec is None or spec.loader is None:
        raise SeedProblem(f"{VARIABLE} names {path}, which is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if not isinstance(found, Stack) or not found.load_balancers:
        raise SeedProblem(f"{name} in {path} is no sandbox.seed.stack.Stack with a load balancer")
    return found


def absolute() -> dict[str, str]:
    """The variable for a process that is started in another folder; empty when it is unset."""
    wanted = os.environ.get(VARIABLE, "")
    path, _, name = wanted.rpartition(":")
    return {VARIABLE: f"{Path(path).absolute()}:{name}"} if path else {}
