"""A token is valid for 12 hours."""

from __future__ import annotations

import datetime

import pytest

from sandbox.testing.fixtures import Client


@pytest.mark.usefixtures("empty")
def test_a_token_is_valid_for_twelve_hours(client: Client) -> None:
    (data,) = client("ecr").get_authorization_token()["authorizationData"]
    hours = (data["expiresAt"] - datetime.datetime.now(datetime.UTC)).total_seconds() / 3600
    assert 11.9 < hours <= 12
