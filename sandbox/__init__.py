"""An AWS stack on one machine: APIs, Fargate, load balancers and a registry on loopback. See README.md."""
