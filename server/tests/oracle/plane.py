"""The sandbox's AWS on a loopback port: prints its URL, ends with stdin. Runs in the sandbox's environment."""

import sys

from sandbox.emulator.control_plane import ControlPlane  # type: ignore[import-not-found,unused-ignore]
from sandbox.seed.lay import Seed  # type: ignore[import-not-found,unused-ignore]
from sandbox.seed.sales_prod import SALES_PROD  # type: ignore[import-not-found,unused-ignore]

with ControlPlane(Seed(SALES_PROD), seeded=False) as plane:
    print(plane.url, flush=True)
    sys.stdin.read()
