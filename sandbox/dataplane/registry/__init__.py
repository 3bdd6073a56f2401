"""ECR's registry; registry.py is the way in."""
