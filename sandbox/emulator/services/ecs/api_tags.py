"""The calls about tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .call import Answer, Call
from .errors import EcsError, invalid


def _tagged(call: Call, arn: str) -> Any:
    """What carries the tags of an ARN: anything with an attribute `tags`."""
    kind = re.match(r"arn:[\w-]+:ecs:[^:]+:\d{12}:([\w-]+)/", arn)
    if kind is None:
        raise invalid("The ARN provided is invalid.")
    pools: dict[str, Iterable[Any]] = {
        "service": call.backend.services.values(),
        "task-definition": (d for family in call.backend.task_definitions.values() for d in family.values()),
        "task": (task for tasks_ in call.backend.tasks.values() for task in tasks_.values()),
        "cluster": call.backend.clusters.values(),
        "capacity-provider": call.backend.capacity_providers.values(),
    }
    for resource in pools.get(kind[1], ()):
        if getattr(resource, "arn", None) == arn:
            return resource
    if kind[1] == "service":
        raise EcsError("ServiceNotFoundException", "Service not found.")
    raise invalid("The specified resource could not be found. Specify a valid resource and try again.")


def list_tags_for_resource(call: Call) -> Answer:
    return {"tags": _tagged(call, call.request["resourceArn"]).tags or []}


def tag_resource(call: Call) -> Answer:
    resource = _tagged(call, call.request["resourceArn"])
    merged = {tag["key"]: tag.get("value", "") for tag in [*(resource.tags or []), *call.get("tags", [])]}
    if len(merged) > 50:
        raise invalid("A resource can have at most 50 tags.")
    resource.tags = [{"key": key, "value": value} for key, value in merged.items()]
    return {}


def untag_resource(call: Call) -> Answer:
    resource = _tagged(call, call.request["resourceArn"])
    gone = set(call.get("tagKeys", []))
    resource.tags = [tag for tag in resource.tags or [] if tag["key"] not in gone]
    return {}
