"""SQL over the data in S3: which statements a caller may run, and running them."""
