"""AWS, as the caller: shared clients, the caller's credentials, the caller's buckets."""

from .gateway import Gateway

__all__ = ["Gateway"]
