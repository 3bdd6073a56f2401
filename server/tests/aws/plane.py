"""The sandbox's AWS on a loopback port, in the sandbox's environment. Prints its URL; ends with its stdin.

Each line of stdin is a question, answered with a line of JSON:
  calls                    what was asked of AWS since the last time: service, operation, path, and who signed it
  fault SERVICE OPERATION KIND TIMES
                           disturb the next calls, as sandbox.emulator.faults does
"""

import json
import sys
from typing import Any

import sandbox.emulator.application  # type: ignore[import-not-found,unused-ignore]
from moto.sts.models import sts_backends
from sandbox.access_keys import PLATFORM_KEY  # type: ignore[import-not-found,unused-ignore]
from sandbox.emulator.control_plane import ControlPlane  # type: ignore[import-not-found,unused-ignore]
from sandbox.seed.lay import Seed  # type: ignore[import-not-found,unused-ignore]
from sandbox.seed.sales_prod import SALES_PROD  # type: ignore[import-not-found,unused-ignore]

seen: list[tuple[str, str, str, str]] = []
identify = sandbox.emulator.application.identify


def identified(environ: dict[str, Any]) -> Any:
    """As the sandbox does, and remembered with the path: its own record has only the operation."""
    request = identify(environ)
    if request.access_key != PLATFORM_KEY:
        seen.append((request.service, request.operation, environ["PATH_INFO"], request.access_key))
    return request


def signer(access_key: str) -> str:
    """The session's name for a key that AssumeRole gave; the key itself for every other."""
    sessions = sts_backends[SALES_PROD.account_id]["aws"].assumed_roles
    return next((session.session_name for session in sessions if session.access_key_id == access_key), access_key)


sandbox.emulator.application.identify = identified
with ControlPlane(Seed(SALES_PROD)) as plane:
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
