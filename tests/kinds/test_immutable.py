"""A field that AWS cannot change has a way out that interrupts nothing, and the message names it before the other."""

from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import refuse_immutable
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import Refused

from tests.kinds import every_kind

FIELDS = [(kind.resource, field) for kind in every_kind().values() for field in getattr(kind.resource, "immutable", ())]


@pytest.mark.parametrize(("resource", "field"), FIELDS, ids=lambda part: getattr(part, "kind", part))
def test_the_way_without_an_outage_does_not_begin_with_a_deletion(resource: type, field: str) -> None:
    way = resource.immutable[field]  # type: ignore[attr-defined]
    assert way
    assert "delete" not in way.split(",")[0].split(" and ")[0]


def test_both_ways_are_said_in_this_order() -> None:
    with pytest.raises(Refused) as refused:
        refuse_immutable("thing x", {"size": (1, 2)}, "leave size as it is; with an outage, delete it")
    assert "AWS cannot change size" in refused.value.message
    assert refused.value.message.endswith("Remedy: leave size as it is; with an outage, delete it")
