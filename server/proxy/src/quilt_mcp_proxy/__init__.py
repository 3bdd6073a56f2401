"""A stdio MCP server that passes every message on to a deployed Quilt MCP server."""

__version__ = "1.0.0"
