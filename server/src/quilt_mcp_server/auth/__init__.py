"""Authentication: bearer tokens, the keys that verify them, and what a caller may access."""
