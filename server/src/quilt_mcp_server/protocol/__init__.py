"""MCP: the server, how a tool is declared and listed, pages of lists, prompts."""
