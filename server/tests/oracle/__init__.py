"""quilt3 beside our tools, on one S3: what one writes the other must read the same."""
