"""Requests over HTTP before they are MCP: their headers, bodies, number and log line."""
