"""The data plane: the tasks of ECS services, the load balancer, and ECR's registry."""
