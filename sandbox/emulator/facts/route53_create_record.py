"""CREATE of a record that exists is InvalidChangeBatch (moto 5.2.5 adds another one).

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from __future__ import annotations

from typing import Any

from moto.route53.exceptions import ResourceRecordAlreadyExists
from moto.route53.models import Route53Backend

from sandbox.emulator.patch import wrap


def install() -> None:
    wrap(Route53Backend, "change_resource_record_sets", _change)


def _change(original: Any, self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> Any:
    existing = {
        (_full(record.name), record.type, record.set_identifier) for record in self.get_hosted_zone(zoneid).rrsets
    }
    for change in change_list:
        record = change["ResourceRecordSet"]
        identity = (_full(record["Name"]), record["Type"], record.get("SetIdentifier"))
        if change["Action"] == "CREATE" and identity in existing:
            raise ResourceRecordAlreadyExists(name=identity[0], _type=identity[1])
    return original(self, zoneid, change_list)


def _full(name: str) -> str:
    return name.rstrip(".").lower() + "."
