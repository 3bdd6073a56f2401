"""A task gets credentials of its role."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client
from sandbox.tests.emulator.facts.iam_documents import ACCOUNT, TASKS


def test_tasks_get_credentials_of_their_role(empty: ControlPlane, client: Client) -> None:
    client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=TASKS)
    path = empty.credentials.issue("task-1", f"{ACCOUNT}:role/task")
    with urllib.request.urlopen(empty.url + path) as answer:
        credentials = json.load(answer)
    assert set(credentials) == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    with urllib.request.urlopen(empty.url + path) as answer:
        assert json.load(answer)["AccessKeyId"] == credentials["AccessKeyId"]
    identity = client("sts", credentials["AccessKeyId"]).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::850787717197:assumed-role/task/task-1"
    assert empty.calls()[-1].access_key == credentials["AccessKeyId"]
    assert empty.credentials.access_keys() == {"task-1": credentials["AccessKeyId"]}
    empty.credentials.revoke("task-1")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(empty.url + path)
