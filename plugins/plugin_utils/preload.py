# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Load once, before Ansible forks its workers, what every task would load again.

An action plugin is imported in the parent process; importing this module from one pays for boto3, the modules and the
service models a single time. Only direct execution (direct.py) profits from all of it: its children are forks of this.
"""

from __future__ import annotations

import gc
import os
import pkgutil
from contextlib import suppress
from functools import partial
from importlib import import_module

from ansible.plugins.loader import filter_loader, test_loader

from .botocore_cache import share_models, share_signatures, warm_up
from .bytecode import use_bytecode
from .direct import is_available

SERVICES = (
    "acm",
    "application-autoscaling",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "iam",
    "logs",
    "route53",
    "secretsmanager",
    "ssm",
    "sts",
)
# Each runs once at most in a run, and its imports (HTTP, TLS, tokens) take longer than those of all others together.
LATE = {"mcp_smoke_test", "mcp_token"}
FORK_ALLOCATIONS = 100_000  # until the collector of a fork looks for the first time; 700 or 2,000 is Python's default


def preload() -> None:
    """Load everything; without boto3 or amazon.aws load no module, as the modules say what is missing."""
    # These objects stay, and garbage collection would scan more and more of them.
    gc.disable()
    # ansible-core's filters and tests. Its own imports do not do: the loader gives each file a name of its own.
    for loader in (filter_loader, test_loader):
        list(loader.all())
    with suppress(ImportError):
        import_module("boto3")
        use_bytecode()
        share_models(SERVICES)
        share_signatures()
        modules = import_module("ansible_collections.quilt.mcp_server.plugins.modules")
        for module in pkgutil.iter_modules(modules.__path__):
            if module.name not in LATE:
                import_module(f"{modules.__name__}.{module.name}")
        warm_up(SERVICES)
        is_available()
    gc.freeze()
    gc.enable()
    # What there is at a fork stays: a fork's collector need not touch, and so copy, its pages. Most forks end before
    # their own garbage matters.
    os.register_at_fork(before=gc.freeze, after_in_child=partial(gc.set_threshold, FORK_ALLOCATIONS))
