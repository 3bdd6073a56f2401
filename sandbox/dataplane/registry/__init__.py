"""ECR's registry; registry.py is the interface."""
