# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The service deployments of one ECS service, as results show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.clients import Clients
from .._core.shapes import Document, to_snake
from .client import Answer, ServiceClient
from .deployment_state import PROVEN, has_served, state_of, status_of
from .names import short_name

KEYS = (
    "service_deployment_arn",
    "state",
    "status",
    "status_reason",
    "task_definition",
    "images",
    "requested_task_count",
    "running_task_count",
    "pending_task_count",
    "failed_task_count",
    "lifecycle_stage",
    "lifecycle_hook_details",
    "rollback",
    "created_at",
    "started_at",
    "finished_at",
)


def deployments(client: Clients, params: Mapping[str, Any]) -> Document:
    """What the ecs_service_deployment_info module returns."""
    return Deployments(client, params).info()


class Deployments:
    """The deployments of one service. `params` has at least `cluster` and `service_name`."""

    def __init__(self, client: Clients, params: Mapping[str, Any]) -> None:
        self.client, self.params = client, params
        self.label = f"ECS service {params['service_name']}"
        self.calls = ServiceClient(client, short_name(params["cluster"]), params["service_name"])

    def info(self) -> Document:
        """The result of the _info module."""
        service = self.calls.describe()
        if service is None or status_of(service) == "INACTIVE":
            return {"exists": False, "served": False, "deployments": []}
        statuses = self.params["states"]
        records = self.calls.list_records() or []
        proven = [record for record in records if record.get("status") in PROVEN]
        begin = service.get("createdAt")
        current = [record for record in records if begin is None or record.get("createdAt", begin) >= begin]
        latest = [record["serviceDeploymentArn"] for record in current[: self.params["limit"]]]
        shown = self.described(self.calls.records(latest))
        return {
            "exists": True,
            "served": has_served(service, proven),
            "deployments": [one for one in shown if not statuses or one["state"] in statuses],
        }

    def described(self, records: list[Answer]) -> list[Document]:
        """Records as results show them, always with the same keys."""
        wanted = [revision for record in records if (revision := _revision_arn(record))]
        revisions = self.calls.revisions(wanted) if wanted else {}
        return [self._described(record, revisions.get(_revision_arn(record), {})) for record in records]

    def _described(self, record: Answer, revision: Mapping[str, Any]) -> Document:
        model = self.client("ecs").meta.service_model
        shown: Document = to_snake(record, model.shape_for("ServiceDeployment"))
        images = {one["containerName"]: one.get("image", "") for one in revision.get("containerImages", [])}
        more = {
            **(shown.get("target_service_revision") or {}),
            "state": state_of(record),
            "task_definition": revision.get("taskDefinition"),
            "images": images,
            "failed_task_count": record.get("deploymentCircuitBreaker", {}).get("failureCount", 0),
        }
        return {name: {**shown, **more}.get(name) for name in KEYS}


def _revision_arn(record: Answer) -> str:
    return str(record.get("targetServiceRevision", {}).get("arn", ""))
