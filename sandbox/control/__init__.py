"""The control plane: the AWS APIs of one account on loopback."""

from __future__ import annotations

from sandbox.control.credentials import TaskCredentials
from sandbox.control.lock import api_lock
from sandbox.control.plane import ControlPlane
from sandbox.control.recorder import Call

__all__ = ["Call", "ControlPlane", "TaskCredentials", "api_lock"]
