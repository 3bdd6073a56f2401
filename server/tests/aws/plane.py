"""The sandbox's AWS on a loopback port, in the sandbox's environment. Prints its URL; ends with its stdin.

Each line of stdin is a question, answered with a line of JSON:
  calls                    what was asked of AWS since the last time: service, operation, path, and who signed it
  fault SERVICE OPERATION KIND TIMES
                           disturb the next calls, as sandbox.control.faults does
"""

import json
import sys
from typing import Any

import sandbox.control.app  # type: ignore[import-not-found,unused-ignore]
from moto.sts.models import sts_backends
from sandbox.context import ACCOUNT_ID, PLATFORM_KEY  # type: ignore[import-not-found,unused-ignore]
from sandbox.control import ControlPlane  # type: ignore[import-not-found,unused-ignore]

seen: list[tuple[str, str, str, str]] = []
identify = sandbox.control.app.identify


def identified(environ: dict[str, Any]) -> Any:
    """As the sandbox does, and remembered with the path: its own record has only the operation."""
    request = identify(environ)
    if request.access_key != PLATFORM_KEY:
        seen.append((request.service, request.operation, environ["PATH_INFO"], request.access_key))
    return request


def signer(access_key: str) -> str:
    """The session's name for a key that AssumeRole gave; the key itself for every other."""
    sessions = sts_backends[ACCOUNT_ID]["aws"].assumed_roles
    return next((session.session_name for session in sessions if session.access_key_id == access_key), access_key)


sandbox.control.app.identify = identified
with ControlPlane() as plane:
    print(plane.url, flush=True)
    for line in sys.stdin:
        match line.split():
            case ["calls"]:
                calls, seen[:] = list(seen), []
                print(json.dumps([(*call[:3], signer(call[3])) for call in calls]), flush=True)
            case ["fault", service, operation, kind, times]:
                plane.faults.add(service, operation, kind, times=int(times))
                print("null", flush=True)
            case ["calm"]:
                plane.faults.clear()
                print("null", flush=True)
