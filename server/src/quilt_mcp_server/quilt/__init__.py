"""Quilt's own formats: locations, packages, manifests."""
