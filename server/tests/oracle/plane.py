"""The sandbox's AWS on a loopback port: prints its URL, ends with stdin. Runs in the sandbox's environment."""

import sys

from sandbox.control import ControlPlane  # type: ignore[import-not-found,unused-ignore]

with ControlPlane(seed=False) as plane:
    print(plane.url, flush=True)
    sys.stdin.read()
