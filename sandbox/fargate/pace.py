"""How fast the sandbox's time passes.

AWS waits a lot: between health checks, while a target drains, before it tries a failing task again. SANDBOX_TIME_SCALE
is how many seconds such waits take here for one second of AWS (1 is AWS's own pace). What is a tolerance stays as it
was asked for: start periods, grace periods, timeouts and stop timeouts, because a real program has to keep them.
"""

from __future__ import annotations

import os


def wait_of(seconds: float) -> float:
    """The sandbox's seconds for a wait of AWS's seconds. Raises ValueError for a scale that is not a number."""
    text = os.environ.get("SANDBOX_TIME_SCALE") or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = -1
    if scale < 0:
        raise ValueError(f"SANDBOX_TIME_SCALE must be a number like 0.1, found {text!r}; 1 is AWS's own pace")
    return seconds * scale
