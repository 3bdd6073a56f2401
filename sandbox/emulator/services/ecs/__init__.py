"""Amazon ECS as AWS has it; install.py says what each file restores."""
