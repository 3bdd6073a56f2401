"""quilt3 and this server's tools, on one S3: what one writes the other must read the same."""
