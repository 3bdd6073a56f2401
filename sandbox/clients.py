"""boto3 clients of the platform itself: not recorded, not disturbed by faults, without the user's AWS configuration."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config


class Clients:
    """`clients("ec2")` is a boto3 client; made once per service, for making one costs more than all its calls."""

    def __init__(self, endpoint_url: str, region: str, access_key: str) -> None:
        self.region = region
        self._endpoint_url = endpoint_url
        self._access_key = access_key
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = _session().create_client(
                service,
                region_name=self.region,
                endpoint_url=self._endpoint_url,
                aws_access_key_id=self._access_key,
                aws_secret_access_key=self._access_key,
                # The seed runs against one process on loopback: proxies do not apply, and retries would hide errors.
                config=Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]


@cache
def _session() -> Any:
    # No profile or config file of the machine's user is read. A profile that is set to None is read from
    # the environment, so no variable of it has that name.
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session.set_config_variable("config_file", "/nonexistent")
    session.set_config_variable("credentials_file", "/nonexistent")
    return session
