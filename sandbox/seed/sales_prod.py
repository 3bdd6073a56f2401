"""The stack `sales-prod`: everything in the infrastructure diagram but the MCP server, which finds these by name."""

from __future__ import annotations

from sandbox.seed.sales_prod_data import OBJECTS, PACKAGES
from sandbox.seed.stack import FixedResponse, Forward, LoadBalancer, Quilt, Redirect, Rule, Service, Stack

HOST = "demo.quiltdata.com"
_REGISTRY_HOST = "demo-registry.quiltdata.com"
_S3_PROXY_HOST = "demo-s3-proxy.quiltdata.com"

_CATALOG, _REGISTRY, _S3_PROXY = (Forward(f"sales-prod-{name}") for name in ("catalog", "registry", "s3-proxy"))

SALES_PROD = Stack(
    name="sales-prod",
    account_id="850787717197",
    region="us-east-1",
    zone="quiltdata.com",
    cluster="sales-prod",
    task_role="ecsTaskRole",
    execution_role="ecsTaskExecutionRole",
    load_balancers=(
        LoadBalancer(
            name="sales-prod-alb",
            hosts=(HOST, _REGISTRY_HOST, _S3_PROXY_HOST),
            # A stub answers at each, so that a request which takes the wrong rule is seen to do so.
            targets={
                _CATALOG.target_group: ("10.0.1.10", 80),
                _REGISTRY.target_group: ("10.0.1.11", 80),
                _S3_PROXY.target_group: ("10.0.2.10", 80),
            },
            # The catalog takes all of its host at 500: a rule of the deployment must come before it.
            rules=(
                Rule(10, (_REGISTRY_HOST,), _REGISTRY),
                Rule(20, (_S3_PROXY_HOST,), _S3_PROXY),
                Rule(100, (HOST,), _REGISTRY, ("/api/*", "/oauth2/*")),
                Rule(101, (HOST,), _S3_PROXY, ("/__s3proxy/*",)),
                Rule(
                    103,
                    (HOST,),
                    FixedResponse("200", "Contact: mailto:security@quiltdata.com\n"),
                    ("/.well-known/security.txt",),
                ),
                Rule(200, ("sales.quiltdata.com",), Redirect(HOST)),
                Rule(500, (HOST,), _CATALOG),
                Rule(600, ("*.quiltdata.com",), FixedResponse("404", "no such catalog")),
            ),
        ),
    ),
    service=Service("sales-prod-catalog", "catalog", "quiltdata/catalog:1.64.0"),
    quilt=Quilt(
        jwt_secret="sales-prod/mcp-server/jwt",
        workgroup="quilt-sales-prod",
        glue_database="quilt_sales_prod",
        results_bucket="quilt-sales-staging",
        orders_bucket="quilt-sales-raw",
        objects=OBJECTS,
        packages=PACKAGES,
    ),
)
