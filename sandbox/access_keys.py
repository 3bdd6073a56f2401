"""Access keys. Signatures are not checked: any local process may call; the keys only distinguish callers."""

from __future__ import annotations

DEPLOYER_KEY = "sandbox"
"""Access key and secret key of the deployer: its calls are what `python -m sandbox calls` lists."""
PLATFORM_KEY = "platform"
"""Key of the seed and of the sandbox's own parts: its calls are not recorded and meet no faults."""
