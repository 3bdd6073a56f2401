"""One good call of each tool: a file here for each file of tools, which is named like it."""
