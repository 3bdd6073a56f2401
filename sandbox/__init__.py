"""sales-prod on one machine: AWS APIs, Fargate, a load balancer and a registry on loopback. See README.md."""
