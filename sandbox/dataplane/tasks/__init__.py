"""AWS Fargate: runs the tasks of the control plane's ECS services; launcher.py is the interface."""
