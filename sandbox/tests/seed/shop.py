"""Another stack than sales-prod, in another account and region, with two load balancers and without Quilt."""

from __future__ import annotations

from sandbox.seed.stack import FixedResponse, Forward, LoadBalancer, Redirect, Rule, Stack

SHOP = Stack(
    name="shop",
    account_id="111122223333",
    region="eu-west-1",
    zone="shop.example",
    cidr="10.20.0.0/16",
    cluster="shop-cluster",
    task_role="shopTask",
    execution_role="shopExecution",
    load_balancers=(
        LoadBalancer(
            name="shop-public",
            hosts=("www.shop.example",),
            targets={"shop-web": ("10.20.1.10", 80)},
            rules=(
                Rule(10, ("shop.example",), Redirect("www.shop.example")),
                Rule(50, ("www.shop.example",), Forward("shop-web")),
            ),
        ),
        LoadBalancer(
            name="shop-partners",
            hosts=("api.shop.example", "old-api.shop.example"),
            address_type="dualstack",
            targets={"shop-orders": ("10.20.2.10", 8080)},
            rules=(
                Rule(10, ("old-api.shop.example",), FixedResponse("410", "use api.shop.example")),
                Rule(50, ("api.shop.example",), Forward("shop-orders"), ("/orders/*",)),
            ),
        ),
    ),
)
