"""Quilt's data, packages and queries for language models, over the Model Context Protocol."""

__version__ = "1.0.0"
