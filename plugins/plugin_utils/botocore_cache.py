# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection.
"""Let all botocore sessions of this process and of its forks share what each would work out for itself."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

MODELS = ("service-2", "endpoint-rule-set-1", "paginators-1")


def share_models(services: Iterable[str]) -> None:
    """Let all sessions read the service models from one cache, which holds those of the services."""
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
    for service in services:
        for model in MODELS:
            with suppress(botocore.loaders.UnknownServiceError, botocore.loaders.DataNotFoundError):
                shared.load_service_model(service, model)


def share_signatures() -> None:
    """Remember two pure functions of botocore, which take most of the time of making a client.

    Their names are private; a botocore without them works as it does.
    """
    import botocore.hooks

    if hasattr(botocore.hooks, "accepts_kwargs"):
        botocore.hooks.accepts_kwargs = functools.cache(botocore.hooks.accepts_kwargs)
    aliaser: Any = getattr(botocore.hooks, "EventAliaser", None)
    if hasattr(aliaser, "_alias_event_name"):
        original, known = aliaser._alias_event_name, dict[str, str]()

        def alias_event_name(self: Any, event_name: str) -> str:
            if event_name not in known:
                known[event_name] = original(self, event_name)
            return known[event_name]

        aliaser._alias_event_name = alias_event_name


def warm_up(services: Iterable[str]) -> None:
    """Make a client of each service, which opens no connection: botocore keeps what it builds of the models."""
    import boto3
    import botocore.session

    nothing = (None, None, None, None)
    # A profile that does not exist or a file that cannot be read is for the first task to say, if it matters there.
    own = botocore.session.Session(dict.fromkeys(("profile", "config_file", "credentials_file"), nothing))
    session: Any = boto3.session.Session(
        aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1", botocore_session=own
    )
    for service in services:
        session.client(service)
