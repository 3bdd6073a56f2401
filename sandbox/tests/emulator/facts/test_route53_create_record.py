"""A record is created once."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.fixtures import Client


def test_a_record_is_created_once(seeded: ControlPlane, client: Client) -> None:
    route53 = client("route53")
    zone_id = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    record = {"Name": "demo.quiltdata.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}

    def change(action: str, **more: str) -> None:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": {**record, **more}}]}
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)

    with pytest.raises(ClientError, match="InvalidChangeBatch"):
        change("CREATE")
    change("UPSERT")
    change("CREATE", Name="new.quiltdata.com")
