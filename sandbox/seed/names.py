"""Names of the stack `sales-prod`. The deployment finds these things by name; the sandbox's parts share them."""

from __future__ import annotations

ACCOUNT_ID = "850787717197"
REGION = "us-east-1"
STACK = "sales-prod"
HOST = "demo.quiltdata.com"
REGISTRY_HOST = "demo-registry.quiltdata.com"
S3_PROXY_HOST = "demo-s3-proxy.quiltdata.com"
ZONE = "quiltdata.com"

LOAD_BALANCER = "sales-prod-alb"
CLUSTER = "sales-prod"
JWT_SECRET = "sales-prod/mcp-server/jwt"
BUCKETS = ("quilt-sales-raw", "quilt-sales-staging", "quilt-example")
WORKGROUP = "quilt-sales-prod"
GLUE_DATABASE = "quilt_sales_prod"
TASK_ROLE = "ecsTaskRole"
EXECUTION_ROLE = "ecsTaskExecutionRole"

# The stack's own services behind the balancer: target group -> address of its only target. The sandbox answers there
# with a stub (daemon.py), so that a request which takes the wrong rule is seen to do so.
FOREIGN_TARGETS = {
    "sales-prod-catalog": ("10.0.1.10", 80),
    "sales-prod-registry": ("10.0.1.11", 80),
    "sales-prod-s3-proxy": ("10.0.2.10", 80),
}
