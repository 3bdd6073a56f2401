"""Credentials of running tasks, as from Fargate's agent: one temporary access key per task."""

from __future__ import annotations

import datetime
import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.sts.models import sts_backends

from sandbox.emulator.application import StartResponse
from sandbox.emulator.identify import Environ
from sandbox.emulator.lock import api_lock

PREFIX = "/_platform/credentials/"

_LIFETIME = datetime.timedelta(hours=6)
# The SDKs fetch again from 15 minutes before the end on; give them a new key from half an hour before it.
_RENEW_BEFORE = datetime.timedelta(minutes=30)


@dataclass
class _Task:
    task_id: str
    role_arn: str
    session: Any = None


class TaskCredentials:
    """Issues and serves credentials. Its keys are STS sessions of the task's role, known to GetCallerIdentity."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}

    def issue(self, task_id: str, role_arn: str) -> str:
        """The path on the control plane where the task fetches its credentials. It cannot be guessed.

        Put it behind http://127.0.0.1:PORT in AWS_CONTAINER_CREDENTIALS_FULL_URI.
        """
        secret = secrets.token_urlsafe(24)
        with self._lock:
            self._tasks[secret] = _Task(task_id, role_arn)
        return PREFIX + secret

    def revoke(self, task_id: str) -> None:
        """The task has ended: its path returns 404 from now on."""
        with self._lock:
            self._tasks = {secret: task for secret, task in self._tasks.items() if task.task_id != task_id}

    def access_keys(self) -> dict[str, str]:
        """Task id -> the access key that it has now, for the tasks that have asked for one."""
        with self._lock:
            return {task.task_id: task.session.access_key_id for task in self._tasks.values() if task.session}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        secret = str(environ["PATH_INFO"]).removeprefix(PREFIX)
        with self._lock:
            task = self._tasks.get(secret)
            session = self._session(task) if task else None
        if task is None or session is None:
            status, answer = "404 Not Found", {"message": "no running task has these credentials"}
        else:
            status = "200 OK"
            answer = {
                "RoleArn": task.role_arn,
                "AccessKeyId": session.access_key_id,
                "SecretAccessKey": session.secret_access_key,
                "Token": session.session_token,
                "Expiration": session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _session(self, task: _Task) -> Any:
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        if task.session is None or task.session.expiration.replace(tzinfo=None) - _RENEW_BEFORE < now:
            with api_lock:
                task.session = sts_backends[self._account_id]["aws"].assume_role(
                    region_name=self._region,
                    role_session_name=task.task_id,
                    role_arn=task.role_arn,
                    policy=None,
                    duration=int(_LIFETIME.total_seconds()),
                    external_id=None,
                )
        return task.session
