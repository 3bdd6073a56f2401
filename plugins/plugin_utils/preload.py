# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Load once, before Ansible forks its workers, what every AWS task would load again.

An action plugin is imported in the parent process; importing this module from one pays for boto3, the amazon.aws
helpers and the service models a single time. Only direct execution (direct.py) profits: its children are forks of this.
"""

from __future__ import annotations

import gc
import gzip
import json
from contextlib import suppress
from importlib import import_module
from typing import Any

from .direct import is_available

SERVICES = ("ec2", "ecr", "ecs", "elbv2", "iam", "logs", "route53", "secretsmanager", "ssm", "sts")
MODELS = ("service-2", "endpoint-rule-set-1", "paginators-1")
HELPERS = ("modules", "botocore", "retries", "tagging", "errors", "exceptions", "transformation", "iam", "ec2")


def _share_models() -> None:
    """Let all botocore sessions of this process and its forks read the service models from one cache."""
    import botocore.loaders
    import botocore.session

    class PlainFiles(botocore.loaders.JSONFileLoader):
        """The models as plain dictionaries, which keep their order too: in half the time."""

        def load_file(self, file_path: str) -> Any:
            for ending, opened in ((".json", open), (".json.gz", gzip.open)):
                with suppress(FileNotFoundError), opened(file_path + ending, "rb") as file:
                    return json.load(file)
            return None

    shared = botocore.loaders.create_loader()
    shared.file_loader = PlainFiles()
    original = botocore.session.create_loader

    def create_loader(search_path_string: str | None = None) -> Any:
        return original(search_path_string) if search_path_string else shared

    botocore.session.create_loader = create_loader
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        shared.load_data(name)
    for service in SERVICES:
        for model in MODELS:
            with suppress(botocore.loaders.UnknownServiceError, botocore.loaders.DataNotFoundError):
                shared.load_service_model(service, model)


def preload() -> None:
    """Load everything; without boto3 or amazon.aws do nothing, the modules say what is missing."""
    with suppress(ImportError):
        import_module("boto3")
        _share_models()
        for name in HELPERS:
            import_module(f"ansible_collections.amazon.aws.plugins.module_utils.{name}")
        is_available()
    # What was loaded stays; the collector of a fork need not touch, and so copy, its pages.
    gc.freeze()
