"""Elastic Load Balancing as AWS has it; install.py says what each file restores."""
