"""The data plane of the Application Load Balancer; load_balancer.py is the interface."""
