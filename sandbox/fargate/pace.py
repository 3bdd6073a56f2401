"""How fast the sandbox's time passes.

AWS waits a lot: between health checks, while a target drains, before it tries a failing task again. SANDBOX_SPEED
divides such waits (1 is AWS's own pace). What is a tolerance stays as it was asked for: start periods, grace periods,
timeouts and stop timeouts, because a real program has to keep them.
"""

from __future__ import annotations

import os

DEFAULT_SPEED = 10.0


def speed() -> float:
    """SANDBOX_SPEED, or 10. Raises ValueError for what is not a positive number."""
    text = os.environ.get("SANDBOX_SPEED", "")
    if not text:
        return DEFAULT_SPEED
    try:
        value = float(text)
    except ValueError:
        value = 0
    if value <= 0:
        raise ValueError(f"SANDBOX_SPEED must be a positive number, found {text!r}; 1 is AWS's own pace")
    return value


def wait_of(seconds: float) -> float:
    """The sandbox's seconds for a wait of AWS's seconds."""
    return seconds / speed()
