"""The inventory of the deployments: the stack sales-prod, an image in ECR, every input of a role at its default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sandbox.access_keys import DEPLOYER_KEY

Document = dict[str, Any]

REPOSITORY = "quilt-mcp-server"
# An inventory that has roles created must name one, and 8c6dfb0 takes nothing but an ARN.
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def write(clone: Path, folder: Path, url: str, hosts: int = 1) -> Path:
    """Write the inventory of a clone for the AWS APIs at a URL; several hosts are several deployments in one stack."""
    (folder / "group_vars").mkdir(parents=True)
    source = clone / "inventories/sales-prod"
    group = yaml.safe_load((source / "hosts.yml").read_text())
    if hosts > 1:
        group["mcp_servers"]["hosts"] = fleet(hosts)
    given = yaml.safe_load((source / "group_vars/mcp_servers.yml").read_text())
    (folder / "hosts.yml").write_text(yaml.safe_dump(group, sort_keys=False))
    (folder / "group_vars/mcp_servers.yml").write_text(yaml.safe_dump(values(given, url), sort_keys=False))
    return folder


def values(given: Document, url: str) -> Document:
    """The values of the deployment itself, those of the sandbox in place, without any other input of a role."""
    connection = {
        "region": "{{ mcp_server_region }}",
        "endpoint_url": url,
        "access_key": DEPLOYER_KEY,
        # Ansible masks this text wherever it appears, so it must not be a word; the sandbox takes any.
        "secret_key": "any-secret-key-will-do",
    }
    own = {name: value for name, value in given.items() if name.startswith("mcp_server_")}
    return own | {"mcp_server_aws": connection, "iam_permissions_boundary": BOUNDARY}


def fleet(hosts: int) -> dict[str, Document]:
    """The hosts of several deployments in the one stack, with their values."""
    return {f"sales-prod-{number}": names(number) for number in range(1, hosts + 1)}


def names(number: int) -> Document:
    """What must differ between two deployments in one stack."""
    return {
        "mcp_server_environment": f"production-{number}",
        "mcp_server_host": f"demo{number}.quiltdata.com",
        "alb_rule_target_group_name": f"sales-prod-mcp-server-{number}",
        "alb_rule_security_group_name": f"sales-prod-mcp-server-{number}",
        "ecs_service_family": f"quilt-mcp-server-{number}",
    }
