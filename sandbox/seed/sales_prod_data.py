"""Objects and Quilt packages of the stack `sales-prod`."""

from __future__ import annotations

import json

from sandbox.seed.stack import Package

_RAW, _STAGING, _EXAMPLE = "quilt-sales-raw", "quilt-sales-staging", "quilt-example"
_ORDERS = "order_id,region,amount\n" + "".join(f"{n},{'EMEA' if n % 3 else 'APAC'},{n * 7.25}\n" for n in range(1, 41))

OBJECTS: dict[str, dict[str, bytes]] = {
    _RAW: {
        "orders/2026-q1.csv": _ORDERS.encode(),
        "orders/2026-q2.csv": _ORDERS.replace("EMEA", "AMER").encode(),
        "orders/README.md": b"# Orders\n\nOne CSV per quarter, straight from the shop.\n",
        "customers/customers.json": json.dumps([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]).encode(),
    },
    _STAGING: {
        "forecast/model.json": json.dumps({"kind": "linear", "slope": 1.7, "intercept": 12}, indent=1).encode(),
        "forecast/README.md": b"# Forecast\n\nNext quarter's orders by region.\n",
        "athena-results/.keep": b"",
    },
    _EXAMPLE: {
        "hello/README.md": b"# Hello\n\nThe smallest package: a readme, a table and a picture.\n",
        "hello/data/table.csv": b"x,y\n1,2\n3,4\n",
        "hello/data/käse.txt": "grüße\n".encode(),
        "hello/pixel.png": bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c626001000000050001a5f645400000000049454e44ae426082"
        ),
    },
}

PACKAGES = (
    Package(
        _RAW,
        "sales/orders",
        1767225600,
        "First quarter",
        {"2026-q1.csv": "orders/2026-q1.csv", "README.md": "orders/README.md"},
    ),
    Package(
        _RAW,
        "sales/orders",
        1775001600,
        "Second quarter",
        {"2026-q1.csv": "orders/2026-q1.csv", "2026-q2.csv": "orders/2026-q2.csv", "README.md": "orders/README.md"},
        {"owner": "sales", "quarters": 2},
    ),
    Package(
        _STAGING,
        "sales/forecast",
        1775088000,
        "Linear model",
        {"model.json": "forecast/model.json", "README.md": "forecast/README.md"},
    ),
    Package(
        _EXAMPLE,
        "examples/hello",
        1764547200,
        "Hello",
        {key.removeprefix("hello/"): key for key in OBJECTS[_EXAMPLE]},
        {"title": "Hello, Quilt"},
    ),
)
