"""SQL over the data in S3: authorization and execution of statements."""
