"""The methods of MCP, by which the log groups requests."""

from mcp_types.methods import SPEC_CLIENT_METHODS, SPEC_CLIENT_NOTIFICATION_METHODS

_KNOWN = SPEC_CLIENT_METHODS | SPEC_CLIENT_NOTIFICATION_METHODS


def for_logs(method: str) -> str:
    """The method, or `unknown`: never another text from a caller."""
    return method if method in _KNOWN else "unknown"
