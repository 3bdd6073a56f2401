"""The speed of the sandbox's time.

AWS waits a lot: between health checks, while a target drains, before it tries a failing task again. SANDBOX_SPEED
divides such waits: 10 unless it is set, 1 is AWS's own speed. Tolerances are not divided: start
periods, grace periods, timeouts and stop timeouts, because a real program has to keep them.
"""

from __future__ import annotations

import os

DEFAULT_SPEED = 10.0


def wait_of(seconds: float) -> float:
    """The sandbox's seconds for a wait of AWS's seconds. Raises ValueError for a speed that is not above 0."""
    text = os.environ.get("SANDBOX_SPEED") or str(DEFAULT_SPEED)
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if speed <= 0:
        raise ValueError(f"SANDBOX_SPEED must be a number above 0, found {text!r}; 1 is AWS's own speed")
    return seconds / speed
