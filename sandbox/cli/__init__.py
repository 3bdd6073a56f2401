"""The command line and its background process."""
